"""A pod that is killed while it asks, and started again: in a folder, which can append, and on S3, which cannot."""

import signal
import time

import pytest
from asking import prepare, recorded
from evaluation import answers
from stub import Stub
from world import World

SAMPLES = 400
CROWD = 8  # requests under way at once


@pytest.mark.parametrize(("killer", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("place", ["world", "bucket"], ids=["folder", "s3"])
def test_a_killed_pod_asks_nothing_twice(
    request: pytest.FixtureRequest, place: str, killer: signal.Signals, code: int
) -> None:
    """SIGTERM: nothing at all. SIGKILL: what was under way, and on S3 what had not been written yet."""
    world: World = request.getfixturevalue(place)
    with Stub(delay=0.05) as stub:
        prepare(world, stub.url, SAMPLES, concurrency=CROWD)
        process = world.start("infer", "--shard", "0")
        while stub.answered.total() < SAMPLES // 2:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.005)
        process.send_signal(killer)
        logged = process.communicate(timeout=30)[1]
        assert process.returncode == code, logged
        time.sleep(0.2)
        answered = set(recorded(world))
        before = len(stub.asked)
        world.run("infer", "--shard", "0")
    assert {key: record["text"] for key, record in recorded(world).items()} == {
        f"q{n}": f"w{n}" for n in range(SAMPLES)
    }
    again = {key.rpartition("/")[2] for key, count in stub.asked.items() if count > 1}
    unwritten = answers.PART_ANSWERS if place == "bucket" else 0
    assert answered, "answers are written while it asks"
    assert not again & answered  # what was recorded is never asked again
    assert len(again) <= (0 if killer == signal.SIGTERM else CROWD + unwritten)
    assert max(stub.asked.values()) <= 2
    assert before < SAMPLES  # it was killed in the middle
