"""A commit as it was committed: neither what it holds nor the caller's environment changes what is read of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from dac.load.history import HistoryError, export, resolve, texts
from dac.load.waivers import load_waivers

DECISIONS = "projects/a/decisions.yaml"
FORMAT = "owner: $Format:%H$\n"


def committed(root: Path, files: dict[str, str]) -> str:
    """Return a new commit that adds files; one with a line break in its name too."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "files")):
        subprocess.run(["git", "-C", str(root), *command], check=True, capture_output=True)
    return resolve(root, "HEAD")


@pytest.mark.parametrize("attribute", ["export-ignore", "export-subst", "text eol=crlf"])
def test_attributes_of_a_commit_neither_hide_nor_rewrite_its_files(tmp_path: Path, attribute: str) -> None:
    root, into = tmp_path / "tree", tmp_path / "out"
    commit = committed(root, {DECISIONS: FORMAT, ".gitattributes": f"** {attribute}\n"})
    export(root, commit, [DECISIONS], into)
    assert (into / DECISIONS).read_bytes() == FORMAT.encode()


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_COMMON_DIR"]
)
def test_a_variable_names_no_other_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Git sets some for its hooks, for a repository that may be another one."""
    commit = committed(tmp_path / "tree", {DECISIONS: FORMAT})
    monkeypatch.setenv(name, str(tmp_path / "other"))
    assert list(texts(tmp_path / "tree", [(commit, DECISIONS)])) == [FORMAT.encode()]


def test_a_replaced_commit_is_read_as_it_was(tmp_path: Path) -> None:
    first = committed(tmp_path, {DECISIONS: FORMAT})
    second = committed(tmp_path, {DECISIONS: "owner: evil\n"})
    subprocess.run(["git", "-C", str(tmp_path), "replace", first, second], check=True)
    assert list(texts(tmp_path, [(first, DECISIONS)])) == [FORMAT.encode()]


def test_a_line_break_in_a_name_shifts_no_other_file(tmp_path: Path) -> None:
    commit = committed(tmp_path, {DECISIONS: FORMAT, "policy/x": "x"})
    names = [(commit, "policy/a\npolicy/x"), (commit, "policy/x"), (commit, DECISIONS)]
    assert list(texts(tmp_path, names)) == [None, b"x", FORMAT.encode()]


@pytest.mark.parametrize("aim", ["/etc/passwd", "../../../x", "../../.."])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, aim: str) -> None:
    (tmp_path / "tree/projects/a").mkdir(parents=True)
    (tmp_path / "tree" / DECISIONS).symlink_to(aim)
    commit = committed(tmp_path / "tree", {})
    with pytest.raises(HistoryError, match="is a link that leads out of the tree"):
        export(tmp_path / "tree", commit, [DECISIONS], tmp_path / "out")


def test_a_waiver_of_a_path_too_long_to_exist_is_a_finding(tmp_path: Path) -> None:
    waiver = {"rule": "a.b", "value": "x", "until": "2031-12-31", "owner": "team", "reason": "it ends in June"}
    lines = [f'    {name}: "{text}"' for name, text in waiver.items()]
    (tmp_path / "policy").mkdir()
    file = tmp_path / "policy/waivers.yaml"
    file.write_text("\n".join(["waivers:", f"  - path: projects/{'a' * 5000}", *lines, ""]))
    document, findings = load_waivers(tmp_path)
    assert (document, [finding.code for finding in findings]) == (None, ["waiver.unknown_path"])
