"""CEL over the catalog: compiled once, evaluated once for each different input."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from dac.expand.functions import BUILTINS, cel_functions
from dac.expand.native import native_of
from dac.model.cel import compile_cel

if TYPE_CHECKING:
    import cel

# CEL logs each error of a function that it calls; here it becomes a finding, told once.
logging.getLogger("cel").addHandler(logging.NullHandler())
logging.getLogger("cel").propagate = False

_PATH = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)*")


class ExpressionError(ValueError):
    """An expression that cannot be evaluated; the text says why."""


class Expressions:
    """Evaluates CEL with the catalog's facts and functions at hand.

    A result is kept for as long as the parts of the variables that the expression names stay the same, so that a
    thousand projects which decided alike cost as much as one.

    Attributes:
        catalog: kind -> name -> facts.
    """

    def __init__(self, catalog: Mapping[str, Mapping[str, Any]]) -> None:
        self.catalog = catalog
        functions: dict[str, Callable[..., Any]] = {
            **BUILTINS,
            **cel_functions(catalog.get("functions", {}), self.evaluate),
            "facts": self._facts,
            "schedule": self._schedule,
        }
        self._functions = {name: self._kept(function) for name, function in functions.items()}
        self._fault: Exception | None = None
        self._results: dict[bytes, Any] = {}
        self._plans: dict[str, _Plan] = {}
        self._contexts: dict[tuple[str, ...], cel.Context] = {}  # expression and names -> what it was evaluated in

    def over(self, catalog: Mapping[str, Mapping[str, Any]]) -> Expressions:
        """Return the same over another catalog: what is compiled is shared, results are not."""
        other = Expressions(catalog)
        other._plans = self._plans
        return other

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Any:
        """Return the expression's value: plain Python, mappings sorted by key.

        Raises:
            ExpressionError: it does not compile, names something that is not there, or fails.
        """
        plan = self._plans.get(expression)
        if plan is None:
            plan = self._plans[expression] = _Plan(expression)
        if plan.path and plan.path[0] in variables:
            return _look_up(plan.path, variables)
        needed = plan.needed(variables)
        key = orjson.dumps([expression, needed])
        if key not in self._results:
            # A copy is as long as what it holds; what orjson returns takes 4 KiB, as long as it is kept.
            self._results[bytes(bytearray(key))] = self._execute(plan, needed)
        return self._results[key]

    def _execute(self, plan: _Plan, needed: Mapping[str, Any]) -> Any:
        if plan.native and plan.native.serves(self._functions):
            # An error is CEL's to tell, which fails likewise.
            with suppress(Exception):
                return _ordered(plan.native.value(self._functions, {"catalog": self.catalog, **needed}))
        # It is taken out while it is in use, since a function may come back to the same expression; and it is kept by
        # the names that it has, since one that is left of an earlier evaluation would stand in for one that is missing.
        key = (plan.expression, *needed)
        context = self._contexts.pop(key, None) or self._context(plan)
        for name, value in needed.items():
            context.add_variable(name, value)
        self._fault = None
        try:
            return _ordered(plan.program.execute(context))
        except ExpressionError:
            raise
        except Exception as error:  # the Rust side raises whatever built-in error the error resembles
            raise ExpressionError(_reason(self._fault or error)) from error
        finally:
            self._contexts[key] = context

    def _context(self, plan: _Plan) -> cel.Context:
        """Return what an expression is evaluated in, but for its variables: the functions and facts that it names.

        To pass all functions and the whole catalog to CEL takes longer than most expressions do.
        """
        import cel

        named = self._functions.keys() & plan.program.functions()
        facts = {"catalog": _pruned(self.catalog, plan.paths("catalog"))} if "catalog" in plan.names else {}
        return cel.Context(facts, {name: self._functions[name] for name in named})

    def _kept(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap the function so that its error is kept: CEL passes on only a text that wraps it."""

        def call(*values: Any) -> Any:
            try:
                return function(*values)
            except Exception as error:
                self._fault = error
                raise

        return call

    def _facts(self, kind: str) -> Mapping[str, Any]:
        """Return a kind of the catalog by its name; `catalog[kind]` would pass the whole catalog into CEL."""
        return self.catalog[kind]

    def _schedule(self, chosen: Any) -> dict[str, Any]:
        """{cron, timezone, suspend} of a decision: a name of the catalog, a cron line, or a line with its zone."""
        if isinstance(chosen, Mapping):
            return {"cron": chosen["cron"], "timezone": chosen.get("timezone", "Etc/UTC"), "suspend": False}
        if " " in chosen.strip():
            return {"cron": chosen, "timezone": "Etc/UTC", "suspend": False}
        facts = self.catalog.get("schedules", {}).get(chosen)
        if facts is None:
            raise ValueError(f"{json.dumps(chosen)} is not in standards/catalog/schedules.yaml")
        return {"cron": facts["cron"], "timezone": facts["timezone"], "suspend": facts["suspend"]}


class _Plan:
    """What is known of an expression before it has variables.

    Attributes:
        path: the names of a bare member path such as `decisions.source`, which needs no evaluator; else empty.
        native: the expression as it may be evaluated here; None where it is CEL's.
        names: variable -> the members of it that the expression reads, sorted; None where it reads the whole.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression.strip()
        self.path = tuple(self.expression.split(".")) if _PATH.fullmatch(self.expression) else ()
        self.native = native_of(self.expression)
        self._program: cel.Program | None = None
        self._names: dict[str, list[str] | None] | None = None

    @property
    def program(self) -> cel.Program:
        if self._program is None:
            try:
                self._program = compile_cel(self.expression)
            except ValueError as error:
                raise ExpressionError(_reason(error)) from error
        return self._program

    @property
    def names(self) -> dict[str, list[str] | None]:
        if self._names is None:
            self._names = {name: self._members(name) for name in self.program.variables()}
        return self._names

    def _members(self, name: str) -> list[str] | None:
        members: set[str] = set()
        for match in re.finditer(rf"\b{re.escape(name)}\b(\.[a-zA-Z_]\w*)?", self.expression):
            if match[1] is None:
                return None
            members.add(match[1][1:])
        return sorted(members)

    def paths(self, name: str) -> set[tuple[str, ...]]:
        """Return the members of a variable that the expression reads, each as far down as it is written with dots."""
        # A name before a bracket is what the value is asked to do, as in `catalog.sizes.map(...)`.
        members = re.findall(rf"\b{re.escape(name)}\b((?:\.[a-zA-Z_]\w*\b(?!\s*\())*)", self.expression)
        return {tuple(path.split(".")[1:]) for path in members}

    def needed(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables reduced to what the expression reads."""
        needed = {}
        for name, members in self.names.items():
            if name not in variables:
                continue
            value = variables[name]
            if members is not None and (type(value) is dict or isinstance(value, Mapping)):
                value = {member: value[member] for member in members if member in value}
            needed[name] = value
        return needed


def _pruned(value: Any, paths: set[tuple[str, ...]]) -> Any:
    """Return a mapping reduced to some paths; an empty one keeps the whole."""
    if () in paths or not isinstance(value, Mapping):
        return value
    heads = {path[0] for path in paths}
    return {
        key: _pruned(item, {path[1:] for path in paths if path[0] == key})
        for key, item in value.items()
        if key in heads
    }


def _look_up(path: tuple[str, ...], variables: Mapping[str, Any]) -> Any:
    value: Any = variables
    for name in path:
        # Asked of each exact type first: isinstance with Mapping takes longer than the rest of the look-up.
        if (type(value) is not dict and not isinstance(value, Mapping)) or name not in value:
            raise ExpressionError(f"there is no '{name}'")
        value = value[name]
    return value


def _ordered(value: Any) -> Any:
    """CEL keeps a map's keys in no order; the same expression must give the same bytes every time."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ExpressionError(f"gives a {type(value).__name__}, which no manifest can hold")


def _reason(error: Exception) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, KeyError):
        return f"there is no {text}"
    return text.removeprefix("Failed to parse expression ").split(" expecting ")[0].split(". Check that ")[0]
