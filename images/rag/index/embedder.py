"""A sentence embedding model: texts in, vectors out, in batches of about equal work."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from runtime import objects

from index import model_files, numpy_bert
from index.chunker import tokenizer

MODEL_FILE = "model.safetensors"


def weights(facts: Mapping[str, Any], cache: Path | None = None) -> Path:
    """Return the folder of the model's files: a Python package's (`package:NAME`), or `cache`, fetched from s3://.

    Raises:
        FileNotFoundError: the package is not installed, or has no model in it.
        ValueError: the weights are not those that the catalog's `digest` names.
        InputError: the model's own files contradict the catalog's facts.
    """
    kind, _, name = facts["weights"].partition(":")
    if kind == "package":
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"the package {name!r} that holds the model's weights is not in the image")
        folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    elif cache is not None:
        folder = cache / hashlib.sha256(facts["weights"].encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for entry in objects.entries(facts["weights"]):
            if _of_model(entry.name) and not (folder / entry.name).exists():
                (folder / entry.name).parent.mkdir(exist_ok=True)
                (folder / f"{entry.name}.new").write_bytes(objects.read(entry.address))
                (folder / f"{entry.name}.new").rename(folder / entry.name)
    else:
        raise ValueError(f"weights {facts['weights']!r} must be package:NAME or an s3:// address")
    if not (folder / MODEL_FILE).is_file():
        raise FileNotFoundError(f"{facts['weights']}: {MODEL_FILE} not found")
    if (wanted := facts.get("digest")) and (actual := digest(folder)) != wanted:
        raise ValueError(f"{facts['weights']}: the weights' digest is {actual}, the catalog says {wanted}")
    model_files.check(folder, facts)
    return folder


def _of_model(name: str) -> bool:
    """Return whether a file of a model's folder is wanted: those in it, and what layers in it say of themselves."""
    return "/" not in name or (name.count("/") == 1 and name.endswith("/config.json"))


def digest(folder: Path) -> str:
    """sha256:<hex> of the weights."""
    with (folder / MODEL_FILE).open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def budgeted(lengths: Sequence[int], tokens: int) -> Iterator[np.ndarray]:
    """Yield indices in batches, sorted by length, each of at most `tokens` tokens once padded (one text at least)."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


class Embedder:
    """The model, loaded once.

    Args:
        folder: of its files.
        facts: the catalog's of the model.
        batch_tokens: padded tokens in a batch at most; on two CPU cores 512 gave 134 documents/s, 4,096 gave 96.
        device: `cpu` or `cuda`.
        threads: CPU threads; 0 leaves torch's own choice.
    """

    def __init__(
        self, folder: Path, facts: Mapping[str, Any], batch_tokens: int, device: str = "cpu", threads: int = 0
    ) -> None:
        self.folder, self.facts, self.batch_tokens = folder, facts, batch_tokens
        self.device, self.threads = device, threads
        self.tokenizer = tokenizer(folder)
        self.tokenizer.enable_truncation(facts["max_tokens"])
        self._small = device == "cpu" and numpy_bert.supports(folder)

    @property
    def prefixes(self) -> tuple[str, str]:
        """What the model wants before a document's text and before a question."""
        return self.facts.get("document_prefix", ""), self.facts.get("query_prefix", "")

    def documents(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of documents' texts, float32[n, dimension], in their order."""
        return self._embed([self.prefixes[0] + text for text in texts])

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of questions, float32[n, dimension]."""
        return self._embed([self.prefixes[1] + text for text in texts])

    def _embed(self, texts: list[str]) -> np.ndarray:
        encoded = self.tokenizer.encode_batch(texts)
        out = np.empty((len(texts), self.facts["dimension"]), np.float32)
        lengths = [len(encoding.ids) for encoding in encoded]
        few = self._small and sum(lengths) <= numpy_bert.FEW and "torch" not in sys.modules
        for rows in budgeted(lengths, self.batch_tokens):
            ids = [encoded[row].ids for row in rows]
            out[rows] = self._few(*_padded(ids)) if few else self._batch(*_padded(ids))
        return out

    @functools.cached_property
    def _encoder(self) -> numpy_bert.NumpyBert:
        return numpy_bert.NumpyBert(self.folder)

    def _few(self, padded: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """One forward pass in NumPy."""
        hidden = self._encoder(padded, mask)
        self._check_dimension(hidden.shape[-1])
        if self.facts.get("pooling", "mean") == "cls":
            vectors = hidden[:, 0]
        else:
            weights = mask[:, :, None].astype(np.float32)
            vectors = (hidden * weights).sum(1) / weights.sum(1)
        if self.facts.get("normalise", True):
            vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    @functools.cached_property
    def _forward(self) -> Callable[[Any, Any], Any]:
        # Threads that wait by spinning take the cores from whoever has work on a shared node.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import torch

        if self.threads:
            torch.set_num_threads(self.threads)
        return _forward(self.folder, self.device)

    def _check_dimension(self, given: int) -> None:
        if given != self.facts["dimension"]:
            raise ValueError(f"the model gives {given} dimensions, the catalog says {self.facts['dimension']}")

    def _batch(self, padded: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """One forward pass. Padding by zero is masked out; a batch without any needs no mask at all."""
        forward = self._forward
        import torch

        with torch.inference_mode():
            tokens = torch.from_numpy(padded).to(self.device)
            attention = None if mask.all() else torch.from_numpy(mask).to(self.device)
            hidden = forward(tokens, attention)
            self._check_dimension(hidden.shape[-1])
            return self._normalised(self._pooled(hidden, attention))

    def _normalised(self, vectors: Any) -> np.ndarray:
        import torch

        if self.facts.get("normalise", True):
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        values: np.ndarray = vectors.float().cpu().numpy()
        return values

    def _pooled(self, hidden: Any, attention: Any) -> Any:
        if self.facts.get("pooling", "mean") == "cls":
            return hidden[:, 0]
        if attention is None:
            return hidden.mean(1)
        weights = attention.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)


def _padded(ids: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return texts' tokens padded by zero to the longest, and where they are not padding: int64[n, length] each."""
    longest = max(map(len, ids))
    padded = np.zeros((len(ids), longest), np.int64)
    mask = np.zeros((len(ids), longest), np.int64)
    for row, sequence in enumerate(ids):
        padded[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return padded, mask


def _forward(folder: Path, device: str) -> Callable[[Any, Any], Any]:
    """(tokens, mask) -> the last layer's hidden states."""
    if numpy_bert.supports(folder):
        from index import bert

        return bert.Bert(folder, device)
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval().to(device)
    return lambda tokens, mask: model(input_ids=tokens, attention_mask=mask).last_hidden_state
