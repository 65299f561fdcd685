"""How much memory training takes: weights, gradients, optimiser and activations, from a model's architecture.

Bytes for each weight: 4 for the weight in float32, 4 for its gradient and 8 for AdamW's two averages; a frozen one
under LoRA takes its weight alone (2 in bfloat16 on a GPU, 4 on a CPU). Activations are what the backward pass needs
of a decoder layer of the Llama kind: the figures below count the tensors of one token that autograd keeps, after
Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models" (2022), section 4, adapted to
gated layers and to attention that keeps no score matrix. tests/test_memory.py of images/train holds it to the
measured peak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GIB = 1024**3
RUNTIME = {"cpu": 0.7 * GIB, "gpu": 1.0 * GIB}  # what Python, torch and a device's context take before any weight


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that training takes on one device.

    Attributes:
        weights, gradients, optimiser, activations: as in the module's text.
        runtime: taken before any weight.
    """

    weights: float
    gradients: float
    optimiser: float
    activations: float
    runtime: float

    @property
    def total(self) -> float:
        """Everything."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.runtime

    def __str__(self) -> str:
        parts = ("weights", "gradients", "optimiser", "activations", "runtime")
        return ", ".join(f"{name} {getattr(self, name) / GIB:.1f}" for name in parts)


def adapter_parameters(shape: Mapping[str, Any], targets: Sequence[str], rank: int) -> int:
    """Return how many weights LoRA of a rank adds to the named layers: rank times (inputs + outputs) each."""
    hidden, inner = shape["hidden"], shape["intermediate"]
    keys = hidden * shape["kv_heads"] // shape["heads"]
    sides = {
        "q_proj": hidden + hidden, "k_proj": hidden + keys, "v_proj": hidden + keys, "o_proj": hidden + hidden,
        "gate_proj": hidden + inner, "up_proj": hidden + inner, "down_proj": inner + hidden,
    }  # fmt: skip
    return int(shape["layers"] * rank * sum(sides.get(name, hidden + inner) for name in targets))


def layer_numbers(shape: Mapping[str, Any], targets: Sequence[str] | None) -> float:
    """Return how many numbers of one token a decoder layer keeps for its backward pass.

    A frozen layer needs its input for nothing, so under LoRA only the inputs of `targets` are kept; None trains all.
    """
    hidden, inner = shape["hidden"], shape["intermediate"]
    keys = float(hidden * shape["kv_heads"] / shape["heads"])
    attention = 2 * hidden + 2 * keys + hidden  # rotated queries and keys, values, and what o_proj reads
    rotation = 2 * (hidden + keys)  # queries and keys before and beside their rotation
    gated = 3 * inner  # gate, its activation, and up
    if targets is None:
        norms, read = 2 * 3 * hidden, inner  # each: its input, what it is normalised to, its output; down_proj's input
    else:
        norms = 2 * hidden + hidden * (bool({"q_proj", "k_proj", "v_proj"} & set(targets)))
        read = inner * ("down_proj" in targets) + hidden * (bool({"gate_proj", "up_proj"} & set(targets)))
    return float(norms + attention + rotation + gated + read)


def estimate(
    shape: Mapping[str, Any], settings: Mapping[str, Any], lora: Mapping[str, Any] | None, gpu: bool
) -> Memory:
    """Return what training takes on one device.

    Args:
        shape: the base model's `architecture` in the catalog.
        settings: the size's for fine-tuning.
        lora: rank and targets; None trains every weight.
        gpu: whether the device computes in bfloat16.
    """
    count = shape["parameters"]
    trained = count if lora is None else adapter_parameters(shape, lora["targets"], lora["rank"])
    frozen = 0 if lora is None else count
    share = settings["processes"] if settings["sharding"] == "fsdp" else 1
    tokens = settings["sequence"] * settings["micro_batch_packs"]
    width = 2 if gpu else 4
    layer = tokens * layer_numbers(shape, None if lora is None else lora["targets"]) * width
    logits = tokens * shape["vocabulary"] * (4 + 4 + width)  # float32, their gradient, and as the model gives them
    # What is recomputed is so after the logits have gone: the larger of the two counts.
    inputs = tokens * shape["hidden"] * width * shape["layers"]
    activations = (
        inputs + max(layer, logits) if settings["activation_checkpointing"] else layer * shape["layers"] + logits
    )
    return Memory(
        weights=(trained * 4 + frozen * width) / share,
        gradients=trained * 4 / share,
        optimiser=trained * 8 / share,
        activations=activations,
        runtime=RUNTIME["gpu" if gpu else "cpu"],
    )
