"""What every room's tests share: the small models, fetched once."""

from __future__ import annotations

from pathlib import Path

import pytest

from weights.settings import WeightsSettings
from weights.store import Weights


@pytest.fixture(scope="session")
def weights() -> Weights:
    return Weights(WeightsSettings().model_dir)


@pytest.fixture(scope="session")
def small_model_folder(weights: Weights) -> Path:
    """The chat model `embedded-small`."""
    return weights.ensure("embedded-small")


@pytest.fixture(scope="session")
def embedding_folder(weights: Weights) -> Path:
    """The multilingual sentence encoder."""
    return weights.ensure("embedding")
