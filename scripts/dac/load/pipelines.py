"""The pipelines of a tree as people call them, and what each is rendered to, without rendering anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dac.load.credentials import load_credentials
from dac.load.document import load_document
from dac.load.projects import load_project


@dataclass(frozen=True, slots=True)
class TreePipeline:
    """A pipeline that a project decides.

    Attributes:
        project, name: as in decisions.yaml.
        workflow: the name of its CronWorkflow, which its runs carry.
        standard: as in decisions.yaml.
        manifest: its rendered CronWorkflow; None where it is not rendered.
    """

    project: str
    name: str
    workflow: str
    standard: str
    manifest: Mapping[str, Any] | None


def load_pipelines(root: Path, projects: list[str]) -> tuple[list[TreePipeline], list[str]]:
    """Return the pipelines of some projects, and a sentence on each project whose decisions cannot be read."""
    credentials = load_credentials(root)
    pipelines: list[TreePipeline] = []
    unreadable: list[str] = []
    for name in projects:
        project, findings = load_project(root, name, credentials)
        if project is None or not project.pipelines:
            why = f": {findings[0]}" if findings else ""
            unreadable.append(f"projects/{name}/decisions.yaml names no pipeline that can be read{why}")
            continue
        for pipeline in project.pipelines.values():
            path = root / "projects" / name / "rendered" / "pipelines" / f"{pipeline.workflow}.yaml"
            document, _ = load_document(path, root)
            manifest = document.data if document is not None and isinstance(document.data, dict) else None
            pipelines.append(TreePipeline(name, pipeline.name, pipeline.workflow, str(pipeline.standard), manifest))
    return pipelines, unreadable
