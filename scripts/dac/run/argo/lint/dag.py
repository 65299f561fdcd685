"""A DAG template: its tasks' dependencies, and what each task sees of the others."""

from __future__ import annotations

from collections.abc import Mapping

from dac.run.argo import depends, gojson
from dac.run.argo.fanout import expands
from dac.run.argo.library import Base
from dac.run.argo.lint.calls import Calls, check_arguments, filled
from dac.run.argo.lint.field_name import LintError, check_name
from dac.run.argo.lint.names import check_tags, inline_inputs, item_names
from dac.run.argo.node import JSON

Needs = dict[str, list[str]]  # task -> those that it depends on itself


def check_dag(calls: Calls, template: JSON, base: Base, scope: set[str]) -> None:
    """Check a DAG's dependencies and its tasks; adds to `scope` the names that the tasks give.

    Raises:
        LintError: The first thing that is wrong.
    """
    name = template.get("name", "")
    tasks = {task.get("name", ""): task for task in template["dag"].get("tasks", [])}
    if not tasks:
        raise LintError(f"templates.{name} must have at least one task")
    needs = _needs(name, template["dag"]["tasks"], tasks)
    for task in needs:
        if task in _ancestors(task, needs):
            raise LintError(f"templates.{name}.tasks dependency cycle detected: {task}->{task}")
    targets = filled(template["dag"].get("target", ""), calls.workflow.values)
    for target in targets.split(" ") if targets else ():
        if target not in tasks:
            raise LintError(f"templates.{name}.targets: target '{target}' is not defined")
    _check_tasks(calls, f"templates.{name}.tasks", tasks, needs, base, scope)


def _needs(name: str, listed: list[JSON], tasks: Mapping[str, JSON]) -> Needs:
    """Return what each task depends on; `listed` are the tasks as written, a name given twice among them."""
    has_depends = any(task.get("depends") for task in tasks.values())
    seen: set[str] = set()
    needs: Needs = {}
    for task in listed:
        where = f"templates.{name}.tasks.{task.get('name', '')}"
        check_name(where, task.get("name", ""), seen)
        if has_depends and task.get("dependencies"):
            raise LintError(f"templates.{name} cannot use both 'depends' and 'dependencies' in the same DAG template")
        if has_depends and "continueOn" in task:
            raise LintError(
                f"templates.{name} cannot use 'continueOn' when using 'depends'. Instead use "
                f"'dep-task.Failed'/'dep-task.Errored'"
            )
        if (has_depends or task.get("dependencies")) and task["name"][0].isdigit():
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
                    f"{where} dependency '{other}' uses an items-based condition such as .AnySucceeded or .AllFailed "
                    "but does not contain any items"
                )
    return needs


def _ancestors(task: str, needs: Needs) -> set[str]:
    ancestors: set[str] = set()
    stack = list(needs[task])
    while stack:
        name = stack.pop()
        if name not in ancestors:
            ancestors.add(name)
            stack += needs[name]
    return ancestors


def _check_tasks(
    calls: Calls, where: str, tasks: Mapping[str, JSON], needs: Needs, base: Base, scope: set[str]
) -> None:
    loops = {name: bool(task.get("withItems") or task.get("withParam")) for name, task in tasks.items()}
    called = {name: calls.template(f"{where}.{name}", task, base) for name, task in tasks.items()}
    for name, task in tasks.items():
        check_arguments(f"{where}.{name}", task)
        ancestors = _ancestors(name, needs)
        visible = scope | inline_inputs(task) | item_names(task) | calls.workflow.names
        for other, template in called.items():
            loop = loops[other] and (other in ancestors or other == name)
            visible |= calls.workflow.outputs_of(template, f"tasks.{other}", loop)
        visible |= {f"tasks.{other}.status" for other in ancestors}
        visible |= {f"tasks.{name}.status"} if task.get("hooks") else set()
        check_tags(gojson.dumps(task), visible, f"{where}.{name}")
        _check_references(f"{where}.{name}", task, ancestors)
    for other, template in called.items():
        scope |= calls.workflow.outputs_of(template, f"tasks.{other}", loops[other])


def _check_references(where: str, task: JSON, ancestors: set[str]) -> None:
    """Check that each argument that is one tag of a task refers to a task before this one."""
    arguments = task.get("arguments", {})
    for item in [*arguments.get("parameters", []), *arguments.get("artifacts", [])]:
        text = str(item.get("value", "") or item.get("from", ""))
        if text.startswith("{{tasks.") and (other := text.split(".")[1]) not in ancestors:
            raise LintError(f"{where} missing dependency '{other}' for parameter '{item['name']}'")
