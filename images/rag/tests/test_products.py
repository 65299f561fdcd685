"""Products whose sides are rounded to bfloat16: near those of float32, and nothing else of the process changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from index import processor
from index.embedder import Embedder
from index.products import Product
from minilm import MODEL

TEXTS = [f"A sentence about subject {number}, which is {'long ' * (number % 40)}enough." for number in range(60)]


@pytest.mark.parametrize("gelu", [False, True])
def test_a_rounded_product_is_near_the_exact_one(gelu: bool) -> None:
    torch.manual_seed(1)
    hidden, weight, bias = torch.randn(300, 64), torch.randn(48, 64) / 8, torch.randn(48)
    before = torch.backends.mkldnn.matmul.fp32_precision
    with torch.inference_mode():
        exact = Product(weight, bias, gelu)(hidden)
        near = Product(weight, bias, gelu, rounded=True)(hidden)
    assert near.dtype == torch.float32
    assert float((near - exact).abs().max()) < 0.03
    assert torch.backends.mkldnn.matmul.fp32_precision == before, "attention and other programs are exact as before"


def test_vectors_of_rounded_products_are_those_of_float32(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the processor has no such unit they round as oneDNN does it without one: the cosine holds everywhere."""
    exact = Embedder(weights, MODEL, 512, threads=1).documents(TEXTS)
    monkeypatch.setattr(processor, "has_matrix_unit", lambda: True)
    near = Embedder(weights, MODEL, 512, threads=1, rounded=True).documents(TEXTS)
    assert float((near * exact).sum(1).min()) >= 0.9999


def test_without_a_matrix_unit_nothing_is_rounded(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "has_matrix_unit", lambda: False)
    embedder = Embedder(weights, MODEL, 512, threads=1, rounded=True)
    assert (embedder.rounded, embedder.batch_tokens) == (False, 512)
    exact = Embedder(weights, MODEL, 512, threads=1)
    np.testing.assert_array_equal(embedder.documents(TEXTS), exact.documents(TEXTS))
