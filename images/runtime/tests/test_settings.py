"""What a pod is given: numbers and Secrets, however they were written."""

from pathlib import Path

import pytest
from runtime import settings
from runtime.errors import InputError


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "high"])
def test_a_number_that_nothing_can_be_held_to(text: str) -> None:
    """Nothing is below a threshold that is not a number, so that anything would pass."""
    with pytest.raises(InputError, match=r"environment: THRESHOLD must be a (finite )?number, not "):
        settings.number("THRESHOLD", 0.5, {"THRESHOLD": text})


@pytest.mark.parametrize("written", [b"t0ken", b"t0ken\r\n", b"\xef\xbb\xbft0ken\n", b"  t0ken "])
def test_a_token_is_read_as_editors_save_it(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "token").write_bytes(written)
    assert settings.secret("model", "token", tmp_path) == "t0ken"


def test_a_token_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "token").write_bytes("t0ken".encode("utf-16"))
    with pytest.raises(InputError, match="Secret model: its token is not UTF-8; write it as plain text"):
        settings.secret("model", "token", tmp_path)
