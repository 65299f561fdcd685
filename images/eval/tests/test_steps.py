"""load, score, compare, gate and finish on small worlds whose right result is known."""

import datetime
import math
from typing import Any

import pytest
from evaluation import metrics, paired
from world import World


def sample(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"], **fields}


def scored(world: World, right: list[bool], metric_names: str = "exact_match", **fields: Any) -> dict[str, Any]:
    """Runs load and score on answers of which these are right."""
    world.dataset([sample(n, **{key: value(n) for key, value in fields.items()}) for n in range(len(right))])
    world.set(METRICS=metric_names, ENDPOINT={"name": "docs", "model": "m-2"})
    world.load()
    world.answers([{"id": f"q{n}", "text": f"w{n}" if ok else "other"} for n, ok in enumerate(right)])
    world.run("score")
    return dict(world.json(f"{world.root}/scorecard.json"))


def compared(world: World, margin: str = "0.05", code: int = 0) -> Any:
    world.set(MARGIN=margin)
    result = world.run("compare", "--verdict", f"{world.folder}/out/verdict", code=code)
    return world.json(f"{world.root}/comparison.json") if code == 0 else result[-1]["message"]


def next_run(world: World, number: int) -> None:
    world.set(RUN_ID=f"uid-{number}", RUN_NAME=f"answers-{number}")


def test_load_cuts_what_is_pinned(world: World) -> None:
    facts = world.dataset([sample(n, group=f"g{n // 4}") for n in range(10)])
    world.set(METRICS="exact_match", SIZING={"shard_samples": 4})
    world.load()
    assert world.json(f"{world.root}/dataset.json") == {
        "version": 1, "name": "docs-qa@v1", "uri": facts["uri"], "sha256": facts["sha256"],
        "rows": 10, "groups": 3, "shards": 3, "ask": "prompt",
    }  # fmt: skip
    assert (world.folder / "out/shards.json").read_text() == "[0,1,2]"
    assert (world.folder / "out/shards-weights.json").read_text() == "[]"
    world.set(ENDPOINT={"name": "index", "serving": "index"})
    world.load()
    lists = {name: (world.folder / f"out/{name}.json").read_text() for name in ("shards", "shards-index")}
    assert lists == {"shards": "[]", "shards-index": "[0,1,2]"}


def test_a_changed_dataset_shows_both_digests(world: World) -> None:
    facts = world.dataset([sample(0)])
    world.path(facts["uri"]).write_text('{"id": "x"}\n')
    world.set(METRICS="exact_match")
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == (
        f"s3://datasets/docs-qa@v1.jsonl: the dataset has changed: the catalog pins docs-qa@v1 to sha256 "
        f"{facts['sha256']}, but the file has sha256 a15ec93cdf8112fc511cdca3ab179ee7f81d28504089f9d3f55a68833606711d; "
        "restore the file, or publish a new version of the dataset and pin it"
    )


@pytest.mark.parametrize(
    ("samples", "names", "reason"),
    [
        ([sample(0), sample(0)], "exact_match", ":2: the id 'q0' is used twice; ids are unique in a dataset"),
        ([{"id": "a", "prompt": "x", "refs": []}], "exact_match",
         ":1: .: Additional properties are not allowed ('refs' was unexpected)"),
        ([{"id": "a"}], "exact_match", ":1: .: {'id': 'a'} is not valid under any of the given schemas"),
        ([{"id": "a", "prompt": "x"}], "bleu", ": sample 'a' has no 'references', which bleu needs"),
        ([sample(0)], "accuracy", ": sample 'q0' has no 'choices', which accuracy needs"),
        ([sample(0)], "mrr", ": sample 'q0' has no 'relevant', which mrr needs"),
        ([sample(0), sample(1, group="g")], "exact_match",
         ": some samples have a group and some do not; give one to all or to none"),
        ([sample(0), {"id": "m", "messages": [{"role": "user", "content": "x"}], "references": ["x"]}], "exact_match",
         ": samples ask in different ways: messages, prompt; use one in all samples"),
        ([sample(0, pattern="(a")], "regex_match",
         ": sample 'q0': its pattern is not a regular expression: missing ) at position 2"),
        ([sample(0, schema={"$ref": "https://example.com/x"})], "json_valid",
         ": sample 'q0': its schema refers to 'https://example.com/x'; refer only to a part of the schema itself "
         "(#/...)"),
        ([sample(0, schema={"items": {"$ref": "#/$defs/none"}})], "exact_match",
         ": sample 'q0': the schema refers to '#/$defs/none', which it does not define"),
        ([sample(0, schema={"$ref": "#"})], "json_valid", ": sample 'q0': the schema calls itself too deeply"),
        ([sample(0, schema={"pattern": "(a"})], "json_valid",
         ": sample 'q0': its schema is not a JSON Schema: '(a' is not a 'regex'"),
    ],
)  # fmt: skip
def test_load_refuses(world: World, samples: list[dict[str, Any]], names: str, reason: str) -> None:
    facts = world.dataset(samples)
    world.set(METRICS=names)
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == facts["uri"] + reason


def test_failed_and_empty_answers_count_against_the_model(world: World) -> None:
    world.dataset([sample(n) for n in range(5)])
    world.set(METRICS="exact_match,token_f1,bleu,json_valid", ENDPOINT={"name": "docs"})
    world.load()
    world.answers([{"id": "q0", "text": "w0"}, {"id": "q1", "text": " \n"}, {"id": "q2", "error": "HTTP 500"},
                   {"id": "q3", "text": "w3"}])  # fmt: skip
    message = world.run("score")[-1]["message"]
    card = world.json(f"{world.root}/scorecard.json")
    assert card["samples"] == {"total": 5, "answered": 2, "empty": 1, "failed": 2, "unjudged": 0}
    assert {name: (entry["value"], entry["n"]) for name, entry in card["metrics"].items()} == {
        "exact_match": (0.4, 5), "token_f1": (0.4, 5), "bleu": (0.0, 5), "json_valid": (0.0, 5),
    }  # fmt: skip
    assert message == "3 answers failed or empty; counted as 0 in every metric"


def test_no_nan_enters_a_mean(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(answer: str, sample: dict[str, Any]) -> float:
        return math.nan if answer == "other" else 1.0

    monkeypatch.setitem(metrics.METRICS, "odd", metrics.Metric("mean", (), "text", "odd", odd))
    entry = scored(world, [True, False, True, True], "odd")["metrics"]["odd"]
    assert (entry["value"], entry["n"], entry["invalid"]) == (0.75, 4, 1)
    assert all(math.isfinite(entry[name]) for name in ("standard_error", "low", "high"))


def test_groups_are_clusters_in_the_scorecard(world: World) -> None:
    right = [n // 10 % 2 == 0 for n in range(100)]  # ten documents, each all right or all wrong
    alone = scored(world, right)["metrics"]["exact_match"]
    next_run(world, 2)
    together = scored(world, right, group=lambda n: f"d{n // 10}")["metrics"]["exact_match"]
    assert alone["standard_error"] == pytest.approx(0.0503, abs=1e-4)
    assert together["standard_error"] == pytest.approx(0.1667, abs=1e-4)
    assert together["high"] - together["low"] > 2 * (alone["high"] - alone["low"])


def pass_first(world: World, right: list[bool], names: str = "exact_match") -> None:
    """Makes a run the baseline, as whoever started it by hand asked."""
    scored(world, right, names)
    world.set(ACCEPT="baseline")
    assert compared(world)["reason"] == (
        "accepted as 'baseline' by who started the run: it becomes the baseline 'last-pass'"
    )
    world.run("annotate")
    world.run("gate")
    world.set(ACCEPT="")


def test_a_run_without_a_baseline_does_not_accept_itself(world: World) -> None:
    """Not even by a second run that is as bad: nothing becomes the baseline without a person."""
    for number in (1, 2):
        next_run(world, number)
        scored(world, [False] * 20)
        result = compared(world)
        assert (result["verdict"], result["reason"]) == (
            "inconclusive",
            "no baseline 'last-pass' yet, and a run does not accept its own model: a person does, with "
            "dac run --cluster team-docs/answers -p accept=VERSION",
        )
        world.run("annotate")
        assert world.run("gate")[-1]["event"] == "gate_open"
        assert not world.path("s3://dac-artifacts/team-docs/answers/baselines").exists()


def test_a_person_does_not_overrule_a_baseline(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    scored(world, [False] * 20)
    world.set(ACCEPT="7")
    assert compared(world, code=65) == (
        "accept=7: there is a baseline 'last-pass' (run answers-1), which decides; start without accept"
    )


def test_a_person_replaces_a_baseline_that_is_unfit(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    pass_first(world, [True] * 21)
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-2"


def test_a_worse_model_fails_and_the_baseline_stays(world: World) -> None:
    pass_first(world, [n % 10 != 0 for n in range(400)], "exact_match,bleu")
    next_run(world, 2)
    scored(world, [n % 10 > 1 for n in range(400)], "exact_match,bleu")
    comparison = compared(world)
    entry = comparison["metrics"]["exact_match"]
    assert (comparison["verdict"], entry["better"], entry["worse"]) == ("fail", 0, 40)
    assert entry["p"] == pytest.approx(paired.mcnemar(0, 40))
    assert comparison["reason"].startswith("worse beyond chance by 0.05 or more: exact_match 0.900 -> 0.800")
    assert world.run("gate", code=1)[-1]["message"] == comparison["reason"]
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-1"


def test_too_few_samples_are_inconclusive_and_say_how_many_more(world: World) -> None:
    pass_first(world, [True, True, False] * 10)
    next_run(world, 2)
    scored(world, [True, False, True] * 10)
    comparison = compared(world)
    assert comparison["verdict"] == "inconclusive"
    more = comparison["metrics"]["exact_match"]["more"]
    assert comparison["reason"] == f"inconclusive: exact_match; about {more:,} more samples would settle it"
    assert world.run("gate")[-1]["message"].endswith("; the alias and the baseline stay as they were")
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-1"


def test_the_same_model_passes_and_becomes_the_baseline(world: World) -> None:
    pass_first(world, [n % 3 > 0 for n in range(300)])
    next_run(world, 2)
    scored(world, [n % 3 > 0 for n in range(300)])
    assert compared(world)["reason"] == "no metric is worse by 0.05 or more (95 % intervals)"
    world.run("annotate")
    assert world.json("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")["run"] == "answers-2"


def test_a_baseline_of_another_dataset_is_refused_by_name(world: World) -> None:
    pass_first(world, [True] * 20)
    ours = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    next_run(world, 2)
    scored(world, [True] * 21)
    theirs = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    assert compared(world, code=65) == (
        f"baseline 'last-pass' (run answers-1): scored on docs-qa@v1 (sha256 {ours}), but this run on docs-qa@v1 "
        f"(sha256 {theirs}); to replace it, start a run by hand with accept=VERSION"
    )


def test_a_stale_baseline_and_one_of_other_rules_are_refused(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    scored(world, [True] * 20, "exact_match,token_f1")
    assert "(run answers-1): has no token_f1; to replace it" in compared(world, code=65)
    scored(world, [True] * 20)
    path = world.path("s3://dac-artifacts/team-docs/answers/baselines/last-pass/scorecard.json")
    fresh = path.read_text()
    path.write_text(fresh.replace('"squad|v1"', '"squad|v0"'))
    assert "exact_match was computed by squad|v0, but now by squad|v1" in compared(world, code=65)
    old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    created = world.json(f"{world.root}/scorecard.json")["created"]
    path.write_text(fresh.replace(fresh.split('"created": "')[1][:20], old))
    assert created != old
    assert "(run answers-1): 100 days old; at most 90 are allowed" in compared(world, code=65)


def test_a_margin_that_is_not_a_number(world: World) -> None:
    scored(world, [True] * 3)
    assert compared(world, margin="", code=65) == "MARGIN: '' is not a number; write one such as 0.02"


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
