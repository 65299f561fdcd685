"""Regular expressions as Go reads them: RE2's syntax, and Go's rules for matches of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import re2

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.gojson import NilSlice

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


_GOS_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
_ONE_BYTE = re.compile(r"(?:[^\\]|\\[^CQ]|\\Q(?:(?!\\E).)*\\E)*?\\C", re.S)  # RE2 in C++ knows `\C`, Go's does not


def _compiled(pattern: str) -> Any:
    if _ONE_BYTE.match(pattern):
        raise ExpressionError("error parsing regexp: invalid escape sequence: `\\C`")
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason, _, part = error.args[0].decode(errors="replace").partition(": ")
        raise ExpressionError(f"error parsing regexp: {_GOS_WORDS.get(reason, reason)}: `{part}`") from error


def check(pattern: str) -> None:
    """Check that RE2 knows the pattern.

    Raises:
        ExpressionError: It does not; the text is Go's.
    """
    _compiled(pattern)


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern is somewhere in the text (`MatchString`).

    Raises:
        ExpressionError: RE2 does not know the pattern.
    """
    return _compiled(pattern).search(text) is not None


def first(pattern: str, text: str) -> str:
    """Return the leftmost match, or nothing (`FindString`)."""
    return next((match[0] for match in _all_matches(_compiled(pattern), text)), "")


def every(pattern: str, text: str, count: int) -> list[str]:
    """Return the first `count` matches, all where it is negative (`FindAllString`)."""
    limited = _limited(_all_matches(_compiled(pattern), text), count)
    return [match[0] for match in limited] or NilSlice()


def replaced(pattern: str, text: str, template: str) -> str:
    """Return the text with each match replaced; `$1`, `${name}` and `$$` in the template are expanded."""
    return _replaced(pattern, text, lambda match: _expanded(template, match))


def replaced_literally(pattern: str, text: str, new: str) -> str:
    """Return the text with each match replaced by `new` as it is."""
    return _replaced(pattern, text, lambda match: new)


def split(pattern: str, text: str, count: int) -> list[str]:
    """Return the text between matches: at most `count` parts, all where it is negative."""
    compiled = _compiled(pattern)
    if count == 0:
        return NilSlice()
    if pattern and not text:
        return [""]
    parts: list[str] = []
    begin = end = 0
    for match in _limited(_all_matches(compiled, text), count):
        if 0 < count == len(parts) + 1:
            break
        end = match.start()
        if match.end():
            parts.append(text[begin:end])
        begin = match.end()
    if end != len(text):
        parts.append(text[begin:])
    return parts


def quoted(text: str) -> str:
    """Return a pattern that matches the text as it is (`QuoteMeta`)."""
    return "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$" else char for char in text)


def _limited(matches: Iterator[Any], count: int) -> Iterator[Any]:
    for number, match in enumerate(matches):
        if number == count:
            return
        yield match


def _all_matches(compiled: Any, text: str) -> Iterator[Any]:
    """Yield the matches, none of nothing right behind another (`Regexp.allMatches`)."""
    at, former = 0, -1
    while at <= len(text) and (match := compiled.search(text, at)):
        adjacent = match.end() == at and match.start() == former
        at = max(match.end(), at + 1) if match.end() == at else match.end()
        former = match.end()
        if not adjacent:
            yield match


def _replaced(pattern: str, text: str, new: Any) -> str:
    """Replace each match (`Regexp.replaceAll`)."""
    compiled, parts, last, at = _compiled(pattern), [], 0, 0
    while at <= len(text) and (match := compiled.search(text, at)):
        parts.append(text[last : match.start()])
        if match.end() > last or match.start() == 0:
            parts.append(new(match))
        last = match.end()
        at = max(at + 1, match.end())
    return "".join([*parts, text[last:]])


def _expanded(template: str, match: Any) -> str:
    """Expand a template (`Regexp.expand`): a `$` that names nothing stays, a group that is not there is empty."""
    parts = []
    while (at := template.find("$")) >= 0:
        parts.append(template[:at])
        template = template[at + 1 :]
        if template.startswith("$"):
            parts.append("$")
            template = template[1:]
            continue
        name, rest = _name(template)
        if name is None:
            parts.append("$")
            continue
        template = rest
        parts.append(_group(match, name))
    return "".join([*parts, template])


def _name(template: str) -> tuple[str | None, str]:
    """Return the name behind a `$` and what follows it: the longest of letters, digits and `_`, or that in braces."""
    braced = template.startswith("{")
    text = template[1:] if braced else template
    size = next((i for i, c in enumerate(text) if not (c == "_" or c.isalpha() or c.isdecimal())), len(text))
    if size == 0 or (braced and text[size : size + 1] != "}"):
        return None, template
    return text[:size], text[size + braced :]


def _group(match: Any, name: str) -> str:
    if name.isascii() and name.isdigit() and (name == "0" or name[0] != "0"):
        return (match[int(name)] or "") if int(name) <= match.re.groups else ""
    return (match[name] or "") if name in match.re.groupindex else ""
