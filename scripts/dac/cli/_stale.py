"""Findings that a change did not bring: they stand at its base too, in files that it leaves as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from dac.cli._arguments import Misuse
from dac.cli._commit_findings import findings_at, identity
from dac.load.history import HistoryError, changed_paths, merge_base, resolve
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
        at_base = findings_at(root, base, day) if errors else []
        stale = {identity(finding) for finding in at_base if finding.severity is Severity.ERROR}
    except HistoryError as error:
        raise Misuse(str(error)) from error
    return [
        replace(finding, severity=Severity.WARNING, message=finding.message + _NOTICE)
        if finding in errors and identity(finding) in stale
        else finding
        for finding in findings
    ]
