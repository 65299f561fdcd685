"""The names in an expression: read before a run starts, so that what this runner lacks is refused then."""

from __future__ import annotations

from collections.abc import Iterator

from dac.run.argo.expression.builtins import FUNCTIONS
from dac.run.argo.expression.parser import Node
from dac.run.argo.expression.sprig import SPRIG


def walk(node: object) -> Iterator[Node]:
    """Yield every node of a tree, the outer first."""
    if isinstance(node, tuple):
        if node and isinstance(node[0], str) and len(node) > 1:
            yield node
        for part in node:
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


def unknown_functions(tree: Node) -> list[str]:
    """Return the functions that an expression calls and that this runner lacks, `sprig.env` among them."""
    unknown = []
    for node in walk(tree):
        if node[0] != "call":
            continue
        callee = node[1]
        if callee[0] == "name" and callee[1] not in FUNCTIONS:
            unknown.append(str(callee[1]))
        if callee[0] == "member" and callee[1] == ("name", "sprig") and callee[2][1] not in SPRIG:
            unknown.append(f"sprig.{callee[2][1]}")
    return unknown


def variables(tree: Node) -> list[str]:
    """Return the names and dotted paths that an expression reads, as the controller collects them (getIdentifiers).

    Sources: util/template/expression_template.go, identifierVisitor.
    """
    names: dict[str, None] = {}
    for node in walk(tree):
        if node[0] == "name":
            names[node[1]] = None
        elif node[0] == "member" and (path := _path(node)):
            names[path] = None
    called = {
        node[1][1] for node in walk(tree) if node[0] == "call" and node[1][0] == "name" and node[1][1] in BUILTINS
    }
    return [name for name in names if name not in called]


BUILTINS = {name for name in FUNCTIONS if name not in ("asInt", "asFloat", "jsonpath", "toJson", "sprig")}


def _path(node: Node) -> str:
    if node[0] == "name":
        return str(node[1])
    if node[0] == "member" and node[2][0] == "constant" and isinstance(node[2][1], str) and (base := _path(node[1])):
        return f"{base}.{node[2][1]}"
    return ""
