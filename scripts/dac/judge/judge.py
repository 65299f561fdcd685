"""Decisions, manifests and standards in, findings out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from dac.judge.conftest import ask, irregular_rule
from dac.judge.policy_input import Scope, policy_input
from dac.judge.source_map import SourceMap
from dac.model import Finding, Manifest, Repository, Severity

_SHORT_NAME = re.compile(r"^#   short_name: (\w+)$", re.MULTILINE)


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
    """Every finding of policy/, sorted.

    Args:
        repository: the tree; only its sound projects.
        manifests: all that it renders to, the standards' too.
        conftest: the program.
        today: the day on which waivers are held against their dates.
        costs: by the path of a CronWorkflow, what it costs in thirty days: least, most, unknown.
        whole: whether all projects of the tree were looked at, so that a waiver that nothing needs can be told.
        cluster: whether a cluster is about to run it, where an image that was not built is an error.
        rules: the tree whose policy/ is evaluated; the repository's own when left out.

    Returns:
        The findings, each where a person can act on it: in decisions.yaml, a template, a standard or the catalog. A
        policy that does not compile, or a conftest that does not start, is a finding too.
    """
    root = rules or repository.root
    if irregular := irregular_rule(root):
        return [irregular]
    scope = Scope(today, _codes(root / "policy"), whole, cluster)
    answer = ask(conftest, root, policy_input(repository, manifests, scope, costs))
    if isinstance(answer, Finding):
        return [answer]
    sources = SourceMap(repository)
    return sorted({_finding(result, sources) for result in answer})


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
