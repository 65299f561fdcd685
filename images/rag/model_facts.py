"""Records what a model's own files say of it, so that `dac check` can hold the catalog to them without the weights.

    "$(images/env.sh rag)/bin/python" images/rag/model_facts.py bge-small-en-v1.5

Reads the model's entry in standards/catalog/models.yaml and the files beside its weights (`package:NAME`, or `s3://` by
the settings of any program), and writes its entry in standards/catalog/model_facts.yaml. Run it again when `weights` or
`revision` change: until then `dac check` says so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CATALOG = HERE.parents[1] / "standards/catalog"
HEAD = """\
# What the files beside a model's weights say of it, written by images/rag/model_facts.py and never by hand. `dac check`
# holds models.yaml to it; a model that has no entry is held to its files when a run reads them.
"""


def recorded(facts: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a model's entry: which weights were read, and what their files say."""
    from index import model_files

    return {"weights": facts["weights"], "revision": facts["revision"], **model_files.facts_of(folder)}


def main(name: str) -> None:
    """Write the entry of a model of the catalog.

    Raises:
        InputError: there is no such model with weights of its own.
    """
    import yaml
    from index import model_folder
    from runtime.errors import InputError

    models = yaml.safe_load((CATALOG / "models.yaml").read_text())
    facts = models.get(name, {})
    if "weights" not in facts:
        names = ", ".join(sorted(each for each, entry in models.items() if "weights" in entry))
        raise InputError(f"{name!r} is not a model with weights of its own in models.yaml; choose one of: {names}")
    file = CATALOG / "model_facts.yaml"
    with tempfile.TemporaryDirectory() as cache:
        folder = model_folder.fetched(facts, Path(cache))
        entries = {**(yaml.safe_load(file.read_text()) or {}), name: recorded(facts, folder)}
    text = HEAD + yaml.safe_dump(dict(sorted(entries.items())), sort_keys=False, allow_unicode=True, width=120)
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.rename(file)


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    from runtime.program import exit_code

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="its name in models.yaml")
    flags = parser.parse_args()
    sys.exit(exit_code(lambda: main(flags.model)))
