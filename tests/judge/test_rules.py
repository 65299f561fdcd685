"""Folder = rule = code = page: every rule says of itself what findings and policy/README.md need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dac.load import load_rules
from dac.model import Rule

ROOT = Path(__file__).parents[2]
RULES = load_rules(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule: Rule) -> None:
    assert rule.title
    assert rule.description
    assert rule.reasons
    for reason in rule.reasons:
        assert all((reason.title, reason.message, reason.solution)), reason.code
        assert reason.severity in ("error", "warning"), reason.code
    codes = [reason.code for reason in rule.reasons]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_finding_has_its_words_and_is_tested(rule: Rule) -> None:
    text = (ROOT / "policy" / rule.name / f"{rule.name}.rego").read_text()
    assert text.count("findings contains") == len(rule.reasons), "a set of findings without METADATA"
    tests = (ROOT / "policy" / rule.name / f"{rule.name}_test.rego").read_text()
    untested = [reason.code for reason in rule.reasons if not re.search(rf"\b{re.escape(reason.code)}\b", tests)]
    assert untested == []


def test_a_folder_is_a_rule_of_its_name() -> None:
    folders = {path.name for path in (ROOT / "policy").iterdir() if path.is_dir()} - {"lib"}
    assert folders == {rule.name for rule in RULES}
