"""Rows of other tools are read as they are laid out, from JSON lines and Parquet alike, and nothing is guessed."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trainer import rows

Q, A = {"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}  # ShareGPT's turns
USER, ANSWER = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
SYSTEM = {"role": "system", "content": "s"}
CASES = [
    ("ShareGPT", {"conversations": [Q, A]},
     {"messages": [USER, ANSWER]}),
    ("ShareGPT", {"id": "x", "system": "s", "conversations": [Q, A]},
     {"messages": [SYSTEM, USER, ANSWER]}),
    ("ShareGPT", {"conversations": [{"from": "system", "value": "s"}, {"from": "user", "value": "q"},
                                    {"from": "ChatGPT", "value": "a"}], "system": ""},
     {"messages": [SYSTEM, USER, ANSWER]}),
    ("ShareGPT", {"conversations": [USER, ANSWER]}, {"messages": [USER, ANSWER]}),
    ("ShareGPT", {"conversation": [USER, ANSWER]}, {"messages": [USER, ANSWER]}),
    ("ShareGPT", {"conversations": [Q | {"weight": None}, A | {"weight": 1}]},
     {"messages": [USER, ANSWER]}),
    ("Alpaca", {"instruction": "q", "input": "", "output": "a"}, {"prompt": "q", "completion": "a"}),
    ("Alpaca", {"instruction": "q", "input": "more", "output": "a"}, {"prompt": "q\n\nmore", "completion": "a"}),
    ("Alpaca", {"instruction": "q", "output": "a"}, {"prompt": "q", "completion": "a"}),
    ("Alpaca", {"instruction": "q", "input": "", "output": "a", "text": "Below is an instruction. q a"},
     {"prompt": "q", "completion": "a"}),
    ("Alpaca", {"instruction": "q", "output": "a", "system": "s", "history": []}, {"messages": [SYSTEM, USER, ANSWER]}),
    ("Alpaca", {"instruction": "q", "output": "a", "system": "", "history": [["q", "a"]]},
     {"messages": [USER, ANSWER, USER, ANSWER]}),
    ("TRL", {"prompt": [SYSTEM, USER], "completion": [ANSWER]}, {"messages": [SYSTEM, USER, ANSWER]}),
    ("pair", {"question": "q", "answer": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"query": "q", "response": "a", "group": "g"}, {"prompt": "q", "completion": "a", "group": "g"}),
    ("pair", {"prompt": "q", "response": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"input": "q", "output": "a", "instruction": None}, {"prompt": "q", "completion": "a"}),
    ("pair", {"problem": "q", "solution": "a"}, {"prompt": "q", "completion": "a"}),
    ("ShareGPT", {"conversation": [{"input": "q", "output": "a"}, {"input": "q", "output": "a"}]},
     {"messages": [USER, ANSWER, USER, ANSWER]}),
    ("Alpaca", {"instruction": "q", "context": "more", "response": "a", "category": "x"},
     {"prompt": "q\n\nmore", "completion": "a"}),
    ("Alpaca", {"instruction": "q", "context": "", "response": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"system_prompt": "s", "question": "q", "response": "a"}, {"messages": [SYSTEM, USER, ANSWER]}),
    ("pair", {"system_prompt": "", "question": "q", "response": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"system": "s", "question": "q", "answer": "a"}, {"messages": [SYSTEM, USER, ANSWER]}),
    ("pair", {"inputs": "q", "targets": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"user": "q", "assistant": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"prompt": "q", "answer": "a"}, {"prompt": "q", "completion": "a"}),
    ("pair", {"problem": "q", "generated_solution": "a", "expected_answer": "1"}, {"prompt": "q", "completion": "a"}),
]  # fmt: skip


def written(folder: Path, name: str, *values: Any) -> str:
    path = folder / name
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(list(values)), path)
    else:
        path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return str(path)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
@pytest.mark.parametrize(("layout", "row", "ours"), CASES)
def test_a_row_is_read_by_the_names_of_its_columns(
    tmp_path: Path, name: str, layout: str, row: dict[str, Any], ours: dict[str, Any]
) -> None:
    mapped: Counter[str] = Counter()
    ((_, value, problem),) = rows.read(written(tmp_path, name, row), None, mapped)
    assert (value, problem or rows.problem(value)) == (ours, "")
    assert mapped == {layout: 1}


@pytest.mark.parametrize(
    "row",
    [
        {"text": "t"},
        {"prompt": "q", "completion": "a", "question": "other", "answer": "b"},
        {"messages": [USER, ANSWER], "conversations": [{"from": "human", "value": "x"}]},
        {"text": "t", "instruction": "q"},
    ],
)
def test_a_row_of_our_own_stays_as_it_is(tmp_path: Path, row: dict[str, Any]) -> None:
    mapped: Counter[str] = Counter()
    ((_, value, _),) = rows.read(written(tmp_path, "rows.jsonl", row), None, mapped)
    assert value == {name: field for name, field in row.items() if name in rows.COLUMNS}
    assert (rows.problem(value), mapped) == ("", {})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"conversations": [Q, {"from": "function_call", "value": "{}"}]},
         "messages/1/tool_calls/0: 'function' is a required property"),
        ({"conversations": [Q]}, "messages: "),
        ({"conversations": [A, Q]}, "messages: the last message"),
        ({"conversations": [Q, A | {"weight": 0}]}, "messages/1: "),
        ({"conversations": ["q", "a"]}, "messages/0: "),
        ({"conversations": []}, "messages: "),
        ({"instruction": "q", "output": ""}, "completion: "),
        ({"instruction": "q", "output": "a", "history": [["q"]]}, "it has "),
        ({"prompt": [USER, ANSWER, USER], "completion": [ANSWER]}, "prompt has an assistant's turn"),
        ({"chosen": "a", "rejected": "b", "prompt": "q"}, "chosen and rejected are pairs of a preference"),
        ({"question": 4, "answer": "a"}, "it has no fields"),
        ({"answer": "a"}, "it has no fields"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_said(tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    ((_, value, _),) = rows.read(written(tmp_path, "rows.jsonl", row))
    assert rows.problem(value).startswith(problem)


def test_columns_that_a_layout_does_not_read_are_counted(tmp_path: Path) -> None:
    row = {"question": "q", "answer": "a", "source": "x", "input": "y"}
    for name in ("rows.jsonl", "rows.parquet"):
        ignored: Counter[str] = Counter()
        list(rows.read(written(tmp_path, name, row), ignored))
        assert ignored == {"source": 1, "input": 1}
