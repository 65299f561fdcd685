"""What the tests share: the tree's root, the real command, goldens."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

import click
import pytest
from dac.cli import main
from hypothesis import settings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # for `sweep`, which tests of every folder use
# What the tool imports when it first needs it: 0.15 s of CPU time in each fork otherwise.
PUT_OFF = ("cel.stdlib", "jsonschema.validators", "referencing.jsonschema", "idna", "fractions", "_strptime")
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


LEFT_OUT = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what `-m` and `-k` leave out: with xdist, pytest's own summary does not."""
    if items:
        stash = items[0].config.stash
        stash[LEFT_OUT] = stash.get(LEFT_OUT, 0) + len(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over a worker's count; each worker collects, and leaves out, the same tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        chosen = " and ".join(f"-{flag} '{text}'" for flag in "mk" if (text := config.getoption(f"-{flag}")))
        terminalreporter.write_line(f"left out by {chosen or 'the command'}: {count} tests; make test runs every test")


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


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables and some more, without those that change what the command prints."""
    return {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "GITHUB_ACTIONS")} | more


@pytest.fixture(scope="session")
def dac_program() -> Dac:
    """Start the installed command: for what depends on how a process starts. The fixture `dac` is quicker."""

    def call(*arguments: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "dac"), *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, env=environment(**env), capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
        )

    return call


@dataclass
class Fork:
    """The command in a process of its own, a fork of this one, which has imported the tool already.

    An import takes longer than most commands do: those that the tool puts off until it needs them are made here too.
    """

    words: list[str]
    pid: int
    streams: list[IO[bytes]]
    status: int | None = None

    @classmethod
    def start(cls, words: list[str], cwd: Path, **env: str) -> Fork:
        """Start it."""
        main.get_command(click.Context(main), words[0])  # imported here, once for all forks
        for module in PUT_OFF:
            importlib.import_module(module)
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed by `result`
        with open(os.devnull) as no_input:
            gc.freeze()  # the fork's collections would walk, and so copy, all that the tests hold
            pid = os.fork()
            if pid == 0:
                become_dac(words, cwd, environment(**env), (no_input.fileno(), out.fileno(), err.fileno()))
            gc.unfreeze()
        return cls(words, pid, [out, err])

    def ended(self) -> bool:
        """Return whether it has ended by now."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def result(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end; return its status and what it printed."""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        shown = []
        for stream in self.streams:
            with stream:
                stream.seek(0)
                shown.append(stream.read().decode())
        return subprocess.CompletedProcess(self.words, self.status, *shown)


@pytest.fixture(scope="session")
def dac() -> Dac:
    """Call the command in a fork of this process: `dac("check", "--format", "json", cwd=tree)`."""

    def call(*arguments: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        return Fork.start([*map(str, arguments)], cwd, **env).result()

    return call


@pytest.fixture(scope="session")
def start_dac() -> Callable[..., Fork]:
    """Start the command and go on: `start_dac(["check"], cwd=tree)`; its `result()` waits for the end."""
    return Fork.start


def become_dac(words: list[str], cwd: Path, variables: dict[str, str], files: tuple[int, int, int]) -> NoReturn:
    """Run the command in this forked process, with these files as its standard streams, and end the process."""
    status = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", encoding="utf-8")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
        warnings.resetwarnings()
        warnings.simplefilter("ignore")  # as a program that is started; pytest makes errors of them
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(variables)
        sys.argv = ["dac", *words]
        main(prog_name="dac")  # which click takes from how this process was started
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


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


@pytest.fixture
def deadline() -> Iterator[None]:
    """End after two minutes a test that waits for good: for the other end of a pipe, say."""

    def late(*_: object) -> None:
        raise TimeoutError("the test waits for what never comes")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
