"""What the controller itself calls an invalid spec (workflow/validate of Argo 4.0.5), in its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dac.model import Document, Finding, Location, Pointer
from dac.run.argo import depends, gojson
from dac.run.argo.fanout import expands
from dac.run.argo.library import Base, NotFound
from dac.run.argo.names_in_scope import Known, LintError, check_tags, item_names, outputs_of
from dac.run.argo.node import JSON
from dac.run.argo.workflow import Source

_FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_NAME = re.compile(r"[-a-zA-Z0-9_]+")
_KINDS = ("container", "steps", "dag", "script", "suspend")


def faults(source: Source, documents: Sequence[Document]) -> Iterator[Finding]:
    """The first fault of each template, and those of the spec itself."""
    places = dict(_places(documents))
    spec = source.spec
    if not spec.get("entrypoint"):
        yield _finding(source.document.at(("spec",)), "spec.entrypoint is required")
        return
    lint = _Lint(source)
    for message in lint.whole():
        yield _finding(source.document.at(("spec",)), message)
    names: set[str] = set()
    for template in spec.get("templates", []):
        name = template.get("name", "")
        place = places.get(name, source.document.at(("spec",)))
        try:
            _field_name(f"templates.{name}", name, names)
            lint.template(template, source.library.local(spec))
        except LintError as fault:
            yield _finding(place, str(fault))


def _finding(place: Location, message: str) -> Finding:
    return Finding(place, "run.invalid", f"the controller would refuse it: {message}", "correct it")


def _places(documents: Sequence[Document]) -> Iterable[tuple[str, Location]]:
    for document in documents:
        spec = document.data.get("spec") if isinstance(document.data, dict) else None
        pointer: Pointer = ("spec",)
        if isinstance(spec, dict) and "workflowSpec" in spec:
            spec, pointer = spec["workflowSpec"], ("spec", "workflowSpec")
        for index, template in enumerate((spec or {}).get("templates") or []):
            if isinstance(template, dict):
                yield str(template.get("name", "")), document.at((*pointer, "templates", index))


def _field_name(where: str, name: str, seen: set[str], pattern: re.Pattern[str] = _FIELD) -> None:
    if not name:
        raise LintError(f"{where}.name is required")
    if not pattern.fullmatch(name) or len(name) > 128:
        raise LintError(f"{where}: the name '{name}' is invalid: it must consist of alpha-numeric characters or '-'")
    if name in seen:
        raise LintError(f"{where}: the name '{name}' is not unique")
    seen.add(name)


class _Lint:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.known = Known.of(source)
        self.done: set[int] = set()

    def whole(self) -> Iterator[str]:
        """Faults of the spec: its entrypoint, its exit handler, its arguments, its hooks."""
        spec, base = self.source.spec, self.source.library.local(self.source.spec)
        for key in ("entrypoint", "onExit"):
            if spec.get(key) and spec[key] not in base.templates:
                yield f"template name '{spec[key]}' undefined"
        seen: set[str] = set()
        for parameter in spec.get("arguments", {}).get("parameters", []):
            name = parameter.get("name", "")
            try:
                _field_name("spec.arguments.parameters", name, seen, _NAME)
            except LintError as fault:
                yield str(fault)
            if "value" not in parameter and "valueFrom" not in parameter:
                yield f"spec.arguments.{name}.value or spec.arguments.{name}.valueFrom is required"
            if "enum" in parameter and parameter.get("value") not in parameter["enum"]:
                yield f"spec.arguments.{name}.value should be present in spec.arguments.{name}.enum list"
        entry = base.templates.get(spec["entrypoint"], {})
        given = {p.get("name") for p in spec.get("arguments", {}).get("parameters", [])}
        for parameter in entry.get("inputs", {}).get("parameters", []):
            if not {"value", "default", "valueFrom"} & set(parameter) and parameter.get("name") not in given:
                yield f"templates.{spec['entrypoint']} inputs.parameters.{parameter.get('name')} was not supplied"
        for name, hook in spec.get("hooks", {}).items():
            if name != "exit" and not hook.get("expression"):
                yield f"hooks.{name} Expression required"

    def template(self, template: JSON, base: Base) -> None:
        """Checks one template, once.

        Raises:
            LintError: its first fault.
        """
        if id(template) in self.done:
            return
        self.done.add(id(template))
        name = template.get("name", "")
        kinds = [kind for kind in _KINDS if kind in template]
        if len(kinds) != 1:
            what = "multiple template types specified" if kinds else "template type unspecified"
            raise LintError(f"templates.{name} {what}. choose one of: {', '.join(_KINDS)}")
        scope = self.inputs(template, kinds[0])
        if kinds[0] in ("steps", "dag") and "activeDeadlineSeconds" in template:
            raise LintError(f"templates.{name}.activeDeadlineSeconds is only valid for leaf templates")
        if kinds[0] in ("steps", "dag") and "timeout" in template:
            raise LintError(f"{kinds[0]} template doesn't support timeout field")
        if kinds[0] not in ("steps", "dag") and "parallelism" in template:
            raise LintError(f"templates.{name}.parallelism is only valid for steps and dag templates")
        if kinds[0] == "dag":
            self.dag(template, base, scope)
        elif kinds[0] == "steps":
            self.steps(template, base, scope)
        else:
            check_tags(gojson.dumps(template), scope | self.known.names, f"templates.{name}")
        self.outputs(template, kinds[0], scope)

    def inputs(self, template: JSON, kind: str) -> set[str]:
        name, inputs, leaf = template.get("name", ""), template.get("inputs", {}), kind not in ("steps", "dag")
        scope = {"pod.name"} if leaf else set()
        if "retryStrategy" in template or "retryStrategy" in self.source.spec:
            scope |= {"retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message"}
        for side in ("parameters", "artifacts"):
            seen: set[str] = set()
            for item in inputs.get(side, []):
                _field_name(f"templates.{name}.inputs.{side}", item.get("name", ""), seen, _NAME)
                scope.add(f"inputs.{side}.{item['name']}")
                if side == "artifacts":
                    self.artifact_path(f"templates.{name}.inputs.artifacts.{item['name']}", item, leaf)
                    scope.add(f"inputs.artifacts.{item['name']}.path")
                    if item.get("from"):
                        raise LintError(f"templates.{name}.inputs.artifacts.{item['name']}.from not valid in inputs")
        if inputs.get("parameters"):
            scope.add("inputs.parameters")
        for side in ("parameters", "artifacts"):
            scope |= {f"outputs.{side}.{item.get('name')}.path" for item in template.get("outputs", {}).get(side, [])}
        return scope

    def artifact_path(self, where: str, artifact: JSON, leaf: bool) -> None:
        if leaf and not artifact.get("path"):
            raise LintError(f"error in {where}: path is required")
        if not leaf and artifact.get("path"):
            raise LintError(f"{where}.path only valid in container/script templates")

    def outputs(self, template: JSON, kind: str, scope: set[str]) -> None:
        name, outputs = template.get("name", ""), template.get("outputs", {})
        check_tags(gojson.dumps(outputs), scope | self.known.names, f"templates.{name}.outputs")
        for artifact in outputs.get("artifacts", []):
            self.artifact_path(
                f"templates.{name}.outputs.artifacts.{artifact.get('name')}", artifact, kind not in ("steps", "dag")
            )
        seen: set[str] = set()
        for parameter in outputs.get("parameters", []):
            where = f"templates.{name}.outputs.parameters.{parameter.get('name')}"
            _field_name(where, parameter.get("name", ""), seen, _NAME)
            if ("valueFrom" in parameter) == ("value" in parameter):
                raise LintError(f"{where} needs one of valueFrom and value")
            origin = parameter.get("valueFrom", {})
            if "valueFrom" in parameter and kind in ("container", "script") and not origin.get("path"):
                raise LintError(f"{where}.path must be specified for {kind} templates")
            if (
                "valueFrom" in parameter
                and kind in ("steps", "dag")
                and bool(origin.get("parameter")) == bool(origin.get("expression"))
            ):
                raise LintError(f"{where}.parameter or expression must be specified for {kind} templates")

    def called(self, where: str, task: JSON, base: Base) -> JSON:
        """The template that a task or step calls, checked too."""
        try:
            inner, found = self.source.library.resolve(base, task)
        except NotFound as fault:
            raise LintError(f"{where} {self.undefined(task, fault)}") from fault
        if task.get("templateRef") or "inline" in task:  # others are checked where they stand
            try:
                self.template(found, inner)
            except LintError as fault:
                raise LintError(f"{where} {fault}") from fault
        given = {p.get("name") for p in task.get("arguments", {}).get("parameters", [])}
        for parameter in found.get("inputs", {}).get("parameters", []):
            if not {"value", "default", "valueFrom"} & set(parameter) and parameter.get("name") not in given:
                raise LintError(
                    f"{where} templates.{found.get('name', '')} inputs.parameters.{parameter.get('name')} was "
                    f"not supplied"
                )
        artifacts = {a.get("name") for a in task.get("arguments", {}).get("artifacts", [])}
        for artifact in found.get("inputs", {}).get("artifacts", []):
            if not artifact.get("optional") and "raw" not in artifact and artifact.get("name") not in artifacts:
                raise LintError(
                    f"{where} templates.{found.get('name', '')} inputs.artifacts.{artifact.get('name')} was "
                    f"not supplied"
                )
        return found

    def undefined(self, task: JSON, fault: NotFound) -> str:
        return str(fault) if task.get("templateRef") else f"template name '{task.get('template', '')}' undefined"

    def arguments(self, where: str, task: JSON) -> None:
        for kind in ("parameters", "artifacts"):
            seen: set[str] = set()
            for item in task.get("arguments", {}).get(kind, []):
                _field_name(f"{where}.arguments.{kind}", item.get("name", ""), seen, _NAME)
                if kind == "parameters" and "value" not in item and "valueFrom" not in item:
                    raise LintError(f"{where}.arguments.{item['name']}.value or valueFrom is required")
        loops = [
            key
            for key in ("withItems", "withParam", "withSequence")
            if task.get(key) or (key == "withSequence" and key in task)
        ]
        if len(loops) > 1:
            raise LintError(f"{where} only one of withItems, withParam, withSequence can be specified")
        sequence = task.get("withSequence", {})
        if "count" in sequence and "end" in sequence:
            raise LintError(f"{where} only one of count or end can be defined in withSequence")
        for name, hook in task.get("hooks", {}).items():
            if name != "exit" and not hook.get("expression"):
                raise LintError(f"{where}.{name} Expression required")

    def steps(self, template: JSON, base: Base, scope: set[str]) -> None:
        seen: set[str] = set()
        for index, group in enumerate(template["steps"]):
            for step in group:
                where = f"templates.{template.get('name', '')}.steps[{index}].{step.get('name', '')}"
                _field_name(where, step.get("name", ""), seen)
                prefix = f"steps.{step['name']}"
                scope.add(f"{prefix}.status")
                self.arguments(where, step)
                found = self.called(where, step, base)
                given = outputs_of(found, prefix, bool(step.get("withItems") or step.get("withParam")), self.known)
                own = {
                    f"inputs.parameters.{p.get('name')}"
                    for p in step.get("inline", {}).get("inputs", {}).get("parameters", [])
                }
                hooked = given if step.get("hooks") or step.get("onExit") else set()
                check_tags(gojson.dumps(step), scope | item_names(step) | own | hooked | self.known.names, where)
                scope |= given | item_names(step)

    def dag(self, template: JSON, base: Base, scope: set[str]) -> None:
        name, tasks = (
            template.get("name", ""),
            {task.get("name", ""): task for task in template["dag"].get("tasks", [])},
        )
        if not tasks:
            raise LintError(f"templates.{name} must have at least one task")
        usual = any(task.get("depends") for task in tasks.values())
        seen: set[str] = set()
        needs = {}
        for task in template["dag"]["tasks"]:
            where = f"templates.{name}.tasks.{task.get('name', '')}"
            _field_name(where, task.get("name", ""), seen)
            if usual and task.get("dependencies"):
                raise LintError(
                    f"templates.{name} cannot use both 'depends' and 'dependencies' in the same DAG template"
                )
            if usual and "continueOn" in task:
                raise LintError(
                    f"templates.{name} cannot use 'continueOn' when using 'depends'. Instead use "
                    f"'dep-task.Failed'/'dep-task.Errored'"
                )
            if (usual or task.get("dependencies")) and task["name"][0].isdigit():
                raise LintError(f"{where} name cannot begin with a digit when using either 'depends' or 'dependencies'")
            for other, result in depends.unknown_results(task):
                raise LintError(f"{where} task result '{result}' for task '{other}' is invalid")
            needs[task["name"]] = depends.resolve(task, tasks)[0]
            for other in needs[task["name"]]:
                if other not in tasks:
                    raise LintError(f"{where} dependency '{other}' not defined")
            for other in depends.item_results(task):
                if not expands(tasks[other]):
                    raise LintError(
                        f"{where} dependency '{other}' uses an items-based condition such as .AnySucceeded or "
                        f".AllFailed "
                        "but does not contain any items"
                    )
        _no_cycle(name, needs)
        for target in template["dag"].get("target", "").split():
            if target not in tasks and "{{" not in target:
                raise LintError(f"templates.{name}.targets: target '{target}' is not defined")
        self.tasks(template, tasks, needs, base, scope)

    def tasks(
        self, template: JSON, tasks: dict[str, JSON], needs: dict[str, list[str]], base: Base, scope: set[str]
    ) -> None:
        loops = {key: bool(task.get("withItems") or task.get("withParam")) for key, task in tasks.items()}
        called = {
            key: self.called(f"templates.{template.get('name', '')}.tasks.{key}", task, base)
            for key, task in tasks.items()
        }
        for key, task in tasks.items():
            where = f"templates.{template.get('name', '')}.tasks.{key}"
            self.arguments(where, task)
            own = {
                f"inputs.parameters.{p.get('name')}"
                for p in task.get("inline", {}).get("inputs", {}).get("parameters", [])
            }
            before = _before(key, needs)
            seen = scope | own | item_names(task) | self.known.names
            for other, found in called.items():
                seen |= outputs_of(
                    found, f"tasks.{other}", loops[other] and (other in before or other == key), self.known
                )
            seen |= {f"tasks.{other}.status" for other in before}
            seen |= {f"tasks.{key}.status"} if task.get("hooks") else set()
            check_tags(gojson.dumps(task), seen, where)
            for item in [
                *task.get("arguments", {}).get("parameters", []),
                *task.get("arguments", {}).get("artifacts", []),
            ]:
                text = str(item.get("value", "") or item.get("from", ""))
                if text.startswith("{{tasks.") and (other := text.split(".")[1]) not in before:
                    raise LintError(f"{where} missing dependency '{other}' for parameter '{item['name']}'")
        for other, found in called.items():
            scope |= outputs_of(found, f"tasks.{other}", loops[other], self.known)


def _before(task: str, needs: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    stack = list(needs[task])
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += needs[name]
    return found


def _no_cycle(name: str, needs: dict[str, list[str]]) -> None:
    for task in needs:
        if task in _before(task, needs):
            raise LintError(f"templates.{name}.tasks dependency cycle detected: {task}->{task}")
