"""`dac plan`: what a change means, before it is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from dac.cli._argo_tags import tag_answers
from dac.cli._arguments import Misuse, day_option, root_option
from dac.cli._collection import collect_nothing
from dac.cli._plan_ahead import ahead, moment_of
from dac.cli._plan_causes import Causes
from dac.cli._plan_compared import Change, Compared
from dac.cli._plan_comparison import Comparison
from dac.cli._plan_formats import FORMATS
from dac.cli._plan_policy import Policy
from dac.cli._plan_side import Side
from dac.cli._plan_trees import Trees
from dac.cli._plan_waves import wave_lines
from dac.cli._printer import show
from dac.cli._profile import profile_option
from dac.cli._workers import share
from dac.load import load_credentials
from dac.load.history import HistoryError, uncommitted
from dac.model.credentials import Credentials
from dac.plan import Plan, Status, changed_sources, grouped, parted
from dac.validate import breaking_edits


@click.command()
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option(
    "--base",
    metavar="REF",
    help="Compare with where this branch left REF; origin/main, else main, when left out.",
)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--full", is_flag=True, help="Print every manifest difference and every name.")
@click.option(
    "--limit",
    type=click.IntRange(2000),
    default=65000,
    show_default=True,
    metavar="CHARACTERS",
    help="Cut the markdown to what a comment may hold.",
)
@day_option
@click.option(
    "--rules",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Evaluate the rules of another tree, such as a trusted one; the working tree's own when left out.",
)
@profile_option
@root_option
@click.pass_context
def plan(
    ctx: click.Context,
    projects: tuple[str, ...],
    base: str | None,
    form: str,
    full: bool,
    limit: int,
    day: date,
    rules: Path | None,
    root: Path,
) -> None:
    """Say what the working tree changes, in words: for whom, of which class, and where the cause stands.

    The decisions, standards and catalog of both commits are expanded; no cluster and no network is asked. A change
    under standards/ is followed to every pipeline that it reaches, and effects that are alike are printed once. The
    rules of policy/ are evaluated over what the change reaches: findings that are new, that a later day makes errors,
    and waivers are printed. The exit status is 1 when a released standard is edited in a way that breaks its users, 0
    otherwise: findings are for dac check to refuse.

    \b
    Examples:
      dac plan
      dac plan python-docs --full
      dac plan --base origin/release --format md > plan.md
    """
    try:
        trees, credentials = Trees.of(root, base), load_credentials(root)
        planned = _plan(trees, projects, credentials, day, rules)
    except HistoryError as error:
        raise Misuse(str(error)) from error
    owners = trees.head_repository.catalog.kinds.get("owners", {})
    teams = {name: str(facts.get("github", "")) for name, facts in owners.items()}
    show(FORMATS[form](planned, teams, credentials.redact, full, limit))
    ctx.exit(1 if planned.breaking else 0)


def _unanswered(text: str, _values: Mapping[str, str]) -> str:
    return text


def _plan(trees: Trees, chosen: Sequence[str], credentials: Credentials, day: date, rules: Path | None) -> Plan:
    collect_nothing()
    head_repository = trees.head_repository
    base_repository, reason = trees.of_base() if trees.central else (None, "")
    sources = changed_sources(base_repository, head_repository) if base_repository else []
    base, head = Side(base_repository) if base_repository and sources else None, Side(head_repository)
    names = trees.names(chosen)
    looked_at = [name for name in names if base or name in trees.edited]
    # Argo's expressions are imported where templates differ alone: for one team's edit it takes a tenth of the time.
    answer = tag_answers() if base else _unanswered
    comparison = Comparison(base, head, trees.texts(looked_at), answer, credentials, moment_of(day))
    with Policy(trees, head.expander, credentials, day, rules).begun(names) as report:
        compared = Compared()
        for part in share(comparison.compare, looked_at):
            compared.join(part)
        causes = Causes(comparison, sources)
        groups = [ahead(group, compared) for group in grouped(_changes(compared, causes))]
        differs = uncommitted(trees.root)
        policy, not_judged = report(groups)
    untouched = {name: Status.SAME_INPUTS for name in names if name not in compared.statuses}
    not_evaluated = trees.beside | ({"standards/": reason} if reason else {}) | not_judged
    return Plan(
        trees.base,
        trees.head,
        differs,
        tuple(groups),
        dict(sorted({**compared.statuses, **untouched}.items())),
        not_evaluated | dict(sorted(compared.not_evaluated.items())),
        tuple(causes.without_effect()),
        tuple(breaking_edits(base_repository, head_repository) if base_repository else ()),
        wave_lines(base, head, (subject for central in compared.central.values() for subject in central.subjects)),
        policy,
    )


def _changes(compared: Compared, causes: Causes) -> list[Change]:
    """Return what changes, each with its effects."""
    changes = list(compared.changes)
    for central in compared.central.values():
        effects = causes.of(central)
        manifests = tuple(parted(central.differences)[0])
        changes += [(subject, effects, manifests) for subject in sorted(central.subjects, key=str)]
    if platform := causes.of_platform():
        changes.append(platform)
    return changes
