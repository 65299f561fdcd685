"""Files as they come: read strictly, reported at a place that exists, never with a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.load import load_project, project_of
from dac.load.document import parse_yaml
from dac.model import Location
from dac.model.credentials import Credentials

NONE = Credentials({})  # no catalog: nothing looks like a credential


def messages(data: bytes, **options: bool) -> list[str]:
    """Return the findings about a file named f."""
    return [str(finding) for finding in parse_yaml(data, "f", **options)[1]]


def test_every_value_has_its_place() -> None:
    document, findings = parse_yaml("a:\n  - x\n  - {é: w, b: 'z'}\n".encode(), "f")
    assert document
    assert findings == []
    assert document.data == {"a": ["x", {"é": "w", "b": "z"}]}
    assert document.at(("a", 1, "é")) == Location("f", 3, 9)
    assert document.at_key(("a", 1, "b")) == Location("f", 3, 12)
    assert document.at(("a", 1, "absent")) == Location("f", 3, 5), "the nearest thing around what is not there"


def test_a_file_of_a_megabyte_is_not_even_parsed(tmp_path: Path) -> None:
    folder = tmp_path / "projects" / "big"
    folder.mkdir(parents=True)
    (folder / "decisions.yaml").write_bytes(b"a: [" * 250_000)
    project, findings = load_project(tmp_path, "big", NONE)
    assert project is None
    assert [str(f) for f in findings] == [
        "projects/big/decisions.yaml:1:1: error: the file is larger than 64 KiB; make it smaller [yaml.too_large]"
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"\xef\xbb\xbfowner: x\n",
            "f:1:1: error: the file begins with a byte order mark; save it as UTF-8 without one [yaml.byte_order_mark]",
        ),
        (
            "a: é\nb: ".encode() + b"\xe9\n",
            "f:2:4: error: byte 0xe9 is not UTF-8; save the file as UTF-8 [yaml.not_utf8]",
        ),
        (
            "owner: x\n".encode("utf-16"),
            "f:1:1: error: byte 0xff is not UTF-8; save the file as UTF-8 [yaml.not_utf8]",
        ),
        (
            b"a: x\x00\n",
            "f:1:5: error: character U+0000 cannot be seen and reads differently from tool to tool; remove it, or "
            "write it as an escape in double quotes [yaml.unseen_character]",
        ),
        (
            b"a: x\rb: y\n",
            "f:1:5: error: character U+000D cannot be seen and reads differently from tool to tool; remove it, or "
            "write it as an escape in double quotes [yaml.unseen_character]",
        ),
        (
            b"%TAG ! x\n",
            "f:1:9: error: invalid YAML: did not find expected <document start>; fix the line [yaml.syntax]",
        ),
    ],
)
def test_bytes_that_are_not_text(data: bytes, expected: str) -> None:
    assert messages(data) == [expected]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "decisions.yaml is missing; add it [file.missing]"),
        (
            lambda path: path.with_suffix(".yml").touch(),
            "decisions.yaml is missing; rename decisions.yml, which is there [file.missing]",
        ),
        (lambda path: path.mkdir(), "decisions.yaml is not a file; add it [file.missing]"),
        (
            lambda path: os.mkfifo(path),
            "decisions.yaml is a named pipe, not a file; put a file in its place [file.special]",
        ),
        (lambda path: path.symlink_to(path), "decisions.yaml is a link; put the file itself here [file.link]"),
        (lambda path: path.symlink_to("/dev/zero"), "decisions.yaml is a link; put the file itself here [file.link]"),
    ],
    ids=["nothing", "yml", "folder", "fifo", "loop", "device"],
)
def test_what_is_not_a_file_is_reported_without_waiting(
    make: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    folder = tmp_path / "projects" / "p"
    folder.mkdir(parents=True)
    make(folder / "decisions.yaml")
    assert [str(f) for f in load_project(tmp_path, "p", NONE)[1]] == [
        f"projects/p/decisions.yaml:1:1: error: {expected}"
    ]


def test_null_is_allowed_in_the_catalog_and_refused_in_decisions() -> None:
    assert parse_yaml(b"a: null\n", "f", nulls=True)[0] is not None
    assert messages(b"a: null\n", nulls=True) == []
    assert messages(b"a: null\n") == [
        "f:1:4: error: null without quotes is null to some YAML readers and text to others; "
        'write "null" [yaml.ambiguous]'
    ]


def test_an_alias_bomb_costs_no_more_than_its_text() -> None:
    bomb = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 60))
    project, findings = project_of("p", bomb.encode(), "projects/p/decisions.yaml", NONE)
    assert project is not None
    assert len([f for f in findings if f.code == "yaml.alias"]) == 59, "each name once, not each use"
