"""A count in a message agrees with its noun: `1 day`, `2 days`, by `plural`, or `lib.ending` in a policy."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOUNS = (
    "answers|arguments|attempts|baselines|bytes|characters|chunks|dimensions|days|documents|errors|files|"
    "findings|GPUs|hours|levels|lines|minutes|months|nodes|objects|packs|phrases|pipelines|pods|points|"
    "projects|questions|requests|rows|runs|samples|seconds|shards|slots|steps|texts|tokens|tries|values|"
    "vectors|versions|waivers|warnings|weeks|words|workflows"
)
COUNTED = re.compile(rf"^ (?:more |of )?({NOUNS})\b(?!/)")

# (file, noun) -> why the count there is never one
NEVER_ONE = {
    ("images/rag/index/embedder.py", "dimensions"): "a model with one dimension distinguishes nothing",
    ("images/rag/index/stores/base.py", "dimensions"): "a model with one dimension distinguishes nothing",
    ("images/rag/index/stores/queue.py", "vectors"): "it waits for a share of a whole index",
    ("images/rag/index/stores/attempts.py", "tries"): "what is given up is tried more than once",
    ("images/rag/index/question.py", "texts"): "a constant above one",
    ("images/rag/index/manifest.py", "bytes"): "a constant above one",
    ("images/rag/index/origins/harvest.py", "bytes"): "a constant above one",
    ("images/runtime/files.py", "bytes"): "a constant above one",
    ("images/eval/evaluation/summary.py", "answers"): "a dataset has `least_rows` at least, above one",
    ("images/runtime/receipt.py", "runs"): "a step that runs",
    ("images/runtime/http.py", "bytes"): "a body of one byte is read",
    ("images/train/trigger.py", "attempts"): "a constant above one",
    ("images/eval/evaluation/client.py", "requests"): "a constant above one",
    ("scripts/dac/expand/grants.py", "characters"): "a policy is longer",
    ("scripts/dac/load/document.py", "levels"): "a constant above one",
    ("scripts/dac/model/credentials.py", "characters"): "a credential is longer",
    ("images/rag/index/readers/mail.py", "characters"): "a constant above one",
    ("images/rag/index/readers/formats.py", "characters"): "more than three of them were lost",
    ("scripts/dac/run/argo/manifest.py", "levels"): "a constant above one",
    ("scripts/dac/run/argo/lint/spec.py", "characters"): "a constant above one",
    ("scripts/dac/run/argo/retry.py", "seconds"): "as the controller writes it",
    ("scripts/dac/run/local/contents.py", "bytes"): "a constant above one",
    ("scripts/dac/status/assessment.py", "runs"): "more than one of them has not ended",
    ("images/rag/index/filter.py", "characters"): "more than a constant above one",
    ("images/rag/index/filter.py", "values"): "more than a constant above one",
    ("images/rag/index/manifest.py", "characters"): "a constant above one",
    ("images/rag/index/manifest.py", "values"): "more than a constant above one",
    ("images/rag/index/chunker.py", "chunks"): "a document may have more than one",
    ("images/runtime/notify.py", "nodes"): "more than one of them failed",
}


def counted(tree: ast.AST) -> list[str]:
    """Nouns that stand right after a value in a formatted text."""
    nouns = []
    for text in ast.walk(tree):
        if not isinstance(text, ast.JoinedStr):
            continue
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                nouns += COUNTED.findall(str(after.value))
    return nouns


def test_a_count_is_found_where_it_stands() -> None:
    assert counted(ast.parse("f'{n} days left'; f'of {len(x)} more files'; f'{name} renders'; f'{n} daysies'")) == [
        "days",
        "files",
    ]


def test_counts_in_messages_agree_with_their_nouns() -> None:
    counts = set()
    for path in [*ROOT.glob("scripts/**/*.py"), *ROOT.glob("images/**/*.py")]:
        file = path.relative_to(ROOT)
        if "tests" not in file.parts and not any(part.startswith(".") for part in file.parts):
            counts |= {(file.as_posix(), noun) for noun in counted(ast.parse(path.read_text()))}
    assert counts == set(NEVER_ONE), "format the count with plural(), or say here why it is never one"


@pytest.mark.parametrize("path", sorted(ROOT.glob("policy/**/*.rego")), ids=lambda path: path.stem)
def test_counts_in_policies_agree_with_their_nouns(path: Path) -> None:
    """A limit that the platform sets in such units, and what is over it, is never one."""
    counts = re.findall(rf"%[vd] ({NOUNS})\b", path.read_text())
    assert set(counts) <= {"bytes", "characters", "days", "nodes", "seconds", "shards"}, counts
