"""Admission policies with one thing taken out: a validation, a condition, a variable, a resource or an operation.

Each is found in the policies themselves, so that a new expression is tried without being listed anywhere.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Policy = dict[str, Any]
EMPTY = ("[]", "{}", '""', "true", "false")  # one of each type; a policy compiles with those of the variable's own


@dataclass(frozen=True)
class Mutant:
    """A policy that decides less, or otherwise.

    Attributes:
        policy: its name.
        change: what was done, for a person.
        object: the policy as it is then.
        weaker: whether it refuses less than before, so that some request has to get through.
    """

    policy: str
    change: str
    object: Policy
    weaker: bool


def mutants(policy: Mapping[str, Any]) -> Iterator[Mutant]:
    """Yield every mutant of a ValidatingAdmissionPolicy. A variable's may not compile, which the API server says."""
    yield from _validations(policy)
    yield from _conditions(policy)
    yield from _variables(policy)
    yield from _matched(policy)


def _validations(policy: Mapping[str, Any]) -> Iterator[Mutant]:
    for index, validation in enumerate(policy["spec"]["validations"]):
        change = f"validation {index + 1} passes: {_short(validation['expression'])}"
        yield _changed(policy, change, lambda spec, i=index: spec["validations"][i].update(expression="true"))


def _conditions(policy: Mapping[str, Any]) -> Iterator[Mutant]:
    for index, condition in enumerate(policy["spec"].get("matchConditions", [])):
        for value in ("true", "false"):
            yield _changed(
                policy,
                f"matchCondition {condition['name']} is {value}: {_short(condition['expression'])}",
                lambda spec, i=index, v=value: spec["matchConditions"][i].update(expression=v),
                weaker=value == "false",
            )


def _variables(policy: Mapping[str, Any]) -> Iterator[Mutant]:
    for index, variable in enumerate(policy["spec"].get("variables", [])):
        for value in EMPTY:
            if variable["expression"] != value:
                yield _changed(
                    policy,
                    f"variable {variable['name']} is {value}: {_short(variable['expression'])}",
                    lambda spec, i=index, v=value: spec["variables"][i].update(expression=v),
                    weaker=False,
                )


def _matched(policy: Mapping[str, Any]) -> Iterator[Mutant]:
    for index, rule in enumerate(policy["spec"]["matchConstraints"]["resourceRules"]):
        for key in ("resources", "operations"):
            for entry in rule[key]:
                yield _changed(
                    policy,
                    f"{entry} is left out of {key}, of {', '.join(rule['resources'])}",
                    lambda spec, i=index, k=key, e=entry: _drop(spec["matchConstraints"]["resourceRules"], i, k, e),
                )


def _drop(rules: list[dict[str, Any]], index: int, key: str, entry: str) -> None:
    rules[index][key].remove(entry)
    if not rules[index][key]:
        del rules[index]


def _changed(
    policy: Mapping[str, Any], change: str, make: Callable[[dict[str, Any]], None], weaker: bool = True
) -> Mutant:
    spoilt = copy.deepcopy(dict(policy))
    make(spoilt["spec"])
    return Mutant(policy["metadata"]["name"], change, spoilt, weaker)


def _short(expression: str) -> str:
    line = " ".join(expression.split())
    return line if len(line) <= 100 else f"{line[:97]}..."
