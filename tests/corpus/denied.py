"""What the cases of tests/cases/denied render to that the good tree does not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dac.cli._compose import compose
from mutations import Subject
from subjects import ROOT

sys.path.append(str(ROOT / "tests/judge"))

from denied_tree import CASES, DENIED, tree

_Key = tuple[str, str, str]


def denied(folder: Path) -> dict[str, list[Subject]]:
    """Return the objects that each case spoils, by `denied/<case>`; cases that spoil none have an empty list.

    Args:
        folder: where the trees of the cases are written.
    """
    originals = _objects(tree(folder / "good", ROOT, None))
    spoilt: dict[str, list[Subject]] = {}
    for case in DENIED:
        objects = _objects(tree(folder / case, ROOT, CASES / "denied" / case))
        changed = [(key, each) for key, each in objects.items() if each != originals.get(key)]
        spoilt[f"denied/{case}"] = [Subject("object", "search", path, each) for (path, *_), each in changed]
    return spoilt


def _objects(folder: Path) -> dict[_Key, dict[str, Any]]:
    """Return what Argo CD would sync of a project and of the standard, by path, kind and name."""
    return {
        (manifest.path, each["kind"], each["metadata"]["name"]): json.loads(json.dumps(each))
        for manifest in compose(folder).manifests
        if manifest.project or manifest.path.startswith("standards/probe/")
        for each in manifest.objects
    }
