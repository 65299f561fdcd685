"""libyaml's errors in words that say what to do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from dac.model import Finding, Location

# libyaml's problem -> (what is wrong, what to do, whether the place is where the context began).
_WORDS = {
    "mapping values are not allowed in this context": (
        'there is a ": " where no key can be',
        "fix the indentation, or quote a value that holds a colon",
        False,
    ),
    "could not find expected ':'": ('this line is not "key: value"', "add the colon, or fix the indentation", True),
    "found unexpected end of stream": ("a quote is opened here and never closed", "close it", True),
    "found undefined tag handle": ("a value cannot begin with !", "quote it", False),
    "did not find expected alphabetic or numeric character": (
        "a value cannot begin with * or &",
        "quote it, as every cron line that begins with *",
        True,
    ),
    "exceeded maximum nesting depth": ("nested too deeply", "flatten it", False),
    "did not find expected key": ("the indentation is not that of the lines above", "align it with them", False),
    "did not find expected '-' indicator": ("the indentation is not that of the list above", "align it", False),
    "did not find expected ',' or ']'": ("a list in brackets is not closed", 'close it with "]"', True),
    "did not find expected ',' or '}'": ("a mapping in braces is not closed", 'close it with "}"', True),
    "did not find expected node content": ("a value is missing here", "write it, or close the bracket", False),
}


def syntax_finding(error: Any, text: str, file: str) -> Finding:
    """Return the one finding of a text that is not YAML."""
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    lines = text.split("\n")
    line, column = (mark.line, mark.column) if mark else (0, 0)
    tabbed = _tab_in_indentation(lines, line)
    if tabbed is not None:
        return _tab(file, *tabbed, indents=True)
    if problem == "found character that cannot start any token" and line < len(lines):
        sign = lines[line][column : column + 1]
        if sign == "\t":
            return _tab(file, line, column)
        return _finding(file, text, line, column, f"a value cannot begin with {sign}", "quote it")
    what, remedy, at_context = _WORDS.get(problem, (f"invalid YAML: {problem}", "fix the line", False))
    context = getattr(error, "context_mark", None)
    if at_context and context:
        line, column = context.line, context.column
    return _finding(file, text, line, column, what, remedy)


def stray_tabs(text: str, events: Iterable[Any], file: str) -> list[Finding]:
    """Tabs between tokens: YAML lets some stand, editors show them as anything."""
    scalars = [(e.start_mark.index, e.end_mark.index) for e in events if hasattr(e, "value")]
    inside = Spans(scalars)
    findings = []
    offset = 0
    for number, line in enumerate(text.split("\n")):
        column = next((c for c, sign in enumerate(line) if sign == "\t" and offset + c not in inside), None)
        if column is not None and not _in_comment(line, column, offset, inside):
            findings.append(_tab(file, number, column))
        offset += len(line) + 1
    return findings


class Spans:
    """Parts of a text, none within another, in the text's order: whether an index lies in one of them."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def __contains__(self, index: int) -> bool:
        before = bisect_right(self._starts, index)
        return before > 0 and index < self._ends[before - 1]


def _in_comment(line: str, column: int, offset: int, inside: Spans) -> bool:
    return any(sign == "#" and offset + at not in inside for at, sign in enumerate(line[:column]))


def _tab_in_indentation(lines: list[str], line: int) -> tuple[int, int] | None:
    """Return the tab that made the parser stop: in the indentation of its line or of the one before."""
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            indentation = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            if "\t" in indentation and lines[number].strip():
                return number, indentation.index("\t")
    return None


def _tab(file: str, line: int, column: int, *, indents: bool = False) -> Finding:
    what = "a tab indents this line" if column == 0 or indents else "a tab between words"
    return Finding(Location(file, line + 1, column + 1), "yaml.tab", what, "use spaces")


def end_of(text: str) -> tuple[int, int]:
    """Return the last place of a text, 1-based: after its last line, not counting an empty one at the end."""
    lines = text.split("\n")
    last = len(lines) - 1 if lines[-1] or len(lines) == 1 else len(lines) - 2
    return last + 1, len(lines[last].rstrip("\r")) + 1


def _finding(file: str, text: str, line: int, column: int, what: str, remedy: str) -> Finding:
    """Return a finding whose place exists: the parser's own may lie past the end of the text."""
    return Finding(Location(file, *min((line + 1, column + 1), end_of(text))), "yaml.syntax", what, remedy)
