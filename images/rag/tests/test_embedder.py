"""Vectors: those of the model's makers, whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest
from index.embedder import budgeted

TEXTS = [
    "short",
    "a somewhat longer sentence about nothing",
    "",
    "word " * 400,
    "Straße, 語, e\u0301",
] * 3


def test_the_encoder_gives_what_sentence_transformers_gives(model, weights) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(weights), device="cpu").encode(TEXTS, normalize_embeddings=True)
    cosine = (model.documents(TEXTS) * theirs).sum(1)
    assert cosine.min() >= 0.9999


def test_a_vector_does_not_depend_on_its_batch(model) -> None:
    together = model.documents(TEXTS)
    alone = np.concatenate([model.documents([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_nothing_to_embed_is_no_fault(model) -> None:
    assert model.documents([]).shape == (0, 384)


@pytest.mark.parametrize("tokens", [1, 10, 1000])
def test_batches_hold_each_text_once_within_the_budget(tokens: int) -> None:
    lengths = [3, 9, 1, 7, 7, 2]
    batches = list(budgeted(lengths, tokens))
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= tokens
