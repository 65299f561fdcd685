"""What a resumed training needs to continue as if it had never stopped: optimiser, random state, loss so far.

One file, in torch's own format without pickled code. FSDP's shards are gathered into it, so that another number of
processes can continue.
"""

import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import torch
from runtime.errors import InputError
from torch import nn

from trainer import bases, checkpoint
from trainer.plan import Plan
from trainer.training import World


def random_state() -> dict[str, Any]:
    """Return the state of every generator that training reads, as tensors and plain values."""
    name, keys, *rest = np.random.get_state()
    return {
        "python": list(random.getstate()[1]),
        "numpy": [name, torch.from_numpy(np.asarray(keys, np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Restore what `random_state` returned."""
    random.setstate((3, tuple(state["python"]), None))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _gather_options() -> Any:
    from torch.distributed.checkpoint.state_dict import StateDictOptions

    return StateDictOptions(full_state_dict=True, cpu_offload=True)


def gather(model: Any, adam: torch.optim.Optimizer, plan: Plan, world: World) -> tuple[Any, Any]:
    """Return the weights and the optimiser's state as the first process writes them; every process must call it.

    Returns:
        Weights (None where the model itself holds all of them) and the optimiser's state.
    """
    if world.size > 1 and plan.sharding == "fsdp":
        from torch.distributed.checkpoint.state_dict import get_state_dict

        weights, state = get_state_dict(model, adam, options=_gather_options())
        return weights, state
    return None, adam.state_dict()


def write(folder: Path, model: Any, base: Path, weights: Any, state: Mapping[str, Any]) -> None:
    """Write a checkpoint's files: weights in safetensors, the base's tokenizer, and the state to resume from.

    Args:
        folder: where to put them.
        model: the model in training.
        base: the folder of its base model.
        weights: as `gather` returned them.
        state: what goes into the file that training resumes from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    inner = model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model
    # Saving an adapter would otherwise look whether the vocabulary grew, in a base that it cannot find.
    options = {"save_embedding_layers": False} if hasattr(inner, "peft_config") else {}
    inner.save_pretrained(str(folder), safe_serialization=True, state_dict=weights, **options)
    (folder / "README.md").unlink(missing_ok=True)  # peft's own empty card
    _make_reproducible(folder / "adapter_config.json")
    bases.copy_tokenizer(base, folder)
    torch.save(dict(state), folder / checkpoint.STATE)


def _make_reproducible(adapter_config: Path) -> None:
    """Remove from an adapter's configuration what differs from run to run: a folder's name, and a set's order."""
    if adapter_config.is_file():
        value = orjson.loads(adapter_config.read_bytes())
        value["base_model_name_or_path"] = os.environ.get("MODEL_NAME", "") or "base"
        value["target_modules"] = sorted(value["target_modules"])
        adapter_config.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def read(folder: Path) -> dict[str, Any]:
    """Return the state in a checkpoint's folder.

    Raises:
        InputError: the file is missing or not a checkpoint's.
    """
    try:
        state: dict[str, Any] = torch.load(folder / checkpoint.STATE, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{checkpoint.STATE}: cannot resume from it: {error}") from error
    return state


def restore(model: Any, adam: torch.optim.Optimizer, state: Mapping[str, Any], plan: Plan, world: World) -> None:
    """Restore the optimiser and the random generators; every process must call it."""
    if world.size > 1 and plan.sharding == "fsdp":
        from torch.distributed.checkpoint.state_dict import set_optimizer_state_dict

        set_optimizer_state_dict(model, adam, state["optimiser"], options=_gather_options())
    else:
        adam.load_state_dict(state["optimiser"])
    set_random_state(state["random"][min(world.rank, len(state["random"]) - 1)])
