"""finish: the receipt of a run that passed and of one that failed, and what every program needs."""

import pytest
from scoring import pass_first
from world import World


def test_the_receipt_tells_what_went_in_and_what_was_decided(world: World) -> None:
    pass_first(world, [True] * 20)
    world.set(STATUS="Succeeded", FAILURES="[]", COMMIT="c" * 40)
    world.run("finish")
    receipt = world.json("s3://dac-artifacts/team-docs/answers/receipts/answers-1.json")
    assert (receipt["status"], receipt["verdicts"]) == ("Succeeded", {"gate": "pass"})
    assert receipt["results"]["metrics"] == {"exact_match": 1.0}
    assert receipt["inputs"]["dataset"]["rows"] == 20
    assert set(receipt["steps"]) == {"load", "score", "compare", "annotate"}
    assert not world.path(f"{world.root}/answers").exists()
    assert world.path(f"{world.root}/samples.parquet").exists()


def test_a_failed_run_leaves_a_receipt_with_its_failures(world: World) -> None:
    failures = '[{"displayName": "infer(0)", "message": "exit code 65"}]'
    world.set(STATUS="Failed", FAILURES=failures)
    world.run("finish")
    receipt = world.json("s3://dac-artifacts/team-docs/answers/receipts/answers-1.json")
    assert (receipt["status"], receipt["verdicts"]) == ("Failed", {"gate": None})
    assert receipt["failures"] == [{"step": "infer(0)", "message": "exit code 65"}]


def test_every_program_says_what_the_environment_lacks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUN_ID")
    monkeypatch.delenv("PROJECT")
    for program in ("score", "push", "annotate", "report", "gate", "finish", "judge"):
        message = world.run(program, code=65)[-1]["message"]
        assert message == "environment: PROJECT, RUN_ID not set; the template sets them, and `dac run` does too"
