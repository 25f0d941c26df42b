"""The names of signals and gates: each is worded in both languages, and nothing else is named in the tables."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from chains.routing.guidance import load_guidance
from chains.types import GateName, SignalName

GATES_THAT_MEASURE = {"direct_opens_at", "creative_opens_at"}
"""The thresholds of policy.toml."""


def table(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("chains.routing").joinpath(name).read_text("utf-8"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_signal_and_gate_is_worded_and_no_other(language: str) -> None:
    wording = table(f"wording_{language}.toml")
    assert set(wording["signals"]) == set(SignalName)
    assert set(wording["gates"]) == set(GateName)


def test_the_policy_and_the_guidance_name_known_signals() -> None:
    policy = table("policy.toml")
    assert {term["signal"] for term in policy["term"]} <= set(SignalName)
    assert {signal for rule in load_guidance().rules.values() for signal in rule.signals} <= set(SignalName)
    assert set(policy["gates"]) == GATES_THAT_MEASURE
