"""What training must remember to go on as if it had never stopped: optimiser, random state, loss so far.

One file, in torch's own format without pickled code; FSDP's shares are gathered, so that another number of processes
can go on with it.
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


def bare(model: Any) -> Any:
    """Returns the model inside what spreads it over processes."""
    return model.module if isinstance(model, nn.parallel.DistributedDataParallel) else model


def random_state() -> dict[str, Any]:
    """Returns the state of every generator that training reads, as tensors and plain values."""
    name, keys, *rest = np.random.get_state()
    return {
        "python": list(random.getstate()[1]),
        "numpy": [name, torch.from_numpy(np.asarray(keys, np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Puts every generator where `random_state` found it."""
    random.setstate((3, tuple(state["python"]), None))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _options() -> Any:
    from torch.distributed.checkpoint.state_dict import StateDictOptions

    return StateDictOptions(full_state_dict=True, cpu_offload=True)


def gathered(model: Any, adam: torch.optim.Optimizer, plan: Plan, world: World) -> tuple[Any, Any]:
    """Returns (weights or None, optimiser's state) as the first process writes them; every process must call it."""
    if world.size > 1 and plan.sharding == "fsdp":
        from torch.distributed.checkpoint.state_dict import get_state_dict

        weights, state = get_state_dict(model, adam, options=_options())
        return weights, state
    return None, adam.state_dict()


def write(folder: Path, model: Any, base: Path, weights: Any, state: Mapping[str, Any]) -> None:
    """Writes a checkpoint's files: weights in safetensors, the base's tokenizer, and the state to resume from."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = bare(model)
    # An adapter's own saving would look whether the vocabulary grew, in a base that it cannot find.
    beside = {"save_embedding_layers": False} if hasattr(whole, "peft_config") else {}
    whole.save_pretrained(str(folder), safe_serialization=True, state_dict=weights, **beside)
    (folder / "README.md").unlink(missing_ok=True)  # peft's own empty card
    _settle_adapter(folder / "adapter_config.json")
    bases.copy_tokenizer(base, folder)
    torch.save(dict(state), folder / checkpoint.STATE)


def _settle_adapter(config: Path) -> None:
    """Takes out of an adapter's configuration what differs from run to run: a folder's name, and a set's order."""
    if config.is_file():
        value = orjson.loads(config.read_bytes())
        value["base_model_name_or_path"] = os.environ.get("MODEL_NAME", "") or "base"
        value["target_modules"] = sorted(value["target_modules"])
        config.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def read(folder: Path) -> dict[str, Any]:
    """Returns the state in a checkpoint's folder.

    Raises:
        InputError: it is none of ours.
    """
    try:
        state: dict[str, Any] = torch.load(folder / checkpoint.STATE, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{checkpoint.STATE}: cannot be resumed from: {error}") from error
    return state


def restore(model: Any, adam: torch.optim.Optimizer, state: Mapping[str, Any], plan: Plan, world: World) -> None:
    """Gives the optimiser and the generators the state that was read; every process must call it."""
    if world.size > 1 and plan.sharding == "fsdp":
        from torch.distributed.checkpoint.state_dict import set_optimizer_state_dict

        set_optimizer_state_dict(model, adam, state["optimiser"], options=_options())
    else:
        adam.load_state_dict(state["optimiser"])
    set_random_state(state["random"][min(world.rank, len(state["random"]) - 1)])
