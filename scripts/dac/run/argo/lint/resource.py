"""A resource template: what it does, and to what (validateLeaf)."""

from __future__ import annotations

import re

import yaml

from dac.run.argo.lint.field_name import LintError
from dac.run.argo.node import JSON
from dac.run.argo.resource import ACTIONS

_EXPRESSION = re.compile(r"\{\{\s*=.+?\s*\}\}")
_TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def check_resource(template: JSON) -> None:
    """Check the action and the manifest of a resource template.

    Raises:
        LintError: The first thing that is wrong.
    """
    resource, where = template["resource"], f"templates.{template.get('name', '')}.resource"
    action = resource.get("action", "")
    if "{{" not in action and action not in ACTIONS:
        raise LintError(f"{where}.action must be one of: {', '.join(ACTIONS)}")
    if action in ("delete", "get"):
        return
    manifest, origin = resource.get("manifest", ""), resource.get("manifestFrom")
    if not manifest and origin is None:
        raise LintError(f"either {where}.manifest or {where}.manifestFrom must be specified")
    if manifest and origin is not None:
        raise LintError(
            "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template"
        )
    if origin is not None:
        name = origin.get("artifact", {}).get("name", "")
        if name not in [artifact.get("name") for artifact in template.get("inputs", {}).get("artifacts", [])]:
            raise LintError(f"artifact {name} in `manifestFrom` refer to a non-exist artifact")
    try:
        # The controller checks it with each input in its place, as a word.
        list(yaml.compose_all(_TAG.sub("placeholder", _EXPRESSION.sub("placeholder", manifest)), yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise LintError(f"{where}.manifest must be a valid yaml") from error
