"""A file's new version takes two releases, and each release reads what the one after it has written."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from runtime import contract
from runtime.errors import InputError

RELEASES = [{"const": 1}, {"enum": [1, 2], "default": 1}, {"enum": [1, 2], "default": 2}, {"const": 2}]


def release(monkeypatch: pytest.MonkeyPatch, folder: Path, version: dict[str, Any]) -> None:
    """Let the programs be of a release whose schema of `pages` says this of the version."""
    folder.mkdir(exist_ok=True)
    (folder / "pages.schema.json").write_bytes(orjson.dumps({"type": "object", "properties": {"version": version}}))
    monkeypatch.setattr(contract, "SCHEMAS", folder)
    contract.schema.cache_clear()
    contract.validator.cache_clear()


@pytest.fixture(autouse=True)
def forget() -> Any:
    yield
    contract.schema.cache_clear()
    contract.validator.cache_clear()


@pytest.mark.parametrize("number", range(1, len(RELEASES)))
def test_a_revert_by_one_release_needs_no_repair(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for writes, reads in ((number, number - 1), (number - 1, number)):
        release(monkeypatch, tmp_path / "contracts", RELEASES[writes])
        written = contract.write("pages", "s3://artifacts/pages.json", {})
        release(monkeypatch, tmp_path / "contracts", RELEASES[reads])
        assert contract.read("pages", "s3://artifacts/pages.json") == written


def test_two_releases_at_once_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    release(monkeypatch, tmp_path / "contracts", RELEASES[2])
    contract.write("pages", "s3://artifacts/pages.json", {})
    release(monkeypatch, tmp_path / "contracts", RELEASES[0])
    with pytest.raises(InputError, match="version 2 of pages; this program reads 1"):
        contract.read("pages", "s3://artifacts/pages.json")
