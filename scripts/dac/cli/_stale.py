"""Findings that a change did not bring: they stand at its base too, in files that it leaves as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from dac.cli._arguments import Misuse, conftest_path
from dac.cli._compose import compose
from dac.cli._findings import masked
from dac.judge import judge
from dac.load.history import HistoryError, changed_paths, exported, merge_base, resolve
from dac.model import Finding, Severity

_NOTICE = "; it stands at the base too, outside this change"


def with_stale_as_warnings(findings: Iterable[Finding], root: Path, reference: str, day: date) -> list[Finding]:
    """Return the findings; an error that stands at the base too, in a file that did not change, is a warning.

    What a change causes elsewhere, such as a sum over a team's budget, is not at the base, and stays an error.

    Args:
        findings: of the working tree, masked.
        root: the working tree.
        reference: what its branch left.
        day: the day as of which both are judged.

    Raises:
        Misuse: this clone does not have the base.
    """
    try:
        base = merge_base(root, resolve(root, "HEAD"), resolve(root, reference))
        changed = set(changed_paths(root, base))
        errors = [f for f in findings if f.severity is Severity.ERROR and f.location.file not in changed]
        stale = _findings_of(root, base, day) if errors else set()
    except HistoryError as error:
        raise Misuse(str(error)) from error
    return [
        replace(finding, severity=Severity.WARNING, message=finding.message + _NOTICE)
        if finding in errors and _identity(finding) in stale
        else finding
        for finding in findings
    ]


def _findings_of(root: Path, commit: str, day: date) -> set[tuple[str, str, str]]:
    """Return what identifies each error of a commit, as its own rules and waivers judge it on a day."""
    with exported(root, commit, ["standards", "projects", "policy"]) as tree:
        composed = compose(tree)
        verdicts = judge(composed.repository, composed.manifests, conftest_path(), day, whole=True)
        findings = masked(composed.findings + verdicts, root)
    return {_identity(finding) for finding in findings if finding.severity is Severity.ERROR}


def _identity(finding: Finding) -> tuple[str, str, str]:
    """Return what makes two findings the same, wherever in the file they stand."""
    return finding.code, finding.location.file, finding.message
