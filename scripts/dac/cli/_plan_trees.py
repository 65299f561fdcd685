"""The two trees of a plan: the working tree, and the commit where its branch left another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dac.cli._arguments import Misuse
from dac.cli._compose import failed
from dac.cli._printer import Failure
from dac.load import load_repository, project_names
from dac.load.history import HistoryError, changed_paths, exported, files, merge_base, resolve, texts
from dac.model import Repository, Severity
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.validate import validate_standards

_BASES = ("origin/main", "main")
_READ = (".yaml", ".json")  # what is rendered from standards/ stands in such files, and in observability/
_RENDERED = ("rendered.yaml", "decisions.schema.json")
_BESIDE = {
    "images/": "a step's programs reach runs once their digest in standards/catalog/images.yaml changes",
    "scripts/": "both commits are expanded by the dac of the working tree",
}


@dataclass(frozen=True)
class Trees:
    """What is compared.

    Attributes:
        root: the working tree.
        head: the commit that it stands on.
        base: the commit that it is compared with.
        guessed: whether the base is the head, since there is no branch to compare with.
    """

    root: Path
    head: str
    base: str
    guessed: bool = False

    @staticmethod
    def of(root: Path, reference: str | None) -> Trees:
        """Find the commits; without a reference, where this branch left origin/main, or main, or else the head.

        Raises:
            HistoryError: this clone does not have them.
        """
        head = resolve(root, "HEAD")
        if named := reference or os.environ.get("DAC_BASE"):
            return Trees(root, head, merge_base(root, head, resolve(root, named)))
        for name in _BASES:
            try:
                return Trees(root, head, merge_base(root, head, resolve(root, name)))
            except HistoryError:
                continue
        return Trees(root, head, head, guessed=True)

    @cached_property
    def changed(self) -> list[str]:
        """The paths that differ."""
        return changed_paths(self.root, self.base)

    @property
    def central(self) -> bool:
        """Whether something has changed that every project may stand on."""
        return any(_is_read(path) for path in self.changed)

    @cached_property
    def edited(self) -> set[str]:
        """The projects whose decisions have changed."""
        return {name for path in self.changed if (name := _project_of(path))}

    @property
    def beside(self) -> dict[str, str]:
        """What was changed and is not expanded: folder, and how many files -> why."""
        beside: dict[str, str] = {}
        if self.guessed:
            beside["the commits of this branch"] = (
                "this clone has neither origin/main nor main; name a base with --base"
            )
        for folder, reason in _BESIDE.items():
            if number := sum(path.startswith(folder) for path in self.changed):
                beside[f"{folder} ({number} file{'s' if number > 1 else ''})"] = reason
        return beside

    @cached_property
    def head_repository(self) -> Repository:
        """The working tree without its projects.

        Raises:
            Failure: its standards have errors.
        """
        repository, findings = load_repository(self.root, [])
        findings += validate_standards(repository) if not failed(findings) else []
        if errors := sorted(finding for finding in findings if finding.severity is Severity.ERROR):
            more = f"; and {len(errors) - 1} more" if len(errors) > 1 else ""
            what = "the standards of the working tree have errors, so nothing can be planned; run dac check"
            raise Failure(what, f"{errors[0]}{more}")
        return repository

    def of_base(self) -> tuple[Repository | None, str]:
        """Load the base without its projects; None, and the reason, where it cannot be read."""
        with exported(self.root, self.base, ["standards"]) as tree:
            repository, findings = load_repository(tree, [])
        if errors := sorted(finding for finding in findings if finding.severity is Severity.ERROR):
            return None, f"the base's standards cannot be read: {errors[0]}"
        return repository, ""

    def names(self, chosen: Sequence[str]) -> list[str]:
        """Return the projects that base or head has, or those of them that are chosen.

        Raises:
            Misuse: neither has one that is chosen.
        """
        at_base = {name for path in files(self.root, self.base, "projects") if (name := _project_of(path))}
        here = {name for name in project_names(self.root) if os.path.lexists(self._path(name))}
        names = sorted(at_base | here)
        if unknown := [name for name in chosen if name not in names]:
            raise Misuse(f"neither commit has a project {quoted(unknown[0])}; {suggestion(unknown[0], names)}")
        return sorted(chosen) if chosen else names

    def texts(self, names: Sequence[str]) -> Mapping[str, bytes | None]:
        """Return the bytes of each project's decisions.yaml at the base; None where there is none."""
        before = texts(self.root, [(self.base, f"projects/{name}/decisions.yaml") for name in names])
        return dict(zip(names, before, strict=True))

    def _path(self, name: str) -> Path:
        return self.root / "projects" / name / "decisions.yaml"


def _project_of(path: str) -> str:
    """Return whose decisions.yaml a path is; empty where it is none."""
    parts = path.split("/")
    return parts[1] if len(parts) == 3 and (parts[0], parts[2]) == ("projects", "decisions.yaml") else ""


def _is_read(path: str) -> bool:
    parts = path.split("/")
    if parts[0] != "standards" or "rendered" in parts or parts[-1] in _RENDERED:
        return False
    return path.endswith(_READ) or "observability" in parts
