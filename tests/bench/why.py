"""Times `dac why` cold, in real processes, over generated projects: of one project, and of a line of the catalog.

    .venv/bin/python tests/bench/why.py [--projects 100] [--runs 3]

The baseline is the one of check.py: reading the same decisions.yaml files with PyYAML's C loader, and one start of
conftest. Memory is the peak of the whole process tree.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from check import Bench, generate, read_options


def main() -> None:
    """Print the figures and return the exit status: 1 when a limit is not kept."""
    options = read_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        tree = generate(Path(folder), options.projects)
        bench = Bench(tree, options.runs)
        kept = [bench.kept(f"why of one project of {options.projects}", ["why", "team-0000"], 1.5, memory=500)]
        line = ["why", "--from", "standards/catalog/models.yaml:12", "team-0000"]
        kept.append(bench.kept("what a line of the catalog reaches in one project", line, 5.0, memory=500))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
