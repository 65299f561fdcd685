"""`{{name}}` and `{{=expression}}` in a template's JSON, as the controller replaces them (util/template of Argo 4.0.5).

The controller writes a template as JSON, replaces tags in that text and reads it again. A value is quoted as Go
quotes a string, so that it arrives as text; the same is done here, on the same text, so that what Argo does with a
hostile value (a tag inside a value is replaced on a later pass, an unclosed `{{` is an error) is what happens here
too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dac.run.argo import gojson, gotext
from dac.run.argo.expression import ExpressionError, Expressions, variables
from dac.run.argo.expression.builtins import FUNCTIONS
from dac.run.argo.expression.lexer import tokens

_ADDED = ("asInt", "asFloat", "jsonpath", "toJson", "sprig")
_MOST_TEXTS = 100
PLACEHOLDER = "__argo__internal__placeholder-"
LATE = (
    "item",
    "retries",
    "lastRetry.exitCode",
    "lastRetry.status",
    "lastRetry.duration",
    "lastRetry.message",
    "workflow.status",
    "workflow.failures",
)


Strict = Callable[[str], bool] | None  # whether a name must be known; None: none must, and what fails stays as it is


class TagError(Exception):
    """A tag that cannot be replaced, or a text that is not JSON any more once it was."""

    def missing(self) -> bool:
        """Whether a variable is missing: the controller then tries again later (IsMissingVariableErr)."""
        return any(mark in str(self) for mark in ("failed to resolve {{", " is missing", "variable not in env"))


class Tags:
    """Replaces tags, with the expressions of one run.

    Attributes:
        expressions: what evaluates `{{=...}}`.
    """

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self._texts: dict[int, tuple[Any, str]] = {}

    def text_of(self, template: Mapping[str, Any]) -> str:
        """Return the JSON of a template as it is written, made once for each."""
        held = self._texts.get(id(template))
        if held is None or held[0] is not template:
            if len(self._texts) >= _MOST_TEXTS:  # merged with defaults, each time anew
                self._texts.clear()
            held = self._texts[id(template)] = (template, gojson.dumps(template))
        return held[1]

    def replace(self, text: str, values: Mapping[str, str], lenient: bool) -> str:
        """Replace every tag of a JSON text; unknown names stay where `lenient` (`template.Replace`).

        Raises:
            TagError: A tag is not known and the call is not lenient, or the result is not JSON.
        """
        return self._whole(text, values, None if lenient else (lambda _: True), lenient)

    def replace_strict(self, text: str, values: Mapping[str, str], prefixes: Sequence[str]) -> str:
        """Replace every tag; a name under one of `prefixes` must be known, others may stay (`template.ReplaceStrict`).

        Raises:
            TagError: As `replace`.
        """
        pattern = re.compile(f"({'|'.join(map(re.escape, prefixes))})(\\.|$)")
        return self._whole(text, values, lambda name: pattern.match(name) is not None, True)

    def _whole(self, text: str, values: Mapping[str, str], strict: Strict, artifacts_stay: bool) -> str:
        if "{{" not in text:
            return text
        result = self.replace_in(text, values, strict, artifacts_stay)
        try:
            gojson.loads(result)
        except ValueError as error:
            raise TagError("cannot finish template replacement because the result was invalid JSON") from error
        return result

    def replace_in(self, text: str, values: Mapping[str, str], strict: Strict, artifacts_stay: bool) -> str:
        """Replace the tags of any text that holds JSON escapes."""
        parts, scope = [], _Scope(values)
        for literal, tag in split(text):
            parts.append(literal)
            if tag is not None and tag.startswith("="):
                parts.append(self._expression(tag, scope, strict))
            elif tag is not None:
                parts.append(_simple(tag, values, strict, artifacts_stay))
        return "".join(parts)

    def _expression(self, tag: str, scope: _Scope, strict: Strict) -> str:
        raw = gojson.fix(tag[1:])
        unresolved = "{{=" + raw + "}}"
        try:
            source = gojson.loads(f'"{raw}"')
        except ValueError as error:
            raise TagError(f"failed to unmarshall JSON expression: {error}") from error
        try:
            names = variables(self.expressions.tree(source))
        except ExpressionError as error:
            if scope.has_placeholder:
                return unresolved
            raise TagError(f"failed to evaluate expression: {error}") from error
        missing = [name for name in names if not _is_known(scope.expanded, name)]
        for name in missing:
            if strict and strict(name):
                raise TagError(f"failed to evaluate expression: {name} is missing")
        lenient = bool(missing) or strict is None
        return self._evaluated(source, raw, scope, lenient)

    def _evaluated(self, source: str, raw: str, scope: _Scope, lenient: bool) -> str:
        unresolved = "{{=" + raw + "}}"
        if lenient and any(_mentions(source, late) and not _is_known(scope.expanded, late) for late in LATE):
            return unresolved
        forgiving = lenient or scope.has_placeholder
        try:
            result = self.expressions.evaluate(source, scope.expanded)
        except ExpressionError as error:
            if forgiving:
                return unresolved
            raise TagError(f"failed to evaluate expression: {error}") from error
        if result is None:
            if forgiving:
                return unresolved
            raise TagError(f"failed to evaluate expression {raw!r}")
        try:
            text = gojson.dumps_sorted(result)
        except TypeError as error:
            if lenient:
                return unresolved
            raise TagError(f"failed to marshal evaluated expression: {error}") from error
        if len(text) > 1 and text[0] == '"' and text[-1] == '"':
            return text[1:-1]
        return gotext.quote(text)


def split(text: str) -> list[tuple[str, str | None]]:
    """Cut a text into pairs of a literal and the tag that follows it, or None.

    Raises:
        TagError: A tag is not closed.
    """
    pairs: list[tuple[str, str | None]] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            raise TagError(f'Cannot find end tag="}}}}" in the template={text!r} starting from {text[start + 2 :]!r}')
        pairs.append((text[at:start], text[start + 2 : end]))
        at = end + 2
    return [*pairs, (text[at:], None)]


def _simple(tag: str, values: Mapping[str, str], strict: Strict, artifacts_stay: bool) -> str:
    name = tag.strip()
    if name in values:
        return gotext.quote(values[name])
    if (inner := tag.rfind("{{")) > 0 and tag[inner + 2 :] in values:
        return "{{" + tag[:inner] + gotext.quote(values[tag[inner + 2 :]])
    if strict and strict(name) and not (artifacts_stay and ".outputs.artifacts." in name):
        raise TagError(f"failed to resolve {{{{{tag}}}}}")
    return "{{" + tag + "}}"


class _Scope:
    """The values of a replacement, made into the maps that an expression sees when the first one asks."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self._expanded: dict[str, Any] | None = None
        self._placeholder: bool | None = None

    @property
    def expanded(self) -> dict[str, Any]:
        if self._expanded is None:
            self._expanded = expand(self.values)
        return self._expanded

    @property
    def has_placeholder(self) -> bool:
        if self._placeholder is None:
            self._placeholder = any(value.startswith(PLACEHOLDER) for value in self.values.values())
        return self._placeholder


def expand(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make nested maps of dotted names; a name that others extend gives way to them (util/expand)."""
    names = sorted(values)
    shadowed = {name for name, following in pairwise(names) if following.startswith(name + ".")}
    expanded: dict[str, Any] = {}
    for name in names:
        if name in shadowed:
            continue
        *path, last = name.split(".")
        target = expanded
        for part in path:
            inner = target.get(part)
            if not isinstance(inner, dict):
                inner = target[part] = {}
            target = inner
        target[last] = values[name]
    return expanded


def _is_known(expanded: Mapping[str, Any], name: str) -> bool:
    """Whether the scope, or what Argo adds to it, has this path (`hasVarInEnv`)."""
    first = name.split(".")[0]
    value: Any = FUNCTIONS if first not in expanded and first in _ADDED else expanded
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True


def _mentions(source: str, variable: str) -> bool:
    """Whether the tokens of a variable stand one after another in an expression (hasVariableInExpression)."""
    if variable not in source:
        return False
    hay = [(token.kind, token.text) for token in tokens(source)]
    needle = [(token.kind, token.text) for token in tokens(variable)[:-1]]
    return any(hay[i : i + len(needle)] == needle for i in range(len(hay) - len(needle) + 1))
