"""scripts/wording: phrases are found where they stand, and an exception names its files and its reason."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts/wording/__main__.py"
SPEC = importlib.util.spec_from_file_location("wording", PROGRAM)
assert SPEC is not None
assert SPEC.loader is not None
wording = importlib.util.module_from_spec(SPEC)
sys.modules["wording"] = wording
SPEC.loader.exec_module(wording)

PHRASES, EXEMPT = wording.read_words()


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("this is no CEL; mend it", ["1:6", "1:17"]),
        ("# That is\n    # no list of names.", ["1:8"]),
        ("There is no project docs, and it is no longer here.", []),
        ("It hangs on the seed.\nHang on to it.", ["1:4"]),
        ("recommended amendments", []),
        ("where it can be had", ["1:10"]),
    ],
    ids=["two-of-a-line", "over-two-lines", "plain-english", "with-a-particle", "within-words", "to-be-had"],
)
def test_a_phrase_is_found_where_it_stands(text: str, positions: list[str]) -> None:
    lines = list(wording.findings("a.py", text, PHRASES, EXEMPT))
    assert [re.sub(r"^a\.py:(\d+:\d+): .*", r"\1", line) for line in lines] == positions


def test_a_finding_says_what_to_write() -> None:
    (line,) = wording.findings("docs/a.md", "One\nmust mend it.", PHRASES, EXEMPT)
    assert line == 'docs/a.md:2:6: "mend"; write: fix'


def test_an_exemption_is_of_its_files_and_its_phrase() -> None:
    by_file = [
        list(wording.findings(path, "it is no list", PHRASES, EXEMPT)) for path in ("tests/runner/a/b.json", "a.json")
    ]
    assert [len(lines) for lines in by_file] == [0, 1]
    assert len(list(wording.findings("tests/runner/a/b.json", "mend it", PHRASES, EXEMPT))) == 1


@pytest.mark.parametrize(
    ("path", "text", "bound"),
    [
        ("scripts/dac/a.py", "found = 1\nself.told = found.said", ['1:1: the name "found"', '2:1: the name "told"']),
        ("scripts/dac/a.py", "def _known(one): ...", ['1:1: the name "_known"', '1:12: the name "one"']),
        ("images/rag/a.py", "[known for known in unknown]", ['1:12: the name "known"']),
        ("images/rag/a.py", "match = dict(found=1)", []),
        ("tests/cli/a.py", "GOOD = 1\nclass Found: ...", ['1:1: the name "GOOD"', '2:1: the name "Found"']),
        ("docs/a.py", "found = 1", []),
        ("policy/a/a_test.rego", 'test_a if {\n\tfound := a.f with input as "told := 1"\n}', ['2:2: the name "found"']),
        ("policy/a/a.rego", "f(one, [_, told]) := one", ['1:3: the name "one"', '1:12: the name "told"']),
        (
            "policy/a/a.rego",
            "a if {\n\tsome i, known in b\n\tevery news in c { news }\n}",
            ['2:10: the name "known"', '3:8: the name "news"'],
        ),
        ("policy/a/a.rego", "# found := 1\n_good contains x if a.said == `\nplain := 1`", ['2:1: the name "_good"']),
        ("policy/a/a.rego", "[plain, b] := c", ['1:2: the name "plain"']),
    ],
    ids=[
        "variable-and-attribute",
        "function-and-argument",
        "comprehension",
        "another-api",
        "constant-and-class",
        "other-files",
        "rego-variable",
        "rego-arguments",
        "rego-loops",
        "rego-rule",
        "rego-array",
    ],
)
def test_a_vague_name_is_found_where_it_is_bound(path: str, text: str, bound: list[str]) -> None:
    lines = list(wording.name_findings(path, text, wording.read_names()))
    assert [line.removeprefix(f"{path}:").partition(";")[0] for line in lines] == bound


def test_an_exemption_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("phrases: []\nexceptions:\n  - files: a.md\n")
    with pytest.raises(ValueError, match="each exception needs a reason"):
        wording.read_words(tmp_path / "words.yaml")
