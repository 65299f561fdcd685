"""The grammar of expr-lang (parser/parser.go of expr 1.17.7), to nodes that are plain tuples: (kind, ...)."""

from __future__ import annotations

from typing import Any

from dac.run.argo.expression.cursor import Cursor
from dac.run.argo.expression.lexer import ExpressionError, Token, number, tokens

Node = tuple[Any, ...]
UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
BINARY = {
    "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15, "==": 20, "!=": 20, "<": 20, ">": 20, ">=": 20, "<=": 20,
    "in": 20, "matches": 20, "contains": 20, "startsWith": 20, "endsWith": 20, "..": 25, "+": 30, "-": 30,
    "*": 60, "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
}  # fmt: skip
COMPARISONS = {"<", ">", ">=", "<="}
NEGATABLE = {"contains", "matches", "startsWith", "endsWith", "in"}
PREDICATES = {
    "all": 1, "none": 1, "any": 1, "one": 1, "filter": 1, "map": 1, "count": 1, "sum": 1, "find": 1, "findIndex": 1,
    "findLast": 1, "findLastIndex": 1, "groupBy": 1, "sortBy": 1, "reduce": 1,
}  # fmt: skip


def parse(source: str) -> Node:
    """Parse an expression.

    Raises:
        ExpressionError: It does not parse.
    """
    return _Parser(tokens(source)).whole()


class _Parser(Cursor):
    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.depth = 0  # how many predicates we are in: `#` and `.field` mean their item only there

    def whole(self) -> Node:
        node = self.sequence()
        if self.now.kind != "end":
            self.fail()
        return node

    def sequence(self) -> Node:
        nodes = [self.expression(0)]
        while self.has(";"):
            self.next()
            if self.now.kind == "end":
                break
            nodes.append(self.expression(0))
        return nodes[0] if len(nodes) == 1 else ("sequence", nodes)

    def expression(self, precedence: int) -> Node:
        if precedence == 0 and self.has("let"):
            return self.declaration()
        if precedence == 0 and self.has("if"):
            return self.conditional_if()
        left = self.primary()
        previous = ""
        while self.now.kind == "operator":
            mark, negate = self.at, False
            if self.has("not"):
                negate = True
                self.next()
                if self.now.text not in NEGATABLE:
                    self.fail()
            operator = self.now.text
            power = BINARY.get(operator, -1) if self.now.kind == "operator" else -1
            if power < precedence:
                self.at = mark
                break
            self.next()
            if operator == "|":
                left = self.call(self.name(), [left])
            else:
                if previous == "??" and operator != "??":
                    raise ExpressionError(
                        f"Operator ({operator}) and coalesce expressions (??) cannot be mixed. Wrap either by "
                        f"parentheses."
                    )
                left = self.binary(left, operator, power, negate)
            previous = operator
        return self.ternary(left) if precedence == 0 else left

    def binary(self, left: Node, operator: str, power: int, negate: bool) -> Node:
        if operator in COMPARISONS:
            return self.comparison(left, operator, power)
        right = self.expression(power if operator in ("**", "^") else power + 1)
        node: Node = ("binary", operator, left, right)
        return ("unary", "not", node) if negate else node

    def comparison(self, left: Node, operator: str, power: int) -> Node:
        root: Node | None = None
        while True:
            right = self.expression(power + 1)
            node: Node = ("binary", operator, left, right)
            root = node if root is None else ("binary", "&&", root, node)
            left = right
            if not (self.now.kind == "operator" and self.now.text in COMPARISONS):
                return root
            operator = self.next().text

    def declaration(self) -> Node:
        self.next()
        name = self.name()
        self.expect("=")
        value = self.expression(0)
        self.expect(";")
        return ("let", name, value, self.sequence())

    def conditional_if(self) -> Node:
        self.next()
        condition = self.expression(0)
        self.expect("{")
        then = self.sequence()
        self.expect("}")
        self.expect("else")
        if self.has("if"):
            return ("if", condition, then, self.conditional_if())
        self.expect("{")
        other = self.sequence()
        self.expect("}")
        return ("if", condition, then, other)

    def ternary(self, node: Node) -> Node:
        while self.has("?"):
            self.next()
            if self.has(":"):
                self.next()
                node = ("if", node, node, self.expression(0))
            else:
                then = self.expression(0)
                self.expect(":")
                node = ("if", node, then, self.expression(0))
        return node

    def primary(self) -> Node:
        if self.now.kind == "operator" and self.now.text in UNARY:
            operator = self.next().text
            return self.postfix(("unary", operator, self.expression(UNARY[operator])))
        if self.has("("):
            self.next()
            node = self.sequence()
            self.expect(")")
            return self.postfix(node)
        if self.depth and self.has("#", "."):
            name = ""
            if self.next().text == "#" and self.now.kind == "name":
                name = self.next().text
            elif self.tokens[self.at - 1].text == ".":
                self.at -= 1
            return self.postfix(("pointer", name))
        if self.has("::"):
            self.next()
            return self.postfix(self.call(self.name(), []))
        return self.secondary()

    def secondary(self) -> Node:
        token = self.now
        if token.kind == "name":
            self.next()
            if token.text in ("true", "false", "nil"):
                return ("constant", {"true": True, "false": False, "nil": None}[token.text])
            return self.postfix(self.call(token.text, []) if self.has("(") else ("name", token.text))
        if token.kind == "number":
            self.next()
            return ("constant", number(token.text))
        if token.kind == "string":
            self.next()
            return self.postfix(("constant", token.text))
        if self.has("["):
            return self.postfix(("array", self.items("[", "]", lambda: self.expression(0))))
        if self.has("{"):
            return self.postfix(("map", self.items("{", "}", self.pair)))
        self.fail()
        raise AssertionError("unreachable")

    def pair(self) -> tuple[Node, Node]:
        if self.now.kind in ("number", "string", "name"):
            key: Node = ("constant", self.next().text)
        elif self.has("("):
            key = self.expression(0)
        else:
            raise ExpressionError(
                "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses"
            )
        self.expect(":")
        return key, self.expression(0)

    def call(self, name: str, arguments: list[Node]) -> Node:
        if name not in PREDICATES:
            return ("call", ("name", name), [*arguments, *self.items("(", ")", lambda: self.expression(0))])
        self.expect("(")
        given = list(arguments)
        while not self.has(")"):
            if len(given) > len(arguments):
                self.expect(",")
                if self.has(")"):
                    break
            given.append(self.predicate() if len(given) == 1 else self.expression(0))
        self.expect(")")
        return ("predicate", name, given)

    def predicate(self) -> Node:
        braces = self.has("{")
        if braces:
            self.next()
        self.depth += 1
        node = self.sequence() if braces else self.expression(0)
        self.depth -= 1
        if braces:
            self.expect("}")
        return node

    def postfix(self, node: Node) -> Node:
        chained = False
        while self.has(".", "?.", "["):
            token = self.next()
            optional = token.text == "?."
            chained = chained or optional
            if optional and self.has("["):
                token = self.next()
            if token.text == "[":
                node = self.index(node, optional, token.at)
                continue
            if self.now.kind != "name" and not (self.now.kind == "operator" and self.now.text.isidentifier()):
                raise ExpressionError("expected name")
            token = self.next()
            node = ("member", node, ("constant", token.text), optional, token.at)
            if self.has("("):
                node = ("call", node, self.items("(", ")", lambda: self.expression(0)))
        return ("chain", node) if chained else node

    def index(self, node: Node, optional: bool, at: int) -> Node:
        start: Node | None = None
        if not self.has(":"):
            start = self.expression(0)
            if not self.has(":"):
                self.expect("]")
                return ("member", node, start, optional, at)
        self.next()
        end = None if self.has("]") else self.expression(0)
        self.expect("]")
        return ("slice", node, start, end)
