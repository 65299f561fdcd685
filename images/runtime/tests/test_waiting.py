"""How long a server asks to wait."""

from email.utils import formatdate

import pytest
from runtime import waiting


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), (formatdate(1_000_030, usegmt=True), 30.0), (formatdate(999_000, usegmt=True), 0.0),
     ("soon", 0.0), ("", 0.0)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float) -> None:
    assert waiting.pause(header, 1_000_000.0) == seconds
