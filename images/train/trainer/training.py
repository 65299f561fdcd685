"""The parts of a training step: the model, its optimiser, the loss and the update, on one process or many."""

import math
import os
import random
import shutil
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from runtime.errors import InputError
from torch import nn

from trainer import packing
from trainer.batches import Batch
from trainer.plan import Plan


@dataclass(frozen=True, slots=True)
class World:
    """This process among those that train together.

    Attributes:
        rank: its number, from 0.
        size: how many there are.
        device: where it computes.
        bfloat16: whether it computes in bfloat16.
    """

    rank: int
    size: int
    device: torch.device
    bfloat16: bool

    @property
    def first(self) -> bool:
        """Whether this process writes what all have made."""
        return self.rank == 0


def join_world() -> World:
    """Join the processes that torchrun started; without torchrun this process is alone."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    if gpu:
        torch.cuda.set_device(device)
    if size > 1:
        dist.init_process_group("nccl" if gpu else "gloo")
    return World(rank, size, device, gpu and torch.cuda.is_bf16_supported())


def seed(value: int) -> None:
    """Seed every generator that training reads."""
    random.seed(value)
    np.random.seed(value % 2**32)
    torch.manual_seed(value)


def load(folder: Path, plan: Plan, world: World, adapter: Path | None = None) -> Any:
    """Load a base model ready for training: all of its weights, or LoRA's adapters beside frozen ones.

    Args:
        folder: the base model.
        plan: how to train it.
        world: this process.
        adapter: a checkpoint's adapter to continue with; None for a new one.

    Raises:
        InputError: the folder holds no causal language model, or LoRA's targets name no layer of it.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    frozen = torch.bfloat16 if world.bfloat16 and plan.method == "lora" else torch.float32
    try:
        model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=frozen)
    except (OSError, ValueError) as error:
        raise InputError(f"MODEL: cannot load it as a causal language model: {error}") from error
    return prepare_model(model, plan, world, adapter)


def prepare_model(model: Any, plan: Plan, world: World, adapter: Path | None = None) -> Any:
    """Return a loaded model as the plan trains it: adapters, activation checkpointing, training mode, device."""
    model.config.use_cache = False
    if plan.method == "lora":
        model = _with_adapters(model, plan, adapter)
    if plan.activation_checkpointing:
        if plan.method == "lora":  # frozen embeddings would otherwise cut the gradient off at the first layer
            model.enable_input_require_grads()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    return model.to(world.device)


def compile_layers(model: Any, world: World) -> str:
    """Compile the model's repeated layers for a GPU; return why not where they are not.

    A step is bound by what lies between its products: of a billion weights on an H200, 29 % of the card's peak are used
    without it and 45 % with it, for about 20 seconds once (docs/speed/gpu.md). A C compiler builds what launches the
    kernels. A layer that cannot be compiled runs as it is.
    """
    if world.device.type != "cuda":
        return "they run on a CPU"
    if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")):
        return "there is no C compiler in the image"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "there are no headers of Python in the image"
    os.environ.setdefault("TRITON_CACHE_DIR", f"{tempfile.gettempdir()}/triton")  # a pod has no home folder to write to
    torch._dynamo.config.suppress_errors = True
    for layer in _layers(model):
        layer.compile()
    return ""


def _with_adapters(model: Any, plan: Plan, adapter: Path | None) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model

    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
    else:
        config = LoraConfig(
            r=plan.rank, lora_alpha=plan.alpha, lora_dropout=plan.dropout,
            target_modules=list(plan.targets), task_type="CAUSAL_LM",
        )  # fmt: skip
        try:
            model = get_peft_model(model, config)
        except ValueError as error:
            raise InputError(f"MODEL: lora.targets {', '.join(plan.targets)}: {error}") from error
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # adapters are updated in full precision
    return model


def optimiser(model: nn.Module, plan: Plan) -> torch.optim.AdamW:
    """Return AdamW over the trainable weights; vectors (norms, biases) do not decay."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": plan.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [g for g in groups if g["params"]], lr=plan.learning_rate, betas=(0.9, 0.95), fused=plan.sharding != "fsdp"
    )


def distribute(model: Any, plan: Plan, world: World) -> Any:
    """Return the model as many processes train it: replicated (ddp) or sharded (fsdp)."""
    if world.size == 1:
        return model
    if plan.sharding == "ddp":
        ids = [world.device.index] if world.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(model, device_ids=ids)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(world.device.type, (world.size,))
    for layer in _layers(model):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def _layers(model: nn.Module) -> Sequence[nn.Module]:
    """Return a model's repeated layers: its longest list of modules."""
    lists = [m for m in model.modules() if isinstance(m, nn.ModuleList)]
    return list(max(lists, key=len)) if lists else []


def loss(model: Any, batch: Batch, world: World) -> torch.Tensor:
    """Return the summed cross-entropy of a batch's targets, float32[]."""
    mask = batch.logit_mask
    if not len(batch.targets):
        mask = mask.clone()
        mask[0, 0] = True  # processes wait for each other, so a pass without targets must run too
    with torch.autocast(world.device.type, torch.bfloat16, enabled=world.bfloat16):
        given = packing.arguments(model, position_ids=batch.position_ids, use_cache=False, logits_to_keep=mask)
        logits = model(input_ids=batch.input_ids, **given).logits
    if "logits_to_keep" not in given:  # a family that writes the logits of every position
        logits = logits[mask]
    if not len(batch.targets):
        return logits.float().sum() * 0.0
    return nn.functional.cross_entropy(logits.float().view(-1, logits.shape[-1]), batch.targets, reduction="sum")


def update(
    model: Any, adam: torch.optim.Optimizer, batches: Sequence[Batch], targets: int, plan: Plan, world: World
) -> tuple[float, float]:
    """Do one optimiser step.

    Args:
        model: as `distribute` returned it.
        adam: its optimiser.
        batches: this process's passes.
        targets: of the step over all processes. The loss is a mean over them, so that it does not depend on how they
            are divided into passes and processes.
        plan: gives the norm to clip gradients to.
        world: this process.

    Returns:
        The loss per target and the gradient's norm before clipping, over all processes. Where one is not finite the
        weights are unchanged.
    """
    adam.zero_grad(set_to_none=True)
    total = torch.zeros((), device=world.device)
    for i, batch in enumerate(batches):
        _set_gradient_sync(model, world.size == 1 or i + 1 == len(batches))
        part = loss(model, batch.to(world.device), world) / targets
        (part * world.size).backward()  # DDP and FSDP average over processes; the mean over targets is wanted
        total += part.detach()
    if world.size > 1:
        dist.all_reduce(total)
    trained = [p for p in model.parameters() if p.requires_grad]
    norm = nn.utils.clip_grad_norm_(trained, plan.clip)
    norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
    value, size = float(total), float(norm)
    if math.isfinite(value) and math.isfinite(size):
        adam.step()
    return value, size


def _set_gradient_sync(model: Any, enabled: bool) -> None:
    """Say whether the next backward pass sums gradients over processes; only the last pass of a step must."""
    if isinstance(model, nn.parallel.DistributedDataParallel):
        model.require_backward_grad_sync = enabled
    elif hasattr(model, "set_requires_gradient_sync"):
        model.set_requires_gradient_sync(enabled)
