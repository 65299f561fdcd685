"""An entry of the catalog, written by a command: comments and order stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dac.cli._arguments import Misuse
from dac.model.entry import irregular


def edit_catalog(root: Path, kind: str, change: Callable[[Any], None]) -> None:
    """Change standards/catalog/KIND.yaml, beside itself and then in one step.

    Raises:
        Misuse: the file is a link or no file, or `change` refuses.
    """
    from ruamel.yaml import YAML

    file = root / "standards" / "catalog" / f"{kind}.yaml"
    if reason := irregular(file, root):
        raise Misuse(f"{reason}; restore it from Git")
    yaml = YAML()
    yaml.width = 1000  # a long line stays one line
    yaml.preserve_quotes = True
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    catalog = yaml.load(file)
    change(catalog)
    beside = file.with_suffix(".new")
    with beside.open("w") as out:
        yaml.dump(catalog, out)
    beside.replace(file)
