"""The mutants of the admission policies: every part of every policy that the platform renders, each changed alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from policy_mutants import EMPTY, mutants
from subjects import ROOT

RENDERED = sorted((ROOT / "standards/platform/rendered").glob("*.yaml"))
OBJECTS = [each for file in RENDERED for each in yaml.safe_load_all(file.read_text())]
POLICIES = [each for each in OBJECTS if each["kind"] == "ValidatingAdmissionPolicy"]


def expressions(spec: dict[str, Any]) -> list[str]:
    parts = [*spec.get("matchConditions", []), *spec.get("variables", []), *spec["validations"]]
    return [part["expression"] for part in parts]


def test_the_platform_has_policies() -> None:
    assert len(POLICIES) > 8


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["metadata"]["name"])
def test_every_expression_is_changed_alone(policy: dict[str, Any]) -> None:
    before, changed = expressions(policy["spec"]), set()
    for mutant in mutants(policy):
        after = expressions(mutant.object["spec"])
        differing = [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        rules = mutant.object["spec"]["matchConstraints"] != policy["spec"]["matchConstraints"]
        assert len(differing) + rules == 1, mutant.change
        assert all(after[i] in EMPTY for i in differing), mutant.change
        changed |= set(differing)
    assert changed == set(range(len(before)))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["metadata"]["name"])
def test_every_resource_and_operation_is_left_out(policy: dict[str, Any]) -> None:
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    named = sorted(entry for rule in rules for key in ("resources", "operations") for entry in rule[key])
    left_out = [mutant.change for mutant in mutants(policy) if " is left out of " in mutant.change]
    assert sorted(change.split(" is left")[0] for change in left_out) == named


def test_the_policies_stay_as_they_are() -> None:
    before = [str(policy) for policy in POLICIES]
    for policy in POLICIES:
        list(mutants(policy))
    assert [str(policy) for policy in POLICIES] == before
