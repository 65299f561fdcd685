"""The names that tags may have at each place, for the check before a run (resolveAllVariables, addOutputsToScope)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dac.run.argo.node import JSON
from dac.run.argo.tags import TagError, split
from dac.run.argo.workflow import Source

_ROOTS = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
_ALWAYS = (
    "outputs.",
    "workflow.creationTimestamp",
    "workflow.scheduledTime",
    "workflow.duration",
    "tasks.name",
    "steps.name",
    "node.name",
)


class LintError(Exception):
    """A fault, in the controller's words."""


@dataclass(slots=True)
class Known:
    """Names that are known everywhere; outputs with a global name join as templates that give them are met."""

    names: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, source: Source) -> Known:
        spec = source.spec
        names = {
            f"workflow.{name}"
            for name in (
                "name",
                "namespace",
                "mainEntrypoint",
                "serviceAccountName",
                "uid",
                "status",
                "annotations",
                "annotations.json",
                "labels",
                "labels.json",
                "parameters",
                "parameters.json",
                "failures",
            )
        }
        names |= {f"workflow.parameters.{p.get('name')}" for p in spec.get("arguments", {}).get("parameters", [])}
        names |= {f"workflow.labels.{key}" for key in source.labels} | {
            f"workflow.annotations.{key}" for key in source.annotations
        }
        extra = spec.get("workflowMetadata", {})
        for kind, key in (("labels", "labels"), ("labels", "labelsFrom"), ("annotations", "annotations")):
            names |= {f"workflow.{kind}.{name}" for name in extra.get(key, {})}
        if "priority" in spec:
            names.add("workflow.priority")
        return cls(names)


def outputs_of(template: JSON, prefix: str, loop: bool, known: Known) -> set[str]:
    """The names under `prefix` that a template's node gives."""
    found = {f"{prefix}.{name}" for name in ("id", "startedAt", "finishedAt", "hostNodeName")}
    if "container" in template or "script" in template:
        found |= {f"{prefix}.outputs.result", f"{prefix}.exitCode"}
    for kind in ("parameters", "artifacts"):
        for item in template.get("outputs", {}).get(kind, []):
            found.add(f"{prefix}.outputs.{kind}.{item.get('name')}")
            if name := item.get("globalName"):
                known.names.add(f"workflow.outputs.{kind}.{name if '{{' not in name else '*'}")
    if loop:
        found.add(f"{prefix}.outputs.parameters")
    return found


def item_names(task: JSON) -> set[str]:
    """What `item` may be called in a task: any of its fields where the list is only known at run time."""
    if task.get("withParam"):
        return {"item", "item.*"}
    found = {"item"} if "withSequence" in task else set()
    for item in task.get("withItems", []):
        if isinstance(item, dict):
            found |= {f"item.{key}" for key in item}
        elif isinstance(item, list):
            found |= {f"item.[{index}]" for index in range(len(item))}
        else:
            found.add("item")
    return found


def check_tags(text: str, scope: set[str], where: str) -> None:
    """Whether every simple tag under a known root can be resolved.

    Raises:
        LintError: one cannot, or a tag is not closed.
    """
    try:
        found = [tag for _, tag in split(text) if tag is not None and not tag.startswith("=")]
    except TagError as fault:
        raise LintError(f"{where}: {fault}") from fault
    for tag in found:
        name = tag.strip()
        if name in scope or not name.startswith(_ROOTS) or name.startswith(_ALWAYS):
            continue
        if name.startswith("item.") and "item.*" in scope:
            continue
        kind = ".".join(name.split(".")[:3])
        if kind in ("workflow.outputs.parameters", "workflow.outputs.artifacts") and f"{kind}.*" in scope:
            continue
        raise LintError(f"{where}: failed to resolve {{{{{tag}}}}}")
