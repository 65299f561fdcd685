"""Finds credentials in files before anything else reads them, so that nothing else can print them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from dac.load.document import load_document
from dac.load.entries import entries_below
from dac.model import Finding, Location
from dac.model.credentials import Credentials
from dac.model.words import quoted

_CATALOG = "standards/catalog/secrets.yaml"
_LIMIT = 4 * 2**20
_REMEDY = (
    "revoke it, since Git keeps what was ever committed; then take it out, and name a Secret of the namespace instead"
)
_OF_WORDS = re.compile(r"[a-z]{1,20}[0-9]{0,4}(?:-[a-z]{1,20}[0-9]{0,4}|-[0-9]{1,4})*")
_MOST = 2000  # files that are known again
# Characters that nobody sees, and that may stand within what everybody reads as one word.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef"
)
# What YAML and JSON read as another character, or as none: in double quotes, and in a tag.
_ESCAPE = re.compile(
    r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|%([0-9a-fA-F]{2})|\\(/)|\\\r?\n[ \t]*"
    f"|[{_UNSEEN}]"
)


def load_credentials(root: Path) -> Credentials:
    """Return what credentials look like; nothing does in a tree whose catalog does not say it, which policy reports."""
    path = root / _CATALOG
    document = load_document(path, root)[0] if path.is_file() else None
    return Credentials(document.data if document and isinstance(document.data, dict) else {})


def redacted(data: bytes, file: str, credentials: Credentials) -> tuple[bytes | None, list[Finding]]:
    """Return a file's bytes with each credential hidden, every other character in its place, and the findings.

    The bytes are None for a credential that is written with escapes: what they stand for could be printed later.
    """
    text = data.decode(errors="surrogateescape")
    findings = list(_findings(text, file, credentials))
    if not (text.isascii() and "\\" not in text and "%" not in text) and _ESCAPE.search(text):
        unescaped = list(_findings(_unescaped(text), file, credentials))
        if Counter(f.message for f in unescaped) - Counter(f.message for f in findings):
            return None, unescaped
    if not findings:
        return data, []
    return credentials.redact(text).encode(errors="surrogateescape"), findings


def credential_findings(
    root: Path, folders: Sequence[str], credentials: Credentials, read: Container[str] = ()
) -> list[Finding]:
    """Search every file at or below some paths, rendered ones too; a link is not followed.

    Args:
        root: the tree.
        folders: paths relative to it.
        credentials: what to look for.
        read: files that were searched as they were read.
    """
    files = {folder: [*_files(root, folder)] for folder in folders}
    searched = _Searched(credentials)
    findings = [
        finding
        for folder, own in files.items()
        for file in own
        if file not in read
        for finding in _of_file(root, file, searched, folder.rpartition("/")[2])
    ]
    # All names in one go, since a name seldom holds one.
    paths = [file for own in files.values() for file in own]
    if credentials.find("\n".join(paths)):
        findings += [finding for file in paths for finding in _of_name(file, credentials)]
    return findings


def _files(root: Path, path: str) -> Iterator[str]:
    """Yield the regular files at or below a path, as paths relative to the root."""
    top = f"{root}/{path}"
    if os.path.islink(top):
        return
    if os.path.isfile(top):
        yield path
    yield from (file for file, regular in entries_below(root, path) if regular)


def _of_name(file: str, credentials: Credentials) -> Iterator[Finding]:
    for credential in credentials.find(file):
        text = f"the path holds {credentials.describe(file, credential)}"
        yield Finding(Location(credentials.redact(file)), "credential.found", text, _REMEDY)


class _Searched:
    """Searches files, and knows again what was searched before, but for the name of the folder that it lies below.

    Rendered files of very many projects say the same. One is known again only where the name is of plain words, and
    stands on no line that speaks of a secret or follows one, so that it cannot be what makes a text a credential.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._harmless: set[bytes] = set()

    def findings(self, data: bytes, file: str, name: str) -> list[Finding]:
        """Return what is found in a file of a folder of that name."""
        # Without its zero bytes, UTF-16 reads as ASCII.
        if b"\0" in data or not _OF_WORDS.fullmatch(name):
            return redacted(data.replace(b"\0", b""), file, self._credentials)[1]
        unnamed = data.replace(name.encode(), b"\0")
        if unnamed in self._harmless:
            return []
        findings = redacted(data, file, self._credentials)[1]
        if len(self._harmless) < _MOST and not findings and not self._credentials.hints(_around_name(unnamed)):
            self._harmless.add(unnamed)
        return findings


def _around_name(unnamed: bytes) -> str:
    """Return the lines on which a name stands, and those above whose value may follow there."""
    lines = [stripped for line in unnamed.decode(errors="surrogateescape").split("\n") if (stripped := line.strip())]
    return "\n".join(
        line if above[-1:].isalnum() and line[0] not in ":=\"'" else f"{above}\n{line}"
        for above, line in pairwise(["", *lines])
        if "\0" in line
    )


def _of_file(root: Path, file: str, searched: _Searched, name: str) -> Iterator[Finding]:
    try:
        with open(f"{root}/{file}", "rb", buffering=0) as stream:
            data = stream.read(min(os.fstat(stream.fileno()).st_size, _LIMIT) + 1)
    except OSError as error:
        yield Finding(Location(file), "file.unreadable", f"cannot be read: {error.strerror}", "fix its permissions")
        return
    if len(data) > _LIMIT:
        name = quoted(os.path.basename(file))
        text = f"{name} is larger than {_LIMIT // 2**20} MiB, so its end was not searched for credentials"
        yield Finding(Location(file), "credential.too_large", text, "keep data in the object store")
    yield from searched.findings(data, file, name)


def _findings(text: str, file: str, credentials: Credentials) -> Iterator[Finding]:
    line, begin, end = 1, 0, 0  # of the line that was reached
    for credential in credentials.find(text):
        line += text.count("\n", end, credential.start)
        begin = max(begin, text.rfind("\n", end, credential.start) + 1)
        end = credential.start
        place = Location(file, line, end - begin + 1)
        yield Finding(place, "credential.found", f"here is {credentials.describe(text, credential)}", _REMEDY)


def _unescaped(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        code = next(filter(None, match.groups()), "")
        return "/" if code == "/" else chr(min(int(code, 16), 0x10FFFF)) if code else ""

    return _ESCAPE.sub(sign, text)
