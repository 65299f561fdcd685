"""Whatever a decisions.yaml holds, what is said of it is findings at places that exist, and never a traceback."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from dac.expand import Expander
from dac.load import load_credentials, load_repository, project_of
from dac.model import Finding, Repository, Severity
from dac.model.credentials import Credentials
from dac.validate import validate_projects
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
FILE = "projects/fuzz/decisions.yaml"
SEEDS = [path.read_bytes() for path in sorted((ROOT / "tests/cases").glob("*valid/*/decisions.yaml"))]
PIECES = [
    *(b"\t", b"\n", b"  ", b": ", b"- ", b"#", b"'", b'"', b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!int ", b"<<: "),
    *(
        b"---\n",
        b"...\n",
        b"%YAML 1.1\n",
        b"|\n",
        b">-\n",
        b"? ",
        b"@",
        b"`",
        b"\\",
        b"\x00",
        b"\xff",
        b"\r",
        b"\xe2\x80\xa8",
    ),
    *(
        b"on",
        b"1e3",
        b"08",
        b"null",
        b"~",
        b"12:30",
        b"2026-01-31",
        b"{{=",
        b"${",
        b"$(",
        b"standard: rag-indexing@v1\n",
    ),
]


@cache
def tree() -> Repository:
    return load_repository(ROOT, [])[0]


@cache
def credentials() -> Credentials:
    return load_credentials(ROOT)


@cache
def expander() -> Expander:
    return Expander(tree())


def checked(data: bytes) -> list[Finding]:
    """Return what check does with one file, up to policy."""
    project, findings = project_of("fuzz", data, FILE, credentials())
    if project is not None:
        findings = findings + validate_projects(replace(tree(), projects={"fuzz": project}))
        if not any(finding.severity is Severity.ERROR for finding in findings):
            findings = findings + expander().project(project)[1]
    return findings


def assert_places_exist(data: bytes, findings: list[Finding]) -> None:
    lines = data.decode(errors="replace").replace("\r\n", "\n").split("\n")
    for finding in findings:
        place = finding.location
        assert str(finding).isprintable(), "a finding is one line that a terminal can show"
        if place.file == FILE:
            assert 1 <= place.line <= len(lines), finding
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1, finding


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert_places_exist(data, checked(data))


@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    assert_places_exist(text.encode(errors="replace"), checked(text.encode(errors="replace")))


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2), st.sampled_from([b"", *PIECES])), max_size=4),
)
def test_any_edit_of_a_file(seed: bytes, edits: list[tuple[float, float, bytes]]) -> None:
    data = seed
    for at, gone, put in edits:
        start = int(at * len(data))
        data = data[:start] + put + data[start + int(gone * len(data)) :]
    assert_places_exist(data, checked(data))


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_run_of_what_yaml_is_made_of(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert_places_exist(data, checked(data))
