"""Decisions about an eval suite that could not work, or that promise more than the dataset can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

from dac.model import Finding, Pipeline, Project, Repository, Severity
from dac.model.suggestion import choose_from
from dac.model.words import article_list, plural, quoted

ALPHA, POWER = 0.05, 0.8  # as images/eval/evaluation holds its gate to: verdict.py, paired.py
DISAGREEMENT = 0.2
FEW_GROUPS = 30  # under which images/eval's intervals are too narrow, as its tests simulate
RETRIEVAL = ("mrr", "ndcg_at_10", "recall_at_5", "recall_at_10")
FROM_INDEX = ("abstained", "cited", "grounded")  # of answers that a model gives from the documents of an index
LIKELIHOOD = ("choice_loglikelihood", "choice_loglikelihood_norm")
KINDS = {"retrieval": ("what is retrieved", RETRIEVAL), "loglikelihood": ("log-likelihoods of choices", LIKELIHOOD)}
TEXT = ("answers in text", ("exact_match", "token_f1", "rouge_l"))
JUDGED = {"judge_graded": "graded", "judge_pairwise": "pairwise", "judge_rubric": "rubric"}


def detectable(units: int, metrics: int, disagreement: float) -> float:
    """Return the smallest true drop that a gate over so many metrics catches four times out of five.

    Args:
        units: independent samples, or groups of them.
        metrics: how many share the gate's level.
        disagreement: on which share of the samples two versions of a model differ; its root is the spread of a paired
            difference between values of 0 and 1.
    """
    normal = NormalDist()
    return (normal.inv_cdf(1 - ALPHA / metrics) + normal.inv_cdf(POWER)) * sqrt(disagreement / units)


def needed(margin: float, metrics: int, disagreement: float) -> int:
    """How many independent samples a drop of `margin` takes."""
    return int((detectable(1, metrics, disagreement) / margin) ** 2) + 1


def check(
    repository: Repository, project: Project, pipeline: Pipeline, decisions: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield what is wrong with an eval suite's decisions taken together."""
    kinds = repository.catalog.kinds

    def finding(path: str, code: str, text: str, remedy: str, severity: Severity = Severity.ERROR) -> Finding:
        at = project.document.at(("pipelines", pipeline.name, *path.split(".")))
        return Finding(at, f"evaluation.{code}", text, remedy, severity)

    size = decisions["size"]
    if "eval-suite" not in kinds["sizes"][size]["settings"]:
        fit = [name for name, facts in kinds["sizes"].items() if "eval-suite" in facts["settings"]]
        text = f"size {quoted(size)} says nothing of evaluation"
        yield finding("size", "size_unfit", text, choose_from(fit))
    yield from _served(kinds, project, decisions, finding)
    yield from _unfit(kinds, decisions, finding)
    for name in decisions["gate"]["floors"]:
        if name not in decisions["metrics"]:
            text = f"{quoted(name)} has a floor and is not among the metrics"
            yield finding(f"gate.floors.{name}", "floor_unknown", text, f"choose {article_list(decisions['metrics'])}")
    facts = kinds["datasets"].get(decisions["dataset"])
    if facts is None:
        return  # a file of the project's own: its step `load` counts the rows, and holds them to the least
    fewest = repository.standards[pipeline.standard].limits.get("least_rows", 1)
    if facts["rows"] < fewest:
        text = (
            f"{quoted(decisions['dataset'])} has {plural(facts['rows'], 'row')}, and a suite needs at least {fewest:,}"
        )
        fit = [name for name, each in kinds["datasets"].items() if each["rows"] >= fewest]
        remedy = "a score of fewer says little; " + (choose_from(fit) if fit else "publish a larger dataset")
        yield finding("dataset", "too_few_rows", text, remedy)
        return
    if 0 < facts["groups"] < FEW_GROUPS:
        text = (
            f"{quoted(decisions['dataset'])} has {facts['groups']} groups; over fewer than {FEW_GROUPS} the intervals "
            "are too narrow"
        )
        yield finding("dataset", "few_groups", text, "add groups to the dataset", Severity.WARNING)
    units, metrics = facts["groups"] or facts["rows"], len(decisions["metrics"])
    disagreement = facts.get("disagreement", DISAGREEMENT)
    margin, least = decisions["gate"]["margin"], detectable(units, metrics, disagreement)
    if margin < least:
        what = "groups" if facts["groups"] else "samples"
        text = (
            f"a drop of {margin:g} cannot be distinguished from chance with the {units:,} {what} of "
            f"{quoted(decisions['dataset'])} and {metrics} metric{'s' if metrics > 1 else ''}"
        )
        remedy = (
            f"the smallest drop that can is about {least:.3f}; raise the margin to that, ask for fewer metrics, "
            f"or take a dataset of {needed(margin, metrics, disagreement):,} {what}"
        )
        yield finding("gate.margin", "undetectable", text, remedy, Severity.WARNING)


def _served(
    kinds: Mapping[str, Any], project: Project, decisions: Mapping[str, Any], finding: Any
) -> Iterator[Finding]:
    """Check that a temporary endpoint names what it serves, and that any other does not."""
    facts = kinds["served_models"][decisions["endpoint"]]
    serving, api = facts.get("serving", "address"), facts["api"]
    indexes = [name for name, other in project.pipelines.items() if other.standard.name == "rag-indexing"]
    for way, example in (("index", article_list(indexes) or "a rag-indexing pipeline"), ("weights", "NAME@ALIAS")):
        named = decisions[way]
        if serving == way and not named:
            text = f"endpoint {quoted(decisions['endpoint'])} does not say which {way}"
            yield finding("endpoint", "unserved", text, f"add {way}: {example}")
        elif named and serving != way and not (way == "index" and api == "chat"):
            text = f"endpoint {quoted(decisions['endpoint'])} has nothing to do with {way}: {named}"
            fit = [name for name, other in kinds["served_models"].items() if other.get("serving") == way]
            yield finding(way, "unserved", text, f"take it out, or choose endpoint {article_list(fit)}")
        elif way == "index" and named and named not in indexes:
            text = f"{quoted(named)} is not a rag-indexing pipeline of this project"
            remedy = f"choose {article_list(indexes)}" if indexes else "add one, or choose an endpoint with an address"
            yield finding(way, "no_index", text, remedy)


def metric_api(name: str) -> str | None:
    """Return how an endpoint must be asked for a metric; None where the metric scores what is answered in text."""
    return next((api for api, (_, names) in KINDS.items() if name in names), None)


def _unfit(kinds: Mapping[str, Any], decisions: Mapping[str, Any], finding: Any) -> Iterator[Finding]:
    """Metrics that this endpoint or this judge cannot be scored by."""
    api = kinds["served_models"][decisions["endpoint"]]["api"]
    kind, fit = KINDS.get(api, TEXT)
    judge = decisions["judge"]
    mode = kinds["judges"][judge].get("mode")
    from_index = api == "chat" and bool(decisions["index"])
    for name in decisions["metrics"]:
        if name in FROM_INDEX and not from_index:
            text = f"{name} scores answers from an index, and none is asked here"
            yield finding("metrics", "metric_unfit", text, "add index: and a rag-indexing pipeline, or take it out")
        elif name == "tool_call_match" and from_index:
            text = f"{name} scores calls of tools, and answers from an index make none"
            yield finding("metrics", "metric_unfit", text, "take it out, or make a suite of its own of it")
        elif from_index and name in RETRIEVAL:
            continue
        elif metric_api(name) != (api if api in KINDS else None):
            text = f"{quoted(decisions['endpoint'])} gives {kind}, which {name} cannot score"
            yield finding("metrics", "metric_unfit", text, choose_from(fit))
        elif name in JUDGED and JUDGED[name] != mode:
            judges = [j for j, facts in kinds["judges"].items() if facts.get("mode") == JUDGED[name]]
            text = f"{name} needs a judge of mode {JUDGED[name]}, and judge {quoted(judge)} is none"
            place = "judge" if judge != "none" else "metrics"
            yield finding(place, "judge_unfit", text, f"choose judge {article_list(judges)}")
