"""Base models by address: a folder in the object store or on this machine, a registry's alias, or a hub id.

Any folder that transformers saved will do. One digest over its files names what was loaded.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import orjson
from runtime import objects, registry
from runtime.errors import InputError, TryAgain

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "tokenizer.model",
)  # fmt: skip


def fetch(facts: dict[str, Any], folder: Path) -> Path:
    """Download a base model to this machine.

    Args:
        facts: the catalog's; `weights` is s3://..., file:///..., registry:NAME@ALIAS, or a hub id with `revision`.
        folder: where to put the files.

    Returns:
        The folder that holds the model; `folder` itself unless the weights are on this machine already.

    Raises:
        InputError: `weights` is missing, names nothing, or is a hub id without a revision.
    """
    weights = str(facts.get("weights", ""))
    if not weights:
        raise InputError("MODEL: `weights` is missing; set it in standards/catalog/base_models.yaml")
    if weights.startswith("registry:"):
        weights, _ = resolve_alias(weights.removeprefix("registry:"))
    if weights.startswith(("s3://", "file://", "/")):
        return objects.download(weights.rstrip("/"), folder)
    if not facts.get("revision"):
        raise InputError(f"MODEL: {weights} is a hub id without `revision`; pin the commit in the catalog")
    return _from_hub(weights, str(facts["revision"]), folder)


def _from_hub(name: str, revision: str, folder: Path) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    patterns = ["*.json", "*.safetensors", "*.model", "*.jinja", "merges.txt"]  # no pickled weights
    try:
        return Path(snapshot_download(name, revision=revision, local_dir=folder, allow_patterns=patterns))
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise InputError(f"MODEL: {name} at {revision} is not on the hub, or is private: {error}") from error
    except OSError as error:
        raise TryAgain(f"MODEL: cannot download {name} from the hub: {error}") from error


def resolve_alias(reference: str) -> tuple[str, str]:
    """Look up an alias in the model registry.

    Args:
        reference: NAME@ALIAS.

    Returns:
        The address of the weights, and the version as NAME/NUMBER.

    Raises:
        InputError: the registry has no such model or alias, or its weights do not lie at an s3:// address.
    """
    name, _, alias = reference.partition("@")
    try:
        version = registry.version_by_alias(os.environ.get("MLFLOW", ""), name, alias)
    except InputError as error:
        raise InputError(f"MODEL: registry:{reference}: no such version in the model registry: {error}") from error
    return str(version.source), f"{name}/{version.version}"


def digest(folder: Path, names: tuple[str, ...] = ()) -> str:
    """Return one SHA-256 over a folder's files, by name and content.

    Args:
        folder: the folder to hash.
        names: the files to hash, those that exist; all files by default.
    """
    files = [folder / name for name in names] if names else sorted(p for p in folder.rglob("*") if p.is_file())
    whole = hashlib.sha256()
    for file in sorted(files):
        if file.is_file() and ".cache" not in file.parts:  # a hub download leaves its bookkeeping there
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            whole.update(f"{file.relative_to(folder)}\0{content}\n".encode())
    return whole.hexdigest()


def vocabulary(folder: Path) -> int:
    """Return how many tokens a model's configuration has embeddings for.

    Raises:
        InputError: it has no config.json, or none that says so.
    """
    place = folder / "config.json"
    try:
        config = orjson.loads(place.read_bytes())
        return int(config.get("vocab_size") or config["text_config"]["vocab_size"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder.name}: config.json does not say `vocab_size`: {error}") from error


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a model's folder from its tokenizer.json, which other servers read too.

    Raises:
        InputError: tokenizer.json is missing or invalid, or has no end-of-text token.
    """
    # Not AutoTokenizer: it rebuilds some tokenizers by the model's class, and imports torch to choose the class.
    from transformers import PreTrainedTokenizerFast

    if not (folder / "tokenizer.json").is_file():
        raise InputError(f"{folder.name}: tokenizer.json is missing; convert the tokenizer once with transformers")
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder.name}: cannot load the tokenizer: {error}") from error
    if tokenizer.eos_token_id is None:
        raise InputError(f"{folder.name}: the tokenizer has no end-of-text token, so answers could not end")
    return tokenizer


def copy_tokenizer(base: Path, folder: Path) -> None:
    """Copy a base model's tokenizer files beside trained weights, unchanged."""
    # Loaded and saved again, tokenizer_config.json would name another class.
    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
