"""Where a person can act on what a rule found in something rendered."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dac.model import Document, Location, Pipeline, Pointer, Project, Repository

# How the expression of a parameter names a decision.
_DECISION = re.compile(r"\bdecisions\.(\w+)")


class SourceMap:
    """The documents that were written by hand, by the paths that rules speak of."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._written: dict[str, Document] = {
            document.file: document for document in repository.catalog.documents.values()
        }
        if repository.waivers:
            self._written[repository.waivers.file] = repository.waivers
        for standard in repository.standards.values():
            self._written[standard.document.file] = standard.document
            self._written[f"{standard.folder}/rendered.yaml"] = standard.template
        for project in repository.projects.values():
            self._written[project.document.file] = project.document

    def of(self, path: str, pointer: Pointer, kind: str | None = None) -> Location:
        """Return the place of a value, or of the nearest thing around it that a person wrote.

        Args:
            path: a file written by hand, or one that is rendered.
            pointer: of a value in the file as it is rendered.
            kind: of the object that it points into, where the file may hold several.
        """
        if path in self._written:
            return _nearest(self._written[path], pointer)
        parts = PurePosixPath(path).parts
        if parts[0] == "projects" and parts[1] in self._repository.projects:
            return self._rendered(self._repository.projects[parts[1]], PurePosixPath(path), pointer, kind)
        return Location(path)

    def _rendered(self, project: Project, path: PurePosixPath, pointer: Pointer, kind: str | None) -> Location:
        for pipeline in project.pipelines.values():
            if path.parts[3] == "pipelines" and pipeline.workflow == path.stem:
                decided = self._decision(pipeline, pointer)
                return _nearest(project.document, ("pipelines", pipeline.name, *decided))
        for document in self._repository.platform.get(f"standards/platform/namespace/{path.name}", ()):
            if document.data.get("kind") == kind:
                return _nearest(document, pointer)
        return project.document.at(())

    def _decision(self, pipeline: Pipeline, pointer: Pointer) -> Pointer:
        """Return the decision that a value of a CronWorkflow comes from, where it is one alone."""
        if pointer[:2] == ("spec", "schedules"):
            return ("schedule",)
        standard = self._repository.standards.get(pipeline.standard)
        if standard is None or pointer[:4] != ("spec", "workflowSpec", "arguments", "parameters"):
            return ()
        parameter = standard.parameters.get(str(pointer[4]))
        named = set(_DECISION.findall(parameter.value)) if parameter else set()
        return (named.pop(),) if len(named) == 1 else ()


def _nearest(document: Document, pointer: Pointer) -> Location:
    """Return the value; its key where it begins on a later line; what it would stand in where it is not written."""
    written = pointer in document.values
    while pointer and pointer not in document.values:
        pointer = pointer[:-1]
    value, key = document.at(pointer), document.at_key(pointer)
    return value if written and value.line == key.line else key
