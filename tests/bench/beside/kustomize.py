"""A kustomize base that gives the same objects, with an overlay a project that replaces each value that varies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from beside.objects import Expansion


def write_overlays(folder: Path, expansion: Expansion) -> None:
    """Write base/, overlays/<project>/ and all/, which builds every overlay in one start."""
    reference = next(iter(expansion.objects.values()))
    _kustomization(folder / "base", resources=["objects.yaml"])
    (folder / "base/objects.yaml").write_text(yaml.dump_all(reference, Dumper=yaml.CSafeDumper, sort_keys=False))
    for project, values in expansion.values.items():
        patches: dict[int, list[dict[str, Any]]] = {}
        for name, pointers in expansion.varying.items():
            for index, pointer in pointers:
                path = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in pointer)
                patches.setdefault(index, []).append({"op": "replace", "path": path, "value": values[name]})
        entries = [
            {
                "target": {"kind": reference[index]["kind"], "name": reference[index]["metadata"]["name"]},
                "patch": json.dumps(operations),
                "options": {"allowNameChange": True},
            }
            for index, operations in patches.items()
        ]
        _kustomization(folder / "overlays" / project, resources=["../../base"], patches=entries)
    _kustomization(folder / "all", resources=[f"../overlays/{project}" for project in expansion.values])


def _kustomization(folder: Path, *, resources: Iterable[str], patches: Iterable[Any] = ()) -> None:
    folder.mkdir(parents=True)
    content = {"resources": list(resources), "patches": list(patches)}
    (folder / "kustomization.yaml").write_text(json.dumps(content))
