"""The program that posts plans to GitLab writes no line that GitLab takes for a command."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

PROGRAM = Path(__file__).parents[2] / ".gitlab/plan_comments.py"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the program as a module; it is not started."""
    spec = importlib.util.spec_from_file_location("plan_comments", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "plan_comments", module)
    spec.loader.exec_module(module)
    return module


def planned(program: ModuleType, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what the program would post where `dac plan` prints the text."""
    monkeypatch.setattr(program, "run", lambda *_, **__: text)
    return str(program.plan_of(1, "0" * 40, "main"))


@pytest.mark.parametrize(
    "line", ["/merge", " /close", "\t/approve", "x\n/label ~a", "```\n/tag v1\n```", "x\r/close", "x\u2028/close"]
)
def test_a_quick_action_is_not_posted(program: ModuleType, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be done with the rights of the token's account."""
    with pytest.raises(program.PlanError, match="as a quick action"):
        planned(program, f"<!-- dac plan -->\n{line}\n", monkeypatch)


@pytest.mark.parametrize("line", ["`/merge`", "- /close", "of a/b", "", "x /approve"])
def test_any_other_line_is(program: ModuleType, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"<!-- dac plan -->\n{line}\n"
    assert planned(program, text, monkeypatch) == text


@pytest.mark.parametrize("text", ["", "<!-- dac plan -->", "x\n<!-- dac plan -->\n", "<!-- dac plan --> \n"])
def test_what_is_no_plan_is_not_posted(program: ModuleType, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(program.PlanError, match="is not a plan that fits a comment"):
        planned(program, text, monkeypatch)


def test_a_plan_is_as_long_as_a_comment_may_be_with_its_mark(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "<!-- dac plan -->\n"
    text = head + "x" * (program.LIMIT - 100 - len(head))
    assert planned(program, text, monkeypatch) == text
    with pytest.raises(program.PlanError, match="fits a comment"):
        planned(program, f"{text}x", monkeypatch)


@pytest.mark.parametrize(
    ("printed", "status", "accepted", "why"),
    [
        ("a plan", 0, (0,), ""),
        ("", 0, (0,), ""),
        ("a plan with findings", 1, (0, 1), ""),
        ("", 1, (0, 1), "ended with 1: said why$"),  # it ended before it printed
        ("half a plan", 2, (0, 1), "ended with 2: said why$"),
        ("half a plan", 1, (0,), "ended with 1: said why$"),
        ("half a plan", -9, (0, 1), "ended with -9: "),
    ],
)
def test_what_a_command_prints_counts_where_it_ended_well(
    program: ModuleType, printed: str, status: int, accepted: tuple[int, ...], why: str
) -> None:
    text = "import os, sys; print(sys.argv[1], end='', flush=True); print('said why', file=sys.stderr); "
    text += "os.kill(os.getpid(), 9) if sys.argv[2] == '-9' else sys.exit(int(sys.argv[2]))"
    command = [sys.executable, "-c", text, printed, str(status)]
    if not why:
        assert program.run(command, {}, accepted) == printed
        return
    with pytest.raises(program.PlanError, match=why):
        program.run(command, {}, accepted)


def test_a_command_that_does_not_end_is_stopped(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECONDS", 0.1)
    with pytest.raises(program.PlanError, match=r"took more than 0\.1 s$"):
        program.run([sys.executable, "-c", "import time; time.sleep(60)"], {})


def test_a_comment_of_its_account_without_the_mark_is_another(program: ModuleType) -> None:
    """The account may write by hand, too; that is left alone."""
    notes = [(1, 7, "by hand"), (2, 8, "<!-- dac plan -->\nforged"), (3, 7, "<!-- dac plan -->\nits own")]
    listed = [{"id": number, "author": {"id": author}, "body": body} for number, author, body in notes]
    api = SimpleNamespace(every=lambda *_, **__: iter(listed))
    assert program.own_note(api, 1, 7) == (3, "<!-- dac plan -->\nits own")
    del listed[2]
    assert program.own_note(api, 1, 7) == (None, "")


def test_a_plan_is_made_against_the_branch_as_it_is_and_without_the_token(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan with findings, with which `dac plan` ends with 1, is posted like any other."""
    calls: list[tuple[list[str], dict[str, str], tuple[int, ...]]] = []

    def run(command: list[str], environment: dict[str, str], statuses: tuple[int, ...] = (0,)) -> str:
        calls.append((command, environment, statuses))
        return "<!-- dac plan -->\n"

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setenv(program.TOKEN, "a-token-of-the-test")
    monkeypatch.setenv("ANOTHER", "passed on")
    program.plan_of(4, "0" * 40, "main")
    fetch, _, plan, _ = calls
    assert fetch[0][4:] == ["refs/merge-requests/4/head", "+refs/heads/main:refs/remotes/origin/main"]
    assert (plan[0][1], plan[2]) == ("plan", (0, 1))
    for _, environment, _ in calls:
        assert program.TOKEN not in environment
        assert environment["ANOTHER"] == "passed on"
