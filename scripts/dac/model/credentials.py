"""Recognises credentials in text, and hides them: by the catalog's patterns, and by the name that a value is given."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dac.model.encoded import decodings, pairs, secret_values
from dac.model.password_files import unmarked_hashes

_SHOWN = 4  # characters of a credential that a finding may show; they say its kind
# Lines and words that hold nothing are remembered, since rendered files repeat most of theirs: so many, so long.
_MOST_LINES, _MOST_ENCODED, _LONGEST_REMEMBERED = 2**16, 2**12, 200
_MOST_LAYERS = 3  # of base64 in base64: a Secret's, of a file that holds a user's name and password
_WORDS = (
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access",
    "private",
    "credential",
    "bearer",
)
# From such a word to the end of the value that it is given: `password=...`, `"api_key": "..."`, `Bearer ...`.
_GIVEN = re.compile(
    r"""(?P<name>passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|bearer)s?
        (?:["']?\s{0,9}[:=]\s{0,40}(?:[>|][+-]?\s{1,40})?(?:bearer\ |basic\ )?|(?<=bearer)\ )["']?
        (?P<value>[^\s"'`,;{}()<>\[\]]{12,})""",
    re.IGNORECASE | re.VERBOSE,
)
_NEVER = re.compile(r"(?!)")  # in the place of a pattern that is none
_LEAST_ENTROPY = 3.0  # bits a character: above the words of a language, below anything random
# What is chosen to be read: a Kubernetes name, a path, an address, a digest of something public.
_READABLE = re.compile(
    r"(?:[A-Za-z]{1,20}[0-9]{0,3}|v?[0-9]{1,4})(?:[-_./][A-Za-z]{1,20}[0-9]{0,3}|[-_./]v?[0-9]{1,4})*"
    r"|\.{0,2}/.*|[a-z0-9]+://.*|sha256:.*|.*\$.*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, order=True)
class Credential:
    """A part of a text that looks like a credential.

    Attributes:
        start: index of its first character.
        end: index after its last one.
        what: its kind, such as "an AWS access key id".
        hidden: whether not even its first characters may be shown.
    """

    start: int
    end: int
    what: str
    hidden: bool = False


class Credentials:
    """What credentials look like.

    Args:
        kinds: name -> {what, pattern, needles}, as in standards/catalog/secrets.yaml; a wrong entry is left out, since
            `validate` reports it.
    """

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        self._kinds = [
            (str(facts["what"]), pattern, frozenset(_in_one_line(str(needle)) for needle in facts.get("needles", [""])))
            for facts in kinds.values()
            if isinstance(facts, Mapping) and "what" in facts and isinstance(pattern := facts.get("pattern"), str)
            if pattern
        ]
        self._needles = sorted({needle for _, _, needles in self._kinds for needle in needles} - {""})
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._bare: set[str] = set()  # lines without any needle or word
        self._harmless: set[str] = set()  # what stands for no credential, read as base64

    def find(self, text: str) -> list[Credential]:
        """Return what looks like a credential, in order; of those that overlap, the first and then the longest."""
        matches = sorted([*self._matches(text), *self._encoded(text)], key=lambda match: (match.start, -match.end))
        credentials: list[Credential] = []
        for match in matches:
            if not credentials or match.start >= credentials[-1].end:
                credentials.append(match)
        return credentials

    def redact(self, text: str) -> str:
        """Return the text, of the same length and lines, with an `x` for each character of a credential but a few."""
        parts, end = [], 0
        for credential in self.find(text):
            shown = credential.start + _visible(text, credential)
            parts += [text[end:shown], re.sub(r"\S", "x", text[shown : credential.end])]
            end = credential.end
        return "".join([*parts, text[end:]]) if parts else text

    def describe(self, text: str, credential: Credential) -> str:
        """Return what a finding may say of a credential: its kind, its first characters and its length."""
        visible = _visible(text, credential)
        begins = f"beginning with {text[credential.start : credential.start + visible]}, " if visible else ""
        return f"{credential.what} ({begins}{credential.end - credential.start} characters)"

    def hints(self, text: str) -> bool:
        """Whether a text holds a word that stands before a credential, or the beginning of one."""
        return self._held(text) != {""}

    def _matches(self, text: str) -> Iterator[Credential]:
        held = self._held(text) if self._kinds else set()
        for what, pattern, needles in self._kinds:
            if not held.isdisjoint(needles):
                yield from (Credential(*match.span(), what) for match in self._compiled(pattern).finditer(text))
        for start, end in unmarked_hashes(text) if self._kinds else ():
            if _looks_random(text[start:end]):
                yield Credential(start, end, "the hash of a password", hidden=True)
        words = [word for word in _WORDS if word in held]
        lower = text.lower() if words else ""
        for word in words:
            at = lower.find(word)
            while at >= 0:
                match = _GIVEN.match(text, at)
                if match and _looks_random(match["value"]):
                    yield Credential(*match.span("value"), f"what {match['name']} is set to", hidden=True)
                # Behind the value, or a text of such words alone would be read again from each of them.
                at = lower.find(word, match.end() if match else at + len(word))

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        """Compile a pattern on its first use: of most kinds a tree holds nothing that begins like one."""
        if pattern not in self._patterns:
            try:
                self._patterns[pattern] = re.compile(pattern)
            except re.error:
                self._patterns[pattern] = _NEVER
        return self._patterns[pattern]

    def _held(self, text: str) -> set[str]:
        """Return the needles and words that may stand in a text, all that do among them: each line is searched once."""
        lines = [line for line in text.split("\n") if line not in self._bare]
        rest = "\n".join(lines)
        lower = rest.lower()
        needles = [needle for needle in self._needles if needle in rest]
        words = [word for word in _WORDS if word in lower]
        if len(self._bare) < _MOST_LINES:
            self._bare.update(
                line
                for line in lines
                if len(line) <= _LONGEST_REMEMBERED
                and not any(needle in line for needle in needles)
                and not any(word in line.lower() for word in words)
            )
        return {"", *needles, *words}

    def _encoded(self, text: str, depth: int = _MOST_LAYERS) -> Iterator[Credential]:
        """Yield credentials in base64, which may stand for base64 again; each is hidden with all that is around it."""
        if not self._kinds or not depth:
            return
        yield from (Credential(*span, "a value of a Secret", hidden=True) for span in secret_values(text))
        yield from (Credential(*span, "a user's name and password in base64", hidden=True) for span in pairs(text))
        parts = list(decodings(text, self._harmless))
        together = "\n".join(decoded for _, _, decoded in parts)  # one search, since seldom any holds one
        if not parts or not any((*self._matches(together), *self._encoded(together, depth - 1))):
            if depth == _MOST_LAYERS:
                self._remember(text, parts)
            return
        for start, end, decoded in parts:
            for credential in (*self._matches(decoded), *self._encoded(decoded, depth - 1)):
                what = credential.what.removesuffix(" in base64")
                yield Credential(start, end, f"{what} in base64", hidden=True)
                break

    def _remember(self, text: str, parts: Sequence[tuple[int, int, str]]) -> None:
        """Remember what stands for nothing by itself: of several together, one could hide what another stands for."""
        words: dict[str, list[str]] = {}
        for start, end, decoded in parts:
            if end - start <= _LONGEST_REMEMBERED:
                words.setdefault(text[start:end], []).append(decoded)
        for word, meanings in islice(words.items(), _MOST_ENCODED - len(self._harmless)):
            if not any((*self._matches(each), *self._encoded(each, _MOST_LAYERS - 1)) for each in meanings):
                self._harmless.add(word)


def _visible(text: str, credential: Credential) -> int:
    """How many characters may be shown: few of a key whose beginning says its kind, none of a password."""
    return 0 if credential.hidden or text[credential.start] == ":" else _SHOWN


def _in_one_line(needle: str) -> str:
    """Return what to look for line by line: of a needle of several lines the empty text, which every line holds."""
    return "" if "\n" in needle else needle


def _looks_random(value: str) -> bool:
    if "{{" in value or not re.search("[A-Za-z]", value) or not re.search("[0-9]", value) or _READABLE.fullmatch(value):
        return False
    shares = [number / len(value) for number in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _LEAST_ENTROPY
