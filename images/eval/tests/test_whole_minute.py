"""What infer spends on an endpoint that is busy for a whole minute, with the waits of a run."""

import pytest
from asking import SAMPLES, all_right
from busy_minute import BusyMinute
from world import World


def test_a_whole_minute_of_429_spends_few_requests_and_loses_no_sample(
    busy_minute: BusyMinute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its full length: what is asked meanwhile is what Retry-After lets be asked. It began with the first test."""
    _, log = busy_minute.process.communicate(timeout=300)
    assert busy_minute.process.returncode == 0, log
    stub, world = busy_minute.stub, World(busy_minute.folder, monkeypatch)
    assert all_right(world)
    assert set(stub.answered.values()) == {1}
    part = world.json(f"{world.root}/steps/infer-0.json")["facts"]
    refused = stub.asked.total() - SAMPLES
    assert (part["answered"], part["failed"], part["faults"]) == (SAMPLES, 0, {"HTTP 429": refused})
    assert 0 < refused <= 8 + 4 + 2 + 12  # the first crowd, its halvings, then one every five seconds
