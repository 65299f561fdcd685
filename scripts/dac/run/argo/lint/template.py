"""One template: of one kind, with the fields that its kind allows."""

from __future__ import annotations

from dac.run.argo import gojson
from dac.run.argo.arguments import by_name
from dac.run.argo.library import Base
from dac.run.argo.lint.calls import Calls, filled
from dac.run.argo.lint.container_set import check_container_set
from dac.run.argo.lint.dag import check_dag
from dac.run.argo.lint.field_name import LintError
from dac.run.argo.lint.interface import check_inputs, check_leaf, check_outputs
from dac.run.argo.lint.names import WorkflowNames, check_tags
from dac.run.argo.lint.resource import check_resource
from dac.run.argo.lint.steps import check_steps
from dac.run.argo.node import JSON
from dac.run.argo.template import KINDS, calls_of
from dac.run.argo.workflow import Source

_CHOICES = "container, containerSet, steps, script, resource, dag, suspend, template, template ref"  # as Argo says it


class TemplateLinter:
    """Checks the templates of one workflow, each once, in whatever order they are called."""

    def __init__(self, source: Source) -> None:
        self._workflow = WorkflowNames.of(source)
        self._calls = Calls(source.library, self._workflow, self.check)
        self._spec = source.spec
        self._all_retried = "retryStrategy" in source.spec
        self._checked: set[int] = set()

    def allow_failures(self) -> None:
        """Let tags of the templates that are checked from now on name what failed, as those of an exit handler may."""
        self._workflow.names.add("workflow.failures")
        for template in self._spec.get("templates", []):
            if any("{{" in item.get("globalName", "") for item in template.get("outputs", {}).get("artifacts", [])):
                self._workflow.names.add("workflow.outputs.artifacts.*")

    def check(self, template: JSON, base: Base) -> None:
        """Check one template and what it calls.

        Raises:
            LintError: The first thing that is wrong.
        """
        if id(template) in self._checked:
            return
        self._checked.add(id(template))
        template = self._with_values(template)
        name = template.get("name", "")
        kind = _only_kind(template)
        scope = check_inputs(template, kind, "retryStrategy" in template or self._all_retried)
        if kind in ("steps", "dag") and "activeDeadlineSeconds" in template:
            raise LintError(f"templates.{name}.activeDeadlineSeconds is only valid for leaf templates")
        if kind in ("steps", "dag") and "timeout" in template:
            raise LintError(f"{kind} template doesn't support timeout field")
        if kind not in ("steps", "dag") and "parallelism" in template:
            raise LintError(f"templates.{name}.parallelism is only valid for steps and dag templates")
        if kind == "dag":
            check_dag(self._calls, template, base, scope)
        elif kind == "steps":
            check_steps(self._calls, template, base, scope)
        else:
            check_tags(gojson.dumps(template), scope | self._workflow.names, f"templates.{name}")
            check_leaf(template)
        if kind == "containerSet":
            check_container_set(template)
        if kind == "resource":
            check_resource(template)
        check_outputs(template, kind, scope | self._workflow.names)

    def _with_values(self, template: JSON) -> JSON:
        """Return a template with the arguments in it that are known before the run, as the controller checks it."""
        text = gojson.dumps(template) if "steps" in template or "dag" in template else ""
        if "{{" not in text:
            return template
        for call in calls_of(template):
            if "{{" in call.get("name", ""):
                where = f"templates.{template.get('name')}: the name '{call['name']}'"
                raise LintError(f"{where} of a step or task is invalid: an API server takes no tags in it")
        values = dict(self._workflow.values)
        if template.get("name") == self._spec.get("entrypoint"):
            given = self._spec.get("arguments", {}).get("parameters", [])
            for item in template.get("inputs", {}).get("parameters", []):
                value = (by_name(given, item.get("name", "")) or item).get("value", item.get("default"))
                values |= {f"inputs.parameters.{item.get('name')}": value} if value is not None else {}
        read: JSON = gojson.loads(filled(text, {name: gojson.dumps(value)[1:-1] for name, value in values.items()}))
        return read


def _only_kind(template: JSON) -> str:
    kinds = [kind for kind in KINDS if kind in template]
    if len(kinds) != 1:
        problem = "multiple template types specified" if kinds else "template type unspecified"
        raise LintError(f"templates.{template.get('name', '')} {problem}. choose one of: {_CHOICES}")
    return kinds[0]
