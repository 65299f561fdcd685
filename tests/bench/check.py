"""Times `dac check` and `dac render --check` cold, in real processes, over generated projects.

    .venv/bin/python tests/bench/check.py [--projects 1000] [--runs 3]

The baseline is named in the output and cannot be saved: reading the same decisions.yaml files with PyYAML's C loader,
and one start of conftest that judges nothing. Memory is the peak of the whole process tree, by proportional set size,
so that pages which forked workers share count once. Owners with budgets of their own are generated too, each of some
projects; a check of one sums what the owner's others take.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DAC = Path(sys.executable).parent / "dac"
PROJECTS_A_TEAM = 20
# Python keeps what it compiled, as it does for users: a container's setting would have each start compile all anew.
WARM = {n: v for n, v in os.environ.items() if n not in ("PYTHONDONTWRITEBYTECODE", "CI", "DAC_CONFTEST")}
COLD = {**WARM, "CI": "1"}  # a job keeps nothing from one command to the next
SIZES = ("small", "small", "small", "medium")
SCHEDULES = ("nightly", "weekly", '"30 4 * * 1-5"', "on-demand")


def generate(folder: Path, count: int) -> Path:
    """Return a tree with the real standards and policy, and `count` projects of one pipeline each."""
    shutil.copytree(ROOT / "policy", folder / "policy")
    shutil.copytree(ROOT / "standards", folder / "standards")
    owners = folder / "standards" / "catalog" / "owners.yaml"
    small = yaml.safe_load(owners.read_text())["team-docs"]["budget"]
    # What a team of PROJECTS_A_TEAM may spend: far more than the generated projects take.
    budget = {key: value * 1000 if isinstance(value, int) else "1000Ti" for key, value in small.items()}
    teams = [range(first, min(first + PROJECTS_A_TEAM, count)) for first in range(0, count, PROJECTS_A_TEAM)]
    # With the grants that their sources need, so that nothing is found of the projects, as in a tree that was merged.
    reads = [json.dumps([f"s3://bucket-{number}/" for number in team]) for team in teams]
    facts = f"summary: a team, github: '@example/team', budget: {json.dumps(budget)}"
    more = [f"bench-{number}: {{{facts}, reads: {own}}}\n" for number, own in enumerate(reads)]
    owners.write_text(owners.read_text() + "".join(more))
    platform = owners.parent / "platform.yaml"  # an account with a role for each of them
    platform.write_text(platform.read_text().replace("limits: {roles: 1000,", f"limits: {{roles: {max(1000, count)},"))
    for number, team in enumerate(teams):
        own = "".join(f"  - team-{n:04d}\n" for n in team)
        (owners.parent / "owners" / f"bench-{number}.yaml").write_text(f"projects:\n{own}")
    for number in range(count):
        project = folder / "projects" / f"team-{number:04d}"
        project.mkdir(parents=True)
        (project / "decisions.yaml").write_text(
            f"owner: bench-{number // PROJECTS_A_TEAM}\n"
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
    pids = [pid]
    for parent in pids:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                pids += map(int, Path(f"/proc/{parent}/task/{task}/children").read_text().split())
        except OSError:
            continue
    return pids


def memory_mib(pid: int) -> float:
    """Return the memory of a process tree in bytes: the sum of proportional set sizes."""
    total = 0
    for each in processes(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


@dataclass(frozen=True)
class Run:
    """One run: seconds by the wall and of the processor, peak MiB of the process tree, exit status."""

    wall: float
    cpu: float
    peak: float
    status: int


def run(command: Sequence[str | Path], cwd: Path, *, watch: bool = False, warm: bool = False) -> Run:
    """Run a command to its end; its memory is watched only when asked for, since that takes time.

    Where it is `warm`, it may use what earlier commands kept.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with (cwd / ".output").open("wb") as output:
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            env=WARM if warm else COLD,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak = 0.0
        while watch and process.poll() is None:
            peak = max(peak, memory_mib(process.pid))
            time.sleep(0.02)  # more often would take from what it watches
        status = process.wait()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, peak, status)


def best(
    command: Sequence[str | Path],
    cwd: Path,
    runs: int,
    before: Callable[[], None] = lambda: None,
    warm: bool = False,
) -> Run:
    """Return the fastest of several runs: what the program takes on an idle machine."""
    runs_done = []
    for _ in range(runs):
        before()
        runs_done.append(run(command, cwd, warm=warm))
    return min(runs_done, key=lambda each: each.wall)


BARE = """
import glob, subprocess, sys, yaml
for file in glob.glob("projects/*/decisions.yaml"):
    yaml.load(open(file, "rb"), Loader=yaml.CSafeLoader)
subprocess.run([sys.argv[1], "test", "-", "--policy", sys.argv[2]], input=b"{}", capture_output=True)
"""


def unrender(tree: Path) -> None:
    """Move what was rendered out of the projects, so that rendering starts afresh.

    It is not removed: whoever makes files just after many were removed pays for that too, since ext4 passes over each
    inode that was freed in the last minute. It took up to half of the processor time of a render.
    """
    aside = Path(tempfile.mkdtemp(prefix=".rendered-", dir=tree))
    for folder in (tree / "projects").glob("*/rendered"):
        folder.rename(aside / folder.parent.name)


def edit(tree: Path) -> None:
    """Decide something else in the first project, which it has not decided before."""
    file = tree / "projects" / "team-0000" / "decisions.yaml"
    file.write_text(re.sub("manifest.*jsonl", f"manifest-{time.monotonic_ns()}.jsonl", file.read_text()))


class Bench:
    """The generated tree with its baseline."""

    def __init__(self, tree: Path, runs: int) -> None:
        sys.path.insert(0, str(ROOT / "scripts"))
        from dac.cli._arguments import conftest_path

        self.tree, self.runs = tree, runs
        empty = tree / ".empty"
        empty.mkdir()
        (empty / "none.rego").write_text("package main\n")
        self.bare = best([sys.executable, "-c", BARE, conftest_path(), empty], tree, runs)
        print(f"baseline, bare PyYAML and conftest: {self.bare.wall:.2f} s, processor {self.bare.cpu:.2f} s")

    def kept(
        self,
        what: str,
        arguments: Sequence[str],
        limit: float,
        *,
        before: Callable[[], None] = lambda: None,
        warm: bool = False,
        memory: int = 400,
    ) -> bool:
        """Print one line of figures; return whether the limits were kept."""
        command = [DAC, *arguments]
        quickest = best(command, self.tree, self.runs, before, warm)
        before()
        watched = run(command, self.tree, watch=True, warm=warm)
        print(
            f"{what}: {quickest.wall:.2f} s (limit {limit}), processor {quickest.cpu:.2f} s, "
            f"{quickest.cpu / self.bare.cpu:.1f} x the baseline's, peak {watched.peak:.0f} MiB (limit {memory}), "
            f"exit {watched.status}",
            flush=True,
        )
        return quickest.wall <= limit and watched.peak <= memory and watched.status == 0


def read_options(description: str | None) -> argparse.Namespace:
    """Return how many projects are generated, and how often each command runs."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    """Print the figures and return the exit status: 1 when a limit is not kept."""
    options = read_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        tree = generate(Path(folder), options.projects)
        bench = Bench(tree, options.runs)
        many = f"{options.projects} projects"
        kept = [
            bench.kept("check of one project, the first of all", ["check", "team-0000"], 0.8),
            bench.kept(
                "check of one project, just edited", ["check", "team-0000"], 0.3, before=partial(edit, tree), warm=True
            ),
            bench.kept("check of one project, as before", ["check", "team-0000"], 0.3, warm=True),
            bench.kept(f"check of {many}", ["check"], 3.0, memory=700),
            bench.kept(f"render of {many}, anew", ["render"], 3.0, before=partial(unrender, tree)),
            bench.kept(f"check of {many}, rendered", ["check"], 3.0, memory=700),
            bench.kept(f"render --check of {many}", ["render", "--check"], 3.0),
        ]
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
