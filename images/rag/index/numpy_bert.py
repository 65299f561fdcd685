"""The BERT encoder in NumPy, for a few texts: importing torch takes five seconds of CPU, a question ten milliseconds.

It gives what bert.Bert gives (a test holds the two together), so that a search, the canary questions and a few changed
documents start at once. Beyond `FEW` tokens torch has made good its import.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

FEW = 4096  # tokens; they take NumPy three seconds of one core, and torch's import takes five
AFTER_PADDING = {"bert": False, "xlm-roberta": True, "roberta": True}  # whether positions start past that index
PREFIX = re.compile(r"^(bert|roberta)\.")
_HIDDEN = -1e9  # added to the score of a token that pads a text


def supports(folder: Path) -> bool:
    """Return whether the model in the folder is an encoder that this module and `bert` compute exactly."""
    config = json.loads((folder / "config.json").read_text())
    standard = config.get("position_embedding_type", "absolute") == "absolute" and config.get("hidden_act") == "gelu"
    return standard and config.get("model_type") in AFTER_PADDING and not config.get("is_decoder")


def reads(folder: Path) -> bool:
    """Return whether NumPy has the type of each of the model's weights: it has no bfloat16."""
    with (folder / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return not any(tensor.get("dtype") == "BF16" for tensor in header.values())


class NumpyBert:
    """The encoder with its weights. `folder` holds config.json and model.safetensors."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        config = json.loads((folder / "config.json").read_text())
        self.heads, self.epsilon = config["num_attention_heads"], np.float32(config["layer_norm_eps"])
        self.first = config["pad_token_id"] + 1 if AFTER_PADDING[config["model_type"]] else 0
        self.layers = config["num_hidden_layers"]
        tensors = load_file(folder / "model.safetensors")
        self.weights = {PREFIX.sub("", name): tensor for name, tensor in tensors.items()}

    def __call__(self, tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Hidden states of the last layer, float32[n, length, dimension].

        Args:
            tokens: int64[n, length].
            mask: int64[n, length], 0 where a text is padded.
        """
        hidden = self._weight("embeddings.word_embeddings.weight")[tokens]
        hidden += self._weight("embeddings.position_embeddings.weight")[self.first : self.first + tokens.shape[1]]
        hidden += self._weight("embeddings.token_type_embeddings.weight")[0]  # no text here has a second segment
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        unseen = np.where(mask, 0, _HIDDEN).astype(np.float32)[:, None, None, :]
        for number in range(self.layers):
            hidden = self._layer(hidden, unseen, f"encoder.layer.{number}.")
        return hidden

    def _layer(self, hidden: np.ndarray, unseen: np.ndarray, prefix: str) -> np.ndarray:
        query, key, value = (
            self._heads(hidden, f"{prefix}attention.self.{part}") for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(query.shape[-1])) + unseen
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        attended = (scores / scores.sum(-1, keepdims=True)) @ value
        attended = attended.transpose(0, 2, 1, 3).reshape(hidden.shape)
        attended = self._linear(attended, f"{prefix}attention.output.dense")
        hidden = self._norm(attended + hidden, f"{prefix}attention.output.LayerNorm")
        wide = _gelu(self._linear(hidden, f"{prefix}intermediate.dense"))
        return self._norm(self._linear(wide, f"{prefix}output.dense") + hidden, f"{prefix}output.LayerNorm")

    def _heads(self, hidden: np.ndarray, name: str) -> np.ndarray:
        n, length, size = hidden.shape
        parts = self._linear(hidden, name).reshape(n, length, self.heads, size // self.heads)
        return parts.transpose(0, 2, 1, 3)

    def _linear(self, hidden: np.ndarray, name: str) -> np.ndarray:
        flat = hidden.reshape(-1, hidden.shape[-1]) @ self._weight(f"{name}.weight").T + self._weight(f"{name}.bias")
        return flat.reshape(*hidden.shape[:-1], -1)

    def _norm(self, hidden: np.ndarray, name: str) -> np.ndarray:
        centred = hidden - hidden.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        normed: np.ndarray = scaled * self._weight(f"{name}.weight") + self._weight(f"{name}.bias")
        return normed

    def _weight(self, name: str) -> np.ndarray:
        weight: np.ndarray = self.weights[name].astype(np.float32, copy=False)
        return weight


def _gelu(x: np.ndarray) -> np.ndarray:
    """Return x times the normal distribution's share below it, by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    terms: Any = np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        terms = terms * t + np.float32(factor)
    above = np.float32(0.5) * terms * t * np.exp(-(z**2))  # the share beyond |x|
    shared: np.ndarray = x * np.where(x < 0, above, 1 - above)
    return shared
