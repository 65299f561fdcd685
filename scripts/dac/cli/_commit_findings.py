"""What the rules say of a commit, for commands that ask what a change brought."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from dac.cli._arguments import conftest_path
from dac.cli._compose import compose
from dac.cli._findings import masked
from dac.cli._month_costs import month_costs
from dac.judge import judge
from dac.load import WAIVERS, project_names, waivers_of
from dac.load.history import exported, texts
from dac.model import Finding

_PROJECT = re.compile(r"projects/([A-Za-z0-9][A-Za-z0-9-]*)")
_ANNOUNCEMENT = re.compile(r"; denied from \d{4}-\d{2}-\d{2} on")


def findings_at(
    root: Path, commit: str, day: date, names: Sequence[str] | None = None, rules: Path | None = None
) -> list[Finding]:
    """Return the findings of a commit, as its waivers and rules judge it on a day, masked.

    Args:
        root: the working tree, whose history has the commit.
        commit: its hash.
        day: the day as of which it is judged.
        names: the projects that are looked at, where the commit has them, with every standard; None means all.
        rules: the tree whose rules are evaluated; the commit's own when left out.

    Raises:
        HistoryError: this clone does not have the commit.
    """
    projects = ["projects"] if names is None else [*(f"projects/{name}" for name in names), *_waived(root, commit)]
    with exported(root, commit, ["standards", "policy", *projects]) as tree:
        looked_at = None if names is None else sorted(set(names) & set(project_names(tree)))
        composed = compose(tree, looked_at, every_standard=True)
        repository, manifests = composed.repository, composed.manifests
        costs = month_costs(repository, manifests)
        verdicts = judge(repository, manifests, conftest_path(), day, costs, whole=names is None, rules=rules)
        return masked(composed.findings + verdicts, root)


def _waived(root: Path, commit: str) -> list[str]:
    """Return the projects that a commit's waivers except: a waiver of what was not exported would be an error there."""
    (data,) = texts(root, [(commit, WAIVERS)])
    names = {match[1] for waiver in waivers_of(data) or [] if (match := _PROJECT.match(waiver["path"]))}
    return [f"projects/{name}" for name in sorted(names)]


def identity(finding: Finding) -> tuple[str, str, str]:
    """Return what makes two findings the same, wherever in the file they stand and whenever they deny."""
    return finding.code, finding.location.file, _ANNOUNCEMENT.sub("", finding.message)
