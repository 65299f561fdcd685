"""Workflows written in a few words, and the command that runs one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = {"name": "FOLDER", "valueFrom": {"configMapKeyRef": {"name": "test", "key": "folder"}}}
LEAF = {"image": "busybox", "command": ["sh", "-c"], "env": [FOLDER]}


def workflow(templates: list[dict[str, Any]], folder: Path | None = None, **spec: Any) -> str:
    """A workflow whose containers may write to `$FOLDER`: a path in /tmp would be the pod's own."""
    manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"entrypoint": "main", "templates": templates, **spec},
    }
    data = {"folder": str(folder)}
    return yaml.safe_dump_all(
        [manifest, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "test"}, "data": data}]
    )


def leaf(script: str, name: str = "main", **more: Any) -> dict[str, Any]:
    return {"name": name, "container": {**LEAF, "args": [script]}, **more}


def fan(count: int, template: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    tasks = [{"name": "work", "template": "work", "withSequence": {"count": count}}]
    return [{"name": "main", "dag": {"tasks": tasks}, **more}, {**template, "name": "work"}]


def command(file: Path, state: Path, *more: str) -> list[str]:
    dac = str(Path(sys.executable).parent / "dac")
    return [dac, "run", "-f", str(file), "--host-commands", "--state", str(state), *more]
