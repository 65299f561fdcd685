"""Gives a template its arguments and puts in what can be known by then.

Source: ProcessArgs, SubstituteParams of workflow/common.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

from dac.run.argo import gojson
from dac.run.argo.location import has_location
from dac.run.argo.node import JSON
from dac.run.argo.tags import Tags

_ORDER = ("name", "default", "value", "valueFrom", "globalName", "enum", "description")
ConfigMaps = Callable[[str, str], str | None]  # name, key -> value


class ArgumentError(Exception):
    """An input that was not supplied, or whose source is missing."""


def by_name(items: list[JSON] | None, name: str) -> JSON | None:
    """Return the parameter or artifact of that name, if there is one."""
    return next((item for item in items or [] if item.get("name") == name), None)


def parameters_json(parameters: list[JSON]) -> str:
    """Return a list of parameters as the controller writes it: its own order of fields."""
    return gojson.dumps([{key: item[key] for key in _ORDER if key in item} for item in parameters])


def process(
    tags: Tags,
    template: JSON,
    arguments: JSON,
    globals_: Mapping[str, str],
    local: Mapping[str, str],
    configmaps: ConfigMaps,
) -> JSON:
    """Return a template with its inputs set and every known tag replaced.

    Raises:
        ArgumentError: An input has no value.
        tags.TagError: A tag of the template is not closed, or gives text that is not JSON.
    """
    if "inputs" not in template and "{{" not in (text := tags.text_of(template)):
        # No pass over a template of a thousand steps at each of their ends; a pod's is its own, to be changed.
        untagged: JSON = template if "steps" in template else gojson.loads(text)
        return untagged
    filled = copy.deepcopy(template)
    inputs = filled.get("inputs", {})
    for index, parameter in enumerate(inputs.get("parameters", [])):
        inputs["parameters"][index] = _parameter(tags, parameter, arguments, globals_, configmaps)
    for index, artifact in enumerate(inputs.get("artifacts", [])):
        inputs["artifacts"][index] = _artifact(artifact, arguments)
    return substitute(tags, filled, globals_, local)


def _parameter(
    tags: Tags, parameter: JSON, arguments: JSON, globals_: Mapping[str, str], configmaps: ConfigMaps
) -> JSON:
    filled = dict(parameter)
    if "value" not in filled and "default" in filled:
        filled["value"] = filled["default"]
    if argument := by_name(arguments.get("parameters"), filled["name"]):
        filled.pop("value", None)
        filled.pop("valueFrom", None)
        filled.update(
            {key: argument[key] for key in (("value",) if "value" in argument else ("valueFrom",)) if key in argument}
        )
    source = filled.get("valueFrom", {})
    if "configMapKeyRef" in source:
        reference = gojson.loads(tags.replace(gojson.dumps(source["configMapKeyRef"]), globals_, False))
        value = configmaps(reference.get("name", ""), reference["key"])
        if value is None:
            if "default" not in source:
                where = f"ConfigMap '{reference.get('name', '')}' does not have the key '{reference['key']}'"
                raise ArgumentError(f"unable to retrieve inputs.parameters.{filled['name']} from ConfigMap: {where}")
            value = source["default"]
        filled["value"] = value
    elif "value" not in filled:
        raise ArgumentError(f"inputs.parameters.{filled['name']} was not supplied")
    return filled


def _artifact(artifact: JSON, arguments: JSON) -> JSON:
    argument = by_name(arguments.get("artifacts"), artifact["name"])
    if not artifact.get("optional") and not has_location(artifact):
        if argument is None:
            raise ArgumentError(f"inputs.artifacts.{artifact['name']} was not supplied")
        if not has_location(argument):
            raise ArgumentError(f"inputs.artifacts.{artifact['name']} missing location information")
    if argument is None:
        return artifact
    source = {key: value for key, value in argument.items() if key not in ("path", "mode", "recurseMode")}
    return source | {key: artifact[key] for key in ("path", "mode", "recurseMode") if key in artifact}


def substitute(tags: Tags, template: JSON, globals_: Mapping[str, str], local: Mapping[str, str]) -> JSON:
    """Replace globals and locals, then the template's own inputs and paths.

    Raises:
        ArgumentError: An input has no value.
        tags.TagError: As `Tags.replace`.
    """
    values = {**globals_, **local}
    text = tags.replace(gojson.dumps(template), values, True)
    replaced = gojson.loads(text)
    inputs, outputs = replaced.get("inputs", {}), replaced.get("outputs", {})
    for parameter in inputs.get("parameters", []):
        if "value" in parameter:
            values[f"inputs.parameters.{parameter['name']}"] = parameter["value"]
        elif "valueFrom" not in parameter:
            raise ArgumentError(f"inputs.parameters.{parameter['name']} had no value")
    values["inputs.parameters"] = parameters_json(inputs.get("parameters", [])) if "parameters" in inputs else "null"
    for side, declared in (("inputs", inputs), ("outputs", outputs)):
        for artifact in declared.get("artifacts", []):
            if artifact.get("path"):
                values[f"{side}.artifacts.{artifact['name']}.path"] = artifact["path"]
    for parameter in outputs.get("parameters", []):
        if parameter.get("valueFrom", {}).get("path"):
            values[f"outputs.parameters.{parameter['name']}.path"] = parameter["valueFrom"]["path"]
    result: JSON = gojson.loads(tags.replace(text, values, True))
    return result
