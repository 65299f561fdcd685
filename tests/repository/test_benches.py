"""tests/bench: every bench is listed with what it measures, and a name that is not there is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    """Call the runner as the Makefile does."""
    return subprocess.run([sys.executable, "tests/bench", *words], cwd=ROOT, capture_output=True, text=True)


def test_the_list_has_a_line_for_every_program() -> None:
    programs = [file.stem for file in (ROOT / "tests/bench").glob("*.py") if "\nif __name__ ==" in file.read_text()]
    listed = bench()
    names = [line.split()[0] for line in listed.stdout.splitlines() if line and not line.startswith("make ")]
    assert listed.returncode == 0
    assert names == sorted(set(programs) - {"__main__"})
    assert all(len(line.split()) > 3 for line in listed.stdout.splitlines() if line)


def test_a_bench_is_run_with_its_flags() -> None:
    done = bench("check", "--help")
    assert (done.returncode, done.stderr) == (0, "+ .venv/bin/python tests/bench/check.py --help\n")
    assert done.stdout.startswith("usage: check.py")


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    done = bench("chekc")
    assert done.returncode == 2
    assert done.stderr.startswith('tests/bench: unknown bench "chekc"; choose one of: check, ')
