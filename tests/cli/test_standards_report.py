"""`dac standards --report` over a small tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"


def test_the_report(dac: Callable[..., Any]) -> None:
    run = dac("standards", "--report", cwd=FEATURES)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[:3] == [
        "standard\tdecision\tpipelines\twritten\tmost have\tadvice",
        'copying@v1\tfrom\t4\t4\t"s3://a/b" (4 of 4)\tused by fewer than 10: nothing to say',
        'copying@v1\tsize\t4\t1\t"small" (3 of 4)\tused by fewer than 10: nothing to say',
    ]
    assert "unused names of standards/catalog/sizes.yaml: unused" in lines
    assert lines[-1].startswith("decisions of copying@v1: ")
    assert lines[-1].endswith("4 now")


def test_it_is_about_all_standards(dac: Callable[..., Any]) -> None:
    run = dac("standards", "copying", "--report", cwd=FEATURES)
    assert run.returncode == 2
    assert run.stderr == "Error: --report is about all standards, as a table; leave the rest out\n"
