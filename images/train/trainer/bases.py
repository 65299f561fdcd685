"""Base models by address: a folder in the object store or on this machine, a registry's alias, or a hub id.

Any folder that transformers saved will do. What was loaded is named by one digest over its files.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from runtime import objects, registry
from runtime.errors import InputError, TryAgain

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "tokenizer.model",
)  # fmt: skip


def fetch(facts: dict[str, Any], folder: Path) -> Path:
    """Brings a base model into a folder of this machine and returns where it lies.

    Args:
        facts: the catalog's: `weights` is s3://..., file:///..., registry:NAME@ALIAS, or a hub id with `revision`.
        folder: where to put it.

    Raises:
        InputError: `weights` is missing, names nothing, or is a hub id without a revision.
    """
    weights = str(facts.get("weights", ""))
    if not weights:
        raise InputError("MODEL: no `weights`; the catalog says where a base model lies")
    if weights.startswith("registry:"):
        weights, _ = registered(weights.removeprefix("registry:"))
    if weights.startswith(("s3://", "file://", "/")):
        return objects.download(weights.rstrip("/"), folder)
    if not facts.get("revision"):
        raise InputError(f"MODEL: {weights} comes from a hub and has no `revision`; pin the commit in the catalog")
    return _from_hub(weights, str(facts["revision"]), folder)


def _from_hub(name: str, revision: str, folder: Path) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    patterns = ["*.json", "*.safetensors", "*.model", "*.jinja", "merges.txt"]
    try:
        return Path(snapshot_download(name, revision=revision, local_dir=folder, allow_patterns=patterns))
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise InputError(f"MODEL: the hub has no {name} at {revision}, or keeps it from us: {error}") from error
    except OSError as error:
        raise TryAgain(f"MODEL: {name} is not available from the hub: {error}") from error


def registered(reference: str) -> tuple[str, str]:
    """Returns the address and the name, NAME/VERSION, of what an alias of the model registry points to.

    Args:
        reference: NAME@ALIAS.

    Raises:
        InputError: the registry has no such model or alias.
    """
    name, _, alias = reference.partition("@")
    try:
        version = registry.version_by_alias(os.environ.get("MLFLOW", ""), name, alias)
    except InputError as error:
        raise InputError(f"MODEL: registry:{reference}: the model registry has no such version: {error}") from error
    return str(version.source), f"{name}/{version.version}"


def digest(folder: Path, names: tuple[str, ...] = ()) -> str:
    """Returns one SHA-256 over a folder's files (all, or those named that are there), by name and content."""
    files = [folder / name for name in names] if names else sorted(p for p in folder.rglob("*") if p.is_file())
    whole = hashlib.sha256()
    for file in sorted(files):
        if file.is_file() and ".cache" not in file.parts:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            whole.update(f"{file.relative_to(folder)}\0{content}\n".encode())
    return whole.hexdigest()


def tokenizer(folder: Path) -> Any:
    """Returns the tokenizer in a model's folder: what its tokenizer.json says, which other servers read too.

    AutoTokenizer would rebuild some of them by the model's class, and takes torch, of half a gigabyte, to choose one.

    Raises:
        InputError: there is none, or it has no end-of-text token.
    """
    from transformers import PreTrainedTokenizerFast

    if not (folder / "tokenizer.json").is_file():
        raise InputError(f"{folder.name}: there is no tokenizer.json; convert the tokenizer once with transformers")
    try:
        found = PreTrainedTokenizerFast.from_pretrained(str(folder))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder.name}: no tokenizer can be loaded: {error}") from error
    if found.eos_token_id is None:
        raise InputError(f"{folder.name}: the tokenizer has no end-of-text token, so answers could not end")
    return found


def copy_tokenizer(base: Path, folder: Path) -> None:
    """Puts a base's tokenizer beside trained weights as it is: loaded and saved anew it would name another class."""
    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
