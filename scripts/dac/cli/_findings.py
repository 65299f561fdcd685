"""Findings as text, JSON, annotations of GitHub and GitLab, and SARIF: bounded, and without what acts on a reader."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from dac.load import load_credentials
from dac.model import Finding, Severity
from dac.model.credentials import Credentials
from dac.model.printing import json_printable, printable, shortened
from dac.model.words import plural

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_OF_A_KIND = 20  # findings of one code in one file that are shown; the others are counted
_LONGEST = 500  # characters of a message or a remedy


def text(findings: Sequence[Finding]) -> str:
    """One line a finding; coloured by click where the output is a terminal."""
    return "".join(_line(finding) + "\n" for finding in _bounded(findings))


def _line(finding: Finding) -> str:
    colour = "red" if finding.severity is Severity.ERROR else "yellow"
    place = click.style(printable(str(finding.location)), bold=True)
    code = click.style(f"[{printable(finding.code)}]", dim=True)
    return f"{place}: {click.style(finding.severity, fg=colour)}: {printable(_with_remedy(finding))} {code}"


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
        for f in _bounded(findings)
    ]
    return _json({"version": 1, "findings": entries})


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands, escaped as the runner unescapes them (actions/toolkit, command.ts)."""
    return "".join(
        f"::{f.severity} file={_property(f.location.file)},line={f.location.line},col={f.location.column},"
        f"title={_property(f.code)}::{_message(_with_remedy(f))}\n"
        for f in _bounded(findings)
    )


def _message(value: str) -> str:
    return printable(value).replace("%", "%25")  # a line break is escaped by then


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
        "results": [_result(finding, codes.index(finding.code)) for finding in _bounded(findings)],
    }
    return _json({"$schema": _SARIF, "version": "2.1.0", "runs": [run]})


def _json(log: Any) -> str:
    return json_printable(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(os.fsencode(finding.location.file)), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.location.line, "startColumn": finding.location.column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": _with_remedy(finding)},
        "locations": [{"physicalLocation": place}],
    }


def gitlab(findings: Sequence[Finding]) -> str:
    """Return a Code Quality report, which GitLab shows beside the lines of a merge request."""
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    entries = []
    for finding in _bounded(findings):
        kind = finding.location.file, finding.code, finding.message
        seen[kind] += 1
        entries.append(_entry(finding, seen[kind]))
    return _json(entries)


def _entry(finding: Finding, number: int) -> dict[str, Any]:
    # The same finding is known again where lines move, and each entry has a fingerprint of its own.
    text = "\0".join((finding.location.file, finding.code, finding.message, str(number)))
    digest = sha256(text.encode(errors="surrogatepass"))
    return {
        "description": _with_remedy(finding),
        "check_name": finding.code,
        "fingerprint": digest.hexdigest(),
        "severity": "major" if finding.severity is Severity.ERROR else "minor",
        "location": {"path": finding.location.file, "lines": {"begin": finding.location.line}},
    }


def _with_remedy(finding: Finding) -> str:
    return f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message


def masked(findings: Sequence[Finding], root: Path) -> list[Finding]:
    """Return the findings with no credential in any field; those in files were hidden as they were read."""
    return without(load_credentials(root), findings)


def without(credentials: Credentials, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with none of these credentials in any field."""
    redact = credentials.redact
    return [
        replace(
            finding,
            location=replace(finding.location, file=redact(finding.location.file)),
            message=redact(finding.message),
            remedy=redact(finding.remedy),
        )
        for finding in findings
    ]


def _bounded(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings, in their order: long texts shortened, and what a file has too many of counted in one."""
    kinds: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.location.file, finding.code].append(finding)
    shown: dict[tuple[str, str], int] = defaultdict(int)
    for finding in findings:
        kind = finding.location.file, finding.code
        shown[kind] += 1
        if shown[kind] <= _OF_A_KIND:
            message, remedy = shortened(finding.message, _LONGEST), shortened(finding.remedy, _LONGEST)
            yield replace(finding, message=message, remedy=remedy)
        elif shown[kind] == _OF_A_KIND + 1:
            rest = len(kinds[kind]) - _OF_A_KIND
            message = f"{plural(rest, 'more finding')} of this kind in this file, the last on line "
            severity = min(f.severity for f in kinds[kind][_OF_A_KIND:])
            yield Finding(finding.location, finding.code, f"{message}{kinds[kind][-1].location.line}", "", severity)


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
    "gitlab": gitlab,
}


def count(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    parts = []
    for severity in Severity:
        if number := sum(finding.severity is severity for finding in findings):
            parts.append(plural(number, str(severity)))
    return ", ".join(parts) or "no findings"
