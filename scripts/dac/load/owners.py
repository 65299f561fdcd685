"""Reads standards/catalog/owners/<owner>.yaml: the projects that an owner answers for; this team reviews the file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from dac.load.document import load_document
from dac.model import Document, Finding
from dac.model.names import is_label
from dac.model.words import kind_of, quoted

FOLDER = "standards/catalog/owners"
# A beginning of a letter or two would take names that other teams mean to give; one of 63 characters takes none.
_BEGINNING = re.compile(r"[a-z0-9][a-z0-9-]{2,61}\*")


def load_owned(root: Path, owners_file: Document | None) -> tuple[dict[str, Document], list[Finding]]:
    """Put each owner's `projects` into its facts, and return the files by owner, and what is wrong with them.

    Args:
        root: the tree.
        owners_file: owners.yaml, name -> facts; an owner without a file of its own answers for no project.
    """
    owners = owners_file.data if owners_file and isinstance(owners_file.data, dict) else {}
    documents: dict[str, Document] = {}
    findings: list[Finding] = []
    for path in sorted((root / FOLDER).glob("*.yaml")):
        document, new_findings = load_document(path, root)
        if document is not None:
            documents[path.stem] = document
            new_findings = new_findings or _shape(document, path.stem, owners)
        findings += new_findings
    for name, facts in owners.items():
        if isinstance(facts, dict):
            if owners_file and "projects" in facts:
                text = f"projects of {quoted(name)} are written where that team does not review them"
                place = owners_file.at_key((name, "projects"))
                findings.append(Finding(place, "catalog.owners", text, f"move them to {FOLDER}/{name}.yaml"))
            data = documents[name].data if name in documents else {}
            facts["projects"] = _entries(data)
    return documents, findings


def _entries(data: Any) -> list[str]:
    entries = data.get("projects") if isinstance(data, dict) else None
    return [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []


def _shape(document: Document, owner: str, owners: dict[str, Any]) -> list[Finding]:
    data = document.data
    if owner not in owners:
        text = f"there is no owner {quoted(owner)} in standards/catalog/owners.yaml"
        return [Finding(document.at(()), "catalog.owners", text, "name the file after an owner")]
    if not isinstance(data, dict) or data.keys() != {"projects"} or not isinstance(data["projects"], list):
        text = f"what {quoted(owner)} owns is {kind_of(data)}, not a mapping with `projects` alone, which is a list"
        return [Finding(document.at(()), "catalog.wrong_type", text, "write projects: [my-project]")]
    problems = [
        (index, f"{quoted(entry)} is not a project's name or how names begin", "write one such as my-project, or my-*")
        for index, entry in enumerate(data["projects"])
        if not isinstance(entry, str) or not (is_label(entry) or _BEGINNING.fullmatch(entry))
    ]
    if not problems:  # one line of two that is taken out would take nothing away
        twice = [entry for entry, times in Counter(data["projects"]).items() if times > 1]
        lines = [(data["projects"].index(entry), entry) for entry in twice]
        problems = [(index, f"{quoted(entry)} is listed more than once", "keep one of them") for index, entry in lines]
    return [Finding(document.at(("projects", i)), "catalog.owners", text, remedy) for i, text, remedy in problems]
