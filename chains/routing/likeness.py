"""The likeness to its training questions from which on a question may go to a tuned model.

Fitted by `python -m benchmarks.fit.likeness`, which writes artifacts/likeness_*.json with its provenance.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from chains.routing import artifacts


@dataclass(frozen=True, slots=True)
class LikenessCalibration:
    """What was fitted."""

    threshold: float
    """Below it a question is not like those that the tuned model was trained on."""
    embedding_model: str
    """A likeness means this only for the vectors of this model."""


def load_likeness(embedding_model: str) -> LikenessCalibration:
    """Read the calibration for that model's vectors.

    Raises:
        NotCalibrated: there is none.
    """
    calibration = TypeAdapter(LikenessCalibration).validate_json(artifacts.read_artifact("likeness", embedding_model))
    artifacts.check_artifact(calibration.embedding_model, embedding_model)
    return calibration
