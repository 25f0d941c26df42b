"""The names of routes, signals and gates: each has its words in both languages, and the tables name no other."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from bot.locales import load_texts
from chains.routing.guidance import load_guidance
from chains.types import GateName, Language, Route, SignalName

GATES_THAT_MEASURE = {"direct_opens_at", "creative_opens_at", "material_opens_at"}
"""The thresholds of policy.toml."""


def table(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("chains.routing").joinpath(name).read_text("utf-8"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_signal_and_gate_is_worded_and_no_other(language: str) -> None:
    wording = table(f"wording_{language}.toml")
    assert set(wording["signals"]) == set(SignalName)
    assert set(wording["gates"]) == set(GateName)


@pytest.mark.parametrize("language", Language)
def test_every_route_has_one_name_wherever_it_is_shown(language: Language) -> None:
    names = table(f"wording_{language}.toml")["routes"]
    assert set(names) == set(Route)
    texts = load_texts()
    assert {route: texts(language, f"routes.{route}") for route in Route} == names


def test_the_policy_and_the_guidance_name_known_signals() -> None:
    policy = table("policy.toml")
    assert {term["signal"] for term in policy["term"]} <= set(SignalName)
    assert {signal for rule in load_guidance().rules.values() for signal in rule.signals} <= set(SignalName)
    assert set(policy["gates"]) == GATES_THAT_MEASURE
