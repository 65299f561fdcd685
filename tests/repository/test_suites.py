"""tests/suites.py: every suite is run, a failure of one fails all, and the slowest tests are shown."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("suites", ROOT / "tests/suites.py")
assert SPEC is not None
assert SPEC.loader is not None
program = importlib.util.module_from_spec(SPEC)
sys.modules["suites"] = program
SPEC.loader.exec_module(program)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """Exit status and output of a run of two small suites, of which the second fails."""
    folder = tmp_path_factory.mktemp("suites")
    (folder / "test_good.py").write_text("import time\n\n\ndef test_slow():\n    time.sleep(0.3)\n")
    (folder / "test_bad.py").write_text("def test_wrong():\n    assert 1 == 2\n")
    suites = [
        program.Suite(name, Path(sys.executable), ("-q", "-p", "no:cacheprovider", str(folder / f"test_{name}.py")))
        for name in ("good", "bad")
    ]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as output:
        patch.setattr(program, "suites", lambda: iter(suites))
        patch.setattr(sys, "argv", ["suites.py", "--lanes", "2"])
        status = program.main()
    return status, output.getvalue()


def test_one_failure_fails_all_and_each_output_is_shown_whole(shown: tuple[int, str]) -> None:
    status, output = shown
    assert status == 1
    assert "assert 1 == 2" in output
    assert re.search(r"^ +\d+  good: passed$", output, re.MULTILINE)
    assert re.search(r"^ +\d+  bad: FAILED \(exit 1\)$", output, re.MULTILINE)


def test_the_slowest_test_stands_first_in_the_table(shown: tuple[int, str]) -> None:
    table = shown[1].split("slowest tests\n")[1].splitlines()
    assert re.fullmatch(r" +\d\.\d  .*test_good::test_slow", table[0])


def test_each_image_with_tests_is_a_suite_and_so_is_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: "/nowhere\n")  # no environment is built for this
    images = {path.parent.name for path in ROOT.glob("images/*/requirements-test.txt")}
    named = {suite.name.split()[0] for suite in program.suites() if suite.name.startswith("images/")}
    assert named == {f"images/{image}" for image in (*images, "runtime")}
    assert len(images) >= 3


def test_each_file_of_tests_belongs_to_one_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those of tests/cluster, which need a cluster."""
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: "/nowhere\n")
    paths = [ROOT / word for suite in program.suites() for word in suite.arguments]
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file.relative_to(ROOT).parts[1] != "cluster"]
    files += (ROOT / "images").rglob("test_*.py")
    assert len(files) > 200
    for file in files:
        assert sum(file.is_relative_to(path) for path in paths) == 1, file
