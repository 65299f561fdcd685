"""Read, write and check the files that parts exchange, each against its contracts/<name>.schema.json."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from runtime import objects
from runtime.errors import InputError

SCHEMAS = Path(__file__).parents[1] / "contracts"


@lru_cache
def schema(name: str) -> dict[str, Any]:
    """Return contracts/<name>.schema.json."""
    value: dict[str, Any] = orjson.loads((SCHEMAS / f"{name}.schema.json").read_bytes())
    return value


def readable(name: str) -> tuple[int, ...]:
    """Return the versions that contracts/<name>.schema.json takes, the one that is written first; none without any.

    A release that has a new version reads it and goes on writing the one before, `{"enum": [1, 2], "default": 1}`; the
    next one writes it. So each release reads what the one after it wrote, and a revert needs no repair.
    """
    whole = schema(name)  # of a Parquet file it describes a row, and the version is in the file's metadata
    asked = whole.get("x-version") or whole.get("properties", {}).get("version", {})
    if "const" in asked:
        return (asked["const"],)
    return tuple(sorted(asked.get("enum", ()), key=lambda each: each != asked["default"]))


def version(name: str) -> int | None:
    """Return the version that is written of contracts/<name>.schema.json; None where its files carry none."""
    return next(iter(readable(name)), None)


@lru_cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of contracts/<name>.schema.json."""
    return Draft202012Validator(schema(name))


def first_problem(name: str, value: Any) -> str:
    """Return the path and text of the first thing that a schema refuses in a value, "" where it refuses nothing."""
    problem = next(iter(sorted(validator(name).iter_errors(value), key=lambda e: list(map(str, e.path)))), None)
    if problem is None:
        return ""
    path = "/".join(str(part) for part in problem.absolute_path) or "."
    return f"{path}: {problem.message[:200]}"


def check(name: str, value: Any, where: str) -> None:
    """Check a value against its schema.

    Args:
        name: the schema's.
        value: what was read, or is about to be written.
        where: the file and line, for the message.

    Raises:
        InputError: names the first wrong field, its path and what the schema wants there.
    """
    if isinstance(value, dict):
        check_version(name, value.get("version"), where)
    if problem := first_problem(name, value):
        raise InputError(f"{where}: {problem}")


def check_version(name: str, held: Any, where: str) -> None:
    """Raise InputError where a file has a version that this program does not read."""
    accepted = readable(name)
    if accepted and held not in accepted:
        wanted = " and ".join(map(str, sorted(accepted)))
        raise InputError(f"{where}: version {held!r} of {name}; this program reads {wanted}")


def read(name: str, address: str) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises:
        NotFound: there is no such object.
        InputError: it is not JSON, or its schema refuses it.
    """
    value: dict[str, Any] = objects.read_json(address)
    check(name, value, address)
    return value


def write(name: str, address: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Write a JSON object with its schema's version, and return what was written.

    Raises:
        InputError: its schema refuses it; nothing is written.
    """
    versioned = {"version": version(name), **value}
    check(name, versioned, address)
    objects.write_json(address, versioned)
    return versioned
