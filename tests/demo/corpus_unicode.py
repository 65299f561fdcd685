"""Writes the dataset of projects/docs-assistant: eight hundred characters, and the names that Unicode gives them.

    "$(images/env.sh eval test)/bin/python" tests/demo/corpus_unicode.py --out FOLDER

Writes FOLDER/unicode-names-1.jsonl. A name, once given, never changes (Unicode's stability policy), so the bytes are
the same on every Python, and the catalog can pin them: the sha256 is printed.
"""

import argparse
import hashlib
import unicodedata
from pathlib import Path

import orjson

NAME = "unicode-names-1.jsonl"
SAMPLES = 800
FIRST = 0x00C0


def dataset() -> bytes:
    """Return the dataset's bytes: letters from U+00C0 on, in the order of their codes."""
    lines = []
    code = FIRST
    while len(lines) < SAMPLES:
        if unicodedata.category(chr(code)) in ("Lu", "Ll"):
            ask = f"Which character is U+{code:04X}?"
            sample = {"id": f"u{code:04x}", "prompt": ask, "references": [unicodedata.name(chr(code))]}
            lines.append(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE))
        code += 1
    return b"".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = dataset()
    (options.out / NAME).write_bytes(data)
    print(hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
