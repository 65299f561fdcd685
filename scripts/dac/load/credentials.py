"""Finds credentials in files before anything else reads them, so that nothing else can print them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from dac.load.document import load_document
from dac.model import Finding, Location
from dac.model.credentials import Credentials
from dac.model.words import quoted

_CATALOG = "standards/catalog/secrets.yaml"
_LIMIT = 4 * 2**20
_REMEDY = (
    "revoke it, since Git keeps what was ever committed; then take it out, and name a Secret of the namespace instead"
)
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
    if _ESCAPE.search(text):
        unescaped = list(_findings(_unescaped(text), file, credentials))
        if Counter(f.message for f in unescaped) - Counter(f.message for f in findings):
            return None, unescaped
    if not findings:
        return data, []
    return credentials.redact(text).encode(errors="surrogateescape"), findings


def credential_findings(root: Path, folders: Sequence[str], credentials: Credentials) -> list[Finding]:
    """Search every file at or below some paths, rendered ones too; a link is not followed.

    Args:
        root: the tree.
        folders: paths relative to it.
        credentials: what to look for.
    """
    files = [file for folder in folders for file in _files(root, folder)]
    findings = [finding for file in files for finding in _of_file(root, file, credentials)]
    # All names in one go, since a name seldom holds one.
    if credentials.find("\n".join(files)):
        findings += [finding for file in files for finding in _of_name(file, credentials)]
    return findings


def _files(root: Path, path: str) -> Iterator[str]:
    """Yield the regular files at or below a path, as paths relative to the root."""
    top = f"{root}/{path}"
    folders = [(top, [], [""])] if os.path.isfile(top) else os.walk(top) if not os.path.islink(top) else []
    for directory, _, names in folders:
        for name in names:
            file = os.path.join(directory, name).rstrip("/")
            if not os.path.islink(file) and os.path.isfile(file):
                yield file.removeprefix(f"{root}/")


def _of_name(file: str, credentials: Credentials) -> Iterator[Finding]:
    for credential in credentials.find(file):
        text = f"the path holds {credentials.describe(file, credential)}"
        yield Finding(Location(credentials.redact(file)), "credential.found", text, _REMEDY)


def _of_file(root: Path, file: str, credentials: Credentials) -> Iterator[Finding]:
    try:
        with open(f"{root}/{file}", "rb") as stream:
            data = stream.read(_LIMIT + 1)
    except OSError as error:
        yield Finding(Location(file), "file.unreadable", f"cannot be read: {error.strerror}", "fix its permissions")
        return
    if len(data) > _LIMIT:
        name = quoted(os.path.basename(file))
        text = f"{name} is larger than {_LIMIT // 2**20} MiB, so its end was not searched for credentials"
        yield Finding(Location(file), "credential.too_large", text, "keep data in the object store")
    # Without its zero bytes, UTF-16 reads as ASCII.
    yield from redacted(data.replace(b"\0", b""), file, credentials)[1]


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
