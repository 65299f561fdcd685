"""A standard's own wiring: its arguments and its template's are the same, its expressions compile."""

from __future__ import annotations

from dac.model import Finding, Pointer, Repository, Standard
from dac.model.cel import compile_cel


def wiring_findings(standard: Standard, repository: Repository) -> list[Finding]:
    """Every finding about one standard's files."""
    findings = []
    expressions: dict[Pointer, str] = {
        ("parameters", name, "value"): p.value for name, p in standard.parameters.items()
    }
    expressions[("schedule",)] = standard.schedule
    for pointer, expression in expressions.items():
        try:
            compile_cel(expression)
        except ValueError as error:
            text = f"no CEL: {str(error).splitlines()[0]}"
            findings.append(Finding(standard.document.at(pointer), "standard.expression", text, "mend it"))
    return findings
