"""A steps template: each step sees the outputs of those before it."""

from __future__ import annotations

from dac.run.argo import gojson
from dac.run.argo.library import Base
from dac.run.argo.lint.calls import Calls, check_arguments
from dac.run.argo.lint.field_name import check_name
from dac.run.argo.lint.names import check_tags, inline_inputs, item_names
from dac.run.argo.node import JSON


def check_steps(calls: Calls, template: JSON, base: Base, scope: set[str]) -> None:
    """Check every step; adds to `scope` the names that the steps give.

    Raises:
        LintError: The first thing that is wrong.
    """
    seen: set[str] = set()
    for index, group in enumerate(template["steps"]):
        for step in group:
            where = f"templates.{template.get('name', '')}.steps[{index}].{step.get('name', '')}"
            check_name(where, step.get("name", ""), seen)
            prefix = f"steps.{step['name']}"
            scope.add(f"{prefix}.status")
            check_arguments(where, step)
            called = calls.template(where, step, base)
            loop = bool(step.get("withItems") or step.get("withParam"))
            outputs = calls.workflow.outputs_of(called, prefix, loop)
            hooked = outputs if step.get("hooks") or step.get("onExit") else set()
            visible = scope | item_names(step) | inline_inputs(step) | hooked | calls.workflow.names
            check_tags(gojson.dumps(step), visible, where)
            scope |= outputs | item_names(step)
