"""How a run trains: the decisions, the size's settings and the model's facts, read from the environment and checked."""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from runtime import settings
from runtime.errors import InputError

# Learning rates for a pretrained model; the model's facts may give others.
RATES = {"full": 2e-5, "lora": 2e-4}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run trains.

    Attributes:
        method: full or lora.
        epochs: passes over the dataset.
        learning_rate: its peak.
        sequence: most tokens in a pack.
        packing: whether short rows share a pack.
        global_batch_packs: packs in one optimiser step, over all processes.
        micro_batch_packs: packs in one forward pass of one process; gradients of the others are added.
        processes: how many train together.
        sharding: ddp (each process holds the model) or fsdp (each holds a share of it).
        activation_checkpointing: whether activations are recomputed in the backward pass, to save memory.
        evaluations: most checkpoints in a run, each of which is evaluated.
        rank, alpha, dropout, targets: LoRA's; targets are names of layers.
        warmup: share of the steps over which the learning rate rises, 0 to 1.
        weight_decay: AdamW's.
        clip: largest norm of the gradient.
        seed: seeds data order, dropout and new weights.
    """

    method: str = "full"
    epochs: float = 1.0
    learning_rate: float = 2e-5
    sequence: int = 1024
    packing: bool = True
    global_batch_packs: int = 16
    micro_batch_packs: int = 4
    processes: int = 1
    sharding: str = "ddp"
    activation_checkpointing: bool = False
    evaluations: int = 4
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: tuple[str, ...] = ()
    warmup: float = 0.03
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 17

    def steps(self, packs: int) -> int:
        """Return how many optimiser steps a run over so many packs takes."""
        return max(1, math.ceil(math.ceil(packs / self.global_batch_packs) * self.epochs))

    def checkpoints(self, packs: int) -> list[int]:
        """Return the steps after which a checkpoint is written: evenly spaced, the last step included."""
        steps = self.steps(packs)
        every = math.ceil(steps / self.evaluations)
        return sorted({*range(every, steps, every), steps})

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step (0-based): a linear warm-up, then half a cosine to a tenth of the peak."""
        warmup_steps = max(1, round(self.warmup * steps))
        if step < warmup_steps:
            return self.learning_rate * (step + 1) / warmup_steps
        done = (step - warmup_steps) / max(1, steps - warmup_steps)
        return self.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done)))

    def as_facts(self) -> dict[str, Any]:
        """Return the plan as the receipt holds it."""
        return asdict(self)


def read(environ: Mapping[str, str] = os.environ) -> Plan:
    """Read the plan from METHOD, EPOCHS, LEARNING_RATE, TARGETS and SEED; SIZING and MODEL give the rest.

    Raises:
        InputError: a value is out of range, or LoRA has no targets.
    """
    sizing, model = settings.facts("SIZING", environ), settings.facts("MODEL", environ)
    method = environ.get("METHOD", "") or "full"
    if method not in RATES:
        raise InputError(f"METHOD: {method!r} is unknown; choose full or lora")
    rates = model.get("learning_rates", {})
    lora = model.get("lora", {})
    names = set(Plan.__dataclass_fields__) - {"method", "learning_rate", "targets", "rank", "alpha", "dropout"}
    given = {name: value for name, value in sizing.items() if name in names}
    given.update({name: model["training"][name] for name in names if name in model.get("training", {})})
    plan = Plan(
        method=method,
        learning_rate=settings.number("LEARNING_RATE", float(rates.get(method, RATES[method])), environ),
        rank=int(lora.get("rank", 16)),
        alpha=int(lora.get("alpha", 32)),
        dropout=float(lora.get("dropout", 0.0)),
        targets=tuple(settings.names("TARGETS", environ) or lora.get("targets", ())),
        **{
            **given,
            "epochs": settings.number("EPOCHS", float(given.get("epochs", 1)), environ),
            "seed": int(settings.number("SEED", float(given.get("seed", 17)), environ)),
        },
    )
    _check(plan)
    return plan


def _check(plan: Plan) -> None:
    if plan.epochs <= 0 or plan.learning_rate <= 0:
        raise InputError(f"EPOCHS {plan.epochs} and LEARNING_RATE {plan.learning_rate} must both be above 0")
    if plan.method == "lora" and not plan.targets:
        raise InputError("MODEL: lora.targets is empty; name the layers for LoRA in standards/catalog/base_models.yaml")
    if plan.global_batch_packs % (plan.micro_batch_packs * plan.processes):
        raise InputError(
            f"SIZING: global_batch_packs {plan.global_batch_packs} must be a multiple of micro_batch_packs "
            f"{plan.micro_batch_packs} times processes {plan.processes}"
        )
