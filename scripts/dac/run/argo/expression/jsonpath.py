"""`jsonpath(json, path)`: the simple paths of JSONPath, $.a.b[0]['c'][*]; filters and scripts are not supported."""

from __future__ import annotations

import re
from typing import Any

from dac.run.argo import gojson
from dac.run.argo.expression.lexer import ExpressionError

_PART = re.compile(
    r"\.\.?(?P<name>[^.\[\]*]+)|\[(?P<index>-?\d+)\]|\['(?P<single>[^']*)'\]|\[\"(?P<double>[^\"]*)\"\]|(?P<all>\.\*|\[\*\])"
)


def is_supported(path: str) -> bool:
    """Whether a path is a simple one."""
    return path.startswith("$") and ".." not in path and _PART.sub("", path[1:]) == ""


def query(json: str, path: str) -> Any:
    """Return what the path selects.

    Raises:
        ExpressionError: The text is not JSON, the path is not supported, or selects nothing.
    """
    try:
        value = gojson.loads_any(json)
    except ValueError as error:
        raise ExpressionError(str(error)) from error
    if not path.startswith("$"):
        raise ExpressionError(f"unexpected token '{path[:1]}' at index 0")
    at, many = 1, False
    while at < len(path):
        match = _PART.match(path, at)
        if not match or path.startswith("..", at):
            raise ExpressionError(f"jsonpath: {path[at:]!r} is not supported here")
        at = match.end()
        if match["all"]:
            many, value = True, _children(value) if not many else [leaf for item in value for leaf in _children(item)]
        elif many:
            value = [_step(item, match) for item in value]
        else:
            value = _step(value, match)
    return value


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list):
        return value
    raise ExpressionError("*: invalid token target. expected [array map] got something else")


def _step(value: Any, match: re.Match[str]) -> Any:
    if match["index"] is not None:
        index = int(match["index"])
        if isinstance(value, list) and -len(value) <= index < len(value):
            return value[index]
        raise ExpressionError(f"index: invalid token out of range '{index}'")
    name = match["name"] or match["single"] or match["double"] or ""
    if isinstance(value, dict) and name in value:
        return value[name]
    raise ExpressionError(f"key: invalid token key '{name}' not found")
