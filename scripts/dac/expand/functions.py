"""Functions that expressions may call beside CEL's own: those that CEL cannot express, and the catalog's, which it can.

| call | gives |
|---|---|
| `entries(map)` | `[{key, value}]`, sorted by key |
| `object([[key, value]])` | a map |
| `flatten([[item]])` | one list |
| `join([text], separator)` | one text |
| `replace(text, old, new)` | the text with every `old` replaced; of a map, each of its texts |
| `without(map, key)` | the map lacking one key |
| `json(value)` | compact JSON text in which neither `{{` nor `}}` stands |
| `yaml(value)` | YAML text in block style, keys sorted |
| `choose(argument, map)` | text for Argo: the JSON of the entry that the workflow's argument names |
| `facts(kind)` | the catalog's names and facts of a kind that an argument names, at less cost than `catalog[kind]` |
| `schedule(decision)` | `{cron, timezone, suspend}` of a name, a cron line, or `{cron, timezone}` |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dac.expand.emission import Emitter
from dac.model.words import plural


def entries(mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a map as a list, which CEL's macros can filter and map."""
    return [{"key": key, "value": mapping[key]} for key in sorted(mapping)]


def object_of(pairs: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return a map from pairs, sorted by key.

    Raises:
        ValueError: a key has two values: names that were joined to make it could not be told apart.
    """
    made: dict[str, Any] = {}
    for key, value in sorted(pairs, key=lambda pair: str(pair[0])):
        if made.setdefault(str(key), value) != value:
            raise ValueError(f"the key {str(key)!r} has two values; rename one of the entries that it is made of")
    return made


def flatten(lists: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the items of several lists as one list."""
    return [item for items in lists for item in items]


def join(texts: Sequence[str], separator: str) -> str:
    """Texts as one, with a separator between."""
    return separator.join(texts)


def replace(text: Any, old: str, new: str) -> Any:
    """Return a text, or a map's texts, with every `old` replaced."""
    if isinstance(text, Mapping):
        return {key: replace(item, old, new) for key, item in text.items()}
    return text.replace(old, new)


def without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a map that lacks one key."""
    return {name: value for name, value in mapping.items() if name != key}


def spaced_json(value: Any) -> str:
    """JSON that can stand inside Argo's `{{...}}`: braces never touch one another.

    A brace within text is written as its escape, which JSON and Argo's expressions read alike.
    """
    if isinstance(value, Mapping):
        inside = ",".join(f"{_text(str(key))}:{spaced_json(value[key])}" for key in sorted(value))
        return "{" + inside + (" }" if inside.endswith("}") else "}")
    if isinstance(value, list | tuple):
        return "[" + ",".join(spaced_json(item) for item in value) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def block_yaml(value: Any) -> str:
    """YAML text in block style, with sorted keys: CEL keeps no order of a map."""
    return Emitter().text(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def choose(argument: str, mapping: Mapping[str, Any]) -> str:
    """Return an Argo expression: the JSON of the map's entry that the workflow's argument `argument` names.

    Raises:
        ValueError: the map holds null, which Argo's expression language does not know.
    """
    if _holds_null(mapping):
        raise ValueError("choose() cannot put null into an expression; leave the key out")
    return "{{=toJson(" + spaced_json(mapping) + f"[workflow.parameters.{argument}])}}}}"


def _holds_null(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list | tuple) and any(map(_holds_null, value)))


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("{", "\\u007b").replace("}", "\\u007d")


BUILTINS: dict[str, Callable[..., Any]] = {
    "entries": entries,
    "object": object_of,
    "flatten": flatten,
    "join": join,
    "replace": replace,
    "without": without,
    "json": spaced_json,
    "yaml": block_yaml,
    "choose": choose,
}


def cel_functions(
    catalog: Mapping[str, Mapping[str, Any]], evaluate: Callable[[str, Mapping[str, Any]], Any]
) -> dict[str, Callable[..., Any]]:
    """Return the functions of standards/catalog/functions.yaml, each in CEL over its arguments and the catalog."""
    return {name: _cel_function(name, facts, evaluate) for name, facts in catalog.items()}


def _cel_function(
    name: str, facts: Mapping[str, Any], evaluate: Callable[[str, Mapping[str, Any]], Any]
) -> Callable[..., Any]:
    arguments: list[str] = facts["arguments"]

    def call(*values: Any) -> Any:
        if len(values) != len(arguments):
            raise ValueError(f"{name}({', '.join(arguments)}) was given {plural(len(values), 'value')}")
        try:
            return evaluate(facts["value"], dict(zip(arguments, values, strict=True)))
        except ValueError as error:
            raise ValueError(f"in {name}: {error}") from error

    return call
