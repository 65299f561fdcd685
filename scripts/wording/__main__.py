"""Report phrases and names that words.yaml replaces, as FILE:LINE:COLUMN, each with what to write instead.

    .venv/bin/python scripts/wording [PATH...]

Without paths every file that Git tracks is read. Exit 1 when there is something to replace, 0 otherwise.
"""

from __future__ import annotations

import argparse
import ast
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
# What Rego does not run: texts and comments. A raw string may go over lines.
_NOT_REGO = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*')
_REGO_BINDINGS = (
    re.compile(r"([\w, \t]+?)\s*:="),  # also `[a, b] := ...`, whose brackets are passed over
    re.compile(r"\b(?:some|every)\s+([\w, \t]+?)\s*(?:\bin\b|\n|\{)"),
    re.compile(r"^(?:default\s+)?(\w+)", re.MULTILINE),  # the head of a rule
    re.compile(r"^\w+\(([^)]*)\)", re.MULTILINE),  # a function's arguments
)
_REGO_NAME = re.compile(r"\b[A-Za-z_]\w*\b")


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


@dataclass(frozen=True)
class VagueNames:
    """Names that no value may have in some Python and Rego files, since they do not say what the value is."""

    files: tuple[str, ...]
    instead: dict[str, str]

    def covers(self, path: str) -> bool:
        """Return whether the file `path` is one of those."""
        return path.endswith((".py", ".rego")) and any(fnmatch(path, pattern) for pattern in self.files)


def read_names(file: Path = WORDS) -> VagueNames:
    """Read the vague names of a words.yaml."""
    names = yaml.safe_load(file.read_text())["names"]
    return VagueNames(tuple(names["files"]), names["instead"])


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


def name_findings(path: str, text: str, vague: VagueNames) -> Iterator[str]:
    """Yield one line for each vague name that a Python or Rego file binds, in the order of the text."""
    if not vague.covers(path):
        return
    bound = _bound_by_rego(text) if path.endswith(".rego") else _bound(ast.parse(text))
    for line, column, name in sorted(bound):
        if instead := vague.instead.get(name.lstrip("_").lower()):
            yield f'{path}:{line}:{column + 1}: the name "{name}"; write: {instead}'


def _bound(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Yield where a name is bound (line, column) and the name: variables, attributes, arguments, functions, classes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, node.col_offset, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, node.col_offset, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, node.col_offset, name


def _bound_by_rego(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where Rego binds a name (line, column) and the name: rules, their arguments, `:=`, `some` and `every`."""
    code = _NOT_REGO.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text).replace("[", " ").replace("]", " ")
    starts = {}
    for binding in _REGO_BINDINGS:
        for match in binding.finditer(code):
            for word in _REGO_NAME.finditer(match[1]):
                starts[match.start(1) + word.start()] = word[0]
    for start, name in starts.items():
        yield code.count("\n", 0, start) + 1, start - code.rfind("\n", 0, start) - 1, name


def tracked() -> list[str]:
    """Return the paths that Git tracks, from the repository's root."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]


def main() -> int:
    """Check the files and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    phrases, exempt = read_words()
    vague = read_names()
    count = 0
    for path in parser.parse_args().paths or tracked():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # a picture
        for finding in (*findings(path, text, phrases, exempt), *name_findings(path, text, vague)):
            print(finding)
            count += 1
    if count:
        print(
            f"{count} {'finding' if count == 1 else 'findings'}; scripts/wording/words.yaml lists what to replace",
            file=sys.stderr,
        )
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
