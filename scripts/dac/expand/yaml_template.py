"""YAML documents with `${CEL}` scalars and `$use` fragments, compiled once and rendered for each set of variables.

- A scalar that is one `${...}` gives the expression's typed value; within other text it gives text (maps as JSON).
- `$use: NAME` in a mapping takes a fragment's entries, keys beside it win; an item `- $use: NAME` splices a list.
- A document with `$each: ${list}` at its top gives one object an item, which its expressions call `each`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.expand.expressions import Expressions
from dac.expand.interpolation import parts
from dac.expand.nodes import Constant, List, Map, Node, Place, Rendering, Scalar
from dac.model import Document, Finding, Location, Pointer
from dac.model.suggestion import suggestion
from dac.model.words import quoted

EACH = "$each"
USE = "$use"
FRAGMENTS = "$fragments"


@dataclass
class Template:
    """A compiled document.

    Attributes:
        findings: what is wrong with it as it stands.
    """

    root: Node
    each: Node | None
    findings: list[Finding] = field(default_factory=list)

    def render(self, expressions: Expressions, variables: Mapping[str, Any]) -> tuple[list[Any], list[Finding]]:
        """Return the objects that the document gives, and the findings about expressions that failed."""
        within = Rendering(expressions, variables)
        if self.each is None:
            return [self.root.render(within)], within.findings
        items = self.each.render(within)
        return [
            self.root.render(Rendering(expressions, {**variables, "each": item}, within.findings))
            for item in items or ()
        ], within.findings


def compile_template(document: Document, shared: Document | None = None, *, traced: bool = False) -> Template:
    """Compiles a document.

    Args:
        document: what is written.
        shared: a mapping of fragments for several documents; the document's own `$fragments` win over them.
        traced: whether each constant keeps its place, at the cost of what constants would save.
    """
    compiler = _Compiler(traced)
    data = document.data if isinstance(document.data, Mapping) else {}
    if shared is not None:
        compiler.add(shared, (), shared.data)
    compiler.add(document, (FRAGMENTS,), data.get(FRAGMENTS))
    each = compiler.node(data[EACH], document, (EACH,)) if EACH in data else None
    body = {key: value for key, value in data.items() if key not in (EACH, FRAGMENTS)}
    root = compiler.node(body if data else document.data, document, ())
    return Template(root, each, compiler.findings)


class _Compiler:
    def __init__(self, traced: bool) -> None:
        self._traced = traced
        self.fragments: dict[str, tuple[Document, Pointer, Any]] = {}
        self.findings: list[Finding] = []
        self._open: list[str] = []
        self._literals: dict[int, bool] = {}  # by the ids of what documents hold, which outlive this

    def add(self, document: Document, base: Pointer, fragments: Any) -> None:
        """Register the fragments at `base` of a document by name."""
        for name, value in fragments.items() if isinstance(fragments, Mapping) else ():
            self.fragments[name] = (document, (*base, name), value)

    def node(self, value: Any, document: Document, pointer: Pointer) -> Node:
        if not self._traced and self._is_literal(value):
            return Constant(value)
        if isinstance(value, str):
            return self._scalar(value, document, pointer)
        if isinstance(value, Mapping) and value:
            mapping = Map(self._entries(value, document, pointer))
            return mapping if self._traced else _folded(mapping)
        if isinstance(value, list) and value:
            sequence = List(self._items(value, document, pointer))
            return sequence if self._traced else _folded(sequence)
        return self._constant(value, document, pointer)

    def _is_literal(self, value: Any) -> bool:
        """Whether a value holds no expression and uses no fragment: most of a template, which renders to itself."""
        if isinstance(value, str):
            return "${" not in value
        if not isinstance(value, (dict, list)):
            return True
        if id(value) not in self._literals:
            items = value.values() if isinstance(value, dict) else value
            self._literals[id(value)] = USE not in value and all(map(self._is_literal, items))
        return self._literals[id(value)]

    def _constant(self, value: Any, document: Document, pointer: Pointer) -> Constant:
        return Constant(value, Place(document, pointer) if self._traced else None)

    def _scalar(self, value: str, document: Document, pointer: Pointer) -> Node:
        if "${" not in value:
            return self._constant(value, document, pointer)
        try:
            pieces = parts(value)
        except ValueError as error:
            self._report(document.at(pointer), str(error), "fix it; a literal is written $${")
            return Constant(value)
        if len(pieces) == 1 and isinstance(pieces[0], str):
            return self._constant(pieces[0], document, pointer)
        return Scalar(pieces, Place(document, pointer))

    def _entries(self, value: Mapping[str, Any], document: Document, pointer: Pointer) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, item in value.items():
            if key != USE:
                entries[key] = self.node(item, document, (*pointer, key))
                continue
            for name in item if isinstance(item, list) else [item]:
                fragment = self._fragment(name, document.at((*pointer, USE)))
                pairs = _pairs(fragment)
                if pairs is None:
                    self._report(
                        document.at((*pointer, USE)), f"fragment {quoted(name)} is not a mapping", "use one that is"
                    )
                entries |= {k: v for k, v in (pairs or {}).items() if k not in value}
        return entries

    def _items(self, value: list[Any], document: Document, pointer: Pointer) -> list[Node]:
        items: list[Node] = []
        for index, item in enumerate(value):
            place = (*pointer, index)
            if isinstance(item, Mapping) and set(item) == {USE} and isinstance(item[USE], str):
                fragment = self._fragment(item[USE], document.at(place))
                spliced = _sequence(fragment)
                items += [fragment] if spliced is None else spliced
            else:
                items.append(self.node(item, document, place))
        return items

    def _fragment(self, name: str, place: Location) -> Node:
        if name in self._open:
            self._report(place, f"fragment {quoted(name)} uses itself", f"remove this {USE}")
            return Constant({})
        if name not in self.fragments:
            self._report(place, f"fragment {quoted(name)} is not there", suggestion(name, self.fragments))
            return Constant({})
        document, pointer, value = self.fragments[name]
        self._open.append(name)
        node = self.node(value, document, pointer)
        self._open.pop()
        return node

    def _report(self, place: Location, message: str, remedy: str) -> None:
        self.findings.append(Finding(place, "template.wrong", message, remedy))


def _pairs(node: Node) -> dict[str, Node] | None:
    if isinstance(node, Map):
        return node.entries
    if isinstance(node, Constant) and isinstance(node.value, dict):
        return {key: Constant(value) for key, value in node.value.items()}
    return None


def _sequence(node: Node) -> list[Node] | None:
    if isinstance(node, List):
        return node.items
    if isinstance(node, Constant) and isinstance(node.value, list):
        return [Constant(value) for value in node.value]
    return None


def _folded(node: Map | List) -> Node:
    """Turn a branch without expressions into one value, shared by all that is rendered from it."""
    children = list(node.entries.values() if isinstance(node, Map) else node.items)
    values = [child.value for child in children if isinstance(child, Constant)]
    if len(values) < len(children):
        return node
    return Constant(dict(zip(node.entries, values, strict=True)) if isinstance(node, Map) else values)
