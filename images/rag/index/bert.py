"""The BERT encoder in plain torch, which all-MiniLM, bge, e5 and many embedding models are; the same on CPU and GPU.

`transformers` gives the same numbers (a test holds the two together), but imports for six seconds of CPU before it has
read a weight, in every pod and for every question asked. Architectures other than BERT's still go through it.

Texts come packed (packing.py). Products may be computed in half precision; norms are float32 whatever the products are,
since that is where half precision would lose most.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from index.numpy_bert import AFTER_PADDING, PREFIX
from index.packing import Packed


class Bert:
    """The encoder with its weights.

    Args:
        folder: with config.json and model.safetensors.
        device: `cpu` or `cuda`.
        dtype: of the products; norms are float32.
    """

    def __init__(self, folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
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
        self.norm = _pair(weights, "embeddings.LayerNorm")
        self.layers = [
            _Layer(weights, f"encoder.layer.{number}.", dtype) for number in range(config["num_hidden_layers"])
        ]

    def __call__(self, packed: Packed) -> torch.Tensor:
        """Hidden states of the last layer, [tokens, dimension]."""
        hidden = self.words[packed.tokens] + self.positions[packed.positions + self.first]
        hidden = _normed(hidden, self.norm, self.epsilon)
        for layer in self.layers:
            hidden = layer(hidden, packed, self.heads, self.epsilon)
        return hidden


class _Layer:
    def __init__(self, weights: dict[str, torch.Tensor], prefix: str, dtype: torch.dtype) -> None:
        def products(name: str) -> Any:
            weight, bias = _pair(weights, f"{prefix}{name}")
            return weight.to(dtype), bias.to(dtype)

        parts = [products(f"attention.self.{projection}") for projection in ("query", "key", "value")]
        self.qkv = torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])
        self.out = products("attention.output.dense")
        self.norm = _pair(weights, f"{prefix}attention.output.LayerNorm")
        self.up = products("intermediate.dense")
        self.down = products("output.dense")
        self.last = _pair(weights, f"{prefix}output.LayerNorm")

    def __call__(self, hidden: torch.Tensor, packed: Packed, heads: int, epsilon: float) -> torch.Tensor:
        total, size = hidden.shape
        qkv = F.linear(hidden, *self.qkv).view(total, 3, heads, size // heads)
        attended = F.linear(packed.attended(qkv).reshape(total, size), *self.out)
        hidden = _normed(attended + hidden, self.norm, epsilon)
        wide = F.linear(F.gelu(F.linear(hidden, *self.up)), *self.down)
        return _normed(wide + hidden, self.last, epsilon)


def _normed(hidden: torch.Tensor, norm: Any, epsilon: float) -> torch.Tensor:
    """Return the hidden states normed in float32, in their own type."""
    return F.layer_norm(hidden.float(), hidden.shape[-1:], *norm, epsilon).to(hidden.dtype)


def _pair(weights: dict[str, torch.Tensor], name: str) -> Any:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]
