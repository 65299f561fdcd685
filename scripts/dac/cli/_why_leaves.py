"""Which rendered values `dac why` is about: those of a project at a path, or those that a line reaches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dac.cli._argo_tags import tag_answers
from dac.cli._arguments import Misuse
from dac.cli._compose import failed
from dac.cli._expanded import sound_projects
from dac.cli._printer import Failure
from dac.expand import Expander
from dac.expand.origins import Provenance
from dac.load import load_repository
from dac.model import Document, Finding, Pointer, Project, Repository, Severity
from dac.model.object_path import written
from dac.model.origin import Leaf, Origin
from dac.model.suggestion import suggestion
from dac.model.words import plural, quoted
from dac.validate import validate_standards

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.\[\]]+)|\.')


@dataclass(frozen=True)
class Tree:
    """A sound tree and some of its projects.

    Attributes:
        repository: what was loaded.
        projects: those that are asked about.
        provenance: follows what they are rendered to.
    """

    repository: Repository
    projects: dict[str, Project]
    provenance: Provenance

    def leaves(self) -> Iterator[Leaf]:
        """Return the leaves of the projects, of standards that none of them uses, and of the platform."""
        used = set()
        for project in self.projects.values():
            used |= {pipeline.standard for pipeline in project.pipelines.values()}
            yield from self.provenance.project(project)
        for ref in sorted(self.repository.standards.keys() - used, key=str):
            yield from self.provenance.standard(ref)
        yield from self.provenance.platform()


def load_tree(root: Path, names: Sequence[str]) -> Tree:
    """Load the standards and the named projects.

    Raises:
        Failure: one of them has an error, so that nothing is rendered.
    """
    base, findings = load_repository(root, [])
    findings += validate_standards(base) if not failed(findings) else []
    _refuse(findings)
    projects, findings = sound_projects(base, names, estimates=False)
    _refuse(findings)
    repository = replace(base, projects=projects)
    expander = Expander(repository)
    _refuse(expander.standards()[1])
    for project in projects.values():
        _refuse(expander.project(project)[1])
    return Tree(repository, projects, Provenance(expander, tag_answers()))


def _refuse(findings: Iterable[Finding]) -> None:
    errors = sorted(finding for finding in findings if finding.severity is Severity.ERROR)
    if errors:
        raise Failure(
            "nothing is rendered while there are errors; fix them first, dac check lists them", str(errors[0])
        )


def at_path(leaves: Sequence[Leaf], path: str, target: str) -> list[Leaf]:
    """Return the leaves at or below a path, which may leave out the object that it begins with.

    Raises:
        Misuse: there are none.
    """
    steps = _steps(path)
    chosen = [leaf for leaf in leaves if _begins(leaf, steps)]
    if chosen:
        return chosen
    paths = {written(leaf.path[1:][:depth]) for leaf in leaves for depth in range(1, len(leaf.path))}
    paths |= {written(leaf.path[:1]) for leaf in leaves}
    otherwise = f"leave the path out to see what {target} renders to"
    raise Misuse(f"{target} has no value at {quoted(path)}; {suggestion(path, paths, otherwise=otherwise)}")


def _steps(path: str) -> list[str]:
    """Return a path's keys, and the items of lists in brackets."""
    steps = []
    for match in _STEP.finditer(path):
        if match[1] is not None:
            steps.append(match[1].replace('\\"', '"').replace("\\\\", "\\"))
        elif match[2] is not None:
            steps.append(f"[{match[2]}]")
        elif match[3] is not None:
            steps.append(match[3])
    return steps


def _begins(leaf: Leaf, steps: Sequence[str]) -> bool:
    """Whether a leaf is at or below a path; an item of a list may be written as its index."""
    for names, indices in ((leaf.path, (None, *leaf.pointer)), (leaf.path[1:], leaf.pointer)):
        if len(steps) <= len(names) and all(
            step in (name, f"[{index}]" if isinstance(index, int) else name)
            for step, name, index in zip(steps, names, indices, strict=False)
        ):
            return True
    return False


@dataclass(frozen=True)
class Line:
    """A line of a file that people write.

    Attributes:
        file: relative to the root.
        number: 1-based.
        written: what begins on it, or holds it: document and pointer; empty where the file is taken whole.
    """

    file: str
    number: int
    written: tuple[tuple[Document, Pointer], ...]

    def reaches(self, leaf: Leaf) -> bool:
        """Whether a value depends on what the line holds."""
        return any(self._holds(origin) for origin in leaf.origins)

    def _holds(self, origin: Origin) -> bool:
        if origin.document is None:
            return not self.written and origin.location.file == self.file
        return any(
            origin.document is document and origin.pointer[: len(pointer)] == pointer
            for document, pointer in self.written
        )


def line_of(tree: Repository, argument: str) -> Line:
    """Return the line that `FILE:LINE` names.

    Raises:
        Misuse: it is not a line that rendered values can come from.
    """
    file, _, digits = argument.rpartition(":")
    if not file or not digits.isdecimal() or int(digits) < 1:
        raise Misuse(f"{quoted(argument)} is not FILE:LINE; write one such as standards/catalog/models.yaml:12")
    name, number = _relative(tree.root, file), int(digits)
    documents = _documents(tree)
    whole = {f"standards/platform/observability/{text}" for text in tree.observability}
    if name not in documents.keys() | whole:
        if "/rendered" in name and (tree.root / name).is_file():
            raise Misuse(f"{name} is rendered; dac why PROJECT PATH tells where a value in it comes from")
        remedy = suggestion(name, documents.keys() | whole, otherwise="name a decisions.yaml, or a file of standards/")
        raise Misuse(f"nothing is rendered from {quoted(name)}; {remedy}")
    lines = (tree.root / name).read_text("utf-8").splitlines()
    if number > len(lines):
        raise Misuse(f"{name} has {plural(len(lines), 'line')}, and no line {number}")
    if name in whole:
        return Line(name, number, ())
    text = lines[number - 1].strip()
    if not text or text.startswith("#") or text == "---":
        raise Misuse(f"{name}:{number} holds no value; name the line of a key or of a value")
    return Line(name, number, tuple(_written(documents[name], name, number)))


def _written(documents: Sequence[Document], file: str, number: int) -> list[tuple[Document, Pointer]]:
    """Return the outermost values that begin on a line; where none does, the last that began before it."""
    starts: list[tuple[int, Document, Pointer]] = []
    for document in documents:
        starts += [(line, document, pointer) for pointer, (line, _) in document.keys.items()]
        starts += [
            (line, document, pointer)
            for pointer, (line, _) in document.values.items()
            if pointer and pointer not in document.keys
        ]
    starts = [start for start in starts if start[1].file_of(start[2]) == file]
    here = [(document, pointer) for line, document, pointer in starts if line == number]
    if not here:
        begun, _, innermost = max((s for s in starts if s[0] < number), key=lambda s: (s[0], len(s[2])))
        # Of several documents that the line is part of, as of two versions of a standard, each.
        return [(d, pointer) for line, d, pointer in starts if (line, pointer) == (begun, innermost)]
    return [
        (document, pointer)
        for document, pointer in here
        if not any(other is document and pointer[: len(p)] == p and pointer != p for other, p in here)
    ]


def _documents(tree: Repository) -> dict[str, list[Document]]:
    """Return each file that rendered values come from, with its documents."""
    documents: dict[str, list[Document]] = {d.file: [d] for d in tree.catalog.documents.values()}
    for standard in tree.standards.values():
        for document in (standard.document, standard.template):
            for file in document.files:
                documents.setdefault(file, []).append(document)
    return documents | dict(tree.platform) | {p.document.file: [p.document] for p in tree.projects.values()}


def _relative(root: Path, file: str) -> str:
    """Return a path from the root; one that is given from where the user stands is turned into that."""
    if (root / file).is_file():
        return os.path.normpath(file).replace(os.sep, "/")
    path = Path(os.path.abspath(file))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
