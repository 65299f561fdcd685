"""A tiny BERT made on the spot: seeded weights in the files of a real model, read by the programs' own embedder.

Its vectors mean nothing, but follow from the text and the revision alone: an index is right exactly if each vector is
of its own point's text, by the model that was decided. Thirty milliseconds make it, and one embeds a document.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

DIMENSION = 16
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", *_WORDS, *string.ascii_letters, *string.digits, *string.punctuation,
    *(f"##{token}" for token in string.ascii_letters + string.digits),
]  # fmt: skip
_CONFIG = {
    "model_type": "bert",
    "hidden_size": DIMENSION,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 2 * DIMENSION,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "type_vocab_size": 1,
    "vocab_size": len(_VOCABULARY),
}


def facts(revision: str) -> dict[str, Any]:
    """Return the catalog's facts of the model of that revision."""
    return {
        "revision": revision,
        "weights": f"s3://models/{revision}/",
        "dimension": DIMENSION,
        "max_tokens": _CONFIG["max_position_embeddings"],
        "pooling": "mean",
        "normalise": True,
    }


def make(folder: Path, seed: int) -> None:
    """Write config.json, tokenizer.json and model.safetensors into the folder."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    _tokenizer().save(str(folder / "tokenizer.json"))
    random = torch.Generator().manual_seed(seed)
    # Wide enough that no two texts' vectors are near each other.
    weights = {name: torch.randn(shape, generator=random) * 0.7 for name, shape in _shapes().items()}
    save_file(weights, folder / "model.safetensors")


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(
        models.WordPiece({token: place for place, token in enumerate(_VOCABULARY)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(token, _VOCABULARY.index(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


def _shapes() -> dict[str, tuple[int, ...]]:
    size, wide = DIMENSION, 2 * DIMENSION
    tables = {"word": len(_VOCABULARY), "position": 64, "token_type": 1}
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{name}_embeddings.weight": (rows, size) for name, rows in tables.items()
    }
    linear = {
        "attention.self.query": (size, size),
        "attention.self.key": (size, size),
        "attention.self.value": (size, size),
        "attention.output.dense": (size, size),
        "intermediate.dense": (wide, size),
        "output.dense": (size, wide),
    }
    for name, shape in linear.items():
        shapes[f"encoder.layer.0.{name}.weight"] = shape
        shapes[f"encoder.layer.0.{name}.bias"] = shape[:1]
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        shapes[f"{name}.LayerNorm.weight"] = shapes[f"{name}.LayerNorm.bias"] = (size,)
    return shapes
