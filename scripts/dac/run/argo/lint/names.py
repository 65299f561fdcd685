"""The names that tags may have at each place, for the check before a run (resolveAllVariables, addOutputsToScope)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dac.run.argo.lint.field_name import LintError
from dac.run.argo.node import JSON
from dac.run.argo.tags import TagError, split
from dac.run.argo.template import has_output
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
_OF_EVERY_RUN = (
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
)


@dataclass(slots=True)
class WorkflowNames:
    """Names that a tag can have anywhere; outputs with a global name join when a template that gives them is met."""

    names: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)  # of those that are known before the run

    @classmethod
    def of(cls, source: Source) -> WorkflowNames:
        """Return the names that a workflow has before any template is checked."""
        spec = source.spec
        names = {f"workflow.{name}" for name in _OF_EVERY_RUN}
        parameters = spec.get("arguments", {}).get("parameters", [])
        names |= {f"workflow.parameters.{p.get('name')}" for p in parameters}
        names |= {"workflow.parameters", "workflow.parameters.json"} if parameters else set()
        names |= {f"workflow.labels.{key}" for key in source.labels}
        names |= {f"workflow.annotations.{key}" for key in source.annotations}
        metadata = spec.get("workflowMetadata", {})
        for kind, key in (("labels", "labels"), ("labels", "labelsFrom"), ("annotations", "annotations")):
            names |= {f"workflow.{kind}.{name}" for name in metadata.get(key, {})}
        if "priority" in spec:
            names.add("workflow.priority")
        given = {f"workflow.parameters.{p['name']}": p["value"] for p in parameters if "name" in p and "value" in p}
        return cls(names, given)

    def outputs_of(self, template: JSON, prefix: str, loop: bool) -> set[str]:
        """Return the names under `prefix` that a template's node gives; adds its global ones to the workflow's."""
        names = {f"{prefix}.{name}" for name in ("id", "startedAt", "finishedAt", "hostNodeName")}
        if template.get("daemon"):
            names.add(f"{prefix}.ip")
        if has_output(template):
            names |= {f"{prefix}.outputs.result", f"{prefix}.exitCode"}
        for kind in ("parameters", "artifacts"):
            for item in template.get("outputs", {}).get(kind, []):
                names.add(f"{prefix}.outputs.{kind}.{item.get('name')}")
                if name := item.get("globalName"):
                    is_late = "{{" in name  # what it is called is seen in the template around alone
                    (names if is_late else self.names).add(f"workflow.outputs.{kind}.{'*' if is_late else name}")
        if loop:
            names.add(f"{prefix}.outputs.parameters")
        return names


def item_names(task: JSON) -> set[str]:
    """Return what `item` may be called in a task: any of its fields where the list is only known at run time."""
    if task.get("withParam"):
        return {"item", "item.*"}
    names = {"item"} if "withSequence" in task else set()
    for item in task.get("withItems", []):
        if isinstance(item, dict):
            names |= {f"item.{key}" for key in item}
        elif isinstance(item, list):
            names |= {f"item.[{index}]" for index in range(len(item))}
        else:
            names.add("item")
    return names


def inline_inputs(task: JSON) -> set[str]:
    """Return the inputs of the template that a task or step holds itself."""
    parameters = task.get("inline", {}).get("inputs", {}).get("parameters", [])
    return {f"inputs.parameters.{parameter.get('name')}" for parameter in parameters}


def check_tags(text: str, scope: set[str], where: str) -> None:
    """Check that every simple tag under one of Argo's roots can be resolved.

    Raises:
        LintError: One cannot, or a tag is not closed.
    """
    try:
        simple = [tag for _, tag in split(text) if tag is not None and not tag.startswith("=")]
    except TagError as error:
        raise LintError(f"{where}: {error}") from error
    for tag in simple:
        name = tag.strip()
        if name in scope or not name.startswith(_ROOTS) or name.startswith(_ALWAYS):
            continue
        if name.startswith("item.") and "item.*" in scope:
            continue
        kind = ".".join(name.split(".")[:3])
        if kind in ("workflow.outputs.parameters", "workflow.outputs.artifacts") and f"{kind}.*" in scope:
            continue
        raise LintError(f"{where}: failed to resolve {{{{{tag}}}}}")
