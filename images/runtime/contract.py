"""Check a value against one of contracts/*.schema.json; every module of a file that parts exchange goes through it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from runtime.errors import InputError

SCHEMAS = Path(__file__).parents[1] / "contracts"


@lru_cache
def schema(name: str) -> dict[str, Any]:
    """Return contracts/<name>.schema.json."""
    found: dict[str, Any] = orjson.loads((SCHEMAS / f"{name}.schema.json").read_bytes())
    return found


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
    """Refuses a value that its schema refuses.

    Args:
        name: the schema's.
        value: what was read, or is about to be written.
        where: the file and line, for the message.

    Raises:
        InputError: names the first wrong field, its path and what the schema wants there.
    """
    wanted = schema(name).get("properties", {}).get("version", {}).get("const")
    if isinstance(value, dict) and wanted is not None and value.get("version") != wanted:
        raise InputError(f"{where}: version {value.get('version')!r} of {name}; this program reads {wanted}")
    if problem := first_problem(name, value):
        raise InputError(f"{where}: {problem}")
