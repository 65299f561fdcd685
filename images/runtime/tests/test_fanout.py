"""Lanes of shards, and how the shards of a run end together when one of them is refused."""

import time
from typing import Any

import pytest
from runtime import fanout, objects, program
from runtime.errors import InputError, TryAgain

REFUSAL = "s3://artifacts/team/search/runs/uid-1/refused.json"


def refused() -> Any:
    raise InputError("row 7 is wrong")


@pytest.mark.parametrize(
    ("shards", "most", "sizes"),
    [
        (0, 4, []),
        (1, 4, [1]),
        (4, 4, [1, 1, 1, 1]),
        (100, 2, [50, 50]),
        (10, 4, [2, 3, 2, 3]),
        (7, 16, [1] * 7),
        (1000, 16, [62, 63, 62, 63] * 4),
        (5, 1, [5]),
        (5, 0, [5]),
    ],
)
def test_lanes_hold_every_shard_once_in_order(shards: int, most: int, sizes: list[int]) -> None:
    lanes = fanout.lanes(shards, most)
    assert [lane["shards"] for lane in lanes] == sizes
    assert [lane["first"] + i for lane in lanes for i in range(lane["shards"])] == list(range(shards))


@pytest.mark.usefixtures("environment")
def test_a_refusal_ends_the_shards_that_run_beside_it_and_the_next_of_its_lane() -> None:
    def beside() -> Any:
        with pytest.raises(InputError, match="row 7 is wrong"):
            fanout.guarded(refused)()
        return "done"

    for shard in (beside, lambda: "next"):
        with pytest.raises(InputError, match="another shard was refused, so this one ends too: row 7 is wrong"):
            fanout.guarded(shard)()


@pytest.mark.usefixtures("environment")
def test_shards_of_a_run_that_was_retried_later_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError):
        fanout.guarded(refused)()
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert fanout.guarded(lambda: "done")() == "done"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("error", [TryAgain("later"), KeyError("a defect")], ids=repr)
def test_what_is_no_wrong_input_ends_no_other_shard(error: Exception) -> None:
    def fail() -> Any:
        raise error

    with pytest.raises(type(error)):
        fanout.guarded(fail)()
    assert not objects.exists(REFUSAL)
    assert fanout.guarded(lambda: "done")() == "done"


@pytest.mark.usefixtures("environment")
def test_a_program_says_that_it_is_one_shard(capsys: pytest.CaptureFixture[str]) -> None:
    for step, act, shard, code in (
        ("embed", refused, True, 65),
        ("embed", lambda: {}, True, 65),
        ("upsert", lambda: {}, False, 0),
    ):
        with pytest.raises(SystemExit) as ended:
            program.main(step, act, shard=shard)
        assert ended.value.code == code
    assert objects.read_json(REFUSAL)["step"] == "embed"
