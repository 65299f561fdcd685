"""What the tests share: the tree's root, the real command, goldens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
Dac = Callable[..., "subprocess.CompletedProcess[str]"]
Golden = Callable[[Path, bytes], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write what the tests see as what they expect")


# A test says what must hold, never how fast; and it fails for a change, not by chance. To search on:
#   pytest --hypothesis-profile=search tests/validate/test_fuzz.py
settings.register_profile("dac", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.load_profile("dac")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rewrite") and os.environ.get("CI"):
        raise pytest.UsageError("--rewrite would make every golden pass; it is refused where CI is set")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of tests/evaluation as `image`: each of them runs a pipeline's real programs."""
    for item in items:
        if item.path.is_relative_to(ROOT / "tests/evaluation"):
            item.add_marker("image")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the tree that the tests stand in."""
    return ROOT


@pytest.fixture(scope="session")
def example_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy standards/ and policy/ into a tree whose projects are those of tests/cases/projects, one a standard.

    Tests of what the platform's own standards give a project use it, so that they hold whatever projects/ contains.
    """
    tree = tmp_path_factory.mktemp("example")
    for part in ("standards", "policy"):
        shutil.copytree(ROOT / part, tree / part)
    shutil.copytree(ROOT / "tests/cases/projects", tree / "projects")
    return tree


@pytest.fixture(scope="session")
def dac() -> Dac:
    """Call the real command: `dac("check", "--format", "json", cwd=tree)`."""

    def call(*arguments: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "dac"), *map(str, arguments)]
        environment = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "GITHUB_ACTIONS")} | env
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
        )

    return call


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare bytes with a file's, exactly; `pytest --rewrite` writes the file instead."""

    def compare(path: Path, actual: bytes) -> None:
        if request.config.getoption("--rewrite"):
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(path.name + ".new")
            beside.write_bytes(actual)
            beside.rename(path)
            return
        assert path.is_file(), f"{path.relative_to(ROOT)} is missing; run: pytest --rewrite"
        # As text, so that pytest shows the lines that differ.
        assert actual.decode() == path.read_bytes().decode(), f"{path.relative_to(ROOT)} differs; run: pytest --rewrite"

    return compare
