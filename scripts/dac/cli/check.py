"""`dac check`: every finding about decisions, policy and wiring."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import click

from dac.cli._arguments import chosen, conftest_path, day_option, root_option
from dac.cli._beside import others_of_owners
from dac.cli._compose import Composed, compose
from dac.cli._findings import FORMATS, count, without
from dac.cli._kept import Kept, kept_of
from dac.cli._month_costs import month_costs
from dac.cli._printer import say, show
from dac.cli._profile import profile_option
from dac.cli._workers import meanwhile
from dac.judge import Tree, judge_each
from dac.load import metadata_schema, rule_metadata
from dac.model import Finding, Severity
from dac.model.words import plural
from dac.validate import metadata_findings


@click.command()
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--cluster", is_flag=True, help="Hold it to what a cluster needs: every image built.")
@day_option
@click.option(
    "--base",
    metavar="REF",
    help="Let an error warn that stands where this branch left REF too, outside of what it changes.",
)
@profile_option
@root_option
@click.pass_context
def check(
    ctx: click.Context,
    projects: tuple[str, ...],
    form: str,
    cluster: bool,
    day: date,
    base: str | None,
    root: Path,
) -> None:
    """Say everything that is wrong with the tree, or with some of its projects and the standards that they use.

    Decisions are held against their standards, expanded, and judged by policy, in one go. The findings are printed on
    stdout. A rule that denies from a later day warns until then. With --base, an edit of a released standard that
    breaks its users is a finding too. The exit status is 0 when no finding is an error, 1 when one is, 2 when the
    command was misused.

    \b
    Examples:
      dac check
      dac check search chat
      dac check --format sarif > findings.sarif
      dac check --on 2031-03-31
      dac check --base origin/main
    """
    conftest = conftest_path()
    kept = kept_of(root)
    metadata = meanwhile(partial(kept.value, partial(_metadata_findings, root), "metadata"), not projects)
    composed = compose(root, chosen(root, projects) if projects else None, kept=kept, gathers=not projects)
    verdicts = judge_each([_judged(composed, kept)], conftest, day, whole=not projects, cluster=cluster)[0]
    findings = without(composed.credentials, sorted(composed.findings + metadata() + verdicts))
    if base:
        from dac.cli._breaking import breaking_since
        from dac.cli._stale import with_stale_as_warnings

        findings = sorted([*with_stale_as_warnings(findings, root, base, day), *breaking_since(composed.tree, base)])
    show(FORMATS[form](findings))
    say(f"{plural(len(composed.names), 'project')} checked: {count(findings)}", err=True)
    ctx.exit(any(finding.severity is Severity.ERROR for finding in findings))


def _metadata_findings(root: Path) -> list[Finding]:
    return list(metadata_findings(rule_metadata(root), metadata_schema(root)))


def _judged(composed: Composed, kept: Kept) -> Tree:
    """Return what is judged: what was asked for, and of its owners' other projects what rules sum over an owner."""
    others = others_of_owners(composed, kept)
    projects = {**composed.repository.projects, **{other.project.name: other.project for other in others}}
    manifests = [*composed.manifests, *(manifest for other in others for manifest in other.manifests)]
    costs = dict(composed.costs if composed.gathered else month_costs(composed.repository, composed.manifests))
    for other in others:
        costs |= other.costs
    return Tree(
        # In the order that they have in a check of all, by which a rule chooses among equals.
        replace(composed.repository, projects=dict(sorted(projects.items()))),
        sorted(manifests, key=lambda manifest: manifest.project or ""),
        costs,
        {other.project.name for other in others},
        composed.gathered,
    )
