"""Another true model than MiniLM: what its own files say, its makers' vectors, and the answers that it finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mpnet
import numpy as np
import pytest
from index import model_files
from index.embedder import Embedder
from runtime.errors import InputError

TEXTS = [
    "short",
    "",
    "word " * 500,
    "Straße, 語, e\u0301",
    "tokens of its own: <pad> </s> <mask> [UNK]",
    "A CASE, a case",
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with mpnet.unpacked() as folder:
        yield folder


@pytest.fixture(scope="module")
def second(folder: Path) -> Embedder:
    return Embedder(folder, mpnet.MODEL, 4096)


def test_its_files_say_what_its_makers_say(folder: Path) -> None:
    assert model_files.facts_of(folder) == mpnet.FACTS
    model_files.check(folder, mpnet.MODEL)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"pooling": "cls"}, "pooling is cls, 1_Pooling/config.json says mean"),
        ({"dimension": 384}, "dimension is 384, config.json says hidden_size 768"),
        ({"max_tokens": 512}, "max_tokens is 512, sentence_bert_config.json says 384"),
        # Its table has 514 positions, of which two come before the first token's.
        ({"max_tokens": 513}, "max_tokens is 513, config.json has 512 positions"),
        ({"normalise": False}, "normalise is false, modules.json has a layer Normalize (2_Normalize)"),
        ({"normalize": True}, "unknown key 'normalize', did you mean 'normalise'?"),
    ],
)
def test_what_its_files_contradict_is_refused(folder: Path, facts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        model_files.check(folder, {**mpnet.MODEL, **facts})
    assert message in str(raised.value)


def test_its_vectors_are_those_of_sentence_transformers(folder: Path, second: Embedder) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert (second.documents(TEXTS) * theirs).sum(1).min() >= 0.9999


def test_questions_find_their_answers(second: Embedder) -> None:
    answers = [
        "Rolling back puts the alias on the version before; nothing is embedded anew.",
        "A key that was rotated is read again by the next step, so that a long run goes on.",
        "Documents without text are named in the summary, and counted.",
    ]
    questions = ["How do I return to the former index?", "What if my password changes overnight?", "What of scans?"]
    scores = second.questions(questions) @ second.documents(answers).T
    assert np.argmax(scores, axis=1).tolist() == [0, 1, 2], scores
