"""Traces a template: each leaf that it gives, with the lines that the leaf comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dac.expand.expressions import Expressions
from dac.expand.fields import leaves
from dac.expand.interpolation import Code
from dac.expand.nodes import Constant, List, Map, Node, Place, Scalar, text_of
from dac.expand.origins.influence import WORD, differing, influences
from dac.expand.origins.sourced import Origins, Sourced, origin_at, written
from dac.model import Catalog, Pointer
from dac.model.origin import Origin, OriginKind

View = Callable[[Any], Any]  # a computed text as the arguments of a run make it
_CALL = re.compile(r"\b([a-z_]\w*)\s*\(")
_KIND = re.compile(r"\bcatalog\.([a-z_]\w*)")
_QUOTED = re.compile(r"""["']([A-Za-z0-9_-]+)["']""")
_PATH = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)*")
_CATALOG = "catalog."


@dataclass(frozen=True, slots=True)
class Traced:
    """What a node gives.

    Attributes:
        value: as it is rendered.
        viewed: the same, with each computed text as the arguments of a run make it.
        leaves: pointer of each leaf, of a computed text's structure too -> its value, and what tells its origins.
    """

    value: Any
    viewed: Any
    leaves: Mapping[Pointer, tuple[Any, Callable[[], Origins]]]

    def sourced(self) -> Sourced:
        """Return it as something that other expressions read."""

        def origins(pointer: Pointer) -> Origins:
            below = [ask for leaf, (_, ask) in self.leaves.items() if leaf[: len(pointer)] == pointer]
            return tuple(origin for ask in below for origin in ask())

        return Sourced(self.value, origins)


class Tracer:
    """Traces templates and expressions over one catalog; what several projects share is traced once.

    Args:
        expressions: evaluates CEL.
        catalog: where its facts are written.
    """

    def __init__(self, expressions: Expressions, catalog: Catalog) -> None:
        self._expressions = expressions
        self._catalog = catalog
        self._functions: Mapping[str, Mapping[str, Any]] = catalog.kinds.get("functions", {})
        self._influences: dict[str, dict[Pointer, Origins]] = {}

    def node(self, node: Node, variables: Mapping[str, Sourced], view: View) -> Traced:
        """Trace a node of a template that was compiled to be traced."""
        if isinstance(node, Constant):
            return _constant(node)
        if isinstance(node, Scalar):
            return self._scalar(node, variables, view)
        children: list[tuple[str | int, Node]] = (
            list(node.entries.items()) if isinstance(node, Map) else list(enumerate(node.items))
        )
        traced = {key: self.node(child, variables, view) for key, child in children}
        collected = {(key, *pointer): leaf for key, part in traced.items() for pointer, leaf in part.leaves.items()}
        values: Any = {key: part.value for key, part in traced.items()}
        viewed: Any = {key: part.viewed for key, part in traced.items()}
        if isinstance(node, List):
            values, viewed = list(values.values()), list(viewed.values())
        return Traced(values, viewed, collected)

    def expression(self, source: str, variables: Mapping[str, Sourced], place: Place, view: View) -> Traced:
        """Trace an expression.

        Raises:
            ExpressionError: it fails.
        """
        here = origin_at(place.document, place.pointer)
        if here.kind is not OriginKind.PLATFORM:
            here = Origin(OriginKind.COMPUTED, here.document, here.pointer, here.location)
        path = tuple(source.split(".")) if _PATH.fullmatch(source) else ()
        value = self._expressions.evaluate(source, {name: part.value for name, part in variables.items()})
        viewed = view(value)
        if path and path[0] in variables:
            origins = variables[path[0]].below(*path[1:]).origins
        elif path[:1] == ("catalog",) and len(path) > 1 and path[1] in self._catalog.documents:
            origins = written(self._catalog.documents[path[1]], path[2:]).origins
        else:
            reads = _Reads(self._expressions, self._catalog, self._functions, source, variables, view, self._influences)
            origins = reads.origins
        return Traced(value, viewed, {p: (v, _asking(origins, p, here)) for p, v in leaves(viewed)})

    def _scalar(self, node: Scalar, variables: Mapping[str, Sourced], view: View) -> Traced:
        parts = [
            self.expression(part.source, variables, node.place, view if len(node.parts) == 1 else _as_it_is)
            for part in node.parts
            if isinstance(part, Code)
        ]
        if len(node.parts) == 1:
            return parts[0]
        computed = iter(parts)
        text = "".join(part if isinstance(part, str) else text_of(next(computed).value) for part in node.parts)

        def origins() -> Origins:
            return tuple(origin for part in parts for _, ask in part.leaves.values() for origin in ask())

        viewed = view(text)
        return Traced(text, viewed, {pointer: (value, origins) for pointer, value in leaves(viewed)})


class _Reads:
    """What an expression reads; followed once somebody asks."""

    def __init__(
        self,
        expressions: Expressions,
        catalog: Catalog,
        functions: Mapping[str, Mapping[str, Any]],
        source: str,
        variables: Mapping[str, Sourced],
        view: View,
        kept: dict[str, dict[Pointer, Origins]],
    ) -> None:
        self._expressions = expressions
        self._catalog = catalog
        self._functions = functions
        self._source = source
        self._view = view
        self._called = _called(source, functions)
        self._texts = [source, *(str(functions[name]["value"]) for name in self._called)]
        named = {word for text in self._texts for word in WORD.findall(text)}
        self._variables = {name: part for name, part in variables.items() if name in named}
        self.result = view(self._evaluate({}))
        self._kept = kept

    def origins(self, pointer: Pointer) -> Origins:
        """Return what a leaf depends on."""
        key = repr((self._source, self.result, {name: part.value for name, part in self._variables.items()}))
        if key not in self._kept:
            self._kept[key] = self._followed()
        return self._kept[key].get(pointer, ())

    def _followed(self) -> dict[Pointer, Origins]:
        kinds = sorted({kind for text in self._texts for kind in self._kinds(text)})
        inputs = {
            f"{_CATALOG}{kind}": written(self._catalog.documents[kind], (), self._entries_read(kind)) for kind in kinds
        }
        entries = frozenset(inputs)
        words = frozenset(word for text in self._texts for word in WORD.findall(text))
        origins = influences({**inputs, **self._variables}, self._compute, self.result, words, entries)
        for name in self._called:
            document = self._catalog.documents["functions"]
            function = origin_at(document, (name, "value"))
            for leaf in self._through(name):
                origins[leaf] = (*origins.get(leaf, ()), function)
        return origins

    def _through(self, name: str) -> list[Pointer]:
        """Return the leaves that a function of the catalog computes, or passes on: those that change without it."""
        blank = {**self._functions[name], "value": "null"}
        try:
            return list(differing(self.result, self._compute({"catalog.functions": {**self._functions, name: blank}})))
        except (ValueError, KeyError, TypeError, AttributeError):
            return [pointer for pointer, _ in leaves(self.result)]

    def _compute(self, inputs: Mapping[str, Any]) -> Any:
        return self._view(self._evaluate(inputs))

    def _evaluate(self, inputs: Mapping[str, Any]) -> Any:
        changed = {name.removeprefix(_CATALOG): facts for name, facts in inputs.items() if name.startswith(_CATALOG)}
        variables = {name: part.value for name, part in self._variables.items()}
        variables |= {name: value for name, value in inputs.items() if not name.startswith(_CATALOG)}
        expressions = self._expressions
        if any(facts is not expressions.catalog.get(kind) for kind, facts in changed.items()):
            expressions = expressions.over({**expressions.catalog, **changed})
        return expressions.evaluate(self._source, variables)

    def _entries_read(self, kind: str) -> Mapping[str, Any]:
        """Return the entries of a kind that the texts may read: those that they name, or all."""
        entries = self._expressions.catalog[kind]
        mentions = [m for text in self._texts for m in re.findall(rf"\b{kind}\b(\.[a-z_]\w*)?", text)]
        if not mentions or not all(mentions) or "facts" in _CALL.findall(" ".join(self._texts)):
            return entries
        return {name: entries[name] for name in sorted({mention[1:] for mention in mentions}) if name in entries}

    def _kinds(self, text: str) -> list[str]:
        """Return the kinds of the catalog that a text may read: by path, by a name in quotes, or by a built-in."""
        named = {*_KIND.findall(text), *_QUOTED.findall(text)}
        named |= {part.value for part in self._variables.values() if isinstance(part.value, str)}
        if "schedule" in _CALL.findall(text):
            named.add("schedules")
        readable = self._expressions.catalog.keys() & self._catalog.documents.keys()
        return sorted((named & readable) - {"functions"})


def _called(source: str, functions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the catalog's functions that an expression calls, and that those call."""
    called: dict[str, None] = {}
    texts = [source]
    while texts:
        for name in _CALL.findall(texts.pop()):
            if name in functions and name not in called:
                called[name] = None
                texts.append(str(functions[name]["value"]))
    return list(called)


def _constant(node: Constant) -> Traced:
    place = node.place

    def ask(pointer: Pointer) -> Callable[[], Origins]:
        return lambda: (origin_at(place.document, (*place.pointer, *pointer)),) if place else ()

    return Traced(node.value, node.value, {pointer: (value, ask(pointer)) for pointer, value in leaves(node.value)})


def _asking(origins: Callable[[Pointer], Origins], pointer: Pointer, here: Origin) -> Callable[[], Origins]:
    return lambda: (*origins(pointer), here)


def _as_it_is(value: Any) -> Any:
    return value
