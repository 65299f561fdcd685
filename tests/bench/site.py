"""Times `dac site` over generated projects, beside `dac check` of them and a bare copy of the same bytes.

    .venv/bin/python tests/bench/site.py [--projects 1000] [--runs 3]

The baselines are named in the output: `dac check`, which loads and expands the same projects and evaluates policy, and
copying the folder that was written, which is what the disk takes. It prints ratios and sets no limit.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from check import DAC, best, generate, read_options, run

COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"


def main() -> None:
    """Print the figures."""
    options = read_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        tree, site, copy = (Path(folder) / name for name in ("tree", "site", "copy"))
        tree.mkdir()
        generate(tree, options.projects)
        checked = best([DAC, "check"], tree, options.runs)
        command = [DAC, "site", "--out", site, "--at", "2027-03-26T12:00"]
        written = best(command, tree, options.runs)
        copied = best(
            [sys.executable, "-c", COPY, site, copy],
            tree,
            options.runs,
            lambda: shutil.rmtree(copy, ignore_errors=True),
        )
        watched = run(command, tree, watch=True)
        files = [path for path in site.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 2**20
    print(f"baseline, dac check of {options.projects} projects: {checked.wall:.2f} s, processor {checked.cpu:.2f} s")
    print(f"baseline, a bare copy of {len(files)} files, {size:.1f} MiB: {copied.wall:.2f} s")
    print(
        f"dac site: {written.wall:.2f} s, processor {written.cpu:.2f} s, "
        f"{written.cpu / checked.cpu:.2f} x the check's, {written.wall / copied.wall:.0f} x the copy's time, "
        f"peak {watched.peak:.0f} MiB, exit {written.status}"
    )
    sys.exit(written.status)


if __name__ == "__main__":
    main()
