"""prepare: what is pinned, refused, dropped and held out."""

import hashlib

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import LocalRun, last_message, rows
from trainer import rows as row_contract


def _written(local_run: LocalRun, name: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (local_run.run / "dataset" / name).read_bytes().splitlines()]


def test_every_row_is_trained_on_or_held_out(local_run: LocalRun) -> None:
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    train, held_out = _written(local_run, "train.jsonl"), _written(local_run, "held_out.jsonl")
    assert sorted(row["line"] for row in train + held_out) == list(range(1, 121))
    card = orjson.loads((local_run.run / "dataset" / "card.json").read_bytes())
    assert card["rows"] == {
        "read": 120, "bad": 0, "duplicates": 0, "train": len(train), "held_out": len(held_out)
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
        {"text": "  "}, {"prompt": "a", "completion": "b", "note": "c"},
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
        21: ".: Additional properties are not allowed ('note' was unexpected)",
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
