"""What a command says beside its findings is printable lines, and one module alone prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dac.cli._printer import Failure, say, say_lines, say_row, trace


def test_the_printer_alone_prints() -> None:
    folder = Path(__file__).parents[2] / "scripts" / "dac"
    printing = re.compile(r"click\.s?echo|(?<!\w)print\(|sys\.std(?:out|err)\.write")
    printers = {path.name for path in folder.rglob("*.py") if printing.search(path.read_text())}
    # A worker's child, which cannot return what it has to say, writes it printable; rich prints printable cells.
    assert printers == {"_printer.py", "_workers.py", "_table.py"}


def test_what_a_command_says_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("\n::error::x\x1b[31m")
    assert capsys.readouterr().out == "\\n::error::x\\x1b[31m\n"


ACTS, SHOWN = "##[error]\x1b[31m\u202e", r"\x23#[error]\x1b[31m\u202e"


def test_each_field_of_a_row_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    say_row("a\tb", ACTS, "::error::x")
    assert capsys.readouterr().out == f"a\\tb\t{SHOWN}\t\\x3a:error::x\n"


def test_each_line_and_field_of_another_program_is_printable(capsys: pytest.CaptureFixture[str]) -> None:
    say_lines(f"one\t{ACTS}\n::error::x\r\n")
    assert capsys.readouterr().out == f"one\t{SHOWN}\n\\x3a:error::x\\r\n"
    say_lines("")
    assert capsys.readouterr().out == ""


def test_a_refusal_and_a_traceback_are_printable_lines() -> None:
    failure = Failure("one", f"two\n{ACTS}")
    assert (failure.message, failure.exit_code) == (f"one\ntwo\\n{SHOWN}", 2)
    assert trace(ValueError(ACTS)) == f"ValueError: {SHOWN}\n"
