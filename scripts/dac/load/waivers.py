"""Reads policy/waivers.yaml: what is excepted from a rule, until when, by whom and why."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from dac.load.document import load_document, parse_yaml
from dac.load.envelope_fit import fits_waivers
from dac.model import Document, Finding
from dac.model.words import quoted

FILE = "policy/waivers.yaml"
_HINTS = {
    "rule": "name the code of a finding, such as gpu_budget.over_limit",
    "path": "name the project, or the file or folder of it, that is excepted",
    "value": "write the value that is waived, as the finding says it: the number or the name, else its whole message",
    "until": 'write the last day that it holds, quoted: "2031-12-31"',
    "owner": "name a team of standards/catalog/owners.yaml",
    "reason": "say in a sentence why it cannot be fixed yet",
}


def load_waivers(root: Path) -> tuple[Document | None, list[Finding]]:
    """Return the document; None, so that nothing is waived, if it is missing or has an error."""
    if not (root / FILE).exists():
        return None, []
    document, findings = load_document(root / FILE, root)
    if document is None or findings:
        return None, findings
    if not fits_waivers(document.data):
        from dac.load.envelope import WaiversEnvelope
        from dac.load.envelope_findings import envelope_findings

        findings = envelope_findings(WaiversEnvelope, document, "waiver", _HINTS)
    findings = findings or [*_dates(document), *_paths(document, root)]
    return (None if findings else document), findings


def waivers_of(data: bytes | None) -> list[dict[str, Any]] | None:
    """Return the waivers of the bytes of a commit's file; none without a file, None where it cannot be read."""
    if data is None:
        return []
    document, findings = parse_yaml(data, FILE)
    if document is None or findings or not fits_waivers(document.data) or _dates(document):
        return None
    return list(document.data["waivers"])


def _dates(document: Document) -> list[Finding]:
    findings = []
    for index, waiver in enumerate(document.data["waivers"]):
        try:
            date.fromisoformat(waiver["until"])
        except ValueError:
            place = document.at(("waivers", index, "until"))
            findings.append(Finding(place, "waiver.not_allowed", f'invalid day "{waiver["until"]}"', _HINTS["until"]))
    return findings


def _paths(document: Document, root: Path) -> list[Finding]:
    """Find a path that is not there: a misspelt one would look as if nothing needed the waiver."""
    return [
        Finding(
            document.at(("waivers", index, "path")),
            "waiver.unknown_path",
            f"there is no {quoted(waiver['path'])}",
            "name what is excepted, or remove the waiver",
        )
        for index, waiver in enumerate(document.data["waivers"])
        if not os.path.exists(root / waiver["path"])  # Path.exists raises an error for a name that is too long
    ]
