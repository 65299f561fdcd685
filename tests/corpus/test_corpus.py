"""The rules' side of the corpus: 200 mutants of good objects, judged by one start of conftest, without a cluster.

tests/cluster/smoke/test_46_corpus.py offers the same mutants to an API server. DAC_SEED chooses others, DAC_MUTANTS how
many: DAC_SEED=7 DAC_MUTANTS=2000 .venv/bin/pytest tests/corpus
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import spoilt_objects  # noqa: F401 - registers its kinds
import spoilt_workflows  # noqa: F401 - registers its kinds
from dac.cli._compose import Composed
from denied import denied
from mutations import KINDS, Subject, mutants
from subjects import ROOT, corpus_tree, refused_by_rules, rendered, subjects
from verdicts import differences

SEED = int(os.environ.get("DAC_SEED", "20261128"))
COUNT = int(os.environ.get("DAC_MUTANTS", "200"))


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    return rendered(corpus_tree(tmp_path_factory.mktemp("corpus") / "tree"))


@pytest.fixture(scope="module")
def originals(composed: Composed) -> list[Subject]:
    return subjects(composed)


def test_good_objects_are_let_be_and_mutants_judged_as_the_table_says(
    composed: Composed, originals: list[Subject]
) -> None:
    """The server's half of the table takes a cluster; this half says whether the rules refuse."""
    spoilt = mutants(originals, SEED, COUNT)
    codes = refused_by_rules(composed, [*originals, *spoilt])
    assert [(each.object["metadata"], rules) for each, rules in zip(originals, codes, strict=False) if rules] == []
    table = differences()
    wrong = [
        f"{each.kind}: the rules find {', '.join(rules) or 'nothing'}: {each.object}"
        for each, rules in zip(spoilt, codes[len(originals) :], strict=True)
        if bool(rules) != (table.get(each.kind, "both") in ("both", "rules"))
    ]
    assert wrong == []


def test_every_kind_is_among_the_mutants_and_changes_something(originals: list[Subject]) -> None:
    spoilt = mutants(originals, SEED, COUNT)
    assert {each.kind for each in spoilt} == KINDS.keys()
    unchanged = [each.kind for each in spoilt if any(each.object == whole.object for whole in originals)]
    assert unchanged == []


def test_a_seed_gives_the_same_mutants_again(originals: list[Subject]) -> None:
    assert mutants(originals, SEED, COUNT) == mutants(originals, SEED, COUNT)
    assert mutants(originals, SEED, COUNT) != mutants(originals, SEED + 1, COUNT)


def test_the_table_names_kinds_and_cases_that_are_there() -> None:
    cases = {f"denied/{path.name}" for path in (ROOT / "tests/cases/denied").iterdir()}
    assert differences().keys() - KINDS.keys() - cases == set()


def test_no_case_in_the_table_leaves_the_server_nothing_to_refuse(tmp_path: Path) -> None:
    nothing_to_offer = {case for case, objects in denied(tmp_path).items() if not objects}
    assert differences().keys() & nothing_to_offer == set()


def test_the_mutants_leave_the_good_objects_as_they_are(composed: Composed, originals: list[Subject]) -> None:
    mutants(originals, SEED, COUNT)
    assert subjects(composed) == originals
