"""Tables as people have them become samples; what is wrong is said with its line and what to do."""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from world import World

PAIRS = [{"question": "2 + 2?", "answer": "4"}, {"question": "Capital of France?", "answer": "Paris"}]
SAMPLES = [
    {"id": "row-1", "prompt": "2 + 2?", "references": ["4"]},
    {"id": "row-2", "prompt": "Capital of France?", "references": ["Paris"]},
]


def imported(world: World, file: Path, *flags: str, metrics: str = "exact_match") -> list[dict[str, Any]]:
    out = world.folder / "out/samples.jsonl"
    world.run("import_samples", f"--data={file}", f"--out={out}", f"--metrics={metrics}", *flags)
    return [json.loads(line) for line in out.read_text().splitlines()]


def refusal(world: World, file: Path, *flags: str, metrics: str = "exact_match") -> str:
    """Returns what is said of a file, with its folder left out."""
    out = world.folder / "out/samples.jsonl"
    words = ("import_samples", f"--data={file}", f"--out={out}", f"--metrics={metrics}", *flags)
    message: str = world.run(*words, code=65)[-1]["message"]
    assert not out.exists()
    return message.replace(f"{world.folder}/", "")


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", lines(*PAIRS)),
        ("a.ndjson", "\ufeff\n" + lines(*PAIRS) + "\n\n"),
        ("a.JSONL", lines(*PAIRS).replace("\n", "\r\n")),
        ("a.json", json.dumps(PAIRS, indent=2)),
        ("a.json", json.dumps({"version": "1", "data": PAIRS})),
        ("a.csv", "question,answer\n2 + 2?,4\nCapital of France?,Paris\n"),
        ("a b ü.csv", "\ufeffQuestion;Answer\r\n2 + 2?;4\r\nCapital of France?;Paris\r\n"),
        ("a.csv", 'id,question,answer\n,"2 + 2?",4\n,"Capital of France?",Paris'),
        ("a.tsv", "question\tanswer\n2 + 2?\t4\nCapital of France?\tParis\n"),
    ],
)
def test_a_file_of_any_kind_is_the_same_samples(world: World, name: str, data: str) -> None:
    assert imported(world, written(world.folder, name, data)) == SAMPLES


def test_parquet(world: World) -> None:
    pq.write_table(pa.Table.from_pylist(PAIRS), world.folder / "a.parquet")
    assert imported(world, world.folder / "a.parquet") == SAMPLES


def test_cells_of_parquet_are_read_as_people_see_them(world: World) -> None:
    cells = {
        "id": [1.0, 2.0, None], "question": ["q", "p", "o"], "answer": [datetime.date(2020, 1, 2), None, None],
        "label": [4.0, 0.5, float("nan")],
    }  # fmt: skip
    file = world.folder / "a.parquet"
    pq.write_table(pa.table(cells), file)
    dates = imported(world, file, "--limit=1")
    assert (dates[0]["id"], dates[0]["references"]) == ("1", ["2020-01-02"])
    numbers = imported(world, file, "--answer=label", "--limit=2")
    assert [sample["references"] for sample in numbers] == [["4"], ["0.5"]]
    (world.folder / "out/samples.jsonl").unlink()
    assert refusal(world, file, "--answer=label") == (
        "a.parquet: row 3: column 'label' is empty here, and in 1 of 3 rows; fill it in, take these rows out, or name "
        "another column with --answer"
    )


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"prompt": "q", "completion": "a"}, {"prompt": "q", "references": ["a"]}),
        ({"input": "q", "ideal": ["a", "b"]}, {"prompt": "q", "references": ["a", "b"]}),
        ({"id": 7, "question": "q", "answer": 4}, {"id": "7", "prompt": "q", "references": ["4"]}),
        ({"question": "q", "answer": 0.5}, {"prompt": "q", "references": ["0.5"]}),
        ({"question": "q", "answer": False}, {"prompt": "q", "references": ["false"]}),
        ({"question": "q", "answers": {"text": ["a", "b"], "answer_start": [1, 2]}}, {"references": ["a", "b"]}),
        ({"question": "q", "answers": '["a", "b"]'}, {"references": ["a", "b"]}),
        ({"question": "q", "choices": ["x", "y"], "answer": 1}, {"choices": ["x", "y"], "references": ["y"]}),
        ({"question": "q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answer": "B"}, {"references": ["y"]}),
        ({"question": "q", "choices": ["0", "1"], "answer": "1"}, {"references": ["1"]}),
        ({"input": [{"role": "user", "content": "q", "name": "x"}], "ideal": "a"},
         {"messages": [{"role": "user", "content": "q"}], "references": ["a"]}),
        ({"messages": '[{"role": "user", "content": "q"}]', "answer": "a"},
         {"messages": [{"role": "user", "content": "q"}]}),
        ({"question": "[citation needed] where?", "answer": "a", "group": 3},
         {"prompt": "[citation needed] where?", "group": "3"}),
        ({"question": "q", "answer": " a\n"}, {"references": [" a\n"]}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(world: World, row: dict[str, Any], fields: dict[str, Any]) -> None:
    (sample,) = imported(world, written(world.folder, "a.jsonl", lines(row)))
    assert {name: sample[name] for name in fields} == fields


def test_columns_that_are_named_and_those_that_are_not_read(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(world.folder, "a.csv", "frage,antwort,answer\nq,a,b\n")
    (sample,) = imported(world, file, "--question=frage", "--answer=antwort")
    assert (sample["prompt"], sample["references"]) == ("q", ["a"])
    facts = orjson.loads(capsys.readouterr().out)
    assert (facts["question"], facts["answer"], facts["ignored"]) == ("frage", "antwort", ["answer"])
    assert facts["rows"], facts["groups"] == (1, 0)
    assert facts["sha256"] == hashlib.sha256((world.folder / "out/samples.jsonl").read_bytes()).hexdigest()


def test_a_limit_takes_the_first_rows(world: World) -> None:
    assert len(imported(world, written(world.folder, "a.jsonl", lines(*PAIRS)), "--limit=1")) == 1


def test_what_is_retrieved_is_asked_as_a_query(world: World) -> None:
    row = {"question": "q", "relevant": ["doc-1"]}
    (sample,) = imported(world, written(world.folder, "a.jsonl", lines(row)), metrics="mrr")
    assert sample == {"id": "row-1", "query": "q", "relevant": ["doc-1"]}


def test_a_metric_that_compares_with_nothing_needs_no_answer(world: World) -> None:
    (sample,) = imported(world, written(world.folder, "a.jsonl", lines({"question": "q"})), metrics="json_valid")
    assert sample == {"id": "row-1", "prompt": "q"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", "", "a.jsonl: has no rows"),
        ("a.csv", "question,answer\n", "a.csv: has no rows"),
        ("a.csv", "", "a.csv: has no rows"),
        ("a.json", "[]", "a.json: has no rows"),
        ("a.txt", "q", "a.txt: its format is not known; give a file that ends in .jsonl, .ndjson, .json"),
        ("a.jsonl.gz", b"\x1f\x8b", "a.jsonl.gz: its format is not known"),
        ("a.jsonl", lines(PAIRS[0]) + "\n{", "a.jsonl:3: invalid JSON: "),
        ("a.jsonl", "[1]\n", "a.jsonl:1: a row is a JSON object with named fields, not list"),
        ("a.json", "{}", "a.json: has no list of rows; write [{...}, {...}]"),
        ("a.json", lines(*PAIRS), "a.json: invalid JSON: "),
        ("a.parquet", b"PAR1", "a.parquet: cannot be read as Parquet: "),
        ("a.csv", "question,answer\n2 + 2?,4,5\n", "a.csv:2: has another number of fields than the first line"),
        ("a.csv", "question,answer\nq\n", "a.csv:2: has another number of fields than the first line"),
        ("a.csv", 'question,answer\n"q,4\n', "a.csv:2: unexpected end of data"),
        ("a.csv", "question,answer,answer\nq,a,b\n", "a.csv:1: two columns are called 'answer'; rename one"),
        ("a.csv", "question,answer\nq,caf\xe9\n".encode("latin-1"), "a.csv: is not UTF-8 at byte "),
        ("a.csv", "frage,antwort\nq,a\n", "a.csv: no column asks; it has frage, antwort; name the one that"),
        ("a.csv", "question,antwort\nq,a\n", "a.csv: no column holds the right answer; it has question, antwort; name"),
        ("a.csv", "question,answer\nq,a\n ,b\n", "a.csv:3: column 'question' asks nothing: ' '"),
        ("a.csv", "question,answer\nq,\np,a\n", "a.csv:2: column 'answer' is empty here, and in 1 of 2 rows; fill"),
        ("a.csv", "id,question,answer\n1,q,a\n1,p,a\n", "a.csv:3: the id '1' is used twice, first at "),
        ("a.jsonl", lines({"question": 4, "answer": 4}), "a.jsonl:1: column 'question' asks nothing: 4; give it text"),
        ("a.jsonl", lines({"messages": [{"role": "x", "content": "q"}], "answer": "a"}), "a.jsonl:1: messages/0/role:"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_place(world: World, name: str, data: str | bytes, message: str) -> None:
    assert refusal(world, written(world.folder, name, data)).startswith(message)


def test_files_that_are_none(world: World) -> None:
    (world.folder / "folder.jsonl").mkdir()
    assert refusal(world, world.folder / "none.csv") == "none.csv: there is no such file"
    assert refusal(world, world.folder / "folder.jsonl").startswith("folder.jsonl: is not a file")


def test_a_column_that_is_named_and_not_there(world: World) -> None:
    file = written(world.folder, "a.csv", "question,answer\nq,a\n")
    assert refusal(world, file, "--answer=gold") == "a.csv: has no column 'gold' (--answer); it has question, answer"
    assert refusal(world, file, "--question=Q") == "a.csv: has no column 'Q' (--question); it has question, answer"


def test_a_metric_that_needs_more_than_an_answer(world: World) -> None:
    file = written(world.folder, "a.csv", "question,answer\nq,a\n")
    assert refusal(world, file, metrics="accuracy") == (
        "a.csv:2: sample 'row-1' has no 'choices', which accuracy needs"
    )
    assert refusal(world, file, metrics="exact").startswith("metrics: exact; choose from abstained, accuracy, ")
