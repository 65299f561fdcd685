"""Times `dac check` and `dac render --check` cold, in real processes, over generated projects.

    .venv/bin/python tests/bench/check.py [--projects 1000] [--runs 3]

The baseline is named in the output and cannot be saved: reading the same decisions.yaml files with PyYAML's C loader,
and one start of conftest that judges nothing. Memory is the peak of the whole process tree, by proportional set size,
so that pages which forked workers share count once. Owners with budgets of their own are generated too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAC = Path(sys.executable).parent / "dac"
SIZES = ("small", "small", "small", "medium")
SCHEDULES = ("nightly", "weekly", '"30 4 * * 1-5"', "on-demand")


def generate(folder: Path, count: int) -> Path:
    """A tree with the real standards and policy, and `count` projects of one pipeline each."""
    (folder / "policy").symlink_to(ROOT / "policy")
    shutil.copytree(ROOT / "standards", folder / "standards")
    owners = folder / "standards" / "catalog" / "owners.yaml"
    budget = "budget: {gpus: 8, cpu: 32, memory: 128Gi, storage: 1Ti, pods: 48, monthly_usd: 2000}"
    names = (f"bench-{number}" for number in range(count))
    more = "".join(f'{name}: {{summary: a team, github: "@example/{name}", {budget}}}\n' for name in names)
    owners.write_text(owners.read_text() + more)
    for number in range(count):
        project = folder / "projects" / f"team-{number:04d}"
        project.mkdir(parents=True)
        (project / "decisions.yaml").write_text(
            f"owner: bench-{number}\n"
            "pipelines:\n"
            f"  search-{number}:\n"
            "    standard: rag-indexing@v1\n"
            f"    source: s3://bucket-{number}/manifest.jsonl\n"
            "    embedding_model: all-minilm-l6-v2\n"
            "    vector_store: qdrant\n"
            f"    schedule: {SCHEDULES[number % len(SCHEDULES)]}\n"
            f"    size: {SIZES[number % len(SIZES)]}\n"
        )
    return folder


def processes(pid: int) -> list[int]:
    """`pid` and all that it started, by /proc."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                found += map(int, Path(f"/proc/{parent}/task/{task}/children").read_text().split())
        except OSError:
            continue
    return found


def memory_mib(pid: int) -> float:
    """What a process tree holds: the sum of proportional set sizes."""
    total = 0
    for each in processes(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def run(command: Sequence[str | Path], cwd: Path, *, watch: bool = False) -> tuple[float, float, int]:
    """Seconds by the wall, peak MiB of the process tree when watched (watching costs time), exit status."""
    start = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak = 0.0
    if watch:
        done = threading.Event()
        said = threading.Thread(target=lambda: (process.stderr and process.stderr.read(), done.set()))
        said.start()
        while not done.wait(0.01):
            peak = max(peak, memory_mib(process.pid))
        said.join()
    else:
        assert process.stderr
        process.stderr.read()
    return (time.perf_counter() - start, peak, process.wait())


def best(command: Sequence[str | Path], cwd: Path, runs: int) -> float:
    """The fastest of several runs: what the program takes where the machine lets it."""
    return min(run(command, cwd)[0] for _ in range(runs))


BARE = """
import glob, subprocess, sys, yaml
for file in glob.glob("projects/*/decisions.yaml"):
    yaml.load(open(file, "rb"), Loader=yaml.CSafeLoader)
subprocess.run([sys.argv[1], "test", "-", "--policy", sys.argv[2]], input=b"{}", capture_output=True)
"""


def report(what: str, tree: Path, command: Sequence[str | Path], runs: int, limit: float) -> bool:
    """One line of figures; whether the limit was kept."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from dac.cli._tree import conftest_path

    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "none.rego").write_text("package main\n")
        bare = best([sys.executable, "-c", BARE, conftest_path(), empty], tree, runs)
    seconds = best(command, tree, runs)
    _, peak, status = run(command, tree, watch=True)
    print(
        f"{what}: {seconds:.2f} s ({seconds / bare:.1f} x bare PyYAML and conftest, {bare:.2f} s), "
        f"limit {limit} s, peak {peak:.0f} MiB, exit {status}"
    )
    return seconds <= limit and peak <= 400


def main() -> None:
    """Prints the figures; exit status 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = generate(Path(folder), options.projects)
        one = report("check of one project", tree, [DAC, "check", "team-0000"], options.runs, 0.5)
        many = report(f"check of {options.projects} projects", tree, [DAC, "check"], options.runs, 3.0)
        sys.exit(not (one and many))


if __name__ == "__main__":
    main()
