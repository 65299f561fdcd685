"""The JSON Schema of a sample, which its answer must satisfy: it comes with the dataset, so it reaches nothing outside.

No `$ref` leaves the schema, neither for the network nor for a file, and a check ends within a second.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY
from runtime.errors import InputError

from evaluation.time_limit import within

SECONDS = 1.0
_REFERENCES = ("$ref", "$dynamicRef")
# What jsonschema and re raise where a part that no metaschema covers (one that a `$ref` alone reaches) is not a schema.
_NOT_A_SCHEMA = (UnknownType, re.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_UNDEFINED = "the schema refers to {!r}, which it does not define"
_UNUSABLE = "a part of the schema cannot be applied ({}); see its patterns, numbers and what its $ref name"


@lru_cache(maxsize=256)
def _validator(text: bytes) -> Draft202012Validator:
    # Without a registry of its own, jsonschema fetches what a `$ref` names.
    return Draft202012Validator(orjson.loads(text), registry=EMPTY_REGISTRY)


def satisfies(value: Any, schema: dict[str, Any]) -> bool:
    """Return whether a value satisfies a schema.

    Raises:
        InputError: a `$ref` of the schema names nothing in it, or a part that is not a schema.
        TimeoutError: the schema needs more than a second on this value, or calls itself without end.
    """
    try:
        with within(SECONDS):
            return bool(_validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).is_valid(value))
    except Unresolvable as error:
        raise InputError(_UNDEFINED.format(error.ref)) from error
    except RecursionError as error:
        raise TimeoutError("the schema calls itself too deeply") from error
    except _NOT_A_SCHEMA as error:
        raise InputError(_UNUSABLE.format(type(error).__name__)) from error


def check(schema: dict[str, Any], where: str) -> None:
    """Refuse a schema that no answer could be checked with.

    Raises:
        InputError: it is not a JSON Schema, refers to something outside itself or to nothing, or has no end.
    """
    references = list(_references(schema))
    outside = next((ref for ref in references if not ref.startswith("#")), None)
    if outside is not None:
        remedy = "refer only to a part of the schema itself (#/...)"
        raise InputError(f"{where}: its schema refers to {outside!r}; {remedy}")
    try:
        with within(SECONDS):
            Draft202012Validator.check_schema(schema)
        _check_defined(schema, references)
        satisfies(None, schema)
    except SchemaError as error:
        raise InputError(f"{where}: its schema is not a JSON Schema: {error.message[:200]}") from error
    except (InputError, TimeoutError) as error:
        raise InputError(f"{where}: {error}") from error
    except RecursionError as error:
        raise InputError(f"{where}: its schema is nested too deeply; flatten it") from error
    except _NOT_A_SCHEMA as error:
        raise InputError(f"{where}: {_UNUSABLE.format(type(error).__name__)}") from error


def _check_defined(schema: dict[str, Any], references: list[str]) -> None:
    if "$id" in schema:  # then "#" is that address, and what is undefined is found when an answer is checked
        return
    resolver = EMPTY_REGISTRY.with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for reference in references:
        try:
            resolver.lookup(reference)
        except Unresolvable as error:
            raise InputError(_UNDEFINED.format(reference)) from error


def _references(schema: Any) -> Iterator[str]:
    """Yield what `$ref` and `$dynamicRef` name, anywhere in a schema."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield from (part[key] for key in _REFERENCES if isinstance(part.get(key), str))
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
