"""Reads projects/<name>/decisions.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dac.load.credentials import redacted
from dac.load.document import DECISIONS_LIMIT, parse_yaml, read
from dac.load.envelope_fit import REF, fits_decisions
from dac.model import Document, Finding, Location, Pipeline, Project, StandardRef, beyond
from dac.model.credentials import Credentials
from dac.model.names import is_label
from dac.model.words import quoted

FILE = "decisions.yaml"
_HINTS = {
    "owner": "name a team of standards/catalog/owners.yaml",
    "pipelines": "name at least one pipeline and its standard",
    "standard": "write NAME@VERSION, such as rag-indexing@v1; `dac standards` lists them",
}


def project_names(root: Path) -> list[str]:
    """Every folder of projects/, sorted; a link to a folder is not one."""
    with os.scandir(root / "projects") as entries:
        return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))


def load_project(root: Path, name: str, credentials: Credentials) -> tuple[Project | None, list[Finding]]:
    """One project as far as it can be read, and what is wrong with its envelope.

    A project with findings still holds the pipelines that could be read, so that their decisions are judged in the same
    go; it is not to be expanded.
    """
    file = f"projects/{name}/{FILE}"
    data, findings = read(root / file, file, DECISIONS_LIMIT)
    if data is None:
        return None, _name_findings(name) + findings
    return project_of(name, data, file, credentials)


def project_of(name: str, data: bytes, file: str, credentials: Credentials) -> tuple[Project | None, list[Finding]]:
    """As `load_project`, of bytes that need not be on disk; a credential in them is hidden before they are parsed."""
    shown, exposed = redacted(data, file, credentials)
    if shown is None:
        return None, _name_findings(name) + exposed
    document, new_findings = parse_yaml(shown, file, limit=DECISIONS_LIMIT)
    findings = _name_findings(name) + exposed + new_findings
    if document is None:
        return None, findings
    if not fits_decisions(document.data):
        from dac.load.envelope import DecisionsEnvelope
        from dac.load.envelope_findings import envelope_findings

        findings += beyond(new_findings, envelope_findings(DecisionsEnvelope, document, "project", _HINTS))
    return _project(name, document), findings


def _name_findings(name: str) -> list[Finding]:
    if is_label(name):
        return []
    return [
        Finding(
            Location(f"projects/{name}/{FILE}"),
            "project.folder_name",
            f"the folder's name {quoted(name)} cannot name a namespace",
            "rename it: lower-case letters, digits and dashes, a letter or digit first and last, 63 at most",
        )
    ]


def _project(name: str, document: Document) -> Project:
    data = document.data if isinstance(document.data, dict) else {}
    owner = data.get("owner")
    written = data.get("pipelines")
    pipelines = {
        str(key): pipeline
        for key, value in (written.items() if isinstance(written, dict) else ())
        if (pipeline := _pipeline(str(key), value)) is not None
    }
    return Project(name, owner if isinstance(owner, str) else "", pipelines, document)


def _pipeline(name: str, value: Any) -> Pipeline | None:
    if not isinstance(value, dict) or not isinstance(value.get("standard"), str):
        return None
    match = REF.fullmatch(value["standard"])
    if match is None:
        return None
    return Pipeline(name, StandardRef(match[1], match[2]), {k: v for k, v in value.items() if k != "standard"})
