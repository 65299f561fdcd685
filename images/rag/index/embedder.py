"""A sentence embedding model: texts in, vectors out, in batches of about equal work; one code for CPU and GPU.

Where the weights are computed on a GPU, the next slice of texts is tokenized in a thread while it works, nothing waits
for a copy before the last batch is under way, and products are in half precision (`dtype`).
"""

from __future__ import annotations

import functools
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from runtime.errors import InputError

from index import numpy_bert, processor
from index.chunker import tokenizer

if TYPE_CHECKING:
    from index.packing import Packed

_UNIT_TOKENS = 2048  # that a matrix unit wants in a batch: with 512 it has four fifths of that speed
_SLICE = 256  # texts that are tokenized while a GPU embeds those before them; an actor gets 2,048 at a time


def opened(folder: Path, facts: Mapping[str, Any], batch_tokens: int = 4096, **settings: Any) -> TextEmbedder:
    """Return what embeds by a model: its weights here, or the endpoint that serves it.

    Args:
        folder: as `model_folder.checked` returns it.
        facts: the catalog's of the model.
        batch_tokens: of Embedder, as are the other settings.
    """
    if "api" not in facts:
        return Embedder(folder, facts, batch_tokens, **settings)
    from index.served_embedder import ServedEmbedder

    return ServedEmbedder(folder, facts)


def budgeted(lengths: Sequence[int], tokens: int) -> Iterator[np.ndarray]:
    """Yield indices in batches, sorted by length, each of at most `tokens` tokens once padded (one text at least).

    A CPU is fastest with few tokens that its caches hold; texts of one length beside one another share a call.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, tokens // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


class TextEmbedder(ABC):
    """Embeds texts by a model of the catalog, with what that model wants before them.

    Attributes:
        facts: the catalog's of the model.
    """

    facts: Mapping[str, Any]

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

    @abstractmethod
    def _embed(self, texts: list[str]) -> np.ndarray:
        """Return vectors of texts as they are given, float32[n, dimension], in their order."""


class Embedder(TextEmbedder):
    """The model, loaded once.

    Args:
        folder: of its files.
        facts: the catalog's of the model.
        batch_tokens: tokens in a batch at most; on two CPU cores 512 gave 134 documents/s, 4,096 gave 96.
        device: `cpu` or `cuda`.
        threads: CPU threads; 0 leaves torch's own choice.
        dtype: of the hidden states, `float32` or `bfloat16`; half precision on a GPU unless given.
        rounded: whether a CPU that has a matrix unit may round what it multiplies to bfloat16 (products.py).
    """

    def __init__(
        self,
        folder: Path,
        facts: Mapping[str, Any],
        batch_tokens: int,
        device: str = "cpu",
        threads: int = 0,
        dtype: str = "",
        rounded: bool = False,
    ) -> None:
        self.folder, self.facts = folder, facts
        self.device, self.threads = device, threads
        self.dtype = dtype or ("float32" if device == "cpu" else "bfloat16")
        self.slice = sys.maxsize if device == "cpu" else _SLICE  # a CPU's cores tokenize before they embed
        self.tokenizer = tokenizer(folder)
        self.tokenizer.enable_truncation(facts["max_tokens"])
        bert = device == "cpu" and numpy_bert.supports(folder)
        self._small = bert and numpy_bert.reads(folder)
        self.rounded = rounded and bert and self.dtype == "float32" and processor.has_matrix_unit()
        self.batch_tokens = max(batch_tokens, _UNIT_TOKENS) if self.rounded else batch_tokens

    def _embed(self, texts: list[str]) -> np.ndarray:
        out = np.empty((len(texts), self.facts["dimension"]), np.float32)
        order: list[np.ndarray] = []
        vectors: list[Any] = []  # on the device until all batches are under way
        for start, ids in self._tokenized(texts):
            lengths = [len(text) for text in ids]
            few = self._small and sum(lengths) <= numpy_bert.FEW and "torch" not in sys.modules
            for rows in budgeted(lengths, self.batch_tokens):
                batch = [ids[row] for row in rows]
                order.append(rows + start)
                vectors.append(self._few(*_padded(batch)) if few else self._batch(batch))
        for rows, values in zip(order, vectors, strict=True):
            out[rows] = values if isinstance(values, np.ndarray) else values.cpu().numpy()
        return out

    def _tokenized(self, texts: list[str]) -> Iterator[tuple[int, list[list[int]]]]:
        """Yield slices of the texts as tokens, with where each begins; the next one is made while one is used."""

        def tokens(start: int) -> list[list[int]]:
            return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts[start : start + self.slice])]

        starts = range(0, len(texts), self.slice)
        if len(starts) <= 1:
            yield from ((start, tokens(start)) for start in starts)
            return
        with ThreadPoolExecutor(1, "tokenize") as ahead:
            coming = ahead.submit(tokens, 0)
            for start in starts:
                ids = coming.result()
                if start + self.slice < len(texts):
                    coming = ahead.submit(tokens, start + self.slice)
                yield start, ids

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
    def _forward(self) -> Callable[[Packed], Any]:
        # Threads that wait by spinning take the cores from whoever has work on a shared node.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import torch

        if self.threads:
            torch.set_num_threads(self.threads)
        return _forward(self.folder, self.device, self.dtype, self.rounded)

    def _check_dimension(self, given: int) -> None:
        if given != self.facts["dimension"]:
            raise ValueError(f"the model gives {given} dimensions, the catalog says {self.facts['dimension']}")

    def _batch(self, ids: list[list[int]]) -> Any:
        """One forward pass: float32[texts, dimension], on the device."""
        forward = self._forward
        import torch

        from index.packing import Packed

        with torch.inference_mode():
            packed = Packed.of(ids, self.device)
            hidden = forward(packed)
            self._check_dimension(hidden.shape[-1])
            vectors = packed.pooled(hidden, self.facts.get("pooling", "mean"))
            return torch.nn.functional.normalize(vectors, dim=1) if self.facts.get("normalise", True) else vectors


def _padded(ids: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return texts' tokens padded by zero to the longest, and where they are not padding: int64[n, length] each."""
    longest = max(map(len, ids))
    padded = np.zeros((len(ids), longest), np.int64)
    mask = np.zeros((len(ids), longest), np.int64)
    for row, sequence in enumerate(ids):
        padded[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return padded, mask


def _forward(folder: Path, device: str, dtype: str, rounded: bool) -> Callable[[Packed], Any]:
    """Packed texts -> the last layer's hidden states; float32 of architectures that bert.py does not compute.

    Raises:
        InputError: `transformers` cannot read the model.
    """
    import torch

    if numpy_bert.supports(folder):
        from index import bert

        return bert.Bert(folder, device, getattr(torch, dtype), rounded)
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        # With the attention that it chooses: not every architecture has `sdpa`.
        model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval().to(device)
    except (ImportError, OSError, ValueError) as error:  # no such architecture, one with code of its own, other weights
        reason = str(error).partition("\n")[0]
        raise InputError(f"the model in {folder.name} cannot be read: {reason}; use another model") from error

    def padded(packed: Packed) -> Any:
        texts = torch.split(packed.tokens, packed.lengths)
        tokens = torch.nn.utils.rnn.pad_sequence(list(texts), batch_first=True)
        lengths = packed.starts[1:] - packed.starts[:-1]
        mask = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
        return model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state[mask]

    return padded
