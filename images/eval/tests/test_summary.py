"""What a run's end says to people: scores, verdict, and where the report lies, or nothing that is not there."""

import pytest
from scoring import compared, sample, scored
from world import World


def summary(world: World) -> list[str]:
    world.set(STATUS="Succeeded", FAILURES="[]")
    return [line["message"] for line in world.run("finish") if line["event"] == "summary"]


def test_the_end_has_each_score_the_verdict_and_the_report(world: World) -> None:
    scored(world, [n % 4 > 0 for n in range(100)], "exact_match,token_f1")
    compared(world)
    world.run("report")
    exact, f1, verdict, report = summary(world)
    assert exact.startswith("exact_match 0.750 [0.6")
    assert exact.endswith("] of 100")
    assert f1.startswith("token_f1 0.750 [")
    assert verdict.startswith("verdict: inconclusive: no baseline 'last-pass' yet")
    assert report == f"report: {world.path(world.root)}/report.html"
    assert world.path(f"{world.root}/report.html").is_file()


def test_an_accepted_run_says_that_it_passed(world: World) -> None:
    scored(world, [True] * 60)
    world.set(ACCEPT="baseline")
    compared(world)
    assert summary(world)[1].startswith("verdict: pass: accepted as 'baseline'")


def test_answers_that_are_missing_are_counted(world: World) -> None:
    world.set(METRICS="exact_match")
    world.dataset([sample(n) for n in range(4)])
    world.load()
    world.answers([{"id": "q0", "text": "w0"}, {"id": "q1", "text": " "}, {"id": "q2", "error": "HTTP 500"}])
    world.run("score")
    assert summary(world)[1] == "3 of 4 answers failed or empty, counted as 0"


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_that_ended_before_its_scores_says_nothing_of_them(world: World, steps: int) -> None:
    world.set(METRICS="exact_match")
    world.dataset([sample(n) for n in range(4)])
    if steps:
        world.load()
    world.set(STATUS="Failed", FAILURES="[]")
    assert [line for line in world.run("finish") if line["event"] == "summary"] == []


def test_an_object_store_is_named_by_its_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime import addresses

    monkeypatch.setenv("OBJECTS", "https://objects.example.com")
    assert addresses.shown("s3://bucket/report.html") == "s3://bucket/report.html"
    monkeypatch.setenv("OBJECTS", "file:///some/where")
    assert addresses.shown("s3://bucket/report.html") == "/some/where/bucket/report.html"
