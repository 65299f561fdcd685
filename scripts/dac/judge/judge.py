"""Decisions, manifests and standards in, findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dac.judge.conftest import ask
from dac.judge.policy_input import policy_input
from dac.judge.source_map import SourceMap
from dac.model import Finding, Manifest, Repository, Severity


def judge(
    repository: Repository,
    manifests: Sequence[Manifest],
    conftest: Path,
    today: date,
    *,
    cluster: bool = False,
) -> list[Finding]:
    """Every finding of policy/, sorted.

    Args:
        repository: the tree; only its sound projects.
        manifests: all that it renders to, the standards' too.
        conftest: the program.
        today: the day on which waivers are held against their dates.
        cluster: whether a cluster is about to run it, where an image that was not built is an error.

    Returns:
        The findings, each where a person can act on it: in decisions.yaml, a template, a standard or the catalog. A
        policy that does not compile, or a conftest that does not start, is a finding too.
    """
    rules = sorted(path.parent.name for path in (repository.root / "policy").glob("*/*.rego") if _is_rule(path))
    answer = ask(conftest, repository.root, policy_input(repository, manifests, rules, today, cluster))
    if isinstance(answer, Finding):
        return [answer]
    sources = SourceMap(repository)
    return sorted({_finding(result, sources) for result in answer})


def _is_rule(path: Path) -> bool:
    return path.stem == path.parent.name


def _finding(result: Mapping[str, Any], sources: SourceMap) -> Finding:
    facts = result["metadata"]
    return Finding(
        location=sources.of(facts["path"], tuple(facts["pointer"]), facts.get("kind")),
        code=facts["code"],
        message=result["msg"],
        remedy=facts["remedy"],
        severity=Severity(facts["severity"]),
    )
