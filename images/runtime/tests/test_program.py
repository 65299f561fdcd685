"""How a program ends: its exit code, its log line, its result on stdout."""

import errno
from typing import Any

import orjson
import pytest
from runtime import log, program
from runtime.addresses import NotFound
from runtime.errors import InputError, Interrupted, TryAgain


def failing(error: BaseException) -> program.Program:
    """Return a program that fails by an error."""

    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "event"),
    [
        (InputError("wrong"), 65, "input_error"),
        (NotFound("a kind of wrong input"), 65, "input_error"),
        (TryAgain("later"), 75, "try_again"),
        (Interrupted("stopped"), 143, "interrupted"),
        (OSError(errno.ENOSPC, "No space left on device"), 75, "try_again"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 75, "try_again"),
        (RuntimeError("PytorchStreamWriter failed writing file data/3: No space left on device"), 75, "try_again"),
        (ValueError("I/O error: No space left on device (os error 28)"), 75, "try_again"),
        (ConnectionResetError("reset"), 75, "try_again"),
        (TimeoutError("slow"), 75, "try_again"),
        (KeyError("a defect"), 1, "defect"),
        (FileNotFoundError("a defect"), 1, "defect"),
    ],
    ids=repr,
)
@pytest.mark.usefixtures("environment")
def test_an_error_has_its_exit_code_and_event(
    error: Exception, code: int, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.exit_code(failing(error)) == code
    line = orjson.loads(capsys.readouterr().err)
    assert (line["level"], line["event"]) == ("error", event)
    assert ("traceback" in line) is (code == 1)


def test_a_result_is_one_line_of_json_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.exit_code(lambda: {"documents": 3}) == 0
    assert program.exit_code(lambda: None) == 0
    assert capsys.readouterr().out == '{"documents":3}\n'


def test_a_reader_of_the_result_that_has_gone_is_not_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.exit_code(failing(BrokenPipeError())) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("environment")
def test_a_log_line_holds_the_run_and_the_event_in_this_order(capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("slow", "the store is slow", seconds=3)
    log.info("done")
    first, second = (orjson.loads(line) for line in capsys.readouterr().err.splitlines())
    names = ["time", "level", "project", "pipeline", "run", "step", "event"]
    assert list(first) == [*names, "message", "seconds"]
    assert list(second) == names
    assert [first[name] for name in names[1:]] == ["warning", "team", "search", "search-1", "probe", "slow"]
