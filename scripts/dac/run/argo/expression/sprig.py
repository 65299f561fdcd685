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
from dac.run.argo.expression import regexp, sprig_text, sprig_values
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.sprig_numbers import divided, rounded, steps, to_float, to_int
from dac.run.argo.expression.sprig_others import OTHERS
from dac.run.argo.expression.sprig_signatures import typed
from dac.run.argo.expression.times import SPRIG_TIMES
from dac.run.argo.expression.values import equal, unique


def _empty(value: Any) -> bool:
    return value is None or value is False or (not isinstance(value, bool) and value in (0, "", [], {}))


def _strings(value: Any) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else [value]
    return [gotext.text(item) for item in items if item is not None]


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
    "split": lambda separator, text: sprig_text.split(separator, -1, text),
    "splitn": sprig_text.split,
    "join": lambda separator, items: separator.join(_strings(items)),
    "sortAlpha": lambda items: sorted(_strings(items)),
    "atoi": lambda text: int(text) if re.fullmatch(r"[+-]?\d+", text) else 0,
    "int": to_int,
    "int64": to_int,
    "float64": to_float,
    "toString": gotext.text,
    "toStrings": _strings,
    "toDecimal": lambda value: int(gotext.text(value), 8) if re.fullmatch("[-+]?[0-7]+", gotext.text(value)) else 0,
    "add": lambda *values: sum(map(to_int, values)),
    "add1": lambda value: to_int(value) + 1,
    "sub": lambda a, b: to_int(a) - to_int(b),
    "mul": lambda *values: math.prod(map(to_int, values)),
    "div": divided,
    "mod": lambda a, b: to_int(a) - to_int(b) * divided(a, b),
    "max": lambda *values: max(map(to_int, values)),
    "min": lambda *values: min(map(to_int, values)),
    "ceil": lambda value: float(math.ceil(to_float(value))),
    "floor": lambda value: float(math.floor(to_float(value))),
    "round": rounded,
    "until": lambda count: steps(0, count, -1 if count < 0 else 1),
    "untilStep": steps,
    "list": lambda *items: list(items),
    "tuple": lambda *items: list(items),
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
    "slice": lambda items, *bounds: sprig_values.part(items, *map(to_int, bounds)),
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
    "trimall": lambda cut, text: text.strip(cut),
    "biggest": lambda *values: max(map(to_int, values)),
    "osBase": _base,
    "osDir": lambda path: _clean(posixpath.dirname(path)),
    "osExt": _extension,
    "osClean": _clean,
    "osIsAbs": posixpath.isabs,
    "hello": lambda: "Hello!",
    **OTHERS,
    **SPRIG_TIMES,
}
_MUST = (
    "append",
    "chunk",
    "compact",
    "deepCopy",
    "first",
    "has",
    "initial",
    "last",
    "merge",
    "mergeOverwrite",
    "prepend",
    "push",
    "rest",
    "reverse",
    "slice",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "uniq",
    "without",
)
_FUNCTIONS["push"] = _FUNCTIONS["append"]
SPRIG = typed({**_FUNCTIONS, **{f"must{name[0].upper()}{name[1:]}": _FUNCTIONS[name] for name in _MUST}})
