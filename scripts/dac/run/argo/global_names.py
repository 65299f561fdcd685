"""The names that a tag can have anywhere in a workflow: `workflow.*` (setGlobalParameters, updateWorkflowMetadata)."""

from __future__ import annotations

from dac.run.argo import gojson
from dac.run.argo.arguments import parameters_json
from dac.run.argo.expression import ExpressionError
from dac.run.argo.scope import rfc3339
from dac.run.argo.state import RunState
from dac.run.argo.tags import expand

_STRFTIME = {"a": "%a", "A": "%A", "b": "%b", "B": "%B", "c": "%c", "C": "%C", "d": "%d",
"D": "%D", "e": "%e", "F": "%F", "H": "%H",
             "I": "%I", "j": "%j", "m": "%m", "M": "%M", "p": "%p", "R": "%R", "S": "%S", "T": "%T", "u": "%u",
             "U": "%U", "v": "%e-%b-%Y",
             "V": "%V", "w": "%w", "W": "%W", "X": "%X", "x": "%x", "y": "%y", "Y": "%Y", "Z": "%Z", "z": "%z",
             "k": "%k", "l": "%l",
             "r": "%r", "h": "%h", "n": "\n", "t": "\t"}  # fmt: skip


class GlobalError(Exception):
    """A name that the run needs has no value."""


def set_globals(op: RunState) -> None:
    """Fill `op.globals`.

    Raises:
        GlobalError: An argument has neither a value nor a source that has one; a label's expression fails.
    """
    identity, spec, names = op.identity, op.spec, op.globals
    created = identity.created
    names["workflow.name"] = identity.name
    names["workflow.namespace"] = identity.namespace
    names["workflow.mainEntrypoint"] = spec.get("entrypoint", "")
    names["workflow.serviceAccountName"] = spec.get("serviceAccountName", "")
    names["workflow.uid"] = identity.uid
    names["workflow.creationTimestamp"] = rfc3339(created)
    for letter, form in _STRFTIME.items():
        names[f"workflow.creationTimestamp.{letter}"] = created.strftime(form)
    names["workflow.creationTimestamp.s"] = str(int(created.timestamp()))
    names["workflow.creationTimestamp.RFC3339"] = rfc3339(created)
    if "priority" in spec:
        names["workflow.priority"] = str(spec["priority"])
    if scheduled := identity.annotations.get("workflows.argoproj.io/scheduled-time"):
        names["workflow.scheduledTime"] = scheduled
    _set_parameters(op)
    _set_metadata(op)


def _set_parameters(op: RunState) -> None:
    parameters = op.spec.get("arguments", {}).get("parameters", [])
    text = parameters_json(parameters) if parameters else "null"
    op.globals["workflow.parameters"] = op.globals["workflow.parameters.json"] = text
    for parameter in parameters:
        name, source = parameter["name"], parameter.get("valueFrom", {})
        if "value" in parameter:
            value: str | None = parameter["value"]
        elif reference := source.get("configMapKeyRef"):
            value = op.configmaps(reference.get("name", ""), reference["key"])
            value = source.get("default") if value is None else value
            if value is None:
                raise GlobalError(
                    f"failed to set global parameter {name} from configmap with name {reference.get('name', '')} and "
                    f"key {reference['key']}"
                )
        else:
            raise GlobalError(f"either value or valueFrom must be specified in order to set global parameter {name}")
        assert value is not None
        op.globals[f"workflow.parameters.{name}"] = value


def _set_metadata(op: RunState) -> None:
    extra = op.spec.get("workflowMetadata", {})
    labels = {**op.identity.labels, **extra.get("labels", {})}
    annotations = {**op.identity.annotations, **extra.get("annotations", {})}
    for name, source in extra.get("labelsFrom", {}).items():
        try:
            value = op.expressions.evaluate(source["expression"], expand(op.globals))
        except ExpressionError as error:
            raise GlobalError(
                f'failed to evaluate label "{name}" expression "{source["expression"]}": {error}'
            ) from error
        if not isinstance(value, str):
            raise GlobalError(
                f'failed to evaluate label "{name}" expression "{source["expression"]}": it must be a string'
            )
        labels[name] = value
    for kind, entries in (("labels", labels), ("annotations", annotations)):
        op.globals[f"workflow.{kind}"] = op.globals[f"workflow.{kind}.json"] = (
            gojson.dumps_sorted(entries) if entries else "null"
        )
        for name, value in entries.items():
            op.globals[f"workflow.{kind}.{name}"] = value
