"""The alerts of standards/platform/observability as rules of Prometheus, each with the page that says what to do.

A file holds one rule; the group of the rule and its page in docs/alerts have the name of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dac.model import Document

FOLDER = "standards/platform/observability/alerts"
RECORDS = "standards/platform/observability/records.yaml"


def alert_files(platform: Mapping[str, Sequence[Document]]) -> list[str]:
    """Return the files of the platform that hold an alert, sorted."""
    return sorted(file for file in platform if PurePosixPath(file).parent.as_posix() == FOLDER)


def rule_groups(platform: Mapping[str, Sequence[Document]], runbooks: str) -> list[dict[str, Any]]:
    """Return the groups of rules: what alerts build on first, then a group for each alert.

    Args:
        platform: the platform's files -> their documents.
        runbooks: address of the folder of the alerts' pages.
    """
    records = [{"name": "records", "rules": document.data} for document in platform.get(RECORDS, [])]
    return records + [
        {"name": page, "rules": [_with_runbook(document.data, f"{runbooks}/{page}.md")]}
        for file in alert_files(platform)
        for page in [PurePosixPath(file).stem]
        for document in platform[file]
    ]


def _with_runbook(rule: Mapping[str, Any], address: str) -> dict[str, Any]:
    return {**rule, "annotations": {**rule.get("annotations", {}), "runbook_url": address}}
