"""Stores of runs that nobody expects: files that are none of ours, names that are patterns, days that differ."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kept import DAY, DAYS, HOME, LIVING, LOGGED, NOW, ROOT
from runtime import objects, receipt
from runtime.retention.item import CHECKPOINTS, MODEL, PIPELINE, RUN, Item
from runtime.retention.lines import freed
from runtime.retention.sweeping import Rules, Sweep
from test_retention import NoStores

LATER = NOW + 100 * DAY


def swept(now: float, **days: float) -> Sweep:
    """Sweep the store of this test."""
    rules = Rules(ROOT, LOGGED, {**DAYS, **days}, 0.9, f"sweep-{int(now)}", False)
    ours = Sweep(rules, lambda _: replace(LIVING, runs={}, in_flight={}), NoStores(), now)
    ours.run()
    return ours


@pytest.fixture
def ran(environment: dict[str, str], tmp_path: Path) -> Callable[..., None]:
    """Give what writes a run of docs/search, as old as so many days."""

    def write(name: str, day: float, **more: Any) -> None:
        value = {
            "run": name,
            "run_id": f"uid-{name}",
            "status": "Succeeded",
            "finished": receipt.stamp(NOW - day * DAY),
        }
        objects.write_json(f"{HOME}/receipts/{name}.json", value | more)
        for file in ("records/0", "checkpoints/1/DONE"):
            objects.write(f"{HOME}/runs/uid-{name}/{file}", b"12345")
        for file in (tmp_path / "objects").rglob("*"):
            os.utime(file, (NOW, NOW))

    return write


def runs() -> set[str]:
    """Return the runs that have files."""
    return {entry.name.split("/")[0].removeprefix("uid-") for entry in objects.entries(f"{HOME}/runs")}


@pytest.mark.parametrize("more", [{"results": []}, {"verdicts": 7, "inputs": "x"}, {"run": None, "run_id": 5}])
def test_a_receipt_of_another_shape_ends_no_sweep(ran: Callable[..., None], more: dict[str, Any]) -> None:
    for name, day in (("a", 9), ("b", 8), ("c", 7)):
        ran(name, day)
    ran("odd", 8.5, **more)
    swept(LATER)
    assert runs() == {"c"}


@pytest.mark.parametrize("text", ['[1, "x"]', "null", "7"])
def test_a_baseline_that_is_none_keeps_all_of_its_pipeline(ran: Callable[..., None], text: str) -> None:
    ran("a", 9)
    ran("b", 8)
    objects.write(f"{HOME}/baselines/x/scorecard.json", text.encode())
    ours = swept(LATER)
    assert runs() == {"a", "b"}
    assert [line.split(": ")[0] for line in ours.unread] == ["docs/search"]


@pytest.mark.parametrize(
    "text", ["[]", '{"since": 5}', '{"since": {"docs/old": "x"}}', "half", '{"since": {"a": null}}']
)
def test_what_was_missed_begins_anew_where_that_cannot_be_read(ran: Callable[..., None], text: str) -> None:
    ran("a", 9)
    objects.write(f"{ROOT}/old/index/owner.json", b"{}")
    objects.write(f"{ROOT}/_sweep/missed.json", text.encode())
    swept(LATER)
    assert objects.exists(f"{ROOT}/old/index"), "it counts from now on"
    swept(LATER + 100 * DAY)
    assert not objects.exists(f"{ROOT}/old/index")


def test_a_run_stays_with_checkpoints_that_are_kept_longer(ran: Callable[..., None]) -> None:
    for name, day in (("a", 9), ("b", 8)):
        ran(name, day)
    swept(LATER, runs=30, checkpoints=200)
    assert runs() == {"a", "b"}
    swept(LATER + 150 * DAY, runs=30, checkpoints=200)
    assert runs() == {"b"}


def test_bytes_are_counted_once(ran: Callable[..., None]) -> None:
    for name, day in (("a", 9), ("b", 8)):
        ran(name, day)
    ours = swept(LATER)
    assert freed([decision.item for decision, _ in ours.results if decision.due]) == 15, "b's checkpoints, all of a"
    whole, weights = Item(PIPELINE, "p", "docs", "old", size=9), Item(MODEL, "docs.old/1", "docs", "old", size=4)
    assert freed([weights, whole]) == 9
    assert freed([Item(CHECKPOINTS, "r/1/checkpoints", "d", size=2), Item(RUN, "r/2", "d", size=3)]) == 5


class Bucket:
    """A bucket whose client removes what a name matches, as s3fs does."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def exists(self, path: str) -> bool:
        return bool(self.find(path))

    def find(self, path: str) -> list[str]:
        return [key for key in self.keys if key == path or key.startswith(f"{path}/")]

    def rm(self, path: str, recursive: bool) -> None:
        raise AssertionError(path)

    def rm_file(self, path: str) -> None:
        self.keys.remove(path)


def test_a_name_that_is_a_pattern_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write objects chooses their names, and the sweeper may remove everybody's."""
    bucket = Bucket(["b/runs/*/x", "b/runs/a/x", "b/runs/?", "b/runs/[a]/y"])
    monkeypatch.setenv("OBJECTS", "https://s3.example.com")
    monkeypatch.setattr(objects, "locate", lambda address: (bucket, address.removeprefix("s3://")))
    for name in ("*", "?", "[a]"):
        objects.remove(f"s3://b/runs/{name}")
    assert bucket.keys == ["b/runs/a/x"]
