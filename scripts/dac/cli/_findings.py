"""Findings as text, JSON, GitHub annotations and SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import click

from dac.model import Finding, Severity

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def text(findings: Sequence[Finding]) -> str:
    """One line a finding; coloured by click where the output is a terminal."""
    return "".join(_line(finding) + "\n" for finding in findings)


def _line(finding: Finding) -> str:
    colour = "red" if finding.severity is Severity.ERROR else "yellow"
    place = click.style(str(finding.location), bold=True)
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    code = click.style(f"[{finding.code}]", dim=True)
    return f"{place}: {click.style(finding.severity, fg=colour)}: {finding.message}{remedy} {code}"


def as_json(findings: Sequence[Finding]) -> str:
    """`{"version": 1, "findings": [...]}`."""
    entries = [
        {
            "file": f.location.file,
            "line": f.location.line,
            "column": f.location.column,
            "severity": f.severity,
            "code": f.code,
            "message": f.message,
            "remedy": f.remedy,
        }
        for f in findings
    ]
    return json.dumps({"version": 1, "findings": entries}, indent=2, ensure_ascii=False) + "\n"


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands, escaped as the runner unescapes them (actions/toolkit, command.ts)."""
    return "".join(
        f"::{f.severity} file={_property(f.location.file)},line={f.location.line},col={f.location.column},"
        f"title={_property(f.code)}::{_message(_said(f))}\n"
        for f in findings
    )


def _message(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _message(value).replace(":", "%3A").replace(",", "%2C")


def sarif(findings: Sequence[Finding]) -> str:
    """Return a SARIF 2.1.0 log with one run."""
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "dac",
                "rules": [{"id": code, "shortDescription": {"text": code}} for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(finding.location.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.location.line, "startColumn": finding.location.column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": _said(finding)},
        "locations": [{"physicalLocation": place}],
    }


def _said(finding: Finding) -> str:
    return f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}


def count(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    parts = []
    for severity in Severity:
        if number := sum(finding.severity is severity for finding in findings):
            parts.append(plural(number, str(severity)))
    return ", ".join(parts) or "no findings"


def plural(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
