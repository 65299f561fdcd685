"""`dac verify` refuses what is not a receipt, or is read differently by different readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from committed_run import Clone, Dac
from dac.cli._arguments import Misuse
from dac.cli.verify import _read


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"commit": "0" * 40}, f"there is no commit {'0' * 40} in this clone; run: git fetch --unshallow"),
        ({"commit": "main"}, "its commit is not a hash of 40 digits"),
        ({"commit": "--help"}, "its commit is not a hash of 40 digits"),
        ({"project": "../first"}, "project, pipeline or standard is not a valid name"),
        ({"project": None}, "it has no text project"),
        ({"standard": "copying"}, "project, pipeline or standard is not a valid name"),
        ({"content": ""}, "its content is not a content hash"),
        ({"arguments": ["size"]}, "its arguments are not texts by name"),
        ({"arguments": {"size": 1}}, "its arguments are not texts by name"),
    ],
)
def test_what_is_no_receipt_is_refused(clone: Clone, dac: Dac, changed: dict[str, Any], reason: str) -> None:
    result = clone.verified(dac, **changed)
    assert (result.returncode, result.stdout) == (2, "")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_is_no_file_or_no_json_is_refused(clone: Clone, dac: Dac) -> None:
    result = dac("verify", "nowhere.json", cwd=clone.root)
    assert (result.returncode, result.stderr) == (2, "Error: nowhere.json cannot be read: No such file or directory\n")
    clone.receipt_file.write_text("not json")
    result = dac("verify", clone.receipt_file, cwd=clone.root)
    assert result.returncode == 2
    assert result.stderr == (
        f"Error: {clone.receipt_file} is not JSON: Expecting value: line 1 column 1 (char 0); name a receipt.json\n"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"arguments": {"source": "s3://evil", "source": "s3://a/b"}}', 'key "source" is written twice'),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "it is nested too deeply"),
    ],
    ids=["a-key-twice", "nested"],
)
def test_json_that_readers_read_differently_or_not_at_all_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "receipt.json").write_text(text)
    with pytest.raises(Misuse, match=reason):
        _read(tmp_path / "receipt.json")
