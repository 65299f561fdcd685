"""The precision of weights: training keeps them in float32, what is published has that of its base model."""

from pathlib import Path
from typing import Any

import orjson

HALVES = ("bfloat16", "float16")
KEYS = ("dtype", "torch_dtype")  # in config.json, as transformers 5 and 4 write it


def of(folder: Path) -> str:
    """Return the precision that a model's config.json names; float32 where it names none."""
    file = folder / "config.json"
    config: dict[str, Any] = orjson.loads(file.read_bytes()) if file.is_file() else {}
    inner = config.get("text_config") or {}
    return str(next((held[key] for held in (config, inner) for key in KEYS if held.get(key)), "float32"))


def convert(folder: Path, precision: str) -> None:
    """Write a folder's weights in a precision, one file at a time, and have config.json name it.

    Args:
        folder: a model that transformers saved.
        precision: one of HALVES; anything else leaves the folder as it is.
    """
    if precision not in HALVES:
        return
    import torch  # here, since weights that stay as they are need neither
    from safetensors.torch import load_file, save_file

    dtype = getattr(torch, precision)
    for file in sorted(folder.glob("*.safetensors")):
        tensors = {name: each.to(dtype) if each.is_floating_point() else each for name, each in load_file(file).items()}
        beside = file.with_suffix(".new")
        save_file(tensors, beside, metadata={"format": "pt"})
        beside.rename(file)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        held = orjson.loads(index.read_bytes())
        held["metadata"]["total_size"] = sum(_tensor_bytes(file) for file in folder.glob("*.safetensors"))
        index.write_bytes(orjson.dumps(held, option=orjson.OPT_INDENT_2))
    config = folder / "config.json"
    held = orjson.loads(config.read_bytes())
    held.pop(KEYS[1], None)
    config.write_bytes(orjson.dumps({**held, KEYS[0]: precision}, option=orjson.OPT_INDENT_2))


def _tensor_bytes(file: Path) -> int:
    """Return how many bytes of a file are tensors: it begins with the length of its header, in eight bytes."""
    with file.open("rb") as stream:
        return file.stat().st_size - 8 - int.from_bytes(stream.read(8), "little")
