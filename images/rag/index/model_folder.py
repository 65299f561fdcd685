"""A model's files on this machine: from a package of the image, or fetched from the object store once."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime import objects

from index import model_files

MODEL_FILE = "model.safetensors"


def checked(facts: Mapping[str, Any], cache: Path | None = None) -> Path:
    """Return the folder of the model's files: a Python package's (`package:NAME`), or `cache`, fetched from s3://.

    Of a model that an endpoint serves it is the folder of its `tokenizer`.

    Raises:
        FileNotFoundError: the package is not installed, or has no model in it.
        ValueError: the weights are not those that the catalog's `digest` names.
        InputError: the model's own files contradict the catalog's facts.
    """
    place = fetched(facts, cache)
    if "api" in facts:
        return place
    if (wanted := facts.get("digest")) and (actual := digest(place)) != wanted:
        raise ValueError(f"{facts['weights']}: the weights' digest is {actual}, the catalog says {wanted}")
    model_files.check(place, facts)
    return place


def fetched(facts: Mapping[str, Any], cache: Path | None = None) -> Path:
    """Return the folder of the model's files, whatever they say.

    Raises:
        FileNotFoundError: as of `checked`.
    """
    served = "api" in facts
    place = facts["tokenizer" if served else "weights"]
    kind, _, name = place.partition(":")
    if kind == "package":
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"the package {name!r} that holds the model's weights is not in the image")
        folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    elif cache is not None:
        folder = cache / hashlib.sha256(place.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for entry in objects.entries(place):
            if _of_model(entry.name) and not (folder / entry.name).exists():
                (folder / entry.name).parent.mkdir(exist_ok=True)
                (folder / f"{entry.name}.new").write_bytes(objects.read(entry.address))
                (folder / f"{entry.name}.new").rename(folder / entry.name)
    else:
        raise ValueError(f"{place!r} must be package:NAME or an s3:// address")
    needed = "tokenizer.json" if served else MODEL_FILE
    if not (folder / needed).is_file():
        raise FileNotFoundError(f"{place}: {needed} not found")
    return folder


def _of_model(name: str) -> bool:
    """Return whether a file of a model's folder is wanted: those in it, and what layers in it say of themselves."""
    return "/" not in name or (name.count("/") == 1 and name.endswith("/config.json"))


def digest(folder: Path) -> str:
    """sha256:<hex> of the weights; "" of a model that an endpoint serves."""
    if not (folder / MODEL_FILE).is_file():
        return ""
    with (folder / MODEL_FILE).open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
