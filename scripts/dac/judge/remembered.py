"""What conftest answered before, by a digest of all that its answer depends on.

An answer is a function of the program, its options, the rules and the documents. Each is in the digest by its bytes;
the program, of 90 MB, by what the file system says of it, with the time of its last change, which nobody sets back. An
answer that came while a rule was edited is not kept. Only the conftest that `make setup` built has a memory, beside it;
a CI job has none, since others may write to its cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

_FORMAT = b"1"
_MOST = 200  # answers that are kept, the newest
_BUILT = "conftest-v"


def folder(conftest: Path) -> Path | None:
    """Return where answers of a conftest are kept; None where they are not."""
    if os.environ.get("CI") or os.environ.get("DAC_CONFTEST") or not conftest.name.startswith(_BUILT):
        return None
    return conftest.resolve().parent.parent / "judged"


def digest(conftest: Path, words: Sequence[str], rules: Sequence[Path], documents: Sequence[bytes]) -> str:
    """Return the digest of all that an answer depends on.

    Raises:
        OSError: A rule or the program cannot be read.
    """
    program = conftest.stat()
    facts = (program.st_dev, program.st_ino, program.st_size, program.st_mtime_ns, program.st_ctime_ns)
    parts = [_FORMAT, repr(facts).encode(), *(word.encode() for word in words)]
    for rule in rules:
        parts += [os.fsencode(rule), rule.read_bytes()]
    whole = hashlib.sha256()
    for part in (*parts, b"documents", *documents):
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def answer(kept: Path, key: str) -> bytes | None:
    """Return the answer that is kept, or None."""
    try:
        whole = (kept / key).read_bytes()
    except OSError:
        return None
    check, _, output = whole.partition(b"\n")
    return output if check == hashlib.sha256(output).hexdigest().encode() else None


def keep(kept: Path, key: str, output: bytes) -> None:
    """Keep an answer, and no more than the newest of the others; where that cannot be written, nothing."""
    with contextlib.suppress(OSError):
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept, prefix=".", delete=False) as file:
            file.write(hashlib.sha256(output).hexdigest().encode() + b"\n" + output)
        os.replace(file.name, kept / key)
        for old in sorted(kept.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-_MOST]:
            old.unlink(missing_ok=True)
