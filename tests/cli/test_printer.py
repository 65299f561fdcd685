"""Whatever a finding's fields hold, each format is lines that a terminal, a log and a CI runner show as they are."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from dac.cli._findings import FORMATS, count
from dac.model import Finding, Location, Severity
from dac.model.printing import _FILLERS, json_printable, printable
from hypothesis import example, given
from hypothesis import strategies as st

Dac = Callable[..., subprocess.CompletedProcess[str]]
PARTS = [
    "::error::x",
    "##[error]x",
    "##vso[x]",
    "\n",
    "\r",
    "\x1b[31m",
    "\u202e",
    "\x9b",
    "\x00",
    "\udcff",
    "%0A",
    ",",
    "é",
]
FIELD = st.one_of(st.text(st.characters(), max_size=40), st.lists(st.sampled_from(PARTS), max_size=6).map("".join))
FINDINGS = st.lists(
    st.builds(
        Finding,
        st.builds(Location, FIELD, st.integers(1, 9), st.integers(1, 9)),
        FIELD,
        FIELD,
        FIELD,
        st.sampled_from(Severity),
    ),
    max_size=5,
)
# As GitHub's runner reads a line: `::` at its beginning, `##[` anywhere.
COMMAND = re.compile(r"\s*::|.*##\w*\[")
FORGED = Finding(Location("a\n::error::b"), "c\n::d", "\n::error file=x::y\u202e\x9b\ud800", "##[error]z")


def assert_shown_as_it_is(text: str) -> None:
    for line in text.removesuffix("\n").split("\n"):
        assert line.isprintable()
    text.encode()  # a lone surrogate would end the command here


@given(FINDINGS)
@example([FORGED])
def test_text_is_a_line_a_finding(findings: list[Finding]) -> None:
    shown = FORMATS["text"](findings)
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", shown) if "\x1b" in shown else shown
    assert_shown_as_it_is(uncoloured)
    assert uncoloured.count("\n") == len(findings)
    assert not any(COMMAND.match(line) for line in uncoloured.splitlines())


@given(FINDINGS)
@example([FORGED])
def test_github_is_a_command_a_finding(findings: list[Finding]) -> None:
    shown = FORMATS["github"](findings)
    assert_shown_as_it_is(shown)
    lines = shown.splitlines()
    assert len(lines) == len(findings)
    for line in lines:
        properties = re.fullmatch(r"::(?:error|warning) file=([^:,]*),line=\d,col=\d,title=([^:,]*)::.*", line)
        assert properties, line
        assert "##[" not in line


@given(FINDINGS)
@example([FORGED])
def test_json_gives_back_what_was_found(findings: list[Finding]) -> None:
    shown = FORMATS["json"](findings)
    assert_shown_as_it_is(shown)
    assert not any(COMMAND.match(line) for line in shown.splitlines())
    entries = json.loads(shown)["findings"]
    assert [(e["file"], e["code"], e["message"], e["remedy"]) for e in entries] == [
        (f.location.file, f.code, f.message, f.remedy) for f in findings
    ]


@given(FINDINGS)
@example([FORGED])
def test_sarif_is_a_log_with_a_result_a_finding(findings: list[Finding]) -> None:
    shown = FORMATS["sarif"](findings)
    assert_shown_as_it_is(shown)
    assert not any(COMMAND.match(line) for line in shown.splitlines())
    results = json.loads(shown)["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [finding.code for finding in findings]
    for result in results:
        assert re.fullmatch(r"[\w./%~-]*", result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@given(FINDINGS)
@example([FORGED])
@example([FORGED, FORGED])
def test_a_report_for_gitlab_tells_its_entries_apart(findings: list[Finding]) -> None:
    shown = FORMATS["gitlab"](findings)
    assert_shown_as_it_is(shown)
    assert not any(COMMAND.match(line) for line in shown.splitlines())
    entries = json.loads(shown)
    assert [entry["check_name"] for entry in entries] == [finding.code for finding in findings]
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


@given(st.text(st.characters()))
def test_a_line_is_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@given(st.text(st.characters(), max_size=20))
def test_json_escapes_are_read_back(text: str) -> None:
    shown = json_printable(json.dumps(text, ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == text


def test_invisible_characters_are_shown() -> None:
    assert printable("a\u3164b\ufe0fc\U000e0100") == r"a\u3164b\ufe0fc\U000e0100"
    assert printable("a\U0001d159b\U00016fe4c\u2d7f\U0001107f") == r"a\U0001d159b\U00016fe4c\u2d7f\U0001107f"


@pytest.mark.parametrize(
    "sign", [chr(code) for code in (*_FILLERS, 0x180B, 0x180F, 0xFE00, 0xFE0F, 0xE0100, 0xE01EF)], ids=ascii
)
def test_each_invisible_character_is_shown_in_text_and_in_json(sign: str) -> None:
    """By its class it may be printable: `isprintable` lets it be."""
    assert printable(f"a{sign}b").isascii()
    assert json_printable(json.dumps(f"a{sign}b", ensure_ascii=False)).isascii()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        (" \t::error::x", r" \t::error::x"),
        ("  ::add-mask::x", r"  \x3a:add-mask::x"),
        ("a ::error::x", "a ::error::x"),
        ("a##[error]x", r"a\x23#[error]x"),
        ("##vso[task]", r"\x23#vso[task]"),
        ("###[error]", r"#\x23#[error]"),
        ("## heading", "## heading"),
        ("\x7f", r"\x7f"),
        ("\x9b1m", r"\x9b1m"),
        ("a\rb\tc\nd", r"a\rb\tc\nd"),
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("é, 漢", "é, 漢"),
    ],
)
def test_what_acts_is_escaped_and_nothing_else(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_json_escapes_what_acts() -> None:
    assert json_printable('"a##[error]"\n') == '"a\\u0023#[error]"\n'
    assert json_printable('"\x7f"') == '"\\u007f"'
    assert json_printable('"\U000e0100"') == '"\\udb40\\udd00"'


def test_what_is_left_out_is_counted() -> None:
    many = [Finding(Location("f", n), "a.b", "x" * 600 if n == 1 else "x") for n in range(1, 1000)]
    lines = click.unstyle(FORMATS["text"](many)).splitlines()
    assert len(lines) == 21
    assert lines[0] == f"f:1:1: error: {'x' * 500}... (100 more characters) [a.b]"
    assert lines[20] == "f:21:1: error: 979 more findings of this kind in this file, the last on line 999 [a.b]"
    assert count(many) == "999 errors"


def test_warnings_do_not_hide_an_error() -> None:
    """The one finding that stands for the rest is as severe as the most severe of them."""
    many = [Finding(Location("f", n), "a.b", "x", "", Severity.WARNING) for n in range(1, 50)]
    lines = FORMATS["github"]([*many, Finding(Location("f", 60), "a.b", "x")]).splitlines()
    assert lines[-1].startswith("::error ")


@pytest.mark.parametrize("form", list(FORMATS))
def test_no_name_forges_an_annotation(form: str, tmp_path: Path, dac: Dac) -> None:
    """A folder, a file, a key and a tag with a line break and `::error` in them."""
    (tmp_path / "standards").mkdir()
    forged = "x\n::error file=a::b\u202e"
    folder = tmp_path / "projects" / forged
    (folder / "rendered").mkdir(parents=True)
    (folder / "rendered" / f"{forged}.json").write_text("{}")
    (folder / "decisions.yaml").write_text('owner: !<%0A::error%20file=a::b> x\n"k\\n::error::y": 1\n')
    (tmp_path / "projects" / "x").mkdir()
    (tmp_path / "projects" / "x" / "link\n::error::c").symlink_to("/etc")
    done = dac("check", "--format", form, cwd=tmp_path)
    assert done.returncode == 1
    assert_shown_as_it_is(done.stdout)
    for line in done.stdout.splitlines() + done.stderr.splitlines():
        commands = re.findall(r"::error file=([^,]*)", line) if form == "github" and line.startswith("::error") else []
        assert COMMAND.match(line) is None or (
            commands and commands[0].startswith(("projects/", "standards", "policy"))
        )


def test_no_name_forges_an_annotation_in_a_refusal(tmp_path: Path, dac: Dac) -> None:
    for part in ("standards", "projects"):
        (tmp_path / part).mkdir()
    for arguments in (
        ["check", "x\n::error::y"],
        ["x\n::error::y"],
        ["run", "x\n::error::y/z"],
        ["verify", "\n::error::y"],
    ):
        done = dac(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert not any(COMMAND.match(line) for line in done.stderr.splitlines()), done.stderr
