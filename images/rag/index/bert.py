"""The BERT encoder in plain torch, which all-MiniLM, bge, e5 and many embedding models are.

`transformers` gives the same numbers (a test holds the two together), but imports for six seconds of CPU before it has
read a weight, in every pod and for every question asked. Architectures other than BERT's still go through it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from index.numpy_bert import AFTER_PADDING, PREFIX


class Bert:
    """The encoder with its weights.

    Args:
        folder: with config.json and model.safetensors.
        device: `cpu` or `cuda`.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        from safetensors.torch import load_file

        config = json.loads((folder / "config.json").read_text())
        self.heads, self.epsilon = config["num_attention_heads"], config["layer_norm_eps"]
        self.first = config["pad_token_id"] + 1 if AFTER_PADDING[config["model_type"]] else 0
        tensors = load_file(folder / "model.safetensors", device=device)
        weights = {PREFIX.sub("", name): tensor.float() for name, tensor in tensors.items()}
        self.words = weights["embeddings.word_embeddings.weight"]
        types = weights["embeddings.token_type_embeddings.weight"][0]
        self.positions = weights["embeddings.position_embeddings.weight"] + types  # no text here has a second segment
        self.norm = _pair(weights, "embeddings.LayerNorm")
        self.layers = [_Layer(weights, f"encoder.layer.{number}.") for number in range(config["num_hidden_layers"])]

    def __call__(self, tokens: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Hidden states of the last layer, float32[n, length, dimension].

        Args:
            tokens: int64[n, length].
            mask: int64[n, length], 0 where a text is padded; None where none is.
        """
        hidden = self.words[tokens] + self.positions[self.first : self.first + tokens.shape[1]]
        hidden = F.layer_norm(hidden, hidden.shape[-1:], *self.norm, self.epsilon)
        attended = None if mask is None else mask.bool()[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, attended, self.heads, self.epsilon)
        return hidden


class _Layer:
    def __init__(self, weights: dict[str, torch.Tensor], prefix: str) -> None:
        parts = [_pair(weights, f"{prefix}attention.self.{projection}") for projection in ("query", "key", "value")]
        self.qkv = torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])
        self.out = _pair(weights, f"{prefix}attention.output.dense")
        self.norm = _pair(weights, f"{prefix}attention.output.LayerNorm")
        self.up = _pair(weights, f"{prefix}intermediate.dense")
        self.down = _pair(weights, f"{prefix}output.dense")
        self.last = _pair(weights, f"{prefix}output.LayerNorm")

    def __call__(self, hidden: torch.Tensor, mask: torch.Tensor | None, heads: int, epsilon: float) -> torch.Tensor:
        n, length, size = hidden.shape
        qkv = F.linear(hidden, *self.qkv).view(n, length, 3, heads, size // heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], attn_mask=mask)
        attended = F.linear(attended.transpose(1, 2).reshape(n, length, size), *self.out)
        hidden = F.layer_norm(attended + hidden, (size,), *self.norm, epsilon)
        wide = F.linear(F.gelu(F.linear(hidden, *self.up)), *self.down)
        return F.layer_norm(wide + hidden, (size,), *self.last, epsilon)


def _pair(weights: dict[str, torch.Tensor], name: str) -> Any:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]
