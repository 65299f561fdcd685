"""The report of `dac standards --report`: whether standards ask what they should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dac.cli._expanded import sound_projects
from dac.cli._printer import say
from dac.cli._table import print_table
from dac.load import project_names
from dac.load.document import parse_yaml
from dac.load.history import HistoryError, commits, committed_on, texts
from dac.model import Repository
from dac.model.printing import shortened
from dac.model.words import plural
from dac.survey import decided, unused_names

_COLUMNS = ("standard", "decision", "pipelines", "written", "most have", "advice")


def print_report(base: Repository) -> None:
    """Print how each decision is used, which names of the catalog are not, and how the schemas grew.

    Args:
        base: the tree without its projects.
    """
    names = project_names(base.root)
    projects, _ = sound_projects(base, names, estimates=False)
    repository = replace(base, projects=projects)
    rows = []
    for each in decided(repository):
        share = f"{shortened(each.commonest, 60)} ({each.alike} of {each.pipelines})" if each.pipelines else "-"
        rows.append((each.standard, each.name, str(each.pipelines), str(each.written), share, each.advice))
    print_table(_COLUMNS, rows, "advice")
    for kind, unused in unused_names(repository).items():
        say(f"unused names of standards/catalog/{kind}.yaml: {', '.join(unused)}")
    for line in _growth(base):
        say(line)
    if left_out := len(names) - len(projects):
        say(f"left out: {plural(left_out, 'project')} with errors; run dac check")


def _growth(base: Repository) -> Iterator[str]:
    """Yield for each standard how many decisions it had at first, and has now."""
    for ref, standard in sorted(base.standards.items(), key=lambda item: str(item[0])):
        path = f"{standard.folder}/standard.yaml"
        now = len(standard.decisions.get("properties", {}))
        try:
            history = commits(base.root, [path])
            first = _count(base.root, history[-1], path) if history else None
            day = committed_on(base.root, history[-1]) if history else None
        except HistoryError:
            first = day = None
        earlier = f"{first} on {day}, " if first is not None else ""
        yield f"decisions of {ref}: {earlier}{now} now"


def _count(root: Path, commit: str, path: str) -> int | None:
    (data,) = texts(root, [(commit, path)])
    document = parse_yaml(data, path, nulls=True)[0] if data is not None else None
    if document is None or not isinstance(document.data, dict):
        return None
    return len(document.data.get("decisions", {}).get("properties", {}))
