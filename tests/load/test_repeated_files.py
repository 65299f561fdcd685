"""A file that says what another says, but for the name of its project, is searched once, and hides nothing."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from dac.load import credential_findings, credentials
from dac.model.credentials import Credentials
from made_credentials import CORPUS
from test_repeated_lines import anew

NAMES = ("up", "search-of-all-teams", "k3j9x0q2w8e1r7", "team-0001")
TEXTS = {
    "plain": "kind: ConfigMap\nmetadata: {name: endpoints, namespace: NAME}\n",
    "password": "password: hT9-NAME-k2x\n",
    "on the line above": "token:\n  NAME\n",
    "a line above": "token:\n\n  hT9-NAME-k2x\n",
    "a sign below": "token\n: hT9-NAME-k2x\n",
    "folded": "api_key: >-\n  hT9-NAME-k2x\n",
    "address": "url: https://NAME:hT9k2xQ7@db.example.com\n",
    "word": "secret: NAME\n",
    "zeros": "pass\0word: hT9-NAME-k2x\0\n",
    **{name: f"name: NAME\nvalue: {text}\n" for name, (text, _) in CORPUS.items()},
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_found_does_not_hang_on_what_was_searched_before(tmp_path: Path, text: str) -> None:
    for name in NAMES:
        folder = tmp_path / "projects" / name
        folder.mkdir(parents=True)
        (folder / "file.yaml").write_text(text.replace("NAME", name), encoding="utf-8")
    folders = [f"projects/{name}" for name in NAMES]
    alone = {folder: credential_findings(tmp_path, [folder], anew()) for folder in folders}
    for first, second in permutations(folders, 2):
        assert credential_findings(tmp_path, [first, second], anew()) == alone[first] + alone[second]


def test_what_repeats_is_searched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, search = list[str](), credentials.redacted

    def counted(data: bytes, file: str, of: Credentials) -> object:
        searched.append(file)
        return search(data, file, of)

    monkeypatch.setattr(credentials, "redacted", counted)
    names = [f"team-{number}" for number in range(5)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.yaml").write_text(TEXTS["plain"].replace("NAME", name))
    assert not credential_findings(tmp_path, names, anew())
    assert searched == ["team-0/file.yaml"]
