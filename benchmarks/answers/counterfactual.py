"""Measures what it costs to find the smallest change that would have turned a decision.

    python -m benchmarks.answers.counterfactual

Random signals over their whole range, decided by the shipped policy, without a tuned model and with one, which adds
signals that can change. Processor time, which says the same on a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import json
import random
import time

from benchmarks.harness import results
from benchmarks.harness.summary_statistics import percentile
from chains.decision_log import Latency
from chains.routing.counterfactual import counterfactual_of
from chains.routing.guidance import load_guidance
from chains.routing.policy import Policy, Situation, load_policy
from chains.routing.question_kind import QuestionKind
from chains.routing.signals import Measured, signals_of
from finetune.types import Champion

_DECISIONS = 2000
_THRESHOLD = 0.4
_LIKE_TRAINING = 0.66


def main() -> None:
    """Measure, and write the figures."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    policy = load_policy(load_guidance(), _THRESHOLD, like_training=_LIKE_TRAINING)
    figures = {
        name: _summary([_milliseconds(policy, random.Random(seed), tuned=tuned) for seed in range(_DECISIONS)])
        for name, tuned in (("no tuned model", False), ("a tuned model", True))
    }
    print(json.dumps(figures, indent=2))
    print("wrote", results.write("counterfactual", figures))


def _milliseconds(policy: Policy, draw: random.Random, *, tuned: bool) -> float:
    champion = Champion(
        "g",
        "s",
        "a",
        "b",
        "guild",
        draw.randint(1, 3000),
        draw.random(),
        draw.random(),
        draw.random() < 0.5,
        1.0,
        wins=draw.random(),
    )
    shares = [draw.gammavariate(0.3, 1) for _ in QuestionKind]
    measured = Measured(
        passages_hold_answer=draw.random(),
        has_documents=True,
        kinds={kind: share / sum(shares) for kind, share in zip(QuestionKind, shares, strict=True)},
        champion=champion if tuned else None,
        likeness_to_training=draw.random() if tuned else None,
        retrieval_latency=Latency(draw.uniform(1, 20), 20.0),
        specialist_latency=Latency(draw.uniform(1, 20), 20.0) if tuned else None,
        cost_ratio=10 ** draw.uniform(-2, 2) if tuned else None,
    )
    situation = Situation(has_champion=tuned, champion_reads_passages=tuned and champion.reads_passages)
    decision = policy.decide(signals_of(measured), situation)
    began = time.process_time()
    counterfactual_of(policy, situation, decision)
    return (time.process_time() - began) * 1000


def _summary(milliseconds: list[float]) -> dict[str, float]:
    return {
        "decisions": len(milliseconds),
        "median_ms": round(percentile(milliseconds, 50), 2),
        "p95_ms": round(percentile(milliseconds, 95), 2),
        "p99_ms": round(percentile(milliseconds, 99), 2),
    }


if __name__ == "__main__":
    main()
