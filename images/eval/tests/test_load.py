"""load: what of a dataset is pinned, counted and refused before anything is asked."""

import hashlib
from typing import Any

import load
import pytest
from evaluation import endpoint
from runtime import objects
from scoring import sample
from world import World


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


def test_a_projects_own_file_is_pinned_by_its_decision(world: World) -> None:
    facts = world.dataset([sample(n) for n in range(3)], "own")
    world.set(DATASET="", DATASET_NAME=f"{facts['uri']}@sha256:{facts['sha256']}", METRICS="exact_match")
    world.load()
    assert {name: world.json(f"{world.root}/dataset.json")[name] for name in ("name", "uri", "sha256", "rows")} == {
        "name": facts["uri"], "uri": facts["uri"], "sha256": facts["sha256"], "rows": 3,
    }  # fmt: skip
    world.path(facts["uri"]).write_text('{"id": "x"}\n')
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == (
        f"s3://datasets/own.jsonl: the dataset has changed: decisions.yaml pins it to sha256 {facts['sha256']}, but "
        "the file has sha256 a15ec93cdf8112fc511cdca3ab179ee7f81d28504089f9d3f55a68833606711d; restore the file, or "
        "pin what it holds now"
    )


@pytest.mark.parametrize(
    "named", ["", "unicode-names@v1", "s3://datasets/own.jsonl", "s3://datasets/own.jsonl@sha256:1"]
)
def test_a_dataset_that_nothing_pins_is_refused(world: World, named: str) -> None:
    world.set(DATASET="", DATASET_NAME=named, METRICS="exact_match")
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == f"DATASET: {named!r} is not pinned; write ADDRESS@sha256:DIGEST (64 hex digits)"


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
        ([sample(0, choices=["w0", "b"], prompt=" ")], "choice_loglikelihood",
         ": sample 'q0': its prompt is blank; a choice needs something that it stands behind"),
        ([sample(0, choices=["a", "b"])], "choice_loglikelihood_norm",
         ": sample 'q0': its reference 'w0' is not one of its choices"),
        ([sample(0, choices=["w0", "w0"])], "choice_loglikelihood", ": sample 'q0': its choice 'w0' is there twice"),
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


@pytest.mark.parametrize(("lists", "most"), [(1, 1000), (2, 500)])
def test_shards_of_all_lists_together_fit_into_a_workflow(lists: int, most: int) -> None:
    """A model that answers from an index has two lists, each with every shard: their nodes are in one object."""
    shards = load.cut([sample(n) for n in range(1999)], 1, lists)
    assert len(shards) <= most
    assert sum(map(len, shards)) == 1999
