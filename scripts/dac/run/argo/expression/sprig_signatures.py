"""What the functions of sprig take and give, by Go's types.

Go passes the empty value of its type for an argument that is nil, and refuses an int64 where an int is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dac.model.words import plural
from dac.run.argo.expression.lexer import ExpressionError

# What functions take, in order: s text, i int, b bool, a anything.
_TAKES = {
    **dict.fromkeys(("trim", "upper", "lower", "title", "untitle", "nospace", "atoi", "fromJson",
                     "b64enc", "b64dec", "b32enc", "b32dec", "sha1sum", "sha256sum", "sha512sum", "adler32sum", "base",
                     "dir", "ext", "clean", "isAbs", "mustFromJson", "regexQuoteMeta", "osBase", "osDir", "osExt",
                     "osClean", "osIsAbs", "swapcase", "camelcase", "snakecase", "kebabcase", "initials"), "s"),
    **dict.fromkeys(("trimAll", "trimPrefix", "trimSuffix", "contains", "hasPrefix", "hasSuffix", "regexMatch",
                     "mustRegexMatch", "regexFind", "mustRegexFind", "splitList", "split", "trimall",
                     "semverCompare"), "ss"),
    **dict.fromkeys(("replace", "regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral",
                     "mustRegexReplaceAllLiteral"), "sss"),
    **dict.fromkeys(("trunc", "repeat", "indent", "nindent", "abbrev", "wrap"), "is"),
    **dict.fromkeys(("regexFindAll", "mustRegexFindAll", "regexSplit", "mustRegexSplit"), "ssi"),
    "abbrevboth": "iis", "wrapWith": "iss", "substr": "iis",
    "splitn": "sis", "until": "i", "untilStep": "iii", "plural": "ssi", "ternary": "aab",
}  # fmt: skip
_EMPTY = {"s": "", "i": 0, "b": False, "a": None}
_INT64 = ("add", "add1", "biggest", "sub", "mul", "div", "mod", "max", "min", "int64", "toDecimal")


class Int64(int):
    """An int64, which is not an int."""


def _fits(kind: str, value: Any) -> bool:
    if kind == "i":
        return type(value) is int
    return kind == "a" or type(value) is (str if kind == "s" else bool)


def _typed(name: str, work: Callable[..., Any], kinds: str) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        if len(values) != len(kinds):
            raise ExpressionError(f"{name} takes {plural(len(kinds), 'argument')}, not {len(values)}")
        filled = [_EMPTY[kind] if value is None else value for kind, value in zip(kinds, values, strict=True)]
        for kind, value in zip(kinds, filled, strict=True):
            if not _fits(kind, value):
                raise ExpressionError(f"reflect: Call using {type(value).__name__} as type {kind} in {name}")
        return work(*filled)

    return run


def _long(work: Callable[..., int]) -> Callable[..., Int64]:
    return lambda *values: Int64(work(*values))


def typed(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the functions with their arguments checked, and those that give an int64 marked so."""
    checked = {name: _typed(name, functions[name], kinds) for name, kinds in _TAKES.items()}
    longs = {name: _long(functions[name]) for name in _INT64}
    return {**functions, **checked, **longs}
