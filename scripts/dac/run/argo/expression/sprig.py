"""The functions of sprig 3 that give the same for the same arguments, and those of time: none of chance and keys.

Argument order is sprig's: what is worked on comes last.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import posixpath
import re
import zlib
from collections.abc import Mapping
from typing import Any

from dac.run.argo import gojson, gotext
from dac.run.argo.expression import regexp, sprig_text
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.sprig_signatures import typed
from dac.run.argo.expression.times import SPRIG_TIMES
from dac.run.argo.expression.values import equal, unique


def _int(value: Any) -> int:
    """Convert as `cast.ToInt64`: what cannot be a number is 0."""
    try:
        return int(float(value)) if not isinstance(value, str) else int(value, 0) if value.strip() else 0
    except (TypeError, ValueError):
        return 0


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _empty(value: Any) -> bool:
    return value is None or value is False or (not isinstance(value, bool) and value in (0, "", [], {}))


def _divide(a: Any, b: Any) -> int:
    if not _int(b):
        raise ExpressionError("integer divide by zero")
    return int(abs(_int(a)) // abs(_int(b))) * (1 if (_int(a) < 0) == (_int(b) < 0) else -1)


def _steps(start: int, stop: int, step: int) -> list[int]:
    return list(range(start, stop, step)) if step else []


def _strings(value: Any) -> list[str]:
    return [gotext.text(item) for item in value] if isinstance(value, (list, tuple)) else [gotext.text(value)]


def _dict(*pairs: Any) -> dict[str, Any]:
    padded = [*pairs, ""] if len(pairs) % 2 else list(pairs)
    return {gotext.text(padded[i]): padded[i + 1] for i in range(0, len(padded), 2)}


def _merge(target: dict[str, Any], *sources: Mapping[str, Any]) -> dict[str, Any]:
    for source in sources:
        for key, value in source.items():
            if isinstance(target.get(key), dict) and isinstance(value, Mapping):
                _merge(target[key], value)
            elif _empty(target.get(key)):
                target[key] = value
    return target


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ExpressionError(f"Cannot find {name} on type {type(value).__name__}")
    return list(value)


def _from_json(text: str) -> Any:
    try:
        return gojson.loads_any(text)
    except ValueError:
        return None


def _regex_match(pattern: str, text: str) -> bool:
    """`regexMatch`: a pattern that does not compile matches nothing."""
    try:
        return regexp.matches(pattern, text)
    except ExpressionError:
        return False


def _round(value: Any, decimals: int, half: float = 0.5) -> float:
    """`round`: up from `half` on, and of a negative number to the lower one, since its fraction is negative."""
    power = math.pow(10, decimals)
    digit = power * _float(value)
    fraction = math.fmod(digit, 1)
    return (math.ceil(digit) if fraction >= half else math.floor(digit)) / power


def _clean(path: str) -> str:
    """`path.Clean`."""
    return posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path)


def _base(path: str) -> str:
    """`path.Base`: of the path without the slashes at its end."""
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


def _extension(path: str) -> str:
    """`path.Ext`: from the last dot of the last element on, where it begins with the dot too."""
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") :] if "." in name else ""


_FUNCTIONS: dict[str, Any] = {
    "trim": lambda text: text.strip(),
    "trimAll": lambda cut, text: text.strip(cut),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "upper": lambda text: sprig_text.mapped(text, str.upper),
    "lower": lambda text: sprig_text.mapped(text, str.lower),
    "title": sprig_text.title,
    "untitle": lambda text: re.sub(r"(^|\s)(\S)", lambda m: m[1] + m[2].lower(), text),
    "repeat": lambda count, text: text * count,
    "substr": sprig_text.substr,
    "nospace": sprig_text.nospace,
    "trunc": sprig_text.trunc,
    "contains": lambda part, text: part in text,
    "hasPrefix": lambda prefix, text: text.startswith(prefix),
    "hasSuffix": lambda suffix, text: text.endswith(suffix),
    "quote": sprig_text.quoted,
    "squote": lambda *values: " ".join(f"'{gotext.text(value)}'" for value in values if value is not None),
    "cat": lambda *values: " ".join(gotext.text(value) for value in values if value is not None),
    "indent": sprig_text.indent,
    "nindent": lambda count, text: "\n" + sprig_text.indent(count, text),
    "replace": lambda old, new, text: text.replace(old, new),
    "plural": lambda singular, plural, count: singular if count == 1 else plural,
    "regexMatch": _regex_match,
    "mustRegexMatch": regexp.matches,
    "regexQuoteMeta": regexp.quoted,
    "regexFind": regexp.first,
    "mustRegexFind": regexp.first,
    "regexFindAll": regexp.every,
    "mustRegexFindAll": regexp.every,
    "regexReplaceAll": regexp.replaced,
    "mustRegexReplaceAll": regexp.replaced,
    "regexReplaceAllLiteral": regexp.replaced_literally,
    "mustRegexReplaceAllLiteral": regexp.replaced_literally,
    "regexSplit": regexp.split,
    "mustRegexSplit": regexp.split,
    "splitList": lambda separator, text: text.split(separator) if separator else list(text),
    "split": lambda separator, text: {f"_{i}": part for i, part in enumerate(text.split(separator))},
    "splitn": lambda separator, count, text: {f"_{i}": part for i, part in enumerate(text.split(separator, count - 1))},
    "join": lambda separator, items: separator.join(_strings(items)),
    "sortAlpha": lambda items: sorted(_strings(items)),
    "atoi": lambda text: int(text) if re.fullmatch(r"[+-]?\d+", text) else 0,
    "int": _int,
    "int64": _int,
    "float64": _float,
    "toString": gotext.text,
    "toStrings": _strings,
    "toDecimal": lambda value: int(gotext.text(value), 8) if re.fullmatch("[0-7]+", gotext.text(value)) else 0,
    "add": lambda *values: sum(map(_int, values)),
    "add1": lambda value: _int(value) + 1,
    "sub": lambda a, b: _int(a) - _int(b),
    "mul": lambda *values: math.prod(map(_int, values)),
    "div": _divide,
    "mod": lambda a, b: _int(a) - _int(b) * _divide(a, b),
    "max": lambda *values: max(map(_int, values)),
    "min": lambda *values: min(map(_int, values)),
    "ceil": lambda value: float(math.ceil(_float(value))),
    "floor": lambda value: float(math.floor(_float(value))),
    "round": _round,
    "until": lambda count: _steps(0, count, -1 if count < 0 else 1),
    "untilStep": _steps,
    "list": lambda *items: list(items),
    "first": lambda items: (_list("first", items) or [None])[0],
    "rest": lambda items: _list("rest", items)[1:],
    "last": lambda items: (_list("last", items) or [None])[-1],
    "initial": lambda items: _list("initial", items)[:-1],
    "append": lambda items, item: [*items, item],
    "prepend": lambda items, item: [item, *items],
    "concat": lambda *lists: [item for items in lists for item in items],
    "reverse": lambda items: items[::-1],
    "uniq": unique,
    "without": lambda items, *omit: [item for item in items if not any(equal(item, other) for other in omit)],
    "has": lambda needle, items: any(equal(needle, item) for item in _list("has", items or [])),
    "compact": lambda items: [item for item in items if not _empty(item)],
    "slice": lambda items, *bounds: items[slice(*map(_int, bounds))] if len(bounds) != 1 else items[_int(bounds[0]) :],
    "chunk": lambda size, items: [items[i : i + size] for i in range(0, len(items), size)],
    "dict": _dict,
    "get": lambda mapping, key: mapping.get(key, ""),
    "hasKey": lambda mapping, key: key in mapping,
    "keys": lambda *maps: [key for mapping in maps for key in mapping],
    "values": lambda mapping: list(mapping.values()),
    "pick": lambda mapping, *keys: {key: mapping[key] for key in keys if key in mapping},
    "omit": lambda mapping, *keys: {key: value for key, value in mapping.items() if key not in keys},
    "merge": _merge,
    "default": lambda fallback, value=None: fallback if _empty(value) else value,
    "empty": _empty,
    "coalesce": lambda *values: next((value for value in values if not _empty(value)), None),
    "ternary": lambda yes, no, test: yes if test else no,
    "all": lambda *values: not any(map(_empty, values)),
    "any": lambda *values: not all(map(_empty, values)),
    "fromJson": _from_json,
    "mustFromJson": gojson.loads_any,
    "toJson": gojson.dumps_sorted,
    "toRawJson": lambda value: json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False),
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "b64dec": lambda text: base64.b64decode(text, validate=True).decode(),
    "b32enc": lambda text: base64.b32encode(text.encode()).decode(),
    "b32dec": lambda text: base64.b32decode(text).decode(),
    "sha1sum": lambda text: hashlib.sha1(text.encode()).hexdigest(),
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "sha512sum": lambda text: hashlib.sha512(text.encode()).hexdigest(),
    "adler32sum": lambda text: str(zlib.adler32(text.encode())),
    "base": _base,
    "dir": lambda path: _clean(posixpath.dirname(path)),
    "ext": _extension,
    "clean": _clean,
    "isAbs": posixpath.isabs,
    **SPRIG_TIMES,
}
SPRIG = typed(_FUNCTIONS)
