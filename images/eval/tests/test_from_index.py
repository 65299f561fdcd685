"""A suite whose model answers from an index: what it is given, what is scored, and what keeps runs from comparing."""

import re
from typing import Any

import orjson
import pytest
from asking import QUICK, recorded
from evaluation import ratings
from judging import JUDGE, answers_in
from scoring import next_run
from stub import Stub
from world import World

DOCUMENTS = {
    "lava": "Magma rises through the crust and erupts as lava.",
    "bees": "Bees make honey in the hive.",
    "tides": "The moon pulls the sea twice a day.",
}
SAMPLES: list[dict[str, Any]] = [
    {"id": "q-lava", "query": "What rises?", "relevant": ["lava"], "references": ["Magma"]},
    {"id": "q-bees", "query": "Who makes honey?", "relevant": ["bees"], "references": ["Bees"]},
    {"id": "q-tides", "query": "What pulls the sea?", "relevant": ["tides"], "references": ["The moon"]},
    {"id": "q-none", "query": "Who wrote operas?", "relevant": []},
]
MANY = [{**sample, "id": f"{sample['id']}-{n}"} for sample in SAMPLES for n in range(10)]
METRICS = "exact_match,cited,grounded,abstained,ndcg_at_10"


def given(body: dict[str, Any]) -> list[str]:
    """The documents of a request, and its question."""
    return re.findall(r"<<<\w+\n(.*?)\n\w+>>>", body["messages"][1]["content"], re.DOTALL)


class Index(Stub):
    """An index that finds the document of a question's topic first, and none for operas."""

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        order = sorted(DOCUMENTS, key=lambda name: not set(body["query"].lower()[:-1].split()) & words(name))
        texts = {"text": DOCUMENTS} if body.get("texts") else {}
        return {"hits": [{"id": name, **{key: held[name] for key, held in texts.items()}} for name in order]}


def words(name: str) -> set[str]:
    return set(DOCUMENTS[name].lower().rstrip(".").split()) - {"the", "a"}


def answer(body: dict[str, Any]) -> str:
    """A model that cites the first document, and abstains where the question is about operas."""
    first, *_, question = given(body)
    if "operas" in question:
        return "Not in the documents."
    return {"Magma": "Magma [1]", "Bees": "Bees [1].", "The": "the moon [1]"}[first.split()[0]]


def run(
    world: World,
    index: Stub,
    model: Stub,
    corpus: str = "search/v1",
    metrics: str = METRICS,
    samples: list[dict[str, Any]] = SAMPLES,
) -> dict[str, Any]:
    """Run load, both stages of infer, the judge model where a metric is its own, and score; return the scorecard."""
    world.dataset(samples)
    world.set(METRICS=metrics, ENDPOINT=QUICK, INDEX="search", CONTEXTS="2", ENDPOINT_URL=index.url)
    index.serves = corpus
    world.load()
    for name, lanes in (("lanes", 1), ("lanes-weights", 0), ("lanes-index", 1)):
        assert len(orjson.loads((world.folder / f"out/{name}.json").read_bytes())) == lanes
    world.run("infer", "--shard", "0", "--index")
    world.set(ENDPOINT_URL=model.url)
    world.run("infer", "--shard", "0")
    if "judge" in metrics:
        world.run("judge")
    world.run("score")
    return dict(world.json(f"{world.root}/scorecard.json"))


def values(card: dict[str, Any]) -> dict[str, tuple[float, int]]:
    return {name: (round(entry["value"], 4), entry["n"]) for name, entry in card["metrics"].items()}


def test_the_model_answers_from_what_the_index_finds(world: World) -> None:
    with Index() as index, Stub(model=answer) as model:
        card = run(world, index, model)
    assert values(card) == {
        "exact_match": (1.0, 3), "cited": (1.0, 4), "grounded": (1.0, 4), "abstained": (1.0, 4), "ndcg_at_10": (1.0, 3),
    }  # fmt: skip
    assert card["corpus"] == "search/v1"
    record = recorded(world)["q-bees"]
    assert [each["id"] for each in record["contexts"]] == record["hits"][:2] == ["bees", "lava"]
    assert {given(body)[-1] for body in model.bodies} == {sample["query"] for sample in SAMPLES}
    assert all(len(given(body)) == 3 for body in model.bodies)
    assert (sum(index.asked.values()), sum(model.asked.values())) == (4, 4)


def test_a_worse_model_is_told_by_each_metric(world: World) -> None:
    with Index() as index, Stub(model=lambda body: "Bees rule [2]") as model:
        card = run(world, index, model)
    assert values(card) == {
        "exact_match": (0.0, 3), "cited": (0.0, 4), "grounded": (0.25, 4), "abstained": (0.75, 4),
        "ndcg_at_10": (1.0, 3),
    }  # fmt: skip


def test_a_model_that_fails_leaves_what_was_retrieved_as_it_is(world: World) -> None:
    with Index() as index, Stub(model=lambda body: "") as model:
        card = run(world, index, model)
    assert values(card)["ndcg_at_10"] == (1.0, 3)
    assert values(card)["abstained"] == (0.0, 4)


def test_the_index_is_asked_once_by_a_run_that_is_retried(world: World) -> None:
    with Index() as index, Stub(model=answer) as model:
        run(world, index, model)
        world.set(ENDPOINT_URL=index.url)
        world.run("infer", "--shard", "0", "--index")
        assert sum(index.asked.values()) == 4


def test_another_version_of_the_index_is_no_comparison(world: World) -> None:
    with Index() as index, Stub(model=answer) as model:
        run(world, index, model, samples=MANY)
        world.set(ACCEPT="baseline", MARGIN="0.3")
        world.run("compare", "--verdict", f"{world.folder}/out/verdict")
        world.run("annotate")
        world.set(ACCEPT="")
        for number, (corpus, verdict) in enumerate((("search/v1", "pass"), ("search/v2", "inconclusive")), start=2):
            next_run(world, number)
            card = run(world, index, model, corpus, samples=MANY)
            world.run("compare", "--verdict", f"{world.folder}/out/verdict")
            result = world.json(f"{world.root}/comparison.json")
            assert (card["corpus"], result["verdict"]) == (corpus, verdict), result["reason"]
    assert "its answers are from search/v1, but this run's from search/v2" in result["reason"]
    assert result["metrics"] == {}


def test_another_version_of_the_index_is_told_before_the_model_is_asked(world: World) -> None:
    with Index() as index, Stub(model=answer) as model:
        run(world, index, model)
        world.set(ACCEPT="baseline")
        world.run("compare", "--verdict", f"{world.folder}/out/verdict")
        world.run("annotate")
        next_run(world, 2)
        world.set(ACCEPT="", ENDPOINT_URL=index.url)
        world.load()
        index.serves = "search/v2"
        world.run("infer", "--shard", "0", "--index")
        world.set(ENDPOINT_URL=model.url)
        events = world.run("infer", "--shard", "0")
    warned = next(event for event in events if event["event"] == "no_comparison")
    assert "this run's from search/v2" in warned["message"]


@pytest.mark.parametrize(
    ("changed", "settings", "why"),
    [
        ({"prompt": "What rises?"}, {}, "has no 'query', by which the index is asked"),
        ({"query": "What rises?", "relevant": []}, {"INDEX": "", "METRICS": "ndcg_at_10"}, "only a model can say so"),
        ({"query": "What rises?"}, {}, "has no 'relevant', which cited needs"),
        ({"query": "a", "relevant": ["x"]}, {"INDEX": "", "METRICS": "cited"}, "cited score answers from an index"),
        ({"query": "a", "relevant": ["x"]}, {}, "has no 'references', which exact_match needs"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(
    world: World, changed: dict[str, Any], settings: dict[str, str], why: str
) -> None:
    world.dataset([{"id": "q", **changed}])
    retrieval = {"api": "retrieval"} if settings.get("METRICS") == "ndcg_at_10" else {}
    world.set(METRICS="cited,exact_match", ENDPOINT=QUICK | retrieval, INDEX="search", CONTEXTS="2")
    world.set(**settings)
    events = world.run("load", "--out", f"{world.folder}/out", code=65)
    assert why in events[-1]["message"]


def judged(world: World, marks: list[dict[str, Any]], grade: dict[str, int], **settings: Any) -> dict[str, Any]:
    """Run with a judge model that grades marked answers by `grade`, all others 1, and return comparison.json."""
    samples = SAMPLES + [{**SAMPLES[0], "id": f"m{n}", "marks": [mark]} for n, mark in enumerate(marks)]

    def reply(body: dict[str, Any]) -> str:
        return orjson.dumps({"reason": "", "grade": grade.get(answers_in(body)[0], 1)}).decode()

    with Index() as index, Stub(model=answer) as model, Stub(model=reply) as judge:
        facts = JUDGE | {"mode": "graded"}
        world.set(JUDGE=facts, JUDGE_URL=judge.url, ACCEPT="baseline", FLOORS="judge_graded=0.9", **settings)
        run(world, index, model, metrics="cited,judge_graded", samples=samples)
    world.run("compare", "--verdict", f"{world.folder}/out/verdict")
    return dict(world.json(f"{world.root}/comparison.json"))


RIGHT, WRONG = [f"right {n}" for n in range(20)], [f"wrong {n}" for n in range(20)]
MARKS = [{"answer": text, "accepted": text in RIGHT} for text in RIGHT + WRONG]


def test_a_judge_without_marks_decides_nothing(world: World) -> None:
    result = judged(world, [], {})
    assert result["verdict"] == "pass"  # its grade of 0 is below its floor
    assert result["advisory"] == {"judge_graded": "the dataset has no marks that the judge model could be held to"}
    assert [each["code"] for each in result["findings"]] == ["judge_advisory"]


def test_a_judge_that_agrees_with_people_decides(world: World) -> None:
    result = judged(world, MARKS, dict.fromkeys(RIGHT, 5))
    assert (result["verdict"], result["advisory"]) == ("fail", {})
    assert "judge_graded 0.000 is below its floor 0.9" in result["reason"]
    (note,) = (each for each in result["findings"] if each["code"] == "judge_agreement")
    assert note["message"] == "the judge model agrees with 40 of 40 marks (95 % interval 0.91 to 1.00)"
    _, summary = ratings.read(world.root)
    assert summary["calibration"]["calibrated"]


@pytest.mark.parametrize(
    ("marks", "grade", "stated"),
    [
        (MARKS, {}, "agrees with 20 of 40 marks (95 % interval 0.35 to 0.65), which must lie above 0.70"),
        (MARKS, dict.fromkeys(RIGHT, 3), "agrees with 20 of 40"),  # the middle agrees with nobody
        (MARKS[:5], dict.fromkeys(RIGHT, 5), "5 of 5 marks (95 % interval 0.57 to 1.00), which are all of one kind"),
        # One grade for all would agree with nine of ten.
        (MARKS[:18] + MARKS[20:22], dict.fromkeys(RIGHT, 5), "20 of 20 marks (95 % interval 0.84 to 1.00), which must"),
    ],
)
def test_a_judge_that_does_not_is_shown_alone(world: World, marks: Any, grade: dict[str, int], stated: str) -> None:
    result = judged(world, marks, grade)
    assert stated in result["advisory"]["judge_graded"]
    assert result["verdict"] == "pass"


def test_a_suite_of_the_judge_alone_is_inconclusive(world: World) -> None:
    with Index() as index, Stub(model=answer) as model, Stub(model=lambda body: '{"grade": 5}') as judge:
        world.set(JUDGE=JUDGE | {"mode": "graded"}, JUDGE_URL=judge.url, ACCEPT="baseline")
        run(world, index, model, metrics="judge_graded")
    world.run("compare", "--verdict", f"{world.folder}/out/verdict")
    result = world.json(f"{world.root}/comparison.json")
    assert (result["verdict"], result["reason"].split(":")[0]) == ("inconclusive", "nothing decides")
