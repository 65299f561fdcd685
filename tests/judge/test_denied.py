"""tests/cases/denied: a folder a case of what policy refuses, with the exact words.

A case is a tree of the real catalog, platform and policy, one small standard (tests/cases/standards/probe) and one
project. It spoils it by its own decisions.yaml, or by edits.yaml: texts of files, each of which stands there once;
`{long}` in a new one is as many letters as `long` says.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dac.cli._arguments import conftest_path
from denied_tree import CASES, DENIED, tree
from shared_start import SharedStart
from sweep import some

ON = "2026-11-28"  # the day as of which waivers are held against their dates
AT_ONCE = 12  # cases that share a start of conftest, each a process until all have asked


def test_the_tree_that_is_spoilt_breaks_no_rule(
    tmp_path: Path, root: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = dac("check", cwd=tree(tmp_path, root, None))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 project checked: no findings\n")


@pytest.fixture(scope="module")
def denied(
    tmp_path_factory: pytest.TempPathFactory, root: Path, start_dac: Callable[..., Any]
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Check a case, and the cases after it by the same start of conftest."""
    results: dict[str, subprocess.CompletedProcess[str]] = {}

    def of(case: str) -> subprocess.CompletedProcess[str]:
        if case not in results:
            folder, first = tmp_path_factory.mktemp("denied"), DENIED.index(case)
            cases = [name for name in DENIED[first : first + AT_ONCE] if name not in results]
            trees = {name: tree(folder / "trees" / name, root, CASES / "denied" / name) for name in cases}
            results.update(SharedStart(conftest_path(), start_dac, folder / "asked").check(trees, "--on", ON))
        return results[case]

    return of


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", some(DENIED, AT_ONCE))
def test_denied(
    case: str,
    denied: Callable[[str], subprocess.CompletedProcess[str]],
    golden: Callable[[Path, bytes], None],
) -> None:
    done = denied(case)
    assert done.returncode == 1, done.stderr
    golden(CASES / "denied" / case / "expected.txt", done.stdout.encode())


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("day", "status", "shown"),
    [
        (
            "2026-12-30",
            0,
            ["warning: {}; waived until 2026-12-31, 1 day left, by team-docs: the bucket is filled next week"],
        ),
        (
            "2026-12-31",
            0,
            ["warning: {}; waived until 2026-12-31, 0 days left, by team-docs: the bucket is filled next week"],
        ),
        ("2027-01-01", 1, ["error: {};", "[waiver.expired]"]),
        ("2026-10-02", 0, ["90 days left"]),
        ("2026-10-01", 1, ["error: {};", "[waiver.too_long]"]),
    ],
)
def test_a_waiver_holds_as_of_a_day(
    day: str,
    status: int,
    shown: list[str],
    tmp_path: Path,
    root: Path,
    dac: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Policy is evaluated as of `--on`; what is waived is printed all the same, with who answers for it and why."""
    folder = tree(tmp_path, root, CASES / "denied" / "waiver-past-its-day")
    waivers = folder / "policy/waivers.yaml"
    waivers.write_text(waivers.read_text().replace("2026-01-31", "2026-12-31"))
    done = dac("check", "--on", day, cwd=folder)
    assert done.returncode == status, done.stdout
    finding = '"https://docs.example.com/manifest.jsonl" is an address of kind "https"; probe@v1 allows s3'
    for text in shown:
        assert text.format(finding) in done.stdout


@pytest.mark.exhaustive
def test_an_image_that_was_not_built_warns_and_stops_a_cluster(
    tmp_path: Path, root: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    images = tree(tmp_path, root, None) / "standards/catalog/images.yaml"
    images.write_text(images.read_text().replace("built: true", "built: false"))
    message = (
        'the image "rag" of probe@v1 has no digest, since it was not built yet, so no cluster can run it; '
        "publish the image and write its digest into the catalog [image_digest.not_built]\n"
    )
    place = "standards/catalog/images.yaml:2:10"
    done = dac("check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{place}: warning: {message}")
    done = dac("check", "--cluster", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, f"{place}: error: {message}")


def test_every_rule_has_a_case(root: Path) -> None:
    rules = {path.parent.name for path in (root / "policy").glob("*/*.rego") if path.stem == path.parent.name}
    covered = {
        code
        for path in (CASES / "denied").glob("*/expected.txt")
        for code in re.findall(r"\[(\w+)\.", path.read_text())
    }
    assert rules - covered == set()
