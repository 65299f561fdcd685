"""One corpus of objects, judged by the rules of policy/ and by the API server with the admission policies.

The corpus is every rendered object that a case of tests/cases/denied spoils, and mutants of good ones: pipelines and
namespaces as Argo CD applies them, runs as a person of the team creates them. Either both refuse an object, or
tests/corpus/differences.yaml says who does, and why the other does not. DAC_SEED and DAC_MUTANTS choose the mutants.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from harness.corpus import Server, admitted, module
from harness.kube import Kube, say

SEED = int(os.environ.get("DAC_SEED", "20261128"))
COUNT = int(os.environ.get("DAC_MUTANTS", "200"))
# One of each policy, which is refused once the API server has taken the policies up.
TAKEN_UP = (
    "object/pod-security",
    "object/that-runs-something",
    "pipeline/another-key",
    "pipeline/state",
    "run/another-key",
    "run/argument-within-its-pattern",
    "run/state",
)


@pytest.fixture(scope="module")
def mutations() -> ModuleType:
    module("spoilt_objects")
    module("spoilt_workflows")
    return module("mutations")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return module("subjects").corpus_tree(tmp_path_factory.mktemp("corpus") / "tree")


@pytest.fixture(scope="module")
def composed(tree: Path) -> Iterator[object]:
    return module("subjects").rendered(tree)


@pytest.fixture(scope="module")
def originals(composed: object) -> list:
    return module("subjects").subjects(composed)


@pytest.fixture(scope="module")
def server(kube: Kube, composed: object, originals: list, mutations: ModuleType) -> Iterator[Server]:
    with admitted(kube, composed, originals) as server:
        first = {each.kind: each for each in mutations.mutants(originals, SEED, len(mutations.KINDS))}

        def ready() -> bool:
            return all(server.refusals([first[kind] for kind in TAKEN_UP])) and not any(server.refusals(originals))

        kube.until("the API server to take the policies up", ready, 60)
        yield server


def test_good_objects_are_let_in(server: Server, originals: list) -> None:
    assert [
        (each.object, reason) for each, reason in zip(originals, server.refusals(originals), strict=True) if reason
    ] == []


def test_both_refuse_the_same_mutants(server: Server, composed: object, originals: list, mutations: ModuleType) -> None:
    verdicts, spoilt = module("verdicts"), mutations.mutants(originals, SEED, COUNT)
    codes, reasons = module("subjects").refused_by_rules(composed, spoilt), server.refusals(spoilt)
    who = [verdicts.who(bool(rules), bool(reason)) for rules, reason in zip(codes, reasons, strict=True)]
    say("seed %d, %d mutants: refused by %s", SEED, len(spoilt), dict(Counter(who)))
    seen = [(each.kind, refusers) for each, refusers in zip(spoilt, who, strict=True)]
    assert verdicts.unexplained(seen) == []


def test_both_refuse_the_same_cases(server: Server, tmp_path: Path) -> None:
    """The rules refuse every case (tests/judge/test_denied.py)."""
    verdicts, cases = module("verdicts"), module("denied").denied(tmp_path)
    spoilt = [(case, each) for case, objects in cases.items() for each in objects]
    reasons = server.refusals([each for _, each in spoilt])
    refused = {case for (case, _), reason in zip(spoilt, reasons, strict=True) if reason}
    seen = [(case, verdicts.who(True, case in refused)) for case, objects in cases.items() if objects]
    say("%d cases, %d objects: refused by %s", len(seen), len(spoilt), dict(Counter(by for _, by in seen)))
    assert verdicts.unexplained(seen) == []
    nothing_to_offer = [case for case, objects in cases.items() if not objects]
    assert verdicts.differences().keys() & set(nothing_to_offer) == set()
