"""Report phrases that words.yaml replaces, as FILE:LINE:COLUMN, the phrase and what to write instead.

    .venv/bin/python scripts/wording [PATH...]

Without paths every file that Git tracks is read. Exit 1 when a phrase was found, 0 otherwise.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
WORDS = Path(__file__).with_name("words.yaml")


@dataclass(frozen=True)
class Phrase:
    """A phrase to replace, and what replaces it."""

    pattern: re.Pattern[str]
    instead: str


@dataclass(frozen=True)
class Exemption:
    """Files that may hold a phrase; all phrases where none is named."""

    files: str
    phrase: str

    def covers(self, path: str, text: str) -> bool:
        """Return whether this exemption allows `text` in the file `path`."""
        return fnmatch(path, self.files) and text.lower().startswith(self.phrase)


def read_words(file: Path = WORDS) -> tuple[list[Phrase], list[Exemption]]:
    """Read the phrases and the exemptions of a words.yaml.

    Raises:
        ValueError: An exemption does not say why it is there.
    """
    words = yaml.safe_load(file.read_text())
    phrases = [Phrase(_compiled(entry["pattern"]), entry["instead"]) for entry in words["phrases"]]
    if any(not entry.get("reason") for entry in words["exceptions"]):
        raise ValueError(f"{file}: each exception needs a reason")
    return phrases, [Exemption(entry["files"], entry.get("phrase", "")) for entry in words["exceptions"]]


def _compiled(pattern: str) -> re.Pattern[str]:
    # A phrase may be broken over two lines of a comment.
    return re.compile(pattern.replace(" ", r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*(?:#|//)?[^\S\n]*)"), re.IGNORECASE)


def findings(path: str, text: str, phrases: Iterable[Phrase], exempt: Iterable[Exemption]) -> Iterator[str]:
    """Yield one line for each phrase of `text` that no exemption allows, in the order of the text."""
    matches = ((match, phrase) for phrase in phrases for match in phrase.pattern.finditer(text))
    exempt = list(exempt)
    for match, phrase in sorted(matches, key=lambda pair: pair[0].start()):
        start, shown = match.start(), " ".join(match[0].split())
        if any(exemption.covers(path, shown) for exemption in exempt):
            continue
        line = text.count("\n", 0, start) + 1
        column = start - text.rfind("\n", 0, start)
        yield f'{path}:{line}:{column}: "{shown}"; write: {phrase.instead}'


def tracked() -> list[str]:
    """Return the paths that Git tracks, from the repository's root."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]


def main() -> int:
    """Check the files and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    phrases, exempt = read_words()
    count = 0
    for path in parser.parse_args().paths or tracked():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # a picture
        for finding in findings(path, text, phrases, exempt):
            print(finding)
            count += 1
    if count:
        print(
            f"{count} {'phrase' if count == 1 else 'phrases'} to replace; scripts/wording/words.yaml lists them",
            file=sys.stderr,
        )
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
