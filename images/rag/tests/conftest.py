"""What the tests of the index programs share: the programs on the path, one load of the model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent), str(_HERE)]  # the programs' folder is on PYTHONPATH in a pod too


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of the true MiniLM weights."""
    import embedder
    from support import MODEL

    return embedder.weights(MODEL)


@pytest.fixture(scope="session")
def tokenizer(weights: Path):
    """Its tokenizer."""
    import embedder

    return embedder.tokenizer(weights)


@pytest.fixture(scope="session")
def model(weights: Path):
    """The model, loaded once for every test that embeds for real."""
    import embedder
    from support import MODEL

    return embedder.Embedder(weights, MODEL, 4096, threads=1)
