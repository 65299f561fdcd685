"""Scores every sample and writes the scorecard: each metric with its standard error and its 95 % interval.

    python -m score

Environment: METRICS (names, comma-separated), ENDPOINT (facts: name, model), JUDGE (facts, where a judge's metric is
among them), and the run's. Reads dataset.json, shards/, answers/ and ratings.jsonl under the run's folder; writes
samples.parquet and scorecard.json there. A failed or empty answer scores 0 and is counted; a scorer that gives no
finite number scores 0 and is counted as invalid. A sample without a judge's verdict is left out of that metric, and
counted.
"""

import argparse
import math
from array import array
from collections.abc import Iterator
from typing import Any

import log
import numpy as np
import orjson
import settings
from errors import WrongInput, main
from evaluation import answers, dataset, metrics, ratings, receipt, scorecard, served, stats
from evaluation.metrics import Metric

SEED = 20_26
OUTCOMES = ("answered", "empty", "failed")
MOST_UNJUDGED = 0.05
USED = ("input_tokens", "output_tokens", "seconds", "attempts")


class Tally:
    """What is kept of the samples in memory: numbers only."""

    def __init__(self, wanted: dict[str, Metric]) -> None:
        self.scores = {name: array("d") for name in wanted}
        self.width: dict[str, int] = {}
        self.groups: dict[str, list[str]] = {name: [] for name in wanted}
        self.invalid = dict.fromkeys(wanted, 0)
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.usage = dict.fromkeys(USED, 0.0)
        self.unjudged = 0


def outcome(record: dict[str, Any] | None) -> tuple[str, Any, str | None]:
    """Returns an answer's outcome, what it says (text or hits), and why it failed."""
    if record is None:
        return "failed", "", "no answer was recorded"
    if "error" in record:
        return "failed", "", record["error"]
    said = record["hits"] if "hits" in record else record["text"]
    empty = not said if isinstance(said, list) else not said.strip()
    return ("empty" if empty else "answered"), said, None


def value_of(metric: Metric, said: Any, sample: dict[str, Any]) -> float | None:
    """Returns a sample's value, or None where the scorer gives no finite number or runs out of time."""
    if metric.score is None:
        raise WrongInput(f"metric {metric.signature}: only a judge gives it")
    try:
        value = metric.score(said, sample)
    except TimeoutError:
        return None
    return value if math.isfinite(value) else None


def score_sample(
    sample: dict[str, Any],
    record: dict[str, Any] | None,
    wanted: dict[str, Metric],
    judged: dict[str, Any],
    tally: Tally,
) -> dict[str, Any]:
    """Scores one sample, adds it to the tally and returns its row of samples.parquet."""
    kind, said, why = outcome(record)
    tally.outcomes[kind] += 1
    for name in USED:
        tally.usage[name] += (record or {}).get(name, 0)
    ask = sample.get("prompt") or sample.get("query") or orjson.dumps(sample.get("messages")).decode()
    text = said if isinstance(said, str) else orjson.dumps(said).decode()
    row: dict[str, Any] = {
        "id": sample["id"], "group": sample.get("group"), "ask": ask[: scorecard.TEXT_LIMIT],
        "answer": text[: scorecard.TEXT_LIMIT], "outcome": kind, "error": why,
        "references": orjson.dumps(sample.get("references") or sample.get("relevant") or []).decode(),
    }  # fmt: skip
    for name, metric in wanted.items():
        if metric.reads == "judge":
            values = _judged(name, kind, judged.get(sample["id"]), row, tally)
        elif metric.counts is not None:
            values = row[f"counts.{name}"] = metric.counts("" if kind != "answered" else said, sample)
            tally.width[name] = _same_width(name, tally.width.get(name), values, sample)
        else:
            value = value_of(metric, said, sample) if kind == "answered" else 0.0
            tally.invalid[name] += value is None
            values = [value or 0.0]
            row[f"score.{name}"] = values[0]
        tally.scores[name].extend(values)
        if values and "group" in sample:
            tally.groups[name].append(sample["group"])
    return row


def _same_width(name: str, width: int | None, values: list[float], sample: dict[str, Any]) -> int:
    if width is not None and width != len(values):
        raise WrongInput(f"sample {sample['id']!r}: {name} needs the same choices in every sample")
    return len(values)


def _judged(name: str, kind: str, judgement: dict[str, Any] | None, row: dict[str, Any], tally: Tally) -> list[float]:
    """Returns the judge's value; 0 for an answer that failed or is empty, nothing where the judge gave no verdict."""
    if kind == "answered":
        if judgement is None or judgement.get("value") is None:
            tally.unjudged += 1
            row[f"reason.{name}"] = "the judge gave no verdict"
            return []
        row[f"reason.{name}"] = judgement["reason"]
    row[f"score.{name}"] = float(judgement["value"]) if kind == "answered" and judgement else 0.0
    return [row[f"score.{name}"]]


def rows(root: str, wanted: dict[str, Metric], judged: dict[str, Any], tally: Tally) -> Iterator[list[dict[str, Any]]]:
    """Yields the rows of samples.parquet, a shard at a time; nothing else of a shard stays in memory."""
    for shard in range(dataset.read_manifest(root)["shards"]):
        said = {record["id"]: record for record in answers.read(answers.folder(root, shard))}
        yield [
            score_sample(sample, said.get(sample["id"]), wanted, judged, tally)
            for sample in dataset.read_shard(root, shard)
        ]


def estimate(name: str, metric: Metric, tally: Tally) -> dict[str, Any]:
    """Returns a metric's entry of the scorecard."""
    values = np.frombuffer(tally.scores[name], dtype=np.float64)
    if not len(values):
        raise WrongInput(f"{name}: no sample has a value; the judge gave no verdict at all")
    groups = tally.groups[name] or None
    rng = np.random.default_rng(SEED)
    if metric.kind == "corpus" and metric.value is not None:
        found = stats.corpus(values.reshape(-1, tally.width[name]), metric.value, groups, rng)
    elif metric.kind == "binary":
        found = stats.rate(values, groups)
    else:
        found = stats.mean(values, groups, rng)
    return {
        "value": found.value, "n": found.n, "standard_error": found.standard_error, "low": found.low,
        "high": found.high, "kind": metric.kind, "signature": metric.signature, "invalid": tally.invalid[name],
    }  # fmt: skip


def card(run: settings.Run, wanted: dict[str, Metric], tally: Tally, extra: dict[str, Any]) -> dict[str, Any]:
    """Returns the scorecard."""
    manifest, facts = dataset.read_manifest(run.root), settings.facts("ENDPOINT")
    entries = {name: estimate(name, metric, tally) for name, metric in wanted.items()}
    for name, metric in wanted.items():
        if metric.reads == "judge":
            entries[name]["extra"] = extra
            entries[name]["signature"] += f"|{extra.get('signature', '')}"
    return {
        "suite": f"{run.project}/{run.pipeline}",
        "standard": run.standard,
        "run": run.run_name,
        "model": served.name(run.root) or facts.get("model") or facts.get("name", ""),
        "created": receipt.now(),
        "dataset": {name: manifest[name] for name in ("name", "sha256", "rows", "groups")},
        "metrics": entries,
        "samples": {"total": sum(tally.outcomes.values()), **tally.outcomes, "unjudged": tally.unjudged},
        "usage": {name: round(value, 3) for name, value in tally.usage.items()},
    }


def score() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run = settings.run()
    wanted = metrics.chosen(settings.names("METRICS"))
    with receipt.part(run, "score") as part:
        judged, extra = ratings.read(run.root)
        tally = Tally(wanted)
        columns = scorecard.schema({name: metric.kind for name, metric in wanted.items()})
        with scorecard.SamplesWriter(run.root, columns) as writer:
            for batch in rows(run.root, wanted, judged, tally):
                writer.write(batch)
        answered = tally.outcomes["answered"]
        if tally.unjudged > MOST_UNJUDGED * max(1, answered):
            raise WrongInput(f"judge: no verdict on {tally.unjudged} of {answered} answers; more than 5 % is no score")
        result = card(run, wanted, tally, extra)
        scorecard.write(run.root, result)
        values = {name: entry["value"] for name, entry in result["metrics"].items()}
        part.facts = {"metrics": values, "samples": result["samples"], "usage": result["usage"]}
    for name, entry in result["metrics"].items():
        log.info(
            "score",
            metric=name,
            value=round(entry["value"], 4),
            low=round(entry["low"], 4),
            high=round(entry["high"], 4),
        )
    failed = tally.outcomes["failed"] + tally.outcomes["empty"]
    if failed:
        log.warning("failed_answers", f"{failed} answers failed or are empty; they count as 0 in every metric")


if __name__ == "__main__":
    main(score)
