"""The real command: what it prints, where it prints it, how it exits."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.cli._findings import github
from dac.model import Finding, Location, Severity
from sweep import some

Done = subprocess.CompletedProcess[str]
Dac = Callable[..., Done]
Golden = Callable[[Path, bytes], None]
CASES = Path(__file__).parents[1] / "cases"
FORMATS = Path(__file__).parent / "formats"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the small tree, with one project of many faults and one of none."""
    shutil.copytree(CASES / "tree", tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "projects" / "many-faults"
    folder.mkdir()
    (folder / "decisions.yaml").write_text(
        "ownr: team-docs\n"
        "pipelines:\n"
        "  search:\n"
        "    standard: index@v1\n"
        "    sorce: on\n"
        "    size: smal\n"
        "  mail: {standard: indx@v1}\n"
    )
    return tmp_path


@pytest.mark.parametrize("form", some(["text", "json", "github", "gitlab", "sarif"], 2))
def test_each_format(form: str, tree: Path, dac_program: Dac, golden: Golden) -> None:
    done = dac_program("check", "many-faults", "--format", form, cwd=tree)
    golden(FORMATS / f"many-faults.{form}", done.stdout.encode())
    assert (done.returncode, done.stderr) == (1, "1 project checked: 5 errors\n")


@pytest.mark.parametrize(
    ("form", "expected"),
    [("text", ""), ("github", ""), ("json", '{\n  "version": 1,\n  "findings": []\n}\n')],
)
def test_nothing_found(form: str, expected: str, tree: Path, dac: Dac) -> None:
    done = dac("check", "docs", "--format", form, cwd=tree / "projects")
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "1 project checked: no findings\n")


def test_sarif_without_results_is_a_log_all_the_same(tree: Path, dac: Dac) -> None:
    log = json.loads(dac("check", "docs", "--format", "sarif", cwd=tree).stdout)
    assert (log["version"], log["runs"][0]["results"]) == ("2.1.0", [])


def test_github_annotations_are_escaped() -> None:
    """As actions/toolkit escapes them, or a message could begin a command of its own."""
    finding = Finding(Location("a,b:c%.yaml", 2, 3), "x.y", "50% of\n::error::it\r", "a: b, c", Severity.WARNING)
    assert github([finding]) == (
        "::warning file=a%2Cb%3Ac%25.yaml,line=2,col=3,title=x.y::50%25 of\\n::error::it\\r; a: b, c\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check", "doc"], 'Error: there is no project "doc"; did you mean "docs"?\n'),
        (["check", "elsewhere"], 'Error: there is no project "elsewhere"; choose from docs, many-faults\n'),
        (["standards", "indx"], 'Error: there is no standard "indx"; did you mean "index"?\n'),
        (["new", "docs"], "Error: projects/docs is there already; edit its decisions.yaml, or choose another name\n"),
        (["new", "../docs"], 'Error: invalid project name "../docs"; give the name alone, such as search\n'),
        (["new", "x"], "Error: which standard is not said; name one with --standard: index, report\n"),
        (["new", "x", "--standard", "indx"], 'Error: there is no standard "indx"; did you mean "index"?\n'),
        (["new", "x", "--standard", "index@v2"], 'Error: there is no standard "index@v2"; did you mean "index@v1"?\n'),
        (
            ["new", "Big_One", "--standard", "report"],
            "Error: what was given does not pass:\n"
            'projects/Big_One/decisions.yaml:1:1: error: the folder\'s name "Big_One" cannot name a namespace; rename '
            "it: lower-case letters, digits and dashes, a letter or digit first and last, 63 at most "
            "[project.folder_name]\n",
        ),
    ],
)
def test_misuse(arguments: list[str], expected: str, tree: Path, dac: Dac) -> None:
    done = dac(*arguments, cwd=tree)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_a_misspelt_command(tree: Path, dac: Dac) -> None:
    done = dac("chek", cwd=tree)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'Error: there is no command "chek"; did you mean "check"?\n' in done.stderr


@pytest.mark.exhaustive
def test_what_nobody_foresaw_is_one_line(tree: Path, dac_program: Dac) -> None:
    (tree / "projects" / "fresh").mkdir()
    (tree / "projects" / "fresh" / "rendered").write_text("a file where a folder belongs")
    shutil.rmtree(tree / "policy")
    (tree / "policy").write_text("likewise")
    done = dac_program("check", cwd=tree)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_outside_of_a_tree(tmp_path: Path, dac: Dac) -> None:
    done = dac("check", cwd=tmp_path)
    expected = (
        f"Error: {tmp_path} is not inside a tree with standards/ and projects/; go into one, or name it with --root\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_a_conftest_that_is_not_there(tree: Path, dac: Dac) -> None:
    done = dac("check", "docs", cwd=tree, DAC_CONFTEST="/nowhere/conftest")
    expected = "Error: DAC_CONFTEST names /nowhere/conftest, which cannot be run; run: make setup\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.parametrize("argument", ["docs", "projects/docs", "projects/docs/decisions.yaml", "./projects/docs/"])
def test_a_project_is_named_or_pointed_at(argument: str, tree: Path, dac: Dac) -> None:
    assert dac("check", argument, cwd=tree).stderr == "1 project checked: no findings\n"


def test_new_passes_check_and_is_as_the_standard_proposes(tree: Path, dac: Dac) -> None:
    done = dac("new", "fresh", "--standard", "report", "--pipeline", "weekly", "--owner", "team-docs", cwd=tree)
    assert (done.returncode, done.stdout) == (0, "projects/fresh/decisions.yaml\n")
    assert (tree / "projects/fresh/decisions.yaml").read_text() == (
        "# yaml-language-server: $schema=../../standards/decisions.schema.json\n"
        "# What can be decided: dac standards report@v1\n"
        "owner: team-docs\n"
        "pipelines:\n"
        "  weekly:\n"
        "    standard: report@v1\n"
        "    source: s3://docs/manifest.jsonl\n"
        "    size: small\n"
        "    # Decided by the standard unless you do:\n"
        "    # audience: all\n"
        '    # notify: ""\n'
    )
    assert dac("check", "fresh", cwd=tree).stderr == "1 project checked: no findings\n"


@pytest.mark.exhaustive
def test_new_of_every_standard_that_there_is_passes_every_policy(tmp_path: Path, root: Path, dac: Dac) -> None:
    for part in ("standards", "policy"):
        shutil.copytree(root / part, tmp_path / part)
    (tmp_path / "projects").mkdir()
    versions = [path.parent for path in (root / "standards").glob("*/v*/standard.yaml")]
    listed = tmp_path / "standards/catalog/owners/team-docs.yaml"
    for folder in versions:
        name = f"new-{folder.parent.name}-{folder.name}"
        done = dac("new", name, "--standard", f"{folder.parent.name}@{folder.name}", cwd=tmp_path)
        assert done.returncode == 0, name
        line = f"  - {name}"
        assert f"team-docs has to list it: add the line `{line}` under `projects:` in standards/" in done.stderr
        listed.write_text(f"{listed.read_text()}{line}\n")
    done = dac("check", cwd=tmp_path)
    assert (done.returncode, [line for line in done.stdout.splitlines() if ": error: " in line]) == (0, [])


def on_terminal(arguments: list[str], answers: str, cwd: Path) -> tuple[int, str]:
    """Run the command on a terminal; return its status and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(Path(sys.executable).parent / "dac", ["dac", *arguments])
    os.write(terminal, answers.encode())
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that the other side of a terminal was closed
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_new_asks_on_a_terminal(tree: Path) -> None:
    status, shown = on_terminal(["new", "asked"], "report\nteam-x\ns3://other/m.jsonl\nlarge\n", tree)
    assert status == 0, shown
    assert "size (large, small) [small]: " in shown
    written = (tree / "projects/asked/decisions.yaml").read_text()
    assert "owner: team-x\n" in written
    assert "    source: s3://other/m.jsonl\n    size: large\n" in written


def test_colours_on_a_terminal_alone(tree: Path) -> None:
    status, shown = on_terminal(["check", "many-faults"], "", tree)
    assert status == 1
    assert "\x1b[31merror\x1b[0m" in shown
