"""What conftest answered before, by a digest of all that its answer depends on.

An answer is a function of the program, its options, the rules and the document. Each is in the digest by its bytes;
the program, of 90 MB, by what the file system says of it, with the time of its last change, which nobody sets back. An
answer that came while a rule was edited is not kept. Only the conftest that `make setup` built has a memory, beside it;
a CI job has none, since others may write to its cache.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

_FORMAT = b"2"
MOST = 400  # answers that are kept, the newest
_BUILT = "conftest-v"


def folder(conftest: Path) -> Path | None:
    """Return where answers of a conftest are kept; None where they are not."""
    if os.environ.get("CI") or os.environ.get("DAC_CONFTEST") or not conftest.name.startswith(_BUILT):
        return None
    return conftest.resolve().parent.parent / "judged"


def digests(conftest: Path, words: Sequence[str], rules: Sequence[Path], documents: Sequence[bytes]) -> list[str]:
    """Return for each document the digest of all that its answer depends on.

    Raises:
        OSError: A rule or the program cannot be read.
    """
    program = conftest.stat()
    facts = (program.st_dev, program.st_ino, program.st_size, program.st_mtime_ns, program.st_ctime_ns)
    parts = [_FORMAT, repr(facts).encode(), *(word.encode() for word in words)]
    for rule in rules:
        parts += [os.fsencode(rule), rule.read_bytes()]
    common = hashlib.sha256()
    for part in (*parts, b"document"):
        common.update(len(part).to_bytes(8, "big"))
        common.update(part)
    whole = []
    for document in documents:
        own = common.copy()
        own.update(document)
        whole.append(own.hexdigest())
    return whole
