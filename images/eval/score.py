"""Score every sample and write the scorecard: each metric with its standard error and its 95 % interval.

    python -m score

Environment: METRICS (names, comma-separated), NORMALISATION and THINKING (as load.py reads them), ENDPOINT (facts:
name, model), JUDGE (facts, where a metric of the judge model is among them), and the run's. Reads dataset.json,
shards/, answers/, corpus/ and ratings.jsonl under the run's folder;
writes samples.parquet and scorecard.json there. A failed or empty answer scores 0 and is counted. Where a scorer gives
no finite number, the answer scores 0 and is counted as invalid. A sample that the judge model did not rate is left out
of that metric, and counted.
"""

import argparse
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from evaluation import answers, citations, dataset, metrics, protocol, ratings, scorecard, served, stats, thinking
from evaluation.metrics import Metric
from evaluation.tally import USED, Tally, outcome
from runtime import log, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.words import plural

SEED = 20_26


def value_of(metric: Metric, answer: Any, sample: dict[str, Any]) -> float | None:
    """Return a sample's value, or None where the scorer gives no finite number or runs out of time."""
    if metric.score is None:
        raise InputError(f"metric {metric.signature}: only a judge model rates it")
    try:
        value = metric.score(answer, sample)
    except TimeoutError:
        return None
    except InputError as error:
        raise InputError(f"sample {sample['id']!r}: {error}") from error
    return value if math.isfinite(value) else None


def score_sample(
    sample: dict[str, Any],
    record: dict[str, Any] | None,
    wanted: dict[str, Metric],
    rated: dict[str, Any],
    tally: Tally,
) -> dict[str, Any]:
    """Score one sample and add it to the tally.

    Args:
        sample: the sample.
        record: its answer's record, or None where there is none.
        wanted: the metrics by name.
        rated: the judge model's ratings by sample id.
        tally: what the sample is added to.

    Returns:
        Its row of samples.parquet.
    """
    kind, answer, why = outcome(record)
    tally.last_error = why or tally.last_error
    tally.outcomes[kind] += 1
    tally.cut += (record or {}).get("finish") in protocol.CUT
    if record and ("model" in record or "fingerprint" in record):
        tally.served[record.get("model", ""), record.get("fingerprint", "")] += 1
    for name in USED:
        tally.usage[name] += (record or {}).get(name, 0)
    ask = sample.get("prompt") or sample.get("query") or orjson.dumps(sample.get("messages")).decode()
    called = (record or {}).get("calls", [])
    hits = (record or {}).get("hits")
    text = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
    text += orjson.dumps(called).decode() if called else ""
    row: dict[str, Any] = {
        "id": sample["id"], "group": sample.get("group"), "ask": ask[: scorecard.TEXT_LIMIT],
        "answer": text[: scorecard.TEXT_LIMIT], "outcome": kind, "error": why, "finish": (record or {}).get("finish"),
        "references": orjson.dumps(_right(sample)).decode(), "contexts": _given(record),
    }  # fmt: skip
    if "contexts" in (record or {}):  # numbers of documents are not words of the answer
        answer = citations.without(answer)
    for name, metric in wanted.items():
        if not metrics.applies(metric, sample):
            continue
        if metric.reads == "judge":
            values = _rating(name, kind, rated.get(sample["id"]), row, tally)
        elif metric.counts is not None:
            values = row[f"counts.{name}"] = metric.counts("" if kind != "answered" else answer, sample)
            tally.width[name] = _same_width(name, tally.width.get(name), values, sample)
        else:
            given = {"calls": called, "hits": hits, "record": record}.get(metric.reads, answer)
            retrieved = metric.reads == "hits" and bool(hits)  # whatever the model made of it
            value = value_of(metric, given, sample) if kind == "answered" or retrieved else 0.0
            tally.invalid[name] += value is None
            values = [value or 0.0]
            row[f"score.{name}"] = values[0]
        tally.scores[name].extend(values)
        if values and "group" in sample:
            tally.groups[name].append(sample["group"])
    return row


def _right(sample: dict[str, Any]) -> list[str]:
    """Return what is right, as texts."""
    return [
        *(sample.get("references") or sample.get("relevant") or []),
        *(orjson.dumps(call).decode() for call in sample.get("calls", [])),
    ]


def _given(record: dict[str, Any] | None) -> str | None:
    """Return the documents that the model was given as JSON; None where it was given none."""
    if not record or "contexts" not in record:
        return None
    shown = [{**each, "text": each["text"][: scorecard.CONTEXT_LIMIT]} for each in record["contexts"]]
    return orjson.dumps(shown).decode()


def _same_width(name: str, width: int | None, values: list[float], sample: dict[str, Any]) -> int:
    if width is not None and width != len(values):
        raise InputError(f"sample {sample['id']!r}: {name} needs the same choices in every sample")
    return len(values)


def _rating(name: str, kind: str, rating: dict[str, Any] | None, row: dict[str, Any], tally: Tally) -> list[float]:
    """Return the rating's value: 0 of an answer that failed or is empty, nothing of one that was not rated."""
    if kind == "answered":
        if rating is None or rating.get("value") is None:
            tally.unjudged += 1
            row[f"reason.{name}"] = ratings.NONE
            return []
        row[f"reason.{name}"] = rating["reason"]
    row[f"score.{name}"] = float(rating["value"]) if kind == "answered" and rating else 0.0
    return [row[f"score.{name}"]]


def rows(root: str, wanted: dict[str, Metric], rated: dict[str, Any], tally: Tally) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of samples.parquet, a shard at a time; of a shard only the tally stays in memory."""
    blocks = thinking.read()
    for shard in range(dataset.read_manifest(root)["shards"]):
        read = answers.read(answers.folder(root, shard))
        records = {record["id"]: thinking.scored(record, blocks) for record in read}
        yield [
            score_sample(thinking.right(sample, blocks), records.get(sample["id"]), wanted, rated, tally)
            for sample in dataset.read_shard(root, shard)
        ]


def estimate(name: str, metric: Metric, tally: Tally) -> dict[str, Any]:
    """Return a metric's entry of the scorecard.

    Raises:
        InputError: no sample has a value.
    """
    values = np.frombuffer(tally.scores[name], dtype=np.float64)
    if not len(values):
        raise InputError(f"{name}: no sample has a value; the judge model rated no answer")
    groups = tally.groups[name] or None
    rng = np.random.default_rng(SEED)
    if metric.kind == "corpus" and metric.value is not None:
        result = stats.corpus(values.reshape(-1, tally.width[name]), metric.value, groups, rng)
    elif metric.kind == "binary":
        result = stats.rate(values, groups)
    else:
        result = stats.mean(values, groups, rng)
    return {
        "value": result.value, "n": result.n, "standard_error": result.standard_error, "low": result.low,
        "high": result.high, "kind": metric.kind, "signature": metric.signature, "invalid": tally.invalid[name],
    }  # fmt: skip


def card(run: settings.Run, wanted: dict[str, Metric], tally: Tally, extra: dict[str, Any]) -> dict[str, Any]:
    """Return the scorecard; `extra` is the judge model's summary."""
    manifest, facts = dataset.read_manifest(run.root), settings.facts("ENDPOINT")
    asked = {name: metric for name, metric in wanted.items() if tally.scores[name] or metric.reads == "judge"}
    if unasked := sorted(wanted.keys() - asked.keys()):
        log.info("left_out", message=f"no sample is scored by {', '.join(unasked)}")
    if not asked:
        raise InputError(f"{', '.join(unasked)}: no sample is scored by it; choose another metric")
    entries = {name: estimate(name, metric, tally) for name, metric in asked.items()}
    for name, metric in asked.items():
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
        **({"corpus": corpus} if (corpus := served.name(run.root, served.CORPUS)) else {}),
        "metrics": entries,
        "samples": {
            "total": sum(tally.outcomes.values()),
            **tally.outcomes,
            "unjudged": tally.unjudged,
            "cut": tally.cut,
        },
        "served": [
            {"model": model, "fingerprint": fingerprint, "answers": answers}
            for (model, fingerprint), answers in tally.served.most_common()
        ],
        "usage": {name: round(value, 3) for name, value in tally.usage.items()},
    }


def _refuse_nothing(tally: Tally) -> None:
    total = sum(tally.outcomes.values())
    if tally.outcomes["failed"] == total:
        raise InputError(f"no sample was answered: {plural(total, 'request')} failed; last error: {tally.last_error}")


def score() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run = settings.run()
    wanted = metrics.decided(settings.names("METRICS"))
    with receipt.part(run, "score") as part:
        rated, extra = ratings.read(run.root)
        tally = Tally(wanted)
        columns = scorecard.schema({name: metric.kind for name, metric in wanted.items()})
        with scorecard.SamplesWriter(run.root, columns) as writer:
            for batch in rows(run.root, wanted, rated, tally):
                writer.write(batch)
        _refuse_nothing(tally)
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
        log.warning("failed_answers", f"{plural(failed, 'answer')} failed or empty; counted as 0 in every metric")
    if tally.cut:
        log.warning("cut_answers", f"{plural(tally.cut, 'answer')} cut at the longest length")


if __name__ == "__main__":
    main("score", score)
