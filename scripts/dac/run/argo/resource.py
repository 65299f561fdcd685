"""A resource template without a cluster: what it would send, and what of its outputs the manifest itself says.

Source: workflow/executor/resource.go. The object that a cluster answers with has more than its manifest: a status, an
identity, defaults. So an output is read here where it is a text, a whole number or a boolean of the manifest that no
server overwrites; any other has to be given before the run.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from dac.run.argo import selector
from dac.run.argo.answers import Answers
from dac.run.argo.manifest import documents
from dac.run.argo.node import JSON

ACTIONS = ("get", "create", "apply", "delete", "replace", "patch")
_JSON_PATH = re.compile(r"\{\s*\$?((?:\.(?:[\w-]|\\\.)+|\['[\w/-]+'\]|\[\d+\])+)\s*\}")
_JQ = re.compile(r"((?=\.)(?:\.[A-Za-z_]\w*|\.?\[\"[^\"\\]+\"\]|\[\d+\])+)")
_STEP = re.compile(r"\.((?:[\w-]|\\\.)+)|\.?\[['\"]([^'\"]+)['\"]\]|\[(\d+)\]")
_SERVERS = {"uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields"}
_NAME = re.compile(r"(?!.{254})[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SEGMENT = re.compile(r"(?!\.{1,2}$)[^/%]{1,253}")  # what the names of roles and their bindings may be
_KIND, _VERSION = re.compile(r"[A-Za-z][A-Za-z0-9]*"), re.compile(r"(?:[a-z0-9][-a-z0-9.]*/)?v[0-9][a-z0-9]*")
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # of the end of a generated name, as an API server makes it
_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WHOLE = 2**53


class ResourceError(Exception):
    """What a cluster would refuse of a resource template, or what nothing but a cluster knows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a resource template would send.

    Attributes:
        summary: what it does to which object, and which conditions are not evaluated.
        text: what is sent, under a comment with the command that sends it.
        outputs: the node's output parameters.
    """

    summary: str
    text: str
    outputs: list[JSON]


def plan(template: JSON, manifest: str, owner: JSON, answers: Answers) -> Plan:
    """Work out what a template whose tags are filled in would send.

    Args:
        template: the template.
        manifest: its manifest, wherever that came from.
        owner: the reference to the workflow, for objects that it owns.
        answers: the outputs that were given before the run.

    Raises:
        ResourceError: A cluster would refuse it, or an output is not known here.
    """
    resource = template["resource"]
    action, flags = resource["action"], resource.get("flags", [])
    if action not in ACTIONS:
        raise ResourceError(f"action {action!r} is not one of {', '.join(ACTIONS)}")
    conditions = [key for key in ("successCondition", "failureCondition") if resource.get(key)]
    if action == "delete" and (conditions or template.get("outputs", {}).get("parameters")):
        raise ResourceError("successCondition, failureCondition and outputs are not supported for delete action")
    if not manifest and not flags:
        raise ResourceError("Must provide at least one of flags or manifest.")
    item: JSON | None = None
    if manifest and not _is_patch_alone(resource, manifest):
        item = _object(manifest, action)
    if resource.get("setOwnerReference"):
        if item is None:
            raise ResourceError("setOwnerReference needs a manifest with a kind")
        item["metadata"].setdefault("ownerReferences", []).append(owner)
        manifest = yaml.safe_dump(item)
    if item is not None and action == "create" and not item["metadata"].get("name"):
        end = "".join(secrets.choice(_LETTERS) for _ in range(5))
        item["metadata"]["name"] = item["metadata"]["generateName"][:58] + end
    for key in conditions:
        if problem := selector.problem(resource[key]):
            raise ResourceError(f"{key} '{resource[key]}' failed to parse: {problem}")
    what = f"{item['kind']} {item['metadata']['name']}" if item else " ".join(flags).replace("\n", " ")
    unseen = "".join(f"; {key} {resource[key]!r} is not evaluated" for key in conditions)
    summary = f"{action} {what}{unseen}"
    text = f"# Not sent: {summary}\n# {_command(resource, bool(manifest), item is not None)}\n{manifest}"
    return Plan(summary, text if text.endswith("\n") else f"{text}\n", _outputs(template, item, answers))


def unknown(template: JSON, answers: Answers) -> list[str]:
    """Return the outputs of a template as written that neither its manifest nor a person gives."""
    resource = template["resource"]
    if "manifestFrom" in resource:
        return []  # not known before the run
    listed, _ = documents(_TAG.sub("tag", str(resource.get("manifest") or "")), "")
    item = listed[0].data if len(listed) == 1 and isinstance(listed[0].data, dict) else {}
    if isinstance(item.get("metadata"), dict) and "generateName" in item["metadata"]:
        item["metadata"].setdefault("name", "tag")
    return [
        parameter["name"]
        for parameter in (template.get("outputs") or {}).get("parameters") or []
        if answers.value(template, parameter["name"]) is None and parameter.get("valueFrom")
        if "{{" not in str(parameter["valueFrom"]) and value_of(parameter["valueFrom"], item) is None
    ]


def value_of(source: JSON, item: Mapping[str, Any]) -> str | None:
    """Return the text that a jsonPath or a jqFilter gives of a manifest; None where a cluster alone could say."""
    path = str(source.get("jsonPath") or "")
    match = _JSON_PATH.fullmatch(path) if path else _JQ.fullmatch(str(source.get("jqFilter") or "").strip())
    if match is None:
        return None
    steps = [int(index) if index else (after_dot or quoted) for after_dot, quoted, index in _STEP.findall(match[1])]
    names = [step.replace("\\.", ".") if isinstance(step, str) else step for step in steps]
    if names[0] == "status" or (names[0] == "metadata" and names[1:2] and names[1] in _SERVERS):
        return None
    value: Any = item
    for name in names:
        try:
            value = value[name]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _WHOLE:
        return str(value)
    return (value if path else value.strip()) if isinstance(value, str) else None


def _is_patch_alone(resource: JSON, manifest: str) -> bool:
    """Whether what a manifest holds is a patch of an object that flags name."""
    if resource["action"] != "patch":
        return False
    if resource.get("mergeStrategy") == "json":
        return True
    listed, findings = documents(manifest, "manifest")
    if findings or not isinstance(listed[0].data, dict):
        raise ResourceError("the manifest is not one object in YAML")
    return bool(resource.get("flags")) and listed[0].data.get("kind") is None


def _object(manifest: str, action: str) -> JSON:
    """Return the object of a manifest, which an API server would take.

    Raises:
        ResourceError: It would not.
    """
    listed, findings = documents(manifest, "manifest")
    if findings:
        place = findings[0].location
        raise ResourceError(f"the manifest, line {place.line}: {findings[0].message}")
    if len(listed) > 1 and action != "delete":
        raise ResourceError("the manifest holds more than one object, and the executor reads one back; give one")
    item = listed[0].data
    if not isinstance(item, dict):
        raise ResourceError("the manifest is not an object in YAML")
    for key, shape in (("apiVersion", _VERSION), ("kind", _KIND)):
        if not isinstance(item.get(key), str) or not shape.fullmatch(item[key]):
            raise ResourceError(
                f"the manifest has no {key}" if not item.get(key) else f"{key} {item[key]!r} is invalid"
            )
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        raise ResourceError("the manifest has no metadata")
    name, start = metadata.get("name"), metadata.get("generateName")
    if not name and not (action == "create" and isinstance(start, str) and start):
        more = " or metadata.generateName" if action == "create" else ""
        raise ResourceError(f"the manifest has no metadata.name{more}, which {action} needs")
    rule = _SEGMENT if item["apiVersion"].startswith("rbac.") else _NAME
    if not rule.fullmatch(str(name or f"{start}x")) or not isinstance(name or start, str):
        raise ResourceError(
            f"metadata.{'name' if name else 'generateName'} {name or start!r} is not the name of an object"
        )
    return item


def _command(resource: JSON, manifest: bool, has_object: bool) -> str:
    """Return the command that the executor would run (getKubectlArguments)."""
    action = resource["action"]
    words = ["kubectl", action, *(["--ignore-not-found"] if action == "delete" else [])]
    if action == "patch":
        words += ["--type", resource.get("mergeStrategy") or "strategic", "--patch-file", "FILE"]
    words += [*resource.get("flags", []), *(["-f", "FILE"] if manifest and has_object else [])]
    return " ".join([*words, "-o", "name" if action == "delete" else "json"]).replace("\n", " ")


def _outputs(template: JSON, item: JSON | None, answers: Answers) -> list[JSON]:
    listed = []
    for parameter in template.get("outputs", {}).get("parameters", []):
        source = parameter.get("valueFrom")
        value = answers.value(template, parameter["name"])
        if source is not None and value is None:
            value = value_of(source, item or {})
        if source is not None and value is None:
            path = source.get("jsonPath") or source.get("jqFilter")
            raise ResourceError(
                f"outputs.parameters.{parameter['name']}: only a cluster knows {path!r}; "
                f"give it with --supply {parameter['name']}=VALUE"
            )
        listed.append(parameter if value is None else {**parameter, "value": value})
    return listed
