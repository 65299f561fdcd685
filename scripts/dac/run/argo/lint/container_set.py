"""A container set: its containers' names and what they wait for (ContainerSetTemplate.Validate)."""

from __future__ import annotations

from dac.run.argo.lint.field_name import LintError, check_name
from dac.run.argo.node import JSON


def check_container_set(template: JSON) -> None:
    """Check the containers of a container set.

    Raises:
        LintError: The first thing that is wrong.
    """
    where = f"templates.{template.get('name', '')}.containerSet.containers"
    listed = template["containerSet"].get("containers", [])
    if not listed:
        raise LintError(f"{where} must have at least one container")
    seen: set[str] = set()
    for item in listed:
        check_name(where, item.get("name", ""), seen)
    needs = {item["name"]: item.get("dependencies", []) for item in listed}
    for name, others in needs.items():
        for other in others:
            if other not in needs:
                raise LintError(f"{where}.{name} dependency '{other}' not defined")
    for name in sorted(needs):
        _refuse_cycle(where, name, [], needs)
    inputs, outputs = template.get("inputs", {}), template.get("outputs", {})
    exchanged = inputs.get("artifacts") or outputs.get("parameters") or outputs.get("artifacts")
    if exchanged and "main" not in needs:
        raise LintError(f'{where} must have a container named "main" for input or output')


def _refuse_cycle(where: str, name: str, way: list[str], needs: dict[str, list[str]]) -> None:
    for other in needs[name]:
        if other in way:
            raise LintError(f"{where} dependency cycle detected: {'->'.join(way)}->{other}")
        _refuse_cycle(where, other, [*way, other], needs)
