"""What a pod is given: the environment that every step program shares, read once and checked."""

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from runtime.errors import InputError

SECRETS = Path("/var/run/dac/secrets")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one pipeline.

    Attributes:
        project: the namespace.
        pipeline: the CronWorkflow's name.
        run_id: the workflow's uid; its files lie under it.
        run_name: the workflow's name; its receipt is named by it.
        artifacts: root of records and receipts, `s3://bucket` with or without a prefix.
        standard, size, content, commit, template_content: as in the receipt.
        folder: where the run's own files lie, instead of <home>/runs/<run id>.
    """

    project: str
    pipeline: str
    run_id: str
    run_name: str
    artifacts: str
    standard: str = ""
    size: str = ""
    content: str = ""
    commit: str = ""
    template_content: str = ""
    folder: str = ""

    @property
    def root(self) -> str:
        """Where this run's own files lie; another standard's pod names a folder of its own (ROOT)."""
        return self.folder or self.of(self.run_id)

    def of(self, run_id: str) -> str:
        """Where the files of a run of this pipeline lie, by its uid."""
        return f"{self.home}/runs/{run_id}"

    @property
    def home(self) -> str:
        """Where what outlives a run lies: receipts, the baseline, the promoted models."""
        return f"{self.artifacts}/{self.project}/{self.pipeline}"


def run(environ: Mapping[str, str] = os.environ) -> Run:
    """Return the run that the environment describes.

    Raises:
        InputError: a variable that every step needs is missing; all of them are named.
    """
    needed = ("PROJECT", "PIPELINE", "RUN_ID", "RUN_NAME", "ARTIFACTS")
    missing = [name for name in needed if not environ.get(name)]
    if missing:
        raise InputError(f"environment: {', '.join(missing)} not set; the template sets them, and `dac run` does too")
    return Run(
        project=environ["PROJECT"],
        pipeline=environ["PIPELINE"],
        run_id=environ["RUN_ID"],
        run_name=environ["RUN_NAME"],
        artifacts=environ["ARTIFACTS"].rstrip("/"),
        standard=environ.get("STANDARD", ""),
        size=environ.get("SIZE", ""),
        content=environ.get("CONTENT", ""),
        commit=environ.get("COMMIT", ""),
        template_content=environ.get("TEMPLATE_CONTENT", ""),
        folder=environ.get("ROOT", "").rstrip("/"),
    )


def facts(name: str, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the catalog's facts in the variable `name`: JSON text, an empty object where it is unset.

    The catalog's facts do not repeat their own name; <name>_NAME holds it.

    Raises:
        InputError: The text is not a JSON object.
    """
    text = environ.get(name, "") or "{}"
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"environment: {name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"environment: {name} must be a JSON object, not a {type(value).__name__}")
    own = environ.get(f"{name}_NAME")
    return {"name": own, **value} if own else value


def text(name: str, default: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Return the variable `name`.

    Raises:
        InputError: it is not set and has no default.
    """
    value = environ.get(name, default)
    if value is None:
        raise InputError(f"environment: {name} is not set; the standard's template sets it")
    return value


def required(name: str, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the catalog's facts in the variable `name`, as `facts` does.

    Raises:
        InputError: it is not set, or is not a JSON object.
    """
    text(name, environ=environ)
    return facts(name, environ)


def number(name: str, default: float, environ: Mapping[str, str] = os.environ) -> float:
    """Return the variable `name` as a number, `default` where it is unset or empty.

    Raises:
        InputError: It is not a number.
    """
    text = environ.get(name, "") or str(default)
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"environment: {name} must be a number, not {text!r}") from error
    if not math.isfinite(value):  # nothing is below a threshold that is not a number
        raise InputError(f"environment: {name} must be a finite number, not {text!r}")
    return value


def names(variable: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return a variable's names, in order: separated by commas, or a JSON list, as the catalog's facts come."""
    text = environ.get(variable, "")
    parts = orjson.loads(text) if text.startswith("[") else text.split(",")
    return [name for part in parts if (name := part.strip())]


def fact_digests(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the hash of each text of the catalog's facts that this pod was given, by its variable (those of FACTS)."""
    given = {name: environ[name] for name in names("FACTS", environ) if name in environ}
    return {name: "sha256:" + hashlib.sha256(text.encode()).hexdigest() for name, text in given.items()}


def sizing(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the size's settings, as its standard's catalog has them."""
    return facts("SIZING", environ)


def secret(name: str, key: str, folder: Path | None = None) -> str | None:
    """Return a value of a Secret mounted under `folder` (SECRETS), or None where there is none.

    On a laptop, where nothing is mounted, the variable SECRET_<NAME>_<KEY> holds it (`dac run --pass-env`).

    Raises:
        InputError: the file is not UTF-8; a mark of byte order at its begin is not part of the value.
    """
    path = (folder or SECRETS) / name / key
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise InputError(f"Secret {name}: its {key} is not UTF-8; write it as plain text") from error
    return os.environ.get(secret_variable(name, key), "").strip() or None


def secret_variable(name: str, key: str) -> str:
    """Return the variable that stands in for a mounted Secret's key: SECRET_MODEL_TOKEN."""
    return f"SECRET_{name}_{key}".upper().replace("-", "_").replace(".", "_")
