"""What expr-lang finds at compile time: unknown names, and operands whose known types do not fit (checker/checker.go).

Argo compiles against the very values of a scope, so a top-level string is known to be one, and a member of a map is
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.parser import Node
from dac.run.argo.expression.times import Value

ANY = "interface {}"
NUMBERS = {"int", "float64"}
RESULTS = {
    "len": "int", "type": "string", "int": "int", "float": "float64", "string": "string", "trim": "string",
    "trimPrefix": "string", "trimSuffix": "string", "upper": "string", "lower": "string", "replace": "string",
    "repeat": "string", "join": "string", "indexOf": "int", "lastIndexOf": "int", "hasPrefix": "bool",
    "hasSuffix": "bool",
    "toJSON": "string", "toBase64": "string", "fromBase64": "string", "split": "array", "splitAfter": "array",
    "keys": "array", "values": "array", "toPairs": "array", "fromPairs": "map", "reverse": "array", "uniq": "array",
    "concat": "array", "flatten": "array", "ceil": "float64", "floor": "float64", "round": "float64", "mean": "float64",
    "median": "float64", "toJson": "string",
}  # fmt: skip
TAKES_STRING = {
    "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "splitAfter", "replace", "repeat", "indexOf",
    "lastIndexOf", "hasPrefix", "hasSuffix", "fromJSON", "toBase64", "fromBase64",
}  # fmt: skip
_TRUTHS = ("all", "any", "none", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex")
_FITS = {
    "or": {"bool"}, "||": {"bool"}, "and": {"bool"}, "&&": {"bool"}, "<": NUMBERS | {"string"},
    ">": NUMBERS | {"string"},
    "<=": NUMBERS | {"string"}, ">=": NUMBERS | {"string"}, "-": NUMBERS, "*": NUMBERS, "/": NUMBERS, "**": NUMBERS,
    "^": NUMBERS, "%": {"int"}, "+": NUMBERS | {"string"}, "matches": {"string"}, "contains": {"string"},
    "startsWith": {"string"}, "endsWith": {"string"}, "..": {"int"},
}  # fmt: skip
_GIVES = {
    **dict.fromkeys(("or", "||", "and", "&&", "<", ">", "<=", ">=", "matches", "contains",
    "startsWith", "endsWith"), "bool"),
    "/": "float64", "**": "float64", "^": "float64", "%": "int", "..": "array",
}  # fmt: skip


class Array(str):
    """The type of a list whose items' type is known."""

    items: str

    def __new__(cls, items: str) -> Array:
        """Make the type of a list of `items`."""
        array = super().__new__(cls, "array")
        array.items = items
        return array


def items_of(kind: str) -> str:
    """Return the type of a list's items."""
    return kind.items if isinstance(kind, Array) else ANY


def type_name(value: Any) -> str:
    """Return the Go type that a value has for the compiler."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "float64" if isinstance(value, float) else "int"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Value):
        return value.type
    return "map" if isinstance(value, Mapping) else "array" if isinstance(value, (list, tuple)) else "func"


def check(node: Node, env: Mapping[str, Any], functions: Mapping[str, Any]) -> str:
    """Return the type that an expression is known to have, `interface {}` where it is not known.

    Raises:
        ExpressionError: What expr would say at compile time.
    """
    return _Checker(env, functions).visit(node)


class _Checker:
    def __init__(self, env: Mapping[str, Any], functions: Mapping[str, Any]) -> None:
        self.env = env
        self.functions = functions
        self.local: list[str] = []
        self.pointers: list[str] = []

    def visit(self, node: Node) -> str:
        method = getattr(self, "on_" + node[0])
        kind: str = method(*node[1:])
        return kind

    def on_constant(self, value: Any) -> str:
        return type_name(value)

    def on_name(self, name: str) -> str:
        if name in self.local or name == "$env":
            return ANY
        if name in self.env:
            return type_name(self.env[name])
        if name in self.functions:
            return type_name(self.functions[name])
        raise ExpressionError(f"unknown name {name}")

    def on_pointer(self, name: str) -> str:
        return self.pointers[-1] if not name and self.pointers else ANY

    def on_sequence(self, nodes: list[Node]) -> str:
        return [self.visit(node) for node in nodes][-1]

    def on_let(self, name: str, value: Node, body: Node) -> str:
        self.visit(value)
        self.local.append(name)
        kind = self.visit(body)
        self.local.pop()
        return kind

    def on_if(self, condition: Node, then: Node, other: Node) -> str:
        if (kind := self.visit(condition)) not in ("bool", ANY):
            raise ExpressionError(f"non-bool expression (type {kind}) used as condition")
        left, right = self.visit(then), self.visit(other)
        if left == "nil" or right == "nil":
            return right if left == "nil" else left
        return left if left == right else ANY

    def on_unary(self, operator: str, operand: Node) -> str:
        kind = self.visit(operand)
        fits = {"bool"} if operator in ("not", "!") else NUMBERS
        if kind != ANY and kind not in fits:
            raise ExpressionError(f"invalid operation: {operator} (mismatched type {kind})")
        return "bool" if operator in ("not", "!") else kind

    def on_binary(self, operator: str, left_node: Node, right_node: Node) -> str:
        left, right = self.visit(left_node), self.visit(right_node)
        if operator in ("==", "!="):
            fine = ANY in (left, right) or "nil" in (left, right) or left == right or {left, right} <= NUMBERS
            return self.fitting(fine, operator, left, right, "bool")
        if operator == "??":
            return right if left == "nil" else left if right in (left, "nil") else ANY
        if operator == "in":
            items = items_of(right)
            same = ANY in (items, left) or items == left or {items, left} <= NUMBERS
            return self.fitting(right in (ANY, "array", "map") and same, operator, left, right, "bool")
        fits = _FITS[operator]
        typed = [kind for kind in (left, right) if kind != ANY]
        fine = all(kind in fits for kind in typed) and ("string" in typed) + bool(set(typed) & NUMBERS) <= 1
        gives = (Array("int") if operator == ".." else _GIVES.get(operator)) or (
            ANY if ANY in (left, right) else "float64" if "float64" in typed else left
        )
        return self.fitting(fine, operator, left, right, gives)

    def fitting(self, fine: bool, operator: str, left: str, right: str, gives: str) -> str:
        if not fine:
            raise ExpressionError(f"invalid operation: {operator} (mismatched types {left} and {right})")
        return gives

    def on_chain(self, node: Node) -> str:
        self.visit(node)
        return ANY

    def on_member(self, base: Node, key: Node, _optional: bool, _at: int) -> str:
        kind, index = self.visit(base), self.visit(key)
        if kind in (ANY, "map"):
            if kind == "map" and index not in ("string", ANY):
                raise ExpressionError(f"cannot use {index} to get an element from map[string]interface {{}}")
            return ANY
        if kind == "array":
            if index not in ("int", ANY):
                raise ExpressionError(f"array elements can only be selected using an integer (got {index})")
            return ANY
        if key[0] == "constant":
            raise ExpressionError(f"type {kind} has no field {key[1]}")
        raise ExpressionError(f"type {kind}[{index}] is undefined")

    def on_slice(self, base: Node, start: Node | None, end: Node | None) -> str:
        if (kind := self.visit(base)) not in (ANY, "string", "array"):
            raise ExpressionError(f"cannot slice {kind}")
        for node in (start, end):
            if node is not None and (index := self.visit(node)) not in ("int", ANY):
                raise ExpressionError(f"non-integer slice index {index}")
        return kind

    def on_array(self, items: list[Node]) -> str:
        kinds = [self.visit(item) for item in items]
        return Array(kinds[0]) if kinds and len(set(kinds)) == 1 else "array"

    def on_map(self, pairs: list[tuple[Node, Node]]) -> str:
        for key, value in pairs:
            self.visit(key)
            self.visit(value)
        return "map"

    def on_predicate(self, name: str, arguments: list[Node]) -> str:
        collection = self.visit(arguments[0])
        if collection not in ("array", ANY):
            raise ExpressionError(f"builtin {name} takes only array (got {collection})")
        self.pointers.append(items_of(collection))
        kinds = [self.visit(argument) for argument in arguments[1:]]
        self.pointers.pop()
        if name in _TRUTHS and kinds and kinds[0] not in ("bool", ANY):
            raise ExpressionError(f"predicate should return boolean (got {kinds[0]})")
        if name in ("all", "any", "none", "one"):
            return "bool"
        if name in ("filter", "map"):
            return Array(kinds[0] if name == "map" else items_of(collection))
        return "array" if name == "sortBy" else "int" if name in ("count", "findIndex", "sum") else ANY

    def on_call(self, callee: Node, arguments: list[Node]) -> str:
        kind = self.visit(callee)
        if kind == ANY:  # the compiler looks no further
            return ANY
        kinds = [self.visit(argument) for argument in arguments]
        if kind != "func":
            raise ExpressionError(f"{kind} is not callable")
        if callee[0] != "name" or callee[1] in self.env:
            return ANY
        name = callee[1]
        if name in TAKES_STRING and kinds and kinds[0] not in ("string", ANY):
            raise ExpressionError(f"cannot use {kinds[0]} as argument (type string) to call {name}")
        if name in ("max", "min", "mean", "median"):
            for kind in kinds:
                if kind not in (ANY, "array") and kind not in NUMBERS:
                    raise ExpressionError(f"invalid argument for {name} (type {kind})")
        if name in ("first", "last", "ceil", "floor", "round", "abs") and kinds:
            fits = NUMBERS if name not in ("first", "last") else {"array"}
            if kinds[0] != ANY and kinds[0] not in fits:
                raise ExpressionError(f"invalid argument for {name} (type {kinds[0]})")
        return RESULTS.get(name, ANY)
