"""Run every test suite, side by side where cores and memory allow, and end with a table of the slowest tests.

    .venv/bin/python tests/suites.py [--lanes N] [--slowest N]

The suites are each image's own tests, those of the package that all images stand on, and the tool's tests, a suite a
folder of tests/; all are found by folder. Each runs in a locked environment; what it printed follows when it has ended.
Exit 1 when a suite failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
MOST_FILES = 30  # of an image's tests in one suite
LANE_BYTES = 6 << 30  # the peak of a suite with a model, Ray and its servers, with some room


@dataclass(frozen=True)
class Suite:
    """Tests that run in one process of pytest."""

    name: str
    python: Path
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a suite."""

    suite: Suite
    status: int
    seconds: float
    output: str


def suites() -> Iterator[Suite]:
    """Yield the suites, those that take longest first: what begins late and takes long is what all others wait for."""
    folders = sorted(_folders(), key=lambda folder: (_with_images(folder), _size(folder)), reverse=True)
    tool = [Suite(f"tests/{folder.name}", Path(sys.executable), (f"tests/{folder.name}",)) for folder in folders]
    long = sum(_with_images(folder) > 0 for folder in folders)
    yield from tool[:long]
    for lock in sorted(ROOT.glob("images/*/requirements-test.txt"), key=lambda lock: len(_files(lock)), reverse=True):
        yield from _image(lock)
    yield from tool[long:]  # small ones, so that no lane is idle while another works on what is left
    yield Suite("images/runtime", _python("eval"), ("images/runtime",))  # has no lock; eval's has what it imports


def _folders() -> set[Path]:
    """Return the folders of tests/ that have tests; those of tests/cluster need a cluster."""
    tests = ROOT / "tests"
    return {tests / file.relative_to(tests).parts[0] for file in tests.rglob("test_*.py")} - {tests / "cluster"}


def _with_images(folder: Path) -> int:
    """Return how many files of a folder run the images' programs: whole pipelines, with their servers."""
    return sum("\npytestmark = pytest.mark.image\n" in file.read_text() for file in folder.glob("test_*.py"))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("test_*.py"))


def _python(image: str) -> Path:
    """Return the interpreter of an image's test environment, which is built where it is missing."""
    folder = subprocess.check_output([ROOT / "images/env.sh", image, "test"], cwd=ROOT, text=True)
    return Path(folder.strip()) / "bin/python"


def _image(lock: Path) -> Iterator[Suite]:
    """Yield an image's tests: in several suites where they are many, since the longest suite is what all wait for."""
    image, files = lock.parent.name, _files(lock)
    parts = -(-len(files) // MOST_FILES)
    for part in range(parts):
        # Every second file or so: what takes long stands together, by name as by subject.
        named = [f"images/{image}"] if parts == 1 else files[part::parts]
        name = f"images/{image}" + (f" {part + 1}/{parts}" if parts > 1 else "")
        yield Suite(name, _python(image), tuple(named))


def _files(lock: Path) -> list[str]:
    """Return an image's test files, in order of their names."""
    return sorted(str(file.relative_to(ROOT)) for file in lock.parent.glob("tests/test_*.py"))


def lanes() -> int:
    """Return how many suites may run at once, as far as memory goes: one more than there are cores.

    A suite waits for servers and models to start about a third of its time.
    """
    # What the kernel would give, caches included: SC_AVPHYS_PAGES counts free pages alone.
    (available,) = re.findall(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.M)
    return max(1, min(len(os.sched_getaffinity(0)) + 1, (int(available) << 10) // LANE_BYTES))


def run(suite: Suite, report: Path, threads: int) -> Outcome:
    """Run a suite; `report` gets its times as JUnit XML, and its libraries take so many threads."""
    began = time.monotonic()
    command = [suite.python, "-m", "pytest", *suite.arguments, f"--junitxml={report}"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(suite, done.returncode, time.monotonic() - began, done.stdout)


def times(suite: Suite, report: Path) -> Iterator[tuple[float, str]]:
    """Yield the seconds and the name of each test of a report: setup and teardown are counted."""
    if not report.is_file():
        return
    for case in ElementTree.parse(report).iter("testcase"):
        yield float(case.get("time", 0)), f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"


def main() -> int:
    """Run the suites and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=lanes(), help="suites at once (default: %(default)s here)")
    parser.add_argument("--slowest", type=int, default=20, help="lines of the table (default: %(default)s)")
    given = parser.parse_args()
    threads = max(1, len(os.sched_getaffinity(0)) // given.lanes)
    began, slowest, outcomes = time.monotonic(), [], []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.lanes) as pool:
        running = {}
        for number, suite in enumerate(suites()):
            report = Path(folder) / f"{number}.xml"
            running[pool.submit(run, suite, report, threads)] = report
        for future in as_completed(running):
            outcome = future.result()
            outcomes.append(outcome)
            slowest += times(outcome.suite, running[future])
            print(f"\n== {outcome.suite.name}\n{outcome.output.rstrip()}", flush=True)
    print(f"\n{'seconds':>8}  slowest tests")
    for seconds, name in sorted(slowest, reverse=True)[: given.slowest]:
        print(f"{seconds:8.1f}  {name}")
    print(f"\n{'seconds':>8}  suites ({given.lanes} at once)")
    for outcome in outcomes:
        verdict = "passed" if outcome.status == 0 else f"FAILED (exit {outcome.status})"
        print(f"{outcome.seconds:8.0f}  {outcome.suite.name}: {verdict}")
    print(f"{time.monotonic() - began:8.0f}  in all")
    return 1 if any(outcome.status for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
