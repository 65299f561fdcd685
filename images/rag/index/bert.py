"""The BERT encoder in plain torch, which all-MiniLM, bge, e5 and many embedding models are; the same on CPU and GPU.

`transformers` gives the same numbers (a test holds the two together), but imports for six seconds of CPU before it has
read a weight, in every pod and for every question asked. Architectures other than BERT's still go through it.

Texts come packed (packing.py). Weights and hidden states may be in half precision; products and norms sum in float32
all the same, since that is where half precision would lose most. On a GPU what lies between the products is bound by
memory, not arithmetic: on an H200 norms that read and write half precision, and an activation that the product before
it applies, took bge-base's shape from 35 % to 45 % of the card's peak (docs/speed/gpu.md).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn import functional as F

from index.numpy_bert import AFTER_PADDING, PREFIX
from index.packing import Packed
from index.products import Product


class Bert:
    """The encoder with its weights.

    Args:
        folder: with config.json and model.safetensors.
        device: `cpu` or `cuda`.
        dtype: of weights and hidden states.
        rounded: whether products round both sides to bfloat16, on a CPU and with float32 alone (products.py).
    """

    def __init__(
        self, folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32, rounded: bool = False
    ) -> None:
        from safetensors.torch import load_file

        config = json.loads((folder / "config.json").read_text())
        self.heads, self.epsilon = config["num_attention_heads"], config["layer_norm_eps"]
        self.first = config["pad_token_id"] + 1 if AFTER_PADDING[config["model_type"]] else 0
        self.dtype = dtype
        tensors = load_file(folder / "model.safetensors", device=device)
        weights = {PREFIX.sub("", name): tensor.float() for name, tensor in tensors.items()}
        self.words = weights["embeddings.word_embeddings.weight"].to(dtype)
        types = weights["embeddings.token_type_embeddings.weight"][0]
        positions = weights["embeddings.position_embeddings.weight"]
        self.positions = (positions + types).to(dtype)  # no text here has a second segment
        self.norm = _pair(weights, "embeddings.LayerNorm", dtype)
        self.layers = [
            _Layer(weights, f"encoder.layer.{number}.", dtype, rounded) for number in range(config["num_hidden_layers"])
        ]

    def __call__(self, packed: Packed) -> torch.Tensor:
        """Hidden states of the last layer, [tokens, dimension]."""
        hidden = self.words[packed.tokens] + self.positions[packed.positions + self.first]
        hidden = _normed(hidden, self.norm, self.epsilon)
        for layer in self.layers:
            hidden = layer(hidden, packed, self.heads, self.epsilon)
        return hidden


class _Layer:
    def __init__(self, weights: dict[str, torch.Tensor], prefix: str, dtype: torch.dtype, rounded: bool) -> None:
        def pair(name: str) -> tuple[torch.Tensor, torch.Tensor]:
            return _pair(weights, f"{prefix}{name}", dtype)

        parts = [pair(f"attention.self.{projection}") for projection in ("query", "key", "value")]
        joined = torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])
        self.qkv = Product(*joined, rounded=rounded)
        self.out = Product(*pair("attention.output.dense"), rounded=rounded)
        self.norm = pair("attention.output.LayerNorm")
        self.up = Product(*pair("intermediate.dense"), gelu=True, rounded=rounded)
        self.down = Product(*pair("output.dense"), rounded=rounded)
        self.last = pair("output.LayerNorm")

    def __call__(self, hidden: torch.Tensor, packed: Packed, heads: int, epsilon: float) -> torch.Tensor:
        total, size = hidden.shape
        qkv = self.qkv(hidden).view(total, 3, heads, size // heads)
        attended = self.out(packed.attended(qkv).reshape(total, size))
        hidden = _normed(attended + hidden, self.norm, epsilon)
        return _normed(self.down(self.up(hidden)) + hidden, self.last, epsilon)


def _normed(hidden: torch.Tensor, norm: tuple[torch.Tensor, torch.Tensor], epsilon: float) -> torch.Tensor:
    """Return the hidden states normed, in their own type; mean and variance are float32."""
    return F.layer_norm(hidden, hidden.shape[-1:], *norm, epsilon)


def _pair(weights: dict[str, torch.Tensor], name: str, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return weights[f"{name}.weight"].to(dtype), weights[f"{name}.bias"].to(dtype)
