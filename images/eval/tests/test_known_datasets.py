"""Rows of datasets that people bring, as their makers lay them out, each with the sample that it is."""

from typing import Any

import pytest
from evaluation import columns

ARC = {"text": ["rock", "ice", "lava"], "label": ["1", "2", "3"]}


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"id": "a", "question": "q", "choices": ARC, "answerKey": "2"},
         {"prompt": "q", "choices": ["rock", "ice", "lava"], "references": ["ice"]}),
        ({"id": "a", "question": "q", "choices": {**ARC, "label": ["A", "B", "C"]}, "answerKey": "C"},
         {"prompt": "q", "choices": ["rock", "ice", "lava"], "references": ["lava"]}),
        ({"question": "q", "options": ["rock", "ice"], "answer": "B", "answer_index": 1, "category": "physics"},
         {"prompt": "q", "choices": ["rock", "ice"], "references": ["ice"]}),  # MMLU-Pro
        ({"question": "q", "answer": {"value": "Paris", "aliases": ["Paris", "City of Light"], "type": "Wiki"}},
         {"prompt": "q", "references": ["Paris", "City of Light"]}),  # TriviaQA
        ({"question": "q", "best_answer": "b", "correct_answers": ["a", "b"], "incorrect_answers": ["c"]},
         {"prompt": "q", "references": ["a", "b"]}),  # TruthfulQA
        ({"problem": "q", "level": "Level 5", "type": "Algebra", "solution": "so \\boxed{4}"},
         {"prompt": "q", "references": ["so \\boxed{4}"]}),  # MATH
        ({"user_input": "q", "ground_truth": "a"}, {"prompt": "q", "references": ["a"]}),
        ({"sentence": "q", "label": 1, "choices": ["negative", "positive"]},
         {"prompt": "q", "choices": ["negative", "positive"], "references": ["positive"]}),  # SST-2
    ],
)  # fmt: skip
def test_rows_are_read_as_their_makers_have_them(row: dict[str, Any], fields: dict[str, Any]) -> None:
    read = columns.of_table(list(row), "", "", True, "a.jsonl")
    made = columns.sample(row, read, 1, "", "a.jsonl:1")
    assert made == {"id": row.get("id", "row-1"), **fields}
