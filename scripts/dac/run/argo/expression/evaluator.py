"""Evaluates an expression on a scope, with Go's types: an int is not a float, a string not a number.

Source: vm/runtime of expr 1.17.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.run.argo.expression.builtins import FUNCTIONS
from dac.run.argo.expression.checker import check, type_name
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.operators import LOGIC, OPERATORS
from dac.run.argo.expression.parser import Node, parse
from dac.run.argo.expression.predicates import PREDICATE_FUNCTIONS
from dac.run.argo.expression.times import Value
from dac.run.argo.expression.values import is_number

_MAX_TREES = 4096  # a loop over expressions that differ by their item must not keep them all


class _NilChain(Exception):
    """`?.` met nil: the whole chain is nil."""


class Expressions:
    """Evaluates expressions, each parsed once: a run evaluates the same few for every one of its pods."""

    def __init__(self) -> None:
        self._trees: dict[str, Node] = {}

    def tree(self, source: str) -> Node:
        """Return the parsed expression.

        Raises:
            ExpressionError: It does not parse.
        """
        tree = self._trees.get(source)
        if tree is None:
            if len(self._trees) >= _MAX_TREES:
                self._trees.clear()
            tree = self._trees[source] = parse(source)
        return tree

    def evaluate(self, source: str, env: Mapping[str, Any]) -> Any:
        """Compile and run an expression; `env` is a scope whose dotted names were expanded into maps.

        Raises:
            ExpressionError: It does not compile, or fails at run time.
        """
        tree = self.tree(source)
        check(tree, env, FUNCTIONS)
        try:
            return _Evaluator(source, env).visit(tree)
        except (ArithmeticError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise ExpressionError(str(error)) from error

    def evaluate_bool(self, source: str, env: Mapping[str, Any]) -> bool:
        """As `evaluate`, of an expression that must give a bool.

        Raises:
            ExpressionError: As there, and where the result is not a bool.
        """
        result = self.evaluate(source, env)
        if not isinstance(result, bool):
            raise ExpressionError(f"unable to cast expression result '{result}' to bool")
        return result


class _Evaluator:
    def __init__(self, source: str, env: Mapping[str, Any]) -> None:
        self.source, self.env = source, env
        self.local: list[dict[str, Any]] = []

    def visit(self, node: Node) -> Any:
        return getattr(self, "on_" + node[0])(*node[1:])

    def on_constant(self, value: Any) -> Any:
        return value

    def on_name(self, name: str) -> Any:
        for scope in reversed(self.local):
            if name in scope:
                return scope[name]
        if name == "$env":
            return self.env
        return self.env[name] if name in self.env else FUNCTIONS.get(name)

    def on_pointer(self, name: str) -> Any:
        for scope in reversed(self.local):
            if "#" + name in scope:
                return scope["#" + name]
        raise ExpressionError(f"cannot use #{name} outside of a predicate")

    def on_sequence(self, nodes: list[Node]) -> Any:
        return [self.visit(node) for node in nodes][-1]

    def on_let(self, name: str, value: Node, body: Node) -> Any:
        self.local.append({name: self.visit(value)})
        try:
            return self.visit(body)
        finally:
            self.local.pop()

    def on_if(self, condition: Node, then: Node, other: Node) -> Any:
        return self.visit(then if self.truth(self.visit(condition)) else other)

    def truth(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ExpressionError(f"interface conversion: interface {{}} is {type_name(value)}, not bool")

    def on_unary(self, operator: str, operand: Node) -> Any:
        value = self.visit(operand)
        if operator in ("not", "!"):
            return not self.truth(value)
        if not is_number(value):
            raise ExpressionError(f"invalid operation: {operator} {type_name(value)}")
        return -value if operator == "-" else value

    def on_binary(self, operator: str, left_node: Node, right_node: Node) -> Any:
        if operator in LOGIC:
            return self.logic(LOGIC[operator], left_node, right_node)
        left = self.visit(left_node)
        if operator == "??":
            return self.visit(right_node) if left is None else left
        return OPERATORS[operator](left, self.visit(right_node))

    def logic(self, stop: bool, left_node: Node, right_node: Node) -> Any:
        """Stop `||` at true and `&&` at false; the right side is given as it is, and a constant one is folded away."""
        if right_node == ("constant", stop) and isinstance(right_node[1], bool):
            return stop
        left = self.visit(left_node)
        if right_node == ("constant", not stop) and isinstance(right_node[1], bool):
            return left
        return left if self.truth(left) is stop else self.visit(right_node)

    def on_chain(self, node: Node) -> Any:
        try:
            return self.visit(node)
        except _NilChain:
            return None

    def on_member(self, base: Node, key: Node, optional: bool, at: int) -> Any:
        value = self.visit(base)
        if value is None and optional:
            raise _NilChain
        index = self.visit(key)
        try:
            return fetch(value, index)
        except ExpressionError as error:
            raise ExpressionError(placed(str(error), self.source, at)) from error

    def on_slice(self, base: Node, start: Node | None, end: Node | None) -> Any:
        value = self.visit(base)
        if isinstance(value, str):  # Go slices bytes
            raw = value.encode()
            return raw[self.bound(start, 0, len(raw)) : self.bound(end, len(raw), len(raw))].decode(errors="replace")
        if not isinstance(value, (list, tuple)):
            raise ExpressionError(f"cannot slice {type_name(value)}")
        return list(value[self.bound(start, 0, len(value)) : self.bound(end, len(value), len(value))])

    def bound(self, node: Node | None, default: int, size: int) -> int:
        index = default if node is None else int(self.visit(node))
        return min(max(size + index if index < 0 else index, 0), size)

    def on_array(self, items: list[Node]) -> list[Any]:
        return [self.visit(item) for item in items]

    def on_map(self, pairs: list[tuple[Node, Node]]) -> dict[str, Any]:
        return {self.visit(key): self.visit(value) for key, value in pairs}

    def on_predicate(self, name: str, arguments: list[Node]) -> Any:
        items = self.visit(arguments[0])
        if not isinstance(items, (list, tuple)):
            raise ExpressionError(f"builtin {name} takes only array (got {type_name(items)})")
        predicate = arguments[1] if len(arguments) > 1 else None
        rest = [self.visit(argument) for argument in arguments[2:]]

        def apply(item: Any, index: int, extra: Mapping[str, Any]) -> Any:
            if predicate is None:
                return item
            self.local.append({"#": item, "#index": index, **extra})
            try:
                return self.visit(predicate)
            finally:
                self.local.pop()

        return PREDICATE_FUNCTIONS[name](list(items), apply, rest)

    def on_call(self, callee: Node, arguments: list[Node]) -> Any:
        function = self.visit(callee)
        if not callable(function):
            raise ExpressionError(f"{type_name(function)} is not callable")
        return function(*[self.visit(argument) for argument in arguments])


def placed(message: str, source: str, at: int) -> str:
    """Return a message with the line and column of a position in the source, and the line with a mark below it.

    Source: Error.Bind and Error.format of file/error.go of expr 1.17.7.
    """
    before = source[:at].split("\n")
    line, column = source.split("\n")[len(before) - 1], len(before[-1])
    if not line:
        return message
    shown = line.replace("\t", " ")
    return f"{message} ({len(before)}:{column + 1})\n | {shown}\n | {'.' * column}^"


def fetch(value: Any, key: Any) -> Any:
    """Return `value[key]`; nil where a map lacks the key.

    Raises:
        ExpressionError: The index is outside an array, or the value has no members.
    """
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, Value):
        return value.method(key)
    if isinstance(value, (list, tuple)) and is_number(key):
        index = int(key) + (len(value) if key < 0 else 0)
        if not 0 <= index < len(value):
            raise ExpressionError(f"index out of range: {index} (array length is {len(value)})")
        return value[index]
    if isinstance(value, str) and is_number(key):  # a byte of it, as Go gives
        return value.encode()[int(key)]
    raise ExpressionError(f"cannot fetch {key} from {type_name(value) if value is not None else '<nil>'}")
