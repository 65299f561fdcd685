"""load, score, compare, gate and finish on small worlds whose right result is known."""

import datetime
import hashlib
import math
import shutil
from typing import Any

import pytest
from evaluation import endpoint, metrics, paired
from runtime import objects
from world import World

BASELINES = "s3://dac-artifacts/team-docs/answers/baselines"


def sample(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"], **fields}


def scored(
    world: World,
    right: list[bool],
    metric_names: str = "exact_match",
    endpoint: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Runs load and score on answers of which these are right."""
    world.dataset([sample(n, **{key: value(n) for key, value in fields.items()}) for n in range(len(right))])
    reach = {"name": "docs", "model": "m-2"} | (endpoint or {})
    world.set(METRICS=metric_names, ENDPOINT=reach, SIZING={"shard_samples": 5000})
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
    assert (world.folder / "out/lanes.json").read_text() == '[{"first":0,"shards":3}]'
    assert (world.folder / "out/lanes-weights.json").read_text() == "[]"
    world.set(ENDPOINT={"name": "index", "serving": "index"})
    world.load()
    lists = {name: (world.folder / f"out/{name}.json").read_text() for name in ("lanes", "lanes-index")}
    assert lists == {"lanes": "[]", "lanes-index": '[{"first":0,"shards":3}]'}


def test_empty_lines_of_a_dataset_count(world: World) -> None:
    data = b'{"id": "a", "prompt": "a", "references": ["b"]}\n\n  \r\n{"id": "b"}\n'
    objects.write("s3://datasets/x.jsonl", data)
    world.set(DATASET={"name": "x@v1", "uri": "s3://datasets/x.jsonl", "sha256": hashlib.sha256(data).hexdigest()})
    world.set(METRICS="exact_match")
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message.startswith("s3://datasets/x.jsonl:4: ")


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


@pytest.mark.parametrize(("rows", "least", "code"), [(49, 50, 65), (50, 50, 0), (1, 2, 65), (1, 1, 0), (0, 1, 65)])
def test_a_suite_has_a_least_number_of_samples(world: World, rows: int, least: int, code: int) -> None:
    world.dataset([{"id": f"q{n}", "prompt": "a", "references": ["b"]} for n in range(rows)])
    world.set(METRICS="exact_match")
    last = world.run("load", "--out", f"{world.folder}/out", "--least-rows", str(least), code=code)[-1]
    if code and rows:
        assert last["message"].startswith(f"s3://datasets/docs-qa@v1.jsonl: {rows} sample")
        assert f"; a suite needs at least {least}, since a score of fewer says little: add samples" in last["message"]


def test_failed_and_empty_answers_count_against_the_model(world: World) -> None:
    world.dataset([sample(n) for n in range(5)])
    world.set(METRICS="exact_match,token_f1,bleu,json_valid", ENDPOINT={"name": "docs"})
    world.load()
    world.answers([{"id": "q0", "text": "w0"}, {"id": "q1", "text": " \n"}, {"id": "q2", "error": "HTTP 500"},
                   {"id": "q3", "text": "w3"}])  # fmt: skip
    message = world.run("score")[-1]["message"]
    card = world.json(f"{world.root}/scorecard.json")
    assert card["samples"] == {"total": 5, "answered": 2, "empty": 1, "failed": 2, "unjudged": 0, "cut": 0}
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
    """It is warnings before anything is asked."""
    pass_first(world, [True] * 20)
    next_run(world, 2)
    world.set(ACCEPT="7")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == (
        "accept=7: there is a baseline 'last-pass' (run answers-1), which decides; start without accept"
    )


def test_a_person_replaces_a_baseline_that_is_unfit(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    world.set(ACCEPT="baseline")
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


def test_a_new_dataset_waits_for_a_person_and_says_so_before_anything_is_asked(world: World) -> None:
    pass_first(world, [True] * 20)
    ours = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    next_run(world, 2)
    world.dataset([sample(n) for n in range(21)])
    warnings = [line for line in world.run("load", "--out", f"{world.folder}/out") if line["event"] == "no_comparison"]
    scored(world, [True] * 21)
    theirs = world.json(f"{world.root}/scorecard.json")["dataset"]["sha256"][:12]
    why = (
        f"baseline 'last-pass' (run answers-1): scored on docs-qa@v1 (sha256 {ours}), but this run on docs-qa@v1 "
        f"(sha256 {theirs})"
    )
    assert warnings[0]["message"] == f"{why}; the verdict can be inconclusive at best, until a person accepts a run"
    result = compared(world)
    assert (result["verdict"], result["baseline"]) == ("inconclusive", None)
    assert result["reason"].startswith(f"{why}, and a run does not accept its own model: a person does, with dac run")
    world.run("annotate")
    assert world.json(f"{BASELINES}/last-pass/scorecard.json")["run"] == "answers-1"


def test_a_new_metric_is_decided_by_its_floor_or_by_a_person_and_the_others_by_the_baseline(world: World) -> None:
    pass_first(world, [n % 10 > 0 for n in range(400)])
    next_run(world, 2)
    scored(world, [n % 10 > 0 for n in range(400)], "exact_match,token_f1")
    result = compared(world)
    assert (result["verdict"], result["metrics"]["exact_match"]["verdict"]) == ("inconclusive", "pass")
    assert result["new"] == {"token_f1": "baseline 'last-pass' (run answers-1): has no token_f1"}
    world.set(FLOORS="token_f1=0.85")
    assert compared(world)["verdict"] == "pass"
    world.set(FLOORS="token_f1=0.95")
    result = compared(world)
    assert (result["verdict"], result["reason"]) == ("fail", "token_f1 0.900 is below its floor 0.95")
    world.set(FLOORS="", ACCEPT="baseline")
    assert compared(world)["verdict"] == "pass"
    scored(world, [n % 10 > 2 for n in range(400)], "exact_match,token_f1")
    assert compared(world)["verdict"] == "fail"  # a person accepts what is new, not what is worse


def test_a_stale_baseline_and_one_of_other_rules_are_not_compared(world: World) -> None:
    pass_first(world, [True] * 20)
    next_run(world, 2)
    scored(world, [True] * 20)
    path = world.path(f"{BASELINES}/last-pass/scorecard.json")
    fresh = path.read_text()
    rules = metrics.METRICS["exact_match"].signature
    path.write_text(fresh.replace(f'"{rules}"', '"squad|v0"'))
    assert f"exact_match was computed by squad|v0, but now by {rules}" in compared(world)["reason"]
    old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    created = world.json(f"{world.root}/scorecard.json")["created"]
    path.write_text(fresh.replace(fresh.split('"created": "')[1][:20], old))
    assert created != old
    result = compared(world)
    assert result["verdict"] == "inconclusive"
    assert "(run answers-1): 100 days old; at most 90 are allowed" in result["reason"]


def test_small_drops_do_not_add_up(world: World) -> None:
    """Each version is 0.03 below the last that passed, within the margin of 0.05 of it, and not of the best."""
    pass_first(world, [n < 1800 for n in range(2000)])
    verdicts = []
    for number in range(2, 6):
        next_run(world, number)
        scored(world, [n < 1800 - 60 * (number - 1) for n in range(2000)])
        result = compared(world)
        verdicts.append(result["verdict"])
        world.run("annotate")
    assert verdicts == ["pass", "fail", "fail", "fail"]
    assert result["best"]["baseline"]["run"] == "answers-1"
    assert result["metrics"]["exact_match"]["baseline"] == 0.87


def test_the_best_baseline_moves_with_a_run_that_is_as_good_in_every_metric(world: World) -> None:
    best = f"{BASELINES}/last-pass.best/scorecard.json"
    pass_first(world, [n < 1600 for n in range(2000)])
    for number, right, expected in ((2, 1580, "answers-1"), (3, 1600, "answers-3"), (4, 1700, "answers-4")):
        next_run(world, number)
        scored(world, [n < right for n in range(2000)])
        assert compared(world)["verdict"] == "pass"
        world.run("annotate")
        assert (world.json(best)["run"], number) == (expected, number)


def test_a_pipeline_from_before_there_was_a_best_baseline_begins_with_its_last_pass(world: World) -> None:
    pass_first(world, [n < 1800 for n in range(2000)])
    shutil.rmtree(world.path(f"{BASELINES}/last-pass.best"))
    next_run(world, 2)
    scored(world, [n < 1740 for n in range(2000)])
    assert compared(world)["best_next"] == "last"
    world.run("annotate")
    kept = [world.json(f"{BASELINES}/{name}/scorecard.json")["run"] for name in ("last-pass", "last-pass.best")]
    assert kept == ["answers-2", "answers-1"]


@pytest.mark.parametrize(("failed", "accepted"), [(1, True), (2, False)])
def test_a_first_run_with_failed_or_empty_answers_is_not_accepted(world: World, failed: int, accepted: bool) -> None:
    world.dataset([sample(n) for n in range(20)])
    world.set(METRICS="exact_match", ENDPOINT={"name": "docs"}, ACCEPT="baseline")
    world.load()
    world.answers([{"id": f"q{n}", "text": f"w{n}" if n >= failed else ""} for n in range(20)])
    world.run("score")
    result = compared(world)
    assert (result["verdict"] == "pass") is accepted
    if not accepted:
        assert result["reason"] == "2 of 20 answers failed or empty (10.0%); at most 5.0% may be"
        world.set(MOST_FAILED="0.1")
        assert compared(world)["verdict"] == "pass"


def test_a_first_run_below_its_floor_fails_and_one_of_nothing_right_is_not_accepted(world: World) -> None:
    scored(world, [n < 9 for n in range(20)])
    world.set(ACCEPT="baseline", FLOORS="exact_match=0.5")
    result = compared(world)
    assert (result["verdict"], result["reason"]) == ("fail", "exact_match 0.450 is below its floor 0.5")
    world.set(FLOORS="")
    scored(world, [False] * 20)
    assert compared(world)["reason"] == "not accepted: exact_match 0; give a floor of 0 to accept that"


def test_another_model_in_the_middle_of_a_run_is_a_finding(world: World) -> None:
    """And another fingerprint is shown: a provider has several servers at once."""
    pass_first(world, [True] * 100)
    next_run(world, 2)
    scored(world, [True] * 100)
    for second, verdict, code in ((("m-2", "b"), "pass", "fingerprint_changed"), (("m-3", "a"), "inconclusive",
                                                                                  "model_changed")):  # fmt: skip
        names = [("m-2", "a")] * 60 + [second] * 40
        world.answers(
            [{"id": f"q{n}", "text": f"w{n}", "model": m, "fingerprint": f} for n, (m, f) in enumerate(names)]
        )
        world.run("score")
        result = compared(world)
        assert (result["verdict"], [each["code"] for each in result["findings"]]) == (verdict, [code])
    assert result["reason"] == "the endpoint answered as m-2 and as m-3 in one run"
    assert world.json(f"{world.root}/scorecard.json")["served"][0] == {
        "model": "m-2", "fingerprint": "a", "answers": 60
    }  # fmt: skip


def test_a_cut_answer_is_shown_in_samples_scorecard_report_and_gate(world: World) -> None:
    pass_first(world, [True] * 100)
    next_run(world, 2)
    scored(world, [True] * 100)
    world.answers([{"id": f"q{n}", "text": f"w{n}", "finish": "length" if n < 3 else "stop"} for n in range(100)])
    world.run("score")
    assert world.json(f"{world.root}/scorecard.json")["samples"]["cut"] == 3
    result = compared(world)
    message = "3 of 100 answers cut at the longest length (3.0%): raise max_tokens"
    assert (result["verdict"], [each["message"] for each in result["findings"]]) == ("pass", [message])
    world.run("report")
    html = world.path(f"{world.root}/report.html").read_text()
    assert message in html
    assert html.count('<span class="fail">cut</span>') == 3
    assert message.replace("_", "\\_") in world.path(f"{world.root}/report.md").read_text()
    assert [line["message"] for line in world.run("gate") if line["event"] == "answers_cut"] == [message]


@pytest.mark.parametrize(
    ("own", "sizing", "longest"),
    [("", {}, 256), ("0", {"max_tokens": 64, "sequence": 128}, 64), ("", {"sequence": 128}, 128),
     ("512", {"max_tokens": 64}, 512)],
)  # fmt: skip
def test_the_longest_answer_is_the_suites_or_the_sizes(
    own: str, sizing: dict[str, int], longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_TOKENS", own)
    assert endpoint.longest_answer(sizing) == longest


def test_a_margin_that_is_not_a_number(world: World) -> None:
    scored(world, [True] * 3)
    world.set(MARGIN="")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"].startswith("MARGIN: ")
    world.set(FLOORS="bleu=0.5", MARGIN="0.1")
    assert world.run("load", "--out", "/nowhere", code=65)[-1]["message"] == (
        "FLOORS: 'bleu' is not a metric of this suite; it has exact_match"
    )
    world.set(FLOORS="")
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
