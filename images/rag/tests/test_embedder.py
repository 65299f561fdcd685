"""Vectors: those of the model's makers, whatever the batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
from index import embedder, numpy_bert
from index.embedder import Embedder, budgeted

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


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("normalise", [True, False])
def test_a_few_texts_have_the_same_vectors_without_torch(weights, model, pooling: str, normalise: bool) -> None:
    facts = {**model.facts, "pooling": pooling, "normalise": normalise}
    by_torch, by_numpy = Embedder(weights, facts, 512), Embedder(weights, facts, 512)
    ids = [encoding.ids for encoding in by_torch.tokenizer.encode_batch(TEXTS)]
    wanted = by_torch._batch(ids).numpy()
    np.testing.assert_allclose(by_numpy._few(*embedder._padded(ids)), wanted, atol=2e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_positions_of_each_kind_of_encoder_are_the_same_without_torch(tmp_path, kind: str) -> None:
    from index import bert
    from index.packing import Packed

    tiny.make(tmp_path, 7)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": kind, "pad_token_id": 1}))
    tokens, mask = np.arange(24).reshape(2, 12), np.ones((2, 12), np.int64)
    mask[1, 5:] = 0
    texts = [row[seen > 0].tolist() for row, seen in zip(tokens, mask, strict=True)]
    wanted = bert.Bert(tmp_path)(Packed.of(texts, "cpu")).numpy()
    held = numpy_bert.NumpyBert(tmp_path)(tokens, mask)
    np.testing.assert_allclose(held[mask > 0], wanted, atol=2e-5)


def test_half_precision_keeps_the_vectors(weights, model) -> None:
    """What a GPU computes, here on the CPU: all in bfloat16 but sums within products and norms, and pooling."""
    half = Embedder(weights, model.facts, 4096, dtype="bfloat16")
    cosine = (half.documents(TEXTS) * model.documents(TEXTS)).sum(1)
    assert cosine.min() >= 0.9995


@pytest.mark.parametrize("slice_", [1, 4, 7, 100])
def test_texts_that_are_tokenized_ahead_keep_their_order(model, slice_: int) -> None:
    ahead = Embedder(model.folder, model.facts, 64, threads=1)
    ahead.slice = slice_
    np.testing.assert_allclose(ahead.documents(TEXTS), model.documents(TEXTS), atol=1e-5)


@pytest.mark.parametrize("lengths", [[5], [3, 3, 3], [9, 2, 2, 7], [1, 1]])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_attention_and_pooling_stay_within_a_text(lengths: list[int], pooling: str) -> None:
    import torch
    from index.packing import Packed

    ids = [list(range(length)) for length in lengths]
    packed = Packed.of(ids, "cpu")
    assert packed.positions.tolist() == [position for text in ids for position in text]
    qkv = torch.randn(sum(lengths), 3, 2, 8, generator=torch.Generator().manual_seed(1))
    held = packed.attended(qkv).flatten(1)
    vectors = packed.pooled(held, pooling)
    for number, (start, length) in enumerate(zip(packed.starts.tolist(), lengths, strict=False)):
        query, key, value = qkv[start : start + length].permute(1, 2, 0, 3)
        scores = torch.softmax(query @ key.transpose(1, 2) / 8**0.5, -1)
        wanted = (scores @ value).transpose(0, 1).flatten(1)
        torch.testing.assert_close(held[start : start + length], wanted)
        torch.testing.assert_close(vectors[number], wanted[0] if pooling == "cls" else wanted.mean(0))


def test_a_search_imports_neither_torch_nor_ray(weights) -> None:
    """Torch alone takes five seconds of CPU."""
    script = """
import sys
from pathlib import Path
import search
from index.embedder import Embedder
facts = {"dimension": 384, "max_tokens": 256}
assert Embedder(Path(sys.argv[1]), facts, 4096).questions(["why?"]).shape == (1, 384)
print(sorted({"torch", "ray", "transformers", "pandas", "scipy"} & sys.modules.keys()))
"""
    folder = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{folder.parent}"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(weights)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
