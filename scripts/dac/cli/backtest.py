"""`dac backtest`: what today's rules would have found in the projects of the last commits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import click

from dac.cli._arguments import Misuse, conftest_path, root_option
from dac.cli._compose import compose
from dac.cli._findings import masked
from dac.cli._month_costs import month_costs
from dac.cli._printer import say, show
from dac.cli._table import print_table
from dac.judge import judge
from dac.load import load_rules
from dac.load.history import HistoryError, commits, committed_on, exported
from dac.model import Finding, Severity
from dac.model.printing import json_printable
from dac.model.suggestion import suggestion
from dac.model.words import article_list, plural, quoted

_COLUMNS = ("finding", "commits", "projects", "first", "last")


@dataclass(slots=True)
class Hits:
    """Where one finding's code was found.

    Attributes:
        commits: oldest first.
        projects: names; `standards` for what is not a project's.
        example: the finding as it was last seen.
    """

    commits: list[str] = field(default_factory=list)
    projects: set[str] = field(default_factory=set)
    example: str = ""


@click.command()
@click.argument("rule", required=False, metavar="[RULE]")
@click.option("--commits", "number", type=click.IntRange(1), default=20, show_default=True, help="How many to look at.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Judge all as of this day, such as the one from which a rule denies; each commit's own when left out.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@root_option
@click.pass_context
def backtest(ctx: click.Context, rule: str | None, number: int, on: datetime | None, form: str, root: Path) -> None:
    """Run the rules of the working tree over the projects of the last commits, and say who would have failed.

    Of each commit that changed projects/ or standards/, the tree is expanded and judged as dac check does it, with the
    waivers of that commit and as of its day; the rules alone are those of the working tree. What was merged passed the
    rules of its time, so what is found here is what a new or changed rule would have stopped. The exit status is 1 when
    an error is found.

    \b
    Examples:
      dac backtest
      dac backtest gpu_budget --commits 100
      dac backtest gpu_budget --on 2031-03-31
    """
    rules = [each.name for each in load_rules(root)]
    if rule is not None and rule not in rules:
        raise Misuse(f"there is no rule {quoted(rule)}; {suggestion(rule, rules)}")
    try:
        looked_at = list(reversed(commits(root, ["projects", "standards"])[:number]))
    except HistoryError as error:
        raise Misuse(str(error)) from error
    hits: dict[str, Hits] = {}
    not_evaluated: dict[str, str] = {}
    for commit in looked_at:
        try:
            for finding in _judged(root, commit, on.date() if on else None):
                if finding.code.startswith(f"{rule}." if rule else ""):
                    _note(hits, commit, finding)
        except _UnreadableError as error:
            not_evaluated[commit] = str(error)
    if form == "json":
        show(_json(looked_at, hits, not_evaluated))
    else:
        _print(looked_at, hits, not_evaluated, rule)
    ctx.exit(1 if hits else 0)


class _UnreadableError(Exception):
    """A commit's tree cannot be expanded by this version; the text says why."""


def _judged(root: Path, commit: str, on: date | None) -> Iterator[Finding]:
    """Yield the errors that the working tree's rules find in a commit.

    Raises:
        _UnreadableError: the commit's standards have errors, or its rules could not be evaluated.
    """
    try:
        day = on or committed_on(root, commit)
        with exported(root, commit, ["standards", "projects", "policy/waivers.yaml"]) as tree:
            others = shutil.ignore_patterns("waivers.yaml")
            shutil.copytree(root / "policy", tree / "policy", dirs_exist_ok=True, ignore=others)
            composed = compose(tree)
            if errors := [f for f in composed.findings if f.severity is Severity.ERROR and _central(f)]:
                raise _UnreadableError(str(min(errors)))
            costs = month_costs(composed.repository, composed.manifests)
            verdicts = judge(composed.repository, composed.manifests, conftest_path(), day, costs, whole=True)
    except HistoryError as error:
        raise _UnreadableError(str(error)) from error
    for finding in masked(verdicts, root):
        if finding.code.startswith("policy."):
            raise _UnreadableError(str(finding))
        # A waiver is of its time: whether it is needed is for dac check to say.
        if finding.severity is Severity.ERROR and not finding.code.startswith("waiver."):
            yield finding


def _central(finding: Finding) -> bool:
    return finding.location.file.startswith("standards/") and not finding.code.startswith(("tree.", "render."))


def _note(hits: dict[str, Hits], commit: str, finding: Finding) -> None:
    entry = hits.setdefault(finding.code, Hits())
    if commit not in entry.commits:
        entry.commits.append(commit)
    parts = finding.location.file.split("/")
    entry.projects.add(parts[1] if parts[0] == "projects" and len(parts) > 1 else "standards")
    entry.example = str(finding)


def _print(
    looked_at: Sequence[str], hits: Mapping[str, Hits], not_evaluated: Mapping[str, str], rule: str | None
) -> None:
    what = f"the rule {rule}" if rule else "all rules"
    say(f"{what} over {plural(len(looked_at), 'commit')}: {len(looked_at) - len(not_evaluated)} evaluated")
    if hits:
        print_table(_COLUMNS, [_row(code, entry) for code, entry in sorted(hits.items())])
        for entry in hits.values():
            say(f"such as {entry.example}")
    elif len(not_evaluated) < len(looked_at):
        say("nobody would have failed")
    for commit, reason in not_evaluated.items():
        say(f"not evaluated: {commit[:12]}: {reason}")


def _row(code: str, entry: Hits) -> tuple[str, ...]:
    names = article_list(entry.projects)
    return code, str(len(entry.commits)), names, entry.commits[0][:12], entry.commits[-1][:12]


def _json(looked_at: Sequence[str], hits: Mapping[str, Hits], not_evaluated: Mapping[str, str]) -> str:
    document = {
        "version": 1,
        "commits": list(looked_at),
        "not_evaluated": dict(not_evaluated),
        "findings": [
            {"code": code, "commits": entry.commits, "projects": sorted(entry.projects), "example": entry.example}
            for code, entry in sorted(hits.items())
        ],
    }
    return json_printable(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
