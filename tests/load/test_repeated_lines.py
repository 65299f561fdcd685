"""What was searched before is not searched again, and hides nothing of what is."""

from __future__ import annotations

import base64
import binascii

import pytest
import yaml
from dac.model import encoded
from dac.model.credentials import Credentials
from made_credentials import CORPUS, ROOT

KINDS = yaml.load((ROOT / "standards/catalog/secrets.yaml").read_bytes(), Loader=yaml.CSafeLoader)

LINES = ["kind: Secret", "data:", "  automountServiceAccountToken: false", "password:", "machine", "---", ""]
TEXTS = [text for text, _ in CORPUS.values()]
PARTS = LINES + TEXTS + [base64.b64encode(text.encode()).decode() for text in TEXTS]


@pytest.mark.parametrize("first", PARTS)
def test_what_is_found_does_not_hang_on_what_was_searched_before(first: str) -> None:
    used = anew()
    for text in (first, "\n".join([first, *LINES]), *LINES):
        used.find(text)
    for second in PARTS:
        text = f"{second}\n{first}"
        assert used.find(text) == anew().find(text)


def test_a_word_that_repeats_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, decode = list[str](), binascii.a2b_base64

    def counted(word: str) -> bytes:
        decoded.append(word)
        return decode(word)

    monkeypatch.setattr(encoded.binascii, "a2b_base64", counted)
    credentials = anew()
    for number in range(10):
        assert not credentials.find(f"name: project-{number}\nautomountServiceAccountToken: false\n")
    assert len(decoded) == 4  # from each of its first four characters


def anew() -> Credentials:
    return Credentials(KINDS)
