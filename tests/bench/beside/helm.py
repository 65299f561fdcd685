"""A Helm chart that gives the same objects, with a value for each that varies."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from beside.objects import Expansion


def write_chart(folder: Path, expansion: Expansion) -> None:
    """Write the chart: `projects`, a list of the values of one project each."""
    reference = copy.deepcopy(list(next(iter(expansion.objects.values()))))
    for name, pointers in expansion.varying.items():
        for index, pointer in pointers:
            at = reference[index]
            for key in pointer[:-1]:
                at = at[key]  # type: ignore[index] # an index of a list, a key of a mapping
            at[pointer[-1]] = f"@{name}@"  # type: ignore[index]
    text = "".join(f"---\n{yaml.dump(each, Dumper=yaml.CSafeDumper, sort_keys=False)}" for each in reference)
    if "{{" in text:
        raise ValueError("an object holds {{, which the chart would take for an action of its own")
    text = re.sub(r"'@(value\d+)@'", r"{{ .\1 | toJson }}", text)
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: project\nversion: 1.0.0\n")
    (folder / "templates/project.yaml").write_text("{{- range .Values.projects }}\n" + text + "{{- end }}\n")


def write_values(file: Path, expansion: Expansion, projects: Sequence[str]) -> None:
    """Write the values of some projects."""
    file.write_text(json.dumps({"projects": [expansion.values[name] for name in projects]}))
