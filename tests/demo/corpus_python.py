"""Writes the Python language reference that every CPython carries as documents with a manifest and canaries.

    PYTHONPATH=images/rag:images:tests/demo python -m corpus_python --out .dac/objects/python-docs

OUT becomes the bucket s3://python-docs: manifest.jsonl, canaries.jsonl and topics/<topic>.txt. Documents come first and
the manifest last, so that no reader finds a document named that is not there. Files that are as they should be stay.
"""

from __future__ import annotations

import argparse
import hashlib
import pydoc_data.topics
from pathlib import Path
from typing import Any

import orjson
from index import manifest
from runtime import log
from runtime.errors import InputError
from runtime.program import main

_PARAGRAPH = "\n\nOne more paragraph, so that this document and no other is embedded anew.\n"
BUCKET = "s3://python-docs"
# Questions in a reader's own words, with the topics whose text answers them: a question that none answers, or one whose
# answer stands elsewhere than this says, would judge the index by a fault of its own.
CANARIES = {
    "How do I make sure that a file is closed when an error occurs?": ["objects", "context-managers", "specialnames"],
    "Which operators bind more tightly than others?": ["operator-summary", "booleans", "comparisons"],
    "How can I loop over a sequence with an index?": ["for"],
    "Which names can I use for variables?": ["identifiers", "id-classes", "atom-identifiers"],
    "How do I define a function with default argument values?": ["function"],
    "How do I pause a program and look at its variables?": ["debugger"],
    "Round a number to two decimals when formatting it": ["formatstrings"],
    "What is the difference between is and ==?": ["comparisons", "in"],
    "How do I stop a loop early?": ["break", "while", "for", "continue"],
    "Add a new item at the end of a list": ["typesseq-mutable", "typesseq"],
}


def corpus(out: Path, edit: str = "") -> dict[str, Any]:
    """Write what is missing or differs; say how many documents there are and how many were written.

    Args:
        edit: a topic that gets a paragraph more, to show what one changed document costs.

    Raises:
        InputError: there is no such topic.
    """
    if edit and edit not in pydoc_data.topics.topics:
        raise InputError(f"there is no topic {edit!r} to edit; see `python -m pydoc topics`")
    lines, written = [], 0
    for topic, text in sorted(pydoc_data.topics.topics.items()):
        data = (text + _PARAGRAPH if topic == edit else text).encode()
        written += _put(out / "topics" / f"{topic}.txt", data)
        title = text.split("\n", 1)[0].strip()
        content = f"sha256:{hashlib.sha256(data).hexdigest()}"
        lines.append(manifest.line(manifest.Entry(topic, f"{BUCKET}/topics/{topic}.txt", content, title, "text/plain")))
    topics = pydoc_data.topics.topics.keys()  # topics differ a little between versions of Python
    canaries = [
        {"version": 1, "question": question, "documents": [document for document in documents if document in topics]}
        for question, documents in CANARIES.items()
    ]
    rows = [orjson.dumps(canary, option=orjson.OPT_APPEND_NEWLINE) for canary in canaries]
    _put(out / "canaries.jsonl", b"".join(rows))
    _put(out / "manifest.jsonl", b"".join(lines))
    log.info("written", f"{len(lines)} documents in {out}, {written} written")
    return {"documents": len(lines), "written": written}


def _put(path: Path, data: bytes) -> bool:
    """Write the file beside its place and rename it, unless it holds the data already."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"{path.name}.new").write_bytes(data)
    path.with_name(f"{path.name}.new").rename(path)
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder that the bucket lives in")
    parser.add_argument("--edit", default="", metavar="TOPIC", help="give this topic a paragraph more")
    flags = parser.parse_args()
    main("corpus_python", lambda: corpus(flags.out, flags.edit))
