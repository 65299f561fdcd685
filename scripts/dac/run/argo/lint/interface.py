"""A template's inputs and outputs, and the names that they give to its tags."""

from __future__ import annotations

import re

from dac.run.argo import gojson
from dac.run.argo.lint.field_name import PARAMETER, LintError, check_name
from dac.run.argo.lint.names import check_tags
from dac.run.argo.node import JSON

_TAG = re.compile(r"\{\{.*?\}\}")
_OWN_CONTAINERS = ("main", "init", "wait")
_SOURCES = {"path", "jqFilter", "jsonPath", "parameter", "expression", "supplied"}
_OF_RETRIES = {"retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message"}


def check_inputs(template: JSON, kind: str, retried: bool) -> set[str]:
    """Check a template's inputs.

    Args:
        template: what is checked.
        kind: of the template.
        retried: whether it, or the whole run, has a retry strategy.

    Returns:
        The names that the template's own tags can have.

    Raises:
        LintError: The first thing that is wrong.
    """
    name, inputs = template.get("name", ""), template.get("inputs", {})
    runs_pod = kind not in ("steps", "dag")
    scope = ({"pod.name"} if runs_pod else set()) | (_OF_RETRIES if retried else set())
    for side in ("parameters", "artifacts"):
        seen: set[str] = set()
        for item in inputs.get(side, []):
            check_name(f"templates.{name}.inputs.{side}", item.get("name", ""), seen, PARAMETER)
            scope.add(f"inputs.{side}.{item['name']}")
            if side == "artifacts":
                where = f"templates.{name}.inputs.artifacts.{item['name']}"
                _check_path(where, item, runs_pod)
                scope.add(f"inputs.artifacts.{item['name']}.path")
                if item.get("from"):
                    raise LintError(f"{where}.from not valid in inputs")
    scope.add("inputs.parameters")  # of a template without any it is `null`
    for side in ("parameters", "artifacts"):
        scope |= {f"outputs.{side}.{item.get('name')}.path" for item in template.get("outputs", {}).get(side, [])}
    return scope


def check_outputs(template: JSON, kind: str, scope: set[str]) -> None:
    """Check a template's outputs; `scope` is every name that a tag in them can have.

    Raises:
        LintError: The first thing that is wrong.
    """
    name, outputs = template.get("name", ""), template.get("outputs", {})
    check_tags(gojson.dumps(outputs), scope, f"templates.{name}.outputs")
    seen: set[str] = set()
    for artifact in outputs.get("artifacts", []):
        check_name(f"templates.{name}.outputs.artifacts", _untagged(artifact.get("name", "")), seen, PARAMETER)
        where = f"templates.{name}.outputs.artifacts.{artifact.get('name')}"
        _check_global_name(where, artifact)
        _check_path(where, artifact, kind not in ("steps", "dag"))
    seen = set()
    for parameter in outputs.get("parameters", []):
        where = f"templates.{name}.outputs.parameters.{parameter.get('name')}"
        check_name(where, parameter.get("name", ""), seen, PARAMETER)
        _check_global_name(where, parameter)
        if ("valueFrom" in parameter) == ("value" in parameter):
            raise LintError(f"{where} needs one of valueFrom and value")
        if "valueFrom" not in parameter:
            continue
        origin = parameter["valueFrom"]
        if len(_SOURCES & origin.keys()) != 1:
            raise LintError(f"{where}.valueFrom needs one of {', '.join(sorted(_SOURCES))}")
        if kind in ("container", "containerSet", "script") and not origin.get("path"):
            raise LintError(f"{where}.path must be specified for {kind} templates")
        if kind == "resource" and not origin.get("jqFilter") and not origin.get("jsonPath"):
            raise LintError(f"{where} .jqFilter or jsonPath must be specified for resource templates")
        if kind in ("steps", "dag") and bool(origin.get("parameter")) == bool(origin.get("expression")):
            raise LintError(f"{where}.parameter or expression must be specified for {kind} templates")


def _untagged(name: str) -> str:
    """Return a name with a word of its own for each tag, which a caller's argument fills in."""
    return _TAG.sub(lambda tag: re.sub(r"\W", "_", tag[0]), name)


def check_leaf(template: JSON) -> None:
    """Check what mounts and artifacts of a container have their place in, and how long it may run.

    Raises:
        LintError: Two have the same place, or the time is negative.
    """
    name = template.get("name", "")
    occupied = {m.get("mountPath"): m.get("name") for m in template.get("container", {}).get("volumeMounts", [])}
    artifacts = template.get("inputs", {}).get("artifacts", []) if "container" in template else []
    for index, artifact in enumerate(artifacts):
        path = artifact.get("path")
        if path in occupied:
            where = f"templates.{name}.inputs.artifacts[{index}].path"
            raise LintError(f"{where} '{path}' already mounted in {occupied[path]}")
        occupied[path] = f"inputs.artifacts.{artifact.get('name')}"
    for sidecar in template.get("sidecars", []):
        if sidecar.get("name") in _OWN_CONTAINERS:
            raise LintError(f"templates.{name}.sidecars: '{sidecar['name']}' is the name of a container of Argo's own")
    for volume in template.get("volumes", []):
        check_volume(f"templates.{name}.volumes", volume)
    seconds = str(template.get("activeDeadlineSeconds", 0))
    if not re.fullmatch(r"\+?[0-9]+|\{\{.*\}\}", seconds, re.DOTALL):
        raise LintError(f"templates.{name}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable")


def check_volume(where: str, volume: JSON) -> None:
    """Check that a volume has one source at most; one without any is an empty folder.

    Raises:
        LintError: It has several.
    """
    if len(set(volume) - {"name"}) > 1:
        raise LintError(f"{where}.{volume.get('name', '')}: may not specify more than 1 volume type")


def _check_global_name(where: str, item: JSON) -> None:
    name = item.get("globalName", "")
    if name and "{{" not in name and not PARAMETER.fullmatch(name):
        raise LintError(
            f"{where}.globalName: '{name}' is invalid: it must consist of alpha-numeric characters, '_' or '-'"
        )


def _check_path(where: str, artifact: JSON, runs_pod: bool) -> None:
    if runs_pod and not artifact.get("path"):
        raise LintError(f"error in {where}: path is required")
    if not runs_pod and artifact.get("path"):
        raise LintError(f"{where}.path only valid in container/script templates")
