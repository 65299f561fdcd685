"""`dac new`: a decisions.yaml that passes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._compose import failed
from dac.cli._draft import Draft
from dac.cli._draft_findings import draft_findings
from dac.cli._printer import say
from dac.load import load_repository
from dac.model import Repository, Standard, StandardRef
from dac.model.suggestion import suggestion
from dac.model.words import article_list, quoted
from dac.validate import validate_standards
from dac.write import Change, Kind, write

Ask = Callable[[str, str], str]


@click.command()
@click.argument("project")
@click.option("--standard", metavar="NAME[@VERSION]", help="What its pipeline is; the newest version when left out.")
@click.option("--owner", metavar="TEAM", help="Who owns it: a name of standards/catalog/owners.yaml.")
@click.option("--pipeline", metavar="NAME", default="main", show_default=True, help="What its pipeline is called.")
@root_option
def new(project: str, standard: str | None, owner: str | None, pipeline: str, root: Path) -> None:
    """Write projects/PROJECT/decisions.yaml, with one pipeline, so that it passes `dac check`.

    On a terminal it asks for what was not given; elsewhere --standard must be given where there are several, and the
    rest is taken from defaults and the standard's examples. It never writes over a project that is there.

    \b
    Examples:
      dac new search # asks, on a terminal
      dac new search --standard rag-indexing --owner team-docs
    """
    repository, findings = load_repository(root, [])
    if failed([*findings, *validate_standards(repository)]):
        raise Misuse("the standards have errors; run: dac check")
    _refuse_taken(root, project)
    ask = _asking() if sys.stdin.isatty() and sys.stderr.isatty() else _taking
    chosen = _standard(repository, standard, ask)
    draft = Draft(
        project=project,
        owner=_named("owner", owner, _teams(repository), ask),
        pipeline=pipeline,
        standard=chosen,
        repository=repository,
    ).decided(ask)
    if refused := draft_findings(draft, repository):
        raise Misuse("what was given does not pass:", *map(str, refused))
    write([Change(draft.path, Kind.MISSING)], {draft.path: draft.text()}, root)
    say(draft.path)
    if not _is_listed(repository, draft.owner, project):
        say(
            f"{draft.owner} has to list it: add the line `  - {project}` under `projects:` in "
            f"standards/catalog/owners/{draft.owner}.yaml, which that team reviews",
            err=True,
        )
    say(f"next: edit it, then: dac check {project} && dac render {project}", err=True)


def _is_listed(repository: Repository, owner: str, project: str) -> bool:
    """Whether the owner lists the project, by its name or by how it begins, as policy/owner_known asks."""
    entries = repository.catalog.kinds.get("owners", {}).get(owner, {}).get("projects", [])
    return any(project == entry or (entry.endswith("*") and project.startswith(entry[:-1])) for entry in entries)


def _refuse_taken(root: Path, project: str) -> None:
    folder = root / "projects" / project
    if "/" in project or project in (".", ".."):
        raise Misuse(f"invalid project name {quoted(project)}; give the name alone, such as search")
    if folder.exists() or folder.is_symlink():
        raise Misuse(f"projects/{project} is there already; edit its decisions.yaml, or choose another name")


def _asking() -> Ask:
    def ask(what: str, proposed: str) -> str:
        answer: str = click.prompt(what, default=proposed or None, err=True)
        return answer.strip()

    return ask


def _taking(what: str, proposed: str) -> str:
    return proposed


def _teams(repository: Repository) -> list[str]:
    """Who may own a project; the platform team last, since it owns what is shared."""
    teams = sorted(repository.catalog.kinds.get("owners", {}))
    return sorted(teams, key=lambda team: team == "platform")


def _named(what: str, given: str | None, names: list[str], ask: Ask) -> str:
    """Return a name of the catalog: the given one, else the answer to a question."""
    name = given or ask(f"{what} ({article_list(names)})", names[0] if names else "")
    if not name:
        raise Misuse(f"there is no {what} to choose from; name one with --{what}")
    if names and name not in names:
        raise Misuse(f"there is no {what} {quoted(name)}; {suggestion(name, names)}")
    return name


def _standard(repository: Repository, given: str | None, ask: Ask) -> Standard:
    by_name: dict[str, list[StandardRef]] = {}
    for ref in sorted(repository.standards, key=lambda ref: (ref.name, int(ref.version[1:]))):
        by_name.setdefault(ref.name, []).append(ref)
    if not by_name:
        raise Misuse("there is no standard under standards/")
    # Which standard is meant cannot be guessed: where nobody can be asked, only one that is alone is taken.
    proposed = next(iter(by_name)) if len(by_name) == 1 else ""
    name = given or ask(f"standard ({article_list(by_name)}; `dac standards` tells of them)", proposed)
    if not name:
        raise Misuse(f"which standard is not said; name one with --standard: {article_list(by_name)}")
    stem, _, version = name.partition("@")
    for ref in reversed(by_name.get(stem, [])):
        if version in ("", ref.version):
            return repository.standards[ref]
    names = [*map(str, repository.standards), *([] if version else by_name)]
    raise Misuse(f"there is no standard {quoted(name)}; {suggestion(name, names)}")
