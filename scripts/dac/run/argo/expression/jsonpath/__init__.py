"""`jsonpath(json, path)`: the selectors of github.com/evilmonkeyinc/jsonpath 0.8.1, filters and scripts among them.

`syntax` reads a path into `tokens`, each of which selects from a value and hands what it selects to the next; `script`
evaluates what stands in `[?(...)]` and `[(...)]`. What that library does is done here, odd as it may be: `in` never
finds text, since its left side keeps its quotes.
"""

from __future__ import annotations

from typing import Any

from dac.run.argo import gojson
from dac.run.argo.expression.jsonpath.syntax import parse
from dac.run.argo.expression.lexer import ExpressionError


def query(json: str, path: str) -> Any:
    """Return what the path selects.

    Raises:
        ExpressionError: The text is not JSON, the path is invalid, or selects nothing.
    """
    try:
        value = gojson.loads_any(json)
    except ValueError as error:
        raise ExpressionError(str(error)) from error
    try:
        first, *rest = parse(path)
    except ExpressionError as error:
        raise ExpressionError(f"invalid JSONPath selector '{path}' {error}") from error
    return first.apply(value, value, rest)
