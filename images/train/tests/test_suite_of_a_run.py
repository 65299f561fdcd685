"""The suite that checkpoints are asked: the held-out rows, or a pinned dataset."""

from typing import Any

import orjson
import pytest
from support import LocalRun, last_message


def _pinned(local_run: LocalRun, samples: list[Any]) -> str:
    uri, _, digest = local_run.put(samples, "suite.jsonl").partition("@sha256:")
    return orjson.dumps({"uri": uri, "sha256": digest}).decode()


def test_a_pinned_suite_is_asked_instead(prepared: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [{"id": f"q{i}", "prompt": f"reverse {i}", "references": [f"{i}"]} for i in range(300)]
    monkeypatch.setenv("SUITE", "reversals")
    monkeypatch.setenv("SUITE_DATASET", _pinned(prepared, samples))
    assert prepared.step("tokenize_dataset", "--evaluations", str(prepared.folder / "evaluations")) == 0
    asked = [orjson.loads(line) for line in (prepared.run / "suite/shards/0.jsonl").read_bytes().splitlines()]
    assert len(asked) == 200
    assert all(each in samples for each in asked)
    assert asked != samples[:200]  # by hash: not the first ones of a file that may be sorted
    manifest = orjson.loads((prepared.run / "suite" / "dataset.json").read_bytes())
    assert (manifest["name"], manifest["rows"], manifest["ask"]) == ("reversals", 200, "prompt")


@pytest.mark.parametrize(
    ("sample", "pin", "expected"),
    [
        (
            {"id": "a", "query": "x"},
            None,
            "each sample of a training suite must have messages or prompt; choose another suite",
        ),
        ({"id": "a", "prompt": "x"}, "0" * 64, f"and the catalog pins {'0' * 64}"),
    ],
)
def test_a_suite_that_cannot_be_asked_is_refused(
    sample: dict[str, object], pin: str | None, expected: str, prepared: LocalRun, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    facts = orjson.loads(_pinned(prepared, [sample]))
    monkeypatch.setenv("SUITE_DATASET", orjson.dumps({**facts, "sha256": pin or facts["sha256"]}).decode())
    assert prepared.step("tokenize_dataset", "--evaluations", str(prepared.folder / "evaluations")) == 65
    assert last_message(capsys).endswith(expected)


def test_the_suite_asks_what_training_has_not_seen(prepared: LocalRun) -> None:
    samples = [orjson.loads(line) for line in (prepared.run / "suite/shards/0.jsonl").read_bytes().splitlines()]
    seen = (prepared.run / "dataset" / "train.jsonl").read_text()
    assert samples
    assert all(orjson.dumps(s["messages"][0]["content"]).decode() not in seen for s in samples)
    manifest = orjson.loads((prepared.run / "suite" / "dataset.json").read_bytes())
    assert (manifest["rows"], manifest["ask"], manifest["shards"]) == (len(samples), "messages", 1)


def test_a_suite_of_too_few_rows_is_refused_before_anything_is_trained(
    local_run: LocalRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a small dataset a fifth may be held out: 120 rows give about 24."""
    assert local_run.step("prepare", "--held-out", "0.02", "--least-held-out", "50") == 0
    evaluations = ["--evaluations", str(local_run.folder / "evaluations")]
    assert local_run.step("tokenize_dataset", *evaluations, "--least-samples", "50") == 65
    held_out = local_run.facts("prepare")["held_out"]
    assert 10 < held_out < 50
    assert last_message(capsys).startswith(
        f"suite held-out: {held_out} rows with an answer; a promotion needs at least 50, "
    )
    assert local_run.step("tokenize_dataset", *evaluations, "--least-samples", str(held_out)) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "invalid JSON: "),
        (b'{"prompt": "x", "references": ["x"]}', "'id' is a required property"),
        (b'{"id": 7, "prompt": "x"}', "id: 7 is not of type 'string'"),
        (
            b'{"id": "a", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}',
            "messages/0/content",
        ),
        (b'{"id": "q0", "prompt": "x", "references": ["x"]}', "the id 'q0' is used twice"),
    ],
)
def test_a_line_of_a_suite_that_is_no_sample_is_named(
    line: bytes, expected: str, local_run: LocalRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = b'\xef\xbb\xbf{"id": "q0", "prompt": "x", "references": ["x"]}\r'  # as some editors save it
    monkeypatch.setenv("SUITE_DATASET", _pinned(local_run, [first, line]))
    assert local_run.step("prepare", "--held-out", "0.2") == 65
    message = last_message(capsys)
    assert message.startswith("s3://data/suite.jsonl:2: ")
    assert expected in message
