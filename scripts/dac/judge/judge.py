"""Decisions, manifests and standards in, findings out."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from dac.judge.conftest import ask_each, irregular_rule
from dac.judge.manifest_facts import ManifestFacts
from dac.judge.policy_input import Scope, policy_inputs
from dac.judge.source_map import SourceMap
from dac.model import Finding, Manifest, Repository, Severity

_SHORT_NAME = re.compile(r"^#   short_name: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tree:
    """What is judged.

    Attributes:
        repository: the tree; only its sound projects.
        manifests: all that it renders to, the standards' too.
        costs: by the path of a CronWorkflow, what it costs in thirty days: least, most, unknown.
        beside: the projects that are there for sums over their owners alone; what else is found of them is left out.
        gathered: of manifests that were not kept, in their order, behind the others.
    """

    repository: Repository
    manifests: Sequence[Manifest]
    costs: Mapping[str, Mapping[str, Any]]
    beside: Container[str] = ()
    gathered: Sequence[ManifestFacts] = ()


def judge(
    repository: Repository,
    manifests: Sequence[Manifest],
    conftest: Path,
    today: date,
    costs: Mapping[str, Mapping[str, Any]],
    *,
    whole: bool,
    cluster: bool = False,
    rules: Path | None = None,
) -> list[Finding]:
    """As `judge_each`, of one tree."""
    tree = Tree(repository, manifests, costs)
    return judge_each([tree], conftest, today, whole=whole, cluster=cluster, rules=rules)[0]


def judge_each(
    trees: Sequence[Tree],
    conftest: Path,
    today: date,
    *,
    whole: bool,
    cluster: bool = False,
    rules: Path | None = None,
) -> list[list[Finding]]:
    """Every finding of policy/ about each tree, sorted.

    Args:
        trees: one or more; all are judged by one start of conftest, and large ones by one for each part of theirs.
        conftest: the program.
        today: the day on which waivers are held against their dates.
        whole: whether all projects of a tree were looked at, so that a waiver that nothing needs can be told.
        cluster: whether a cluster is about to run it, where an image that was not built is an error.
        rules: the tree whose policy/ is evaluated; the first repository's own when left out.

    Returns:
        The findings, each where a person can act on it: in decisions.yaml, a template, a standard or the catalog. A
        policy that does not compile, or a conftest that does not start, is a finding too.
    """
    root = rules or trees[0].repository.root
    if irregular := irregular_rule(root):
        return [[irregular] for _ in trees]
    scope = Scope(today, _codes(root / "policy"), whole, cluster)
    documents = [policy_inputs(each.repository, each.manifests, scope, each.costs, each.gathered) for each in trees]
    answer = ask_each(conftest, root, documents)
    if isinstance(answer, Finding):
        return [[answer] for _ in trees]
    return [
        sorted({_finding(result, sources) for result in results if _asked(result["metadata"], tree.beside)})
        for tree, results in zip(trees, answer, strict=True)
        for sources in [SourceMap(tree.repository)]
    ]


def _asked(facts: Mapping[str, Any], beside: Container[str]) -> bool:
    """Whether a finding is about what was asked for: not about a project beside it, but for a sum over the owner."""
    parts = PurePosixPath(facts["path"]).parts
    return facts.get("sums") == "owner" or parts[:1] != ("projects",) or parts[1:2] == () or parts[1] not in beside


def _codes(policy: Path) -> list[str]:
    """Return the codes of all that rules find, but for what is found about waivers themselves."""
    rules = [path for path in policy.glob("*/*.rego") if path.stem == path.parent.name and path.stem != "waiver"]
    return sorted(f"{path.stem}.{name}" for path in rules for name in _SHORT_NAME.findall(path.read_text("utf-8")))


def _finding(result: Mapping[str, Any], sources: SourceMap) -> Finding:
    facts = result["metadata"]
    return Finding(
        location=sources.of(facts["path"], tuple(facts["pointer"]), facts.get("kind")),
        code=facts["code"],
        message=result["msg"],
        remedy=facts["remedy"],
        severity=Severity(facts["severity"]),
    )
