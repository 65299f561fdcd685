"""Which rows are the same, or nearly: in any script, however they are written, and whatever their groups are."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from support import LocalRun, rows
from trainer import data_card, near_duplicates
from trainer import rows as dataset_rows


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What rises?", "  what RISES "),
        ("caf\u00e9", "cafe\u0301"),
        ("\ufeffpassword", "pass\u00adword"),
        ("pass\u200bword", "password"),
        ("\uff37\uff48\uff59", "why"),
    ],
)
def test_texts_that_differ_in_writing_alone_are_the_same(first: str, second: str) -> None:
    assert dataset_rows.alike(first) == dataset_rows.alike(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("\u0926\u093f\u0928", "\u0926\u093e\u0928"),  # Hindi: day, gift
        ("\u0e01\u0e34\u0e19", "\u0e01\u0e31\u0e19"),  # Thai: to eat, together
        ("\u0995\u09bf", "\u0995\u09c0"),  # Bengali: whether, what
        ("C", "C++"),
    ],
)
def test_signs_that_a_letter_carries_tell_words_apart(first: str, second: str) -> None:
    assert dataset_rows.alike(first) != dataset_rows.alike(second)


LONG = "in which year did the second emperor of the northern realm build his first bridge over the river"


@pytest.mark.parametrize(
    ("trained", "asked", "near"),
    [
        ("Question: what is the capital of France?\nAnswer:", "What is the capital of France", 1),
        ("What is it? Say yes", "Say yes", 0),  # too short to be looked for within another
        ("What is the capital of Spain?", "What is the capital of France", 0),
        (f"Please tell me: {LONG}?", LONG.upper(), 1),
        (f"{LONG[:40]} and then?", LONG, 0),
        ("\u6771\u4eac\u306e\u6b21\u306b\u5927\u304d\u306a\u90fd\u5e02\u306f\u3069\u3053\u3067\u3059\u304b"
         "\u6559\u3048\u3066\u304f\u3060\u3055\u3044",
         "\u6771\u4eac\u306e\u6b21\u306b\u5927\u304d\u306a\u90fd\u5e02\u306f\u3069\u3053\u3067\u3059\u304b", 1),
    ],
)  # fmt: skip
def test_a_question_within_a_row_that_is_trained_on_is_counted(
    tmp_path: Path, trained: str, asked: str, near: int
) -> None:
    path, counts = tmp_path / "train", data_card.Counts()
    path.write_bytes(orjson.dumps({"text": trained}) + b"\n")
    near_duplicates.count(path, [dataset_rows.alike(asked)], counts)
    assert (counts.compared, counts.near) == (1, near)


def card(run: LocalRun) -> dict[str, Any]:
    counted: dict[str, Any] = orjson.loads((run.run / "dataset/card.json").read_bytes())["rows"]
    return counted


def test_the_suite_s_questions_are_compared_with_what_is_trained_on(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = [{"id": "a", "prompt": LONG, "references": ["x"]}, {"id": "b", "prompt": "Why?", "references": ["x"]}]
    uri, _, digest = local_run.put(samples, "suite.jsonl").partition("@sha256:")
    monkeypatch.setenv("SUITE_DATASET", orjson.dumps({"uri": uri, "sha256": digest}).decode())
    near = [{"prompt": f"{number}. {LONG}?", "completion": "x"} for number in range(4)]
    monkeypatch.setenv("DATASET", local_run.put(rows(120) + near))
    assert local_run.step("prepare", "--held-out", "0.1") == 0
    assert card(local_run)["near_duplicates"] == 1
    assert "1 of 2 questions share most of their phrases with a row that is trained on" in capsys.readouterr().err


def test_what_two_groups_ask_is_not_held_out_and_trained_on(
    local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor what a row of a group and one without ask."""
    both = [
        {"prompt": f"say {number}", "completion": f"{group} {number}", "group": f"{group} {number}"}
        for number in range(60)
        for group in ("a", "b")
    ] + [{"prompt": f"say {number}", "completion": "c"} for number in range(60)]
    monkeypatch.setenv("DATASET", local_run.put(both))
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    sides = {
        side: {
            orjson.loads(line)["prompt"] for line in (local_run.run / f"dataset/{side}.jsonl").read_bytes().splitlines()
        }
        for side in ("train", "held_out")
    }
    assert not sides["train"] & sides["held_out"]
    counted = card(local_run)
    assert counted["on_both_sides"] > 10
    assert counted["train"] + counted["held_out"] + counted["on_both_sides"] == len(both)
    assert "left out: a row of another group, which is trained on, asks the same" in capsys.readouterr().err


def test_a_mark_at_the_begin_of_a_file_costs_no_row(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [orjson.dumps(row) + b"\r" for row in rows(120)]
    monkeypatch.setenv("DATASET", local_run.put([b"\xef\xbb\xbf" + lines[0], *lines[1:]]))
    assert local_run.step("prepare", "--held-out", "0.2") == 0
    assert (card(local_run)["bad"], card(local_run)["read"]) == (0, 120)
