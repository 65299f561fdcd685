"""A workflow's DAG as a mermaid picture, which GitHub draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.model.task import LOOPS, needs, notes


def mermaid(spec: Mapping[str, Any]) -> str:
    """Return the fenced diagram: tasks of the entrypoint and of its DAGs; a double border is a fan-out."""
    templates = {template["name"]: template for template in spec["templates"]}
    lines = ["flowchart LR"]
    _graph(spec["entrypoint"], templates, lines, "")
    if on_exit := spec.get("onExit"):
        lines.append(f"  exit([{on_exit}, whatever happened])")
        lines += [f"  {_node('', name)} -.-> exit" for name in _last(templates[spec["entrypoint"]])]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _graph(name: str, templates: Mapping[str, Any], lines: list[str], prefix: str) -> None:
    for task in templates.get(name, {}).get("dag", {}).get("tasks", []):
        node = _node(prefix, task["name"])
        inner = templates.get(task.get("template", ""), {})
        if "dag" in inner:
            lines.append(f"  subgraph {node} [{_label(task, ', ')}]")  # a second line of a title runs into the nodes
            _graph(inner["name"], templates, lines, f"{prefix}{task['name']}_")
            lines.append("  end")
        else:
            many = any(key in task for key in LOOPS)
            lines.append(f"  {node}[[{_label(task)}]]" if many else f"  {node}[{_label(task)}]")
        for other, state in needs(task):
            arrow = f"-- {state} -->" if state else "-->"
            lines.append(f"  {_node(prefix, other)} {arrow} {node}")


def _label(task: Mapping[str, Any], separator: str = "<br>") -> str:
    return '"' + separator.join([task["name"], *notes(task)]) + '"'


def _last(template: Mapping[str, Any]) -> list[str]:
    tasks = template.get("dag", {}).get("tasks", [])
    needed = {name for task in tasks for name, _ in needs(task)}
    return [task["name"] for task in tasks if task["name"] not in needed]


def _node(prefix: str, name: str) -> str:
    return f"t_{prefix}{name}".replace("-", "_")  # a task may be called `end`, which is a word of mermaid's
