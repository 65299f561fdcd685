"""prepare: what is pinned, refused, dropped and held out."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import LocalRun, last_message, rows
from trainer import data_card, near_duplicates
from trainer import rows as row_contract


def _written(local_run: LocalRun, name: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (local_run.run / "dataset" / name).read_bytes().splitlines()]


def test_every_row_is_trained_on_or_held_out(local_run: LocalRun) -> None:
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    train, held_out = _written(local_run, "train.jsonl"), _written(local_run, "held_out.jsonl")
    assert sorted(row["line"] for row in train + held_out) == list(range(1, 121))
    card = orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())
    assert card["rows"] == {
        "read": 120, "bad": 0, "duplicates": 0, "train": len(train), "held_out": len(held_out), "in_suite": 0,
        "near_duplicates": 0, "on_both_sides": 0,
    }  # fmt: skip
    assert (local_run.run / "dataset" / "lengths.svg").read_text().startswith("<svg ")


def test_a_row_never_moves_between_the_sides(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows, in another order: what was held out before is held out still, so no evaluation ever leaks."""
    local_run.step("prepare", "--held-out", "0.2")
    before = {row["prompt"] for row in _written(local_run, "held_out.jsonl")}
    monkeypatch.setenv("DATASET", local_run.put(rows(200)[::-1]))
    local_run.step("prepare", "--held-out", "0.2")
    after = {row["prompt"] for row in _written(local_run, "held_out.jsonl")}
    assert before == {row["prompt"] for row in rows(120)} & after


def test_a_moved_pin_shows_both_digests(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned, actual = "0" * 64, local_run.environ["DATASET"].rpartition(":")[2]
    monkeypatch.setenv("DATASET", f"s3://data/rows.jsonl@sha256:{pinned}")
    assert local_run.step("prepare") == 65
    assert last_message(capsys) == (
        f"s3://data/rows.jsonl: its sha256 is {actual} and the decision pins {pinned}; "
        "check what changed, then pin the new digest in decisions.yaml"
    )


def test_bad_rows_are_named_by_line_and_refused_above_the_limit(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = rows(16)
    unusable: list[object] = [
        {"prompt": "no answer"}, b"{not json", {"messages": [{"role": "user", "content": "a"}] * 2},
        {"text": "  "}, {"messages": [{"role": "user", "content": "a", "tool_calls": [{"id": "x"}]},
                                      {"role": "assistant", "content": "b"}]},
    ]  # fmt: skip
    monkeypatch.setenv("DATASET", local_run.put([*whole, *unusable]))
    assert local_run.step("prepare", "--held-out", "0.3", "--bad-rows", "0.2") == 65
    assert last_message(capsys) == (
        "s3://data/rows.jsonl: 5 bad of 21 rows (23.8%), at most 20.0% are allowed; fix the lines listed in "
        "s3://dac-artifacts/p/q/runs/u1/dataset/bad_rows.jsonl and pin the new digest"
    )
    problems = {row["line"]: row["problem"] for row in _written(local_run, "bad_rows.jsonl")}
    assert problems == {
        17: "it has prompt; a row has text, or prompt and completion, or messages",
        18: "invalid JSON: unexpected character, expected a string key: line 1 column 2 (char 1)",
        19: "messages: the last message must be the assistant's; there is no answer to learn from",
        20: "text: '  ' is empty",
        21: "messages/0/tool_calls/0: 'function' is a required property",
    }
    assert local_run.step("prepare", "--held-out", "0.3", "--bad-rows", "0.25") == 0


def test_duplicates_are_dropped(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = rows(40) + [{"completion": row["completion"], "prompt": row["prompt"]} for row in rows(10)]
    monkeypatch.setenv("DATASET", local_run.put(twice))
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    assert orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())["rows"]["duplicates"] == 10


def test_parquet_says_the_same_as_json_lines(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    place = local_run.objects / "data" / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows(120)), place)
    address = local_run.environ["DATASET"].partition("@")[0]
    from_json = list(row_contract.read(address))
    from_parquet = list(row_contract.read(address.replace("jsonl", "parquet")))
    assert from_parquet == from_json


def test_a_parquet_files_languages_are_counted(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chat messages and a language, as a data platform exports them; a column of its own is let be."""
    turns = [[{"role": "user", "content": f"a{i}"}, {"role": "assistant", "content": f"b{i}"}] for i in range(40)]
    table = {"messages": turns, "language": ["de", "fr"] * 20, "ticket": list(range(40))}
    place = local_run.objects / "data" / "chats.parquet"
    pq.write_table(pa.table(table), place)
    monkeypatch.setenv("DATASET", f"s3://data/chats.parquet@sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}")
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    card = orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())
    assert (card["languages"], card["kinds"]) == ({"de": 20, "fr": 20}, {"messages": 40})


@given(st.binary(min_size=32, max_size=32), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_larger_share_holds_out_what_a_smaller_one_did(identity: bytes, smaller: float, larger: float) -> None:
    small, large = sorted((smaller, larger))
    assert row_contract.held_out(identity, large) or not row_contract.held_out(identity, small)


def identities(*values: dict[str, Any]) -> int:
    return len({row_contract.digest(value) for value in values})


def sides(*values: dict[str, Any]) -> int:
    return len({row_contract.side(value) for value in values})


ROW = {"prompt": "a", "completion": "b"}


def turns(*contents: str) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": text} for place, text in enumerate(contents)]}


@pytest.mark.parametrize(
    ("first", "second", "one_row", "one_side"),
    [
        ({"prompt": "Why?", "completion": "so"}, {"prompt": "Why?", "completion": "because"}, False, True),
        ({"prompt": "Why?", "completion": "so"}, {"prompt": " why ", "completion": "so "}, True, True),
        ({"prompt": "2+2?", "completion": "4"}, {"prompt": "2*2?", "completion": "4"}, False, False),
        ({"prompt": "a\uff01", "completion": "b"}, {"prompt": "A!", "completion": "b"}, True, True),
        ({"prompt": "?", "completion": "b"}, {"prompt": "!", "completion": "b"}, False, False),
        ({"prompt": "f", "completion": "x == 1"}, {"prompt": "f", "completion": "x = 1"}, False, True),
        ({"text": "one  two"}, {"text": "one two"}, True, True),
        ({"text": "One two"}, {"text": "one two"}, False, True),
        (turns("Hi", "a"), turns("hi!", "a"), True, True),
        (turns("Hi", "a", "b", "c"), turns("Hi", "a", "b", "d"), False, True),
        (turns("Hi", "a"), {"prompt": "Hi", "completion": "a"}, False, True),
        (ROW | {"group": "g"}, {"prompt": "c", "completion": "d", "group": "g"}, False, True),
        (ROW | {"group": "g"}, {"prompt": "a", "completion": "d", "group": "h"}, False, False),
    ],
)  # fmt: skip
def test_a_question_lies_on_one_side_of_the_split(
    first: dict[str, Any], second: dict[str, Any], one_row: bool, one_side: bool
) -> None:
    assert (identities(first, second) == 1, sides(first, second) == 1) == (one_row, one_side)


def test_a_system_prompt_tells_rows_apart() -> None:
    system = {"role": "system", "content": "be brief"}
    chat = turns("Hi", "a")
    assert identities(chat, {"messages": [system, *chat["messages"]]}) == 2


def test_no_question_is_trained_on_and_held_out(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    three = [{"prompt": f"{'q' * (n + 1)}?", "completion": f"{n} {each}"} for n in range(60) for each in "abc"]
    monkeypatch.setenv("DATASET", local_run.put(three))
    assert local_run.step("prepare", "--held-out", "0.3") == 0
    train, held = ({row["prompt"] for row in _written(local_run, name)} for name in ("train.jsonl", "held_out.jsonl"))
    assert train
    assert held
    assert not train & held


def test_json_lines_and_parquet_read_alike_what_an_exporter_adds(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns of its own, null fields, and null tool_calls in each message."""
    chats = [
        {"messages": [{"role": "user", "content": f"a{n}", "tool_calls": None, "name": None},
                      {"role": "assistant", "content": f"b{n}", "tool_calls": None, "name": None}],
         "text": None, "ticket": n, "group": None, "language": "de"}
        for n in range(150)
    ]  # fmt: skip
    place = local_run.objects / "data" / "chats.parquet"
    pq.write_table(pa.Table.from_pylist(chats), place)
    address = local_run.put(chats)
    from_json = list(row_contract.read(address.partition("@")[0]))
    assert from_json == list(row_contract.read("s3://data/chats.parquet"))
    assert from_json[0] == (1, turns("a0", "b0") | {"language": "de"}, "")
    cards = []
    for dataset in (address, f"s3://data/chats.parquet@sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}"):
        monkeypatch.setenv("DATASET", dataset)
        assert local_run.step("prepare", "--held-out", "0.2") == 0
        cards.append(orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())["rows"])
        assert "not read: ticket (150 rows)" in capsys.readouterr().err
    assert cards[0] == cards[1]


def test_blank_lines_count(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b"", *rows(60), b"  ", {"prompt": "no answer"}, b"", b"{not json"]
    monkeypatch.setenv("DATASET", local_run.put(lines))
    assert local_run.step("prepare", "--held-out", "0.2", "--bad-rows", "0.5") == 0
    assert [row["line"] for row in _written(local_run, "bad_rows.jsonl")] == [63, 65]


def test_rows_that_the_suite_asks_are_left_out(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = [{"id": "a", "prompt": "Reverse ONE0!", "references": ["x"]},
             {"id": "b", "messages": [{"role": "user", "content": "reverse two1"}], "references": ["x"]}]  # fmt: skip
    uri, _, digest = local_run.put(suite, "suite.jsonl").partition("@sha256:")
    monkeypatch.setenv("SUITE_DATASET", orjson.dumps({"uri": uri, "sha256": digest}).decode())
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    assert orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())["rows"]["in_suite"] == 2
    assert "2 rows left out: the suite of the checkpoints asks them too" in capsys.readouterr().err


@pytest.mark.parametrize(("changed", "near"), [(0, True), (1, True), (12, False)])
def test_held_out_rows_that_are_nearly_trained_on_are_counted(tmp_path: Path, changed: int, near: bool) -> None:
    words = [f"w{n}" for n in range(60)]
    trained, held = tmp_path / "train", tmp_path / "held"
    trained.write_bytes(orjson.dumps({"prompt": " ".join(words), "completion": "a"}) + b"\n")
    other = [f"x{n}" if n % 5 == 0 and n // 5 < changed else word for n, word in enumerate(words)]
    held.write_bytes(orjson.dumps({"prompt": "Well, " + " ".join(other).upper(), "completion": "b"}) + b"\n")
    counts = data_card.Counts()
    near_duplicates.count(trained, held, counts)
    assert (counts.compared, counts.near) == (1, int(near))


def test_few_rows_are_warned_of(local_run: LocalRun, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("DATASET", local_run.put(rows(60)))
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    assert "fewer than 100 rarely teach a model" in capsys.readouterr().err
