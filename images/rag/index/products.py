"""A layer's products: hidden states by weights, with a bias and GELU, on any device.

A CPU with a matrix unit (Intel's AMX) multiplies bfloat16 several times as fast as float32. Where it may, a product
takes both sides rounded to bfloat16 and sums in float32; hidden states, norms and attention stay float32. oneDNN does
it, with weights that are laid out for it once: torch's compiler calls the same operators. On one core of a Xeon with
AMX they are three to four times as fast as float32, and vectors have a cosine of 0.9999 and more to those of float32
(tests/bench/embed.py). Where there is no such unit the rounding would cost accuracy and bring nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch.nn import functional as F


@contextlib.contextmanager
def _rounded() -> Iterator[None]:
    """Let oneDNN round what it multiplies to bfloat16: a setting of the process, which attention finds as it was."""
    precision = torch.backends.mkldnn.matmul.fp32_precision
    torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        torch.backends.mkldnn.matmul.fp32_precision = precision


class Product:
    """Weights with their bias.

    Args:
        weight: [out, in].
        bias: [out].
        gelu: whether GELU is applied to the result.
        rounded: whether both sides are rounded to bfloat16; float32 on a CPU alone.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, gelu: bool = False, rounded: bool = False) -> None:
        self.weight, self.bias, self.gelu, self.rounded = weight, bias, gelu, rounded
        if rounded:
            with _rounded():
                self.weight = torch.ops.mkldnn._reorder_linear_weight(weight)

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the product, [rows, out].

        In half precision GELU is applied before the result is written; on a GPU by tanh's approximation, which is
        nearer to GELU than half precision rounds.
        """
        if self.rounded:
            after, kind = ("gelu", "none") if self.gelu else ("none", "")
            with _rounded():
                return torch.ops.mkldnn._linear_pointwise(hidden, self.weight, self.bias, after, [], kind)
        if not self.gelu:
            return F.linear(hidden, self.weight, self.bias)
        if hidden.dtype == torch.float32:
            return F.gelu(F.linear(hidden, self.weight, self.bias))
        return torch._addmm_activation(self.bias, hidden, self.weight.t(), use_gelu=True)
