"""`dac site`: pages of all projects and standards, for a browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._compose import compose, failed
from dac.cli._findings import count, masked, text
from dac.cli._printer import say, show
from dac.cli._runs import LocalRuns, state_option
from dac.cli._site_facts import READ, site_of
from dac.cli._site_runs import Runs
from dac.cli._workers import share
from dac.model.words import plural
from dac.site import Pages, ProjectPage
from dac.write import NotOursError, check_folder, write_folder

_FIRST, _LAST = 1970, 9000  # years that a calendar can look back and ahead from
_NOWHERE = "No runs were looked for: no state folder and no receipts were given."


@click.command()
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The folder to write; one that holds anything but an earlier site is refused.",
)
@click.option(
    "--receipts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A folder of receipts, as in the artifact store: PROJECT/PIPELINE/receipts/RUN.json.",
)
@state_option
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many the calendar shows.")
@click.option(
    "--at",
    "moment",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    default=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"),
    show_default="now",
    metavar="MOMENT",
    help="Say all as of this moment, in UTC.",
)
@root_option
@click.pass_context
def site(
    ctx: click.Context,
    folder: Path,
    receipts: Path | None,
    state: Path | None,
    days: int,
    moment: datetime,
    root: Path,
) -> None:
    """Write pages about all projects and standards: open FOLDER/index.html in a browser.

    They say who owns what, what each pipeline decides, what it runs, when it runs next and how its last run went, which
    rules hold and why, and what runs at the same time. They are plain files that need no server and no network. The
    same tree, runs and moment give the same bytes.

    What runs did is read from this machine's state folder, or from receipts that were copied from the artifact store.
    Where there are none the pages say so. Nothing is written while the standards have an error; a project with an error
    has a page with its findings.

    \b
    Examples:
      dac site --out /tmp/site
      dac site --out /tmp/site --receipts receipts --days 30
      dac site --out /tmp/site --at 2027-03-26T12:00
    """
    if receipts is not None and state is not None:
        raise Misuse("--receipts and --state both say where runs are; give one of them")
    if not _FIRST <= moment.year <= _LAST:
        raise Misuse(f"--at is the year {moment.year}; give a moment between {_FIRST} and {_LAST}")
    folder = folder.absolute()
    _refuse_others(folder, root)
    composed = compose(root)
    broken = [name for name in composed.names if name not in composed.repository.projects]
    central = [finding for finding in composed.findings if not finding.location.file.startswith("projects/")]
    if failed(central):
        show(text(masked(central, root)), err=True)
        say(f"nothing was written: {count(central)}", err=True)
        ctx.exit(1)
    pages = Pages(site_of(composed, _runs(root, receipts, state), moment.replace(tzinfo=UTC), days))
    files = pages.shared()
    for own in share(partial(_project_files, pages), pages.projects):
        files |= own
    try:
        write_folder(folder, files)
    except NotOursError as error:
        raise _other(folder, error) from error
    except OSError as error:
        raise Misuse(f"{folder} cannot be written: {error.strerror}; give another folder with --out") from error
    say(f"wrote {folder / 'index.html'}")
    if receipts is not None and not any(pipeline.last for page in pages.projects for pipeline in page.pipelines):
        say(f"{receipts} holds no receipt of these pipelines, as PROJECT/PIPELINE/receipts/RUN.json", err=True)
    for name in broken:
        say(f"projects/{name} has errors, which its page lists; see also: dac check", err=True)
    say(f"{plural(len(files), 'file')}, {plural(len(pages.projects), 'project')}", err=True)


def _refuse_others(folder: Path, root: Path) -> None:
    """Refuse what is not ours before the work is done."""
    for part in READ:
        if folder.resolve().is_relative_to((root / part).resolve()):
            raise Misuse(f"{folder} is within {part}/, which dac reads; give another folder with --out")
    try:
        check_folder(folder)
    except NotOursError as error:
        raise _other(folder, error) from error
    except OSError as error:
        raise Misuse(f"{folder} cannot be read: {error.strerror}; give another folder with --out") from error


def _other(folder: Path, error: NotOursError) -> Misuse:
    return Misuse(f"{folder} is left as it is: {error}; move that, or give another folder with --out")


def _runs(root: Path, receipts: Path | None, state: Path | None) -> Runs:
    if receipts is not None:
        nowhere = receipts / ".dac"  # receipts alone are read
        return Runs(
            LocalRuns(root, nowhere, receipts.resolve()), "Runs are those of the receipts that were given.", True
        )
    folder = state or root / ".dac"
    if state is not None and not state.is_dir():
        raise Misuse(f"{state} is not a folder; name the state folder that dac run wrote")
    there = (folder / "runs").is_dir() or (folder / "objects").is_dir()
    words = "Runs are those that this machine's state folder holds." if there else _NOWHERE
    return Runs(LocalRuns(root, state), words, there)


def _project_files(pages: Pages, projects: Sequence[ProjectPage]) -> dict[str, bytes]:
    return dict(pages.project(project) for project in projects)
