"""Times `dac plan` cold, in real processes, over generated projects: of one project's edit, and of the centre's.

    .venv/bin/python tests/bench/plan.py [--projects 1000] [--runs 3]

The baseline is the one of check.py: reading the same decisions.yaml files with PyYAML's C loader, and one start of
conftest. Memory is the peak of the whole process tree. The centre's edit changes a template that every project runs, so
all of them are expanded twice.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from check import Bench, generate, read_options


def replaced(path: Path, old: str, new: str) -> None:
    """Replace the first `old` of a file.

    Raises:
        ValueError: the file does not hold it.
    """
    text = path.read_text()
    if old not in text:
        raise ValueError(f"{path} does not hold {old!r}")
    path.write_text(text.replace(old, new, 1))


def main() -> None:
    """Print the figures and return the exit status: 1 when a limit is not kept."""
    options = read_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        tree = generate(Path(folder), options.projects)
        for words in (
            ["init", "-q", "-b", "main"],
            ["add", "standards", "projects", "policy"],
            ["commit", "-q", "-m", "base"],
        ):
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tree, check=True)
        bench = Bench(tree, options.runs)
        replaced(tree / "projects/team-0000/decisions.yaml", "size: small", "size: medium")
        kept = [bench.kept(f"plan of one project of {options.projects}", ["plan"], 1.0, memory=500)]
        replaced(tree / "standards/platform/pipeline/fragments.yaml", "runAsNonRoot: true", "runAsNonRoot: false")
        what = f"plan of a change under standards/ over {options.projects} projects"
        kept.append(bench.kept(what, ["plan"], 6.0, memory=500))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
