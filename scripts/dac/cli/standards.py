"""`dac standards`: what can be decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._printer import say, show
from dac.cli._standards_report import print_report
from dac.cli._table import print_table
from dac.load import load_repository
from dac.model import Repository, Severity, Standard
from dac.model.standard import successor
from dac.model.suggestion import suggestion
from dac.model.words import quoted

MIGRATE = "dac migrate PROJECT"
_COLUMNS = ("decision", "default", "choices or example", "what it says")


@click.command()
@click.argument("name", required=False, metavar="[NAME[@VERSION]]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--report", is_flag=True, help="Print how projects use what can be decided.")
@root_option
def standards(name: str | None, as_json: bool, report: bool, root: Path) -> None:
    """List the standards; with NAME, what can be decided in one of them, with defaults and examples.

    \b
    Examples:
      dac standards
      dac standards rag-indexing
      dac standards rag-indexing@v1 --json
      dac standards --report
    """
    repository, findings = load_repository(root, [])
    for finding in findings:
        if finding.severity is Severity.ERROR:
            say(str(finding), err=True)
    if report and (name or as_json):
        raise Misuse("--report is about all standards, as a table; leave the rest out")
    if report:
        print_report(repository)
        return
    chosen = _chosen(repository, name)
    if as_json:
        show(json.dumps({"version": 1, "standards": [_facts(s, repository) for s in chosen]}, indent=2) + "\n")
    elif name is None:
        print_table(("standard", "what it is"), [(str(s.ref), s.summary) for s in chosen], "what it is")
        say("dac standards NAME tells what can be decided", err=True)
    else:
        for standard in chosen:
            say(f"{standard.ref}: {standard.summary}")
            if newer := successor(standard, repository.standards):
                say(f"{newer.ref} is newer; {MIGRATE} moves pipelines there", err=True)
            say("")
            print_table(_COLUMNS, [_row(d) for d in _facts(standard, repository)["decisions"]], _COLUMNS[-1])


def _chosen(repository: Repository, name: str | None) -> list[Standard]:
    ordered = [standard for _, standard in sorted(repository.standards.items(), key=lambda item: str(item[0]))]
    if name is None:
        return ordered
    if named := [s for s in ordered if name in (s.ref.name, str(s.ref))]:
        return named
    names = {s.ref.name for s in ordered} | {str(s.ref) for s in ordered if "@" in name}
    raise Misuse(f"there is no standard {quoted(name)}; {suggestion(name, names)}")


def _facts(standard: Standard, repository: Repository) -> dict[str, Any]:
    required = standard.decisions.get("required", [])
    return {
        "name": standard.ref.name,
        "version": standard.ref.version,
        "summary": standard.summary,
        "newer": _newer(standard, repository),
        "decisions": [
            _decision(name, schema, name in required, repository)
            for name, schema in standard.decisions.get("properties", {}).items()
        ],
    }


def _newer(standard: Standard, repository: Repository) -> dict[str, str] | None:
    """Return the version that pipelines can move to, and what moves them; None where they use the newest."""
    newer = successor(standard, repository.standards)
    return {"version": newer.ref.version, "command": MIGRATE} if newer else None


def _decision(name: str, schema: Mapping[str, Any], required: bool, repository: Repository) -> dict[str, Any]:
    names = repository.catalog.kinds.get(schema.get("x-catalog", ""), {})
    fact = {
        "name": name,
        "description": schema.get("description", ""),
        "required": required,
        "choices": [*schema.get("enum", []), *names],
        "examples": schema.get("examples", []),
        "changes": schema.get("x-changes", ""),
    }
    return fact | ({"default": schema["default"]} if "default" in schema else {})


def _row(fact: Mapping[str, Any]) -> tuple[str, ...]:
    default = "(required)" if fact["required"] else _shown(fact.get("default"))
    samples = fact["choices"] or fact["examples"]
    return (fact["name"], default, ", ".join(map(_shown, samples)), fact["description"])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
