"""Texts laid one after another without padding: no arithmetic is spent on tokens that nobody wrote.

What is done token by token (embeddings, projections, norms) sees one long row. Attention stays within a text: on a GPU
in half precision by a kernel for rows of any lengths, elsewhere text by text of one length, which lie beside one
another where texts are sorted by length. Pooling is float32, where the hidden states lie.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

_HALF = (torch.bfloat16, torch.float16)


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts' tokens in one row.

    Attributes:
        tokens: int64[total].
        positions: int64[total], of each token in its own text.
        lengths: tokens of each text.
        starts: int32[texts + 1], where each begins, and the end.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    lengths: list[int]
    starts: torch.Tensor

    @classmethod
    def of(cls, ids: Sequence[Sequence[int]], device: str) -> Packed:
        """Lay the texts' tokens in a row, on the device."""
        lengths = [len(text) for text in ids]
        ends = np.cumsum(lengths, dtype=np.int64)
        total = int(ends[-1])
        tokens = np.fromiter(itertools.chain.from_iterable(ids), np.int64, total)
        positions = np.arange(total, dtype=np.int64) - np.repeat(ends - lengths, lengths)
        starts = np.concatenate([[0], ends]).astype(np.int32)
        return cls(_sent(tokens, device), _sent(positions, device), lengths, _sent(starts, device))

    def attended(self, qkv: torch.Tensor) -> torch.Tensor:
        """Return attention within each text: [total, heads, size] of queries, keys, values [total, 3, heads, size]."""
        if qkv.is_cuda and qkv.dtype in _HALF:
            from torch.nn.attention.varlen import varlen_attn

            longest = max(self.lengths)
            query, key, value = qkv.unbind(1)
            out: torch.Tensor = varlen_attn(query, key, value, self.starts, self.starts, longest, longest)
            return out
        parts, start = [], 0
        for length, same in itertools.groupby(self.lengths):
            end = start + length * len(list(same))
            group = qkv[start:end].view(-1, length, *qkv.shape[1:]).permute(2, 0, 3, 1, 4)
            out = F.scaled_dot_product_attention(group[0], group[1], group[2])
            parts.append(out.transpose(1, 2).reshape(end - start, *qkv.shape[2:]))
            start = end
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def pooled(self, hidden: torch.Tensor, pooling: str) -> torch.Tensor:
        """Return each text's vector, float32[texts, dimension], of hidden states [total, dimension].

        Args:
            hidden: of the last layer.
            pooling: `cls` takes the first token's, `mean` the mean of all.
        """
        if pooling == "cls":
            return hidden[self.starts[:-1].long()].float()
        lengths = (self.starts[1:] - self.starts[:-1]).long()
        return torch.segment_reduce(hidden.float(), "mean", lengths=lengths, unsafe=True)


def _sent(values: np.ndarray, device: str) -> torch.Tensor:
    """Return the values on the device; to a GPU from pinned memory, so that nobody waits for the copy."""
    tensor = torch.from_numpy(values)
    return tensor if device == "cpu" else tensor.pin_memory().to(device, non_blocking=True)
