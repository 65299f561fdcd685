"""What a store names never leaves the folder that it is downloaded to."""

from pathlib import Path
from typing import Any

import pytest
from runtime import files, objects
from runtime.errors import InputError


class _Store:
    """A filesystem whose keys are whatever somebody wrote; S3 has keys that no folder could have."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def find(self, path: str) -> list[str]:
        """Return every key."""
        return self.keys

    def get_file(self, key: str, file: str) -> None:
        """Write the key's name as its content."""
        Path(file).write_text(key)


@pytest.mark.parametrize("key", ["../out", "a/../../out", "..", "a/b/..", "a/../b"])
def test_a_key_that_leads_out_is_refused(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Any = _Store(["bucket/model/config.json", f"bucket/model/{key}"])
    monkeypatch.setattr(objects, "locate", lambda address: (store, "bucket/model"))
    folder = tmp_path / "deep" / "folder"
    with pytest.raises(InputError, match="leads out of the folder that its file belongs in"):
        objects.download("s3://bucket/model", folder)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["config.json"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x"])
def test_a_name_in_a_file_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leads out"):
        files.inside(tmp_path, name)


@pytest.mark.parametrize("name", ["a\0b", "x" * 201, f"a/{'é' * 101}/b"])
def test_a_name_that_no_file_can_have_is_wrong_input(name: str, tmp_path: Path) -> None:
    """It is not tried again, and is not taken for a defect of the program."""
    with pytest.raises(InputError, match="no file can have the name"):
        files.inside(tmp_path, name)
    files.inside(tmp_path, "x" * 200 + "/y")


def test_a_name_with_dots_in_it_is_a_name(tmp_path: Path) -> None:
    assert files.inside(tmp_path, "a/..b/c..d") == tmp_path / "a/..b/c..d"
