"""Names of encodings, as media types and pages write them."""

from __future__ import annotations

import codecs

# Encodings by which no document is written: names that a codec has for other uses.
_NO_TEXT = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined", "mbcs", "oem"}
# On the web these labels mean Windows' supersets: https://encoding.spec.whatwg.org/#names-and-labels
_WEB = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "shift_jis": "cp932", "gb2312": "gb18030"}
_WEB |= {"big5": "big5hkscs", "gbk": "gb18030", "euc_kr": "cp949", "tis-620": "cp874", "iso8859-11": "cp874"}
# Labels of the web and of mail programs that Python does not know; those that begin with x- are tried without it.
_ALIASES = {"utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8"}
_ALIASES |= {"windows-949": "cp949", "dos-874": "cp874"}


def codec_of(label: str) -> str:
    """Return Python's name of a text encoding; "" where the label names none."""
    label = label.strip().strip("\"'").lower()
    label = _ALIASES.get(label, label)
    return _codec(label) or (_codec(label[2:]) if label.startswith("x-") else "")


def _codec(label: str) -> str:
    try:
        codec = codecs.lookup(label)
        "".encode(codec.name)  # codecs that are not for text refuse
    except (LookupError, ValueError):
        return ""
    name = codec.name
    return "" if name in _NO_TEXT else _WEB.get(name, name)
