"""Have a judge model, a language model, rate every answer: by grade, by a weighted rubric, or against the baseline's.

    python -m judge

Environment: JUDGE (facts: name, mode, model, api, repeats, rubric, price, concurrency), JUDGE_URL (its address),
BASELINE (whose answers pairwise compares ours with), and the run's. Writes ratings.jsonl under the run's folder.
Pairwise asks in both orders, so that a preference for the first place favours neither version. A reply that was cut is
not read. Answers that people marked in the dataset are rated too, which says how far the judge model can be trusted
(see calibration.py). Replies are kept under <artifacts>/<project>/<pipeline>/judge-cache/ (see judge_cache.py), so that
no question is paid for twice; JUDGE's cache_days says how long they hold.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

from evaluation import (
    answers,
    baseline,
    calibration,
    dataset,
    endpoint,
    judge_cache,
    judge_model,
    protocol,
    ratings,
    scorecard,
    thinking,
)
from evaluation.client import Client
from evaluation.forecast import tokens
from evaluation.judge_cache import Cache
from evaluation.judge_cases import Case, Question, Rating, Sample, case_of
from runtime import log, receipt, settings
from runtime.program import main

MOST_REASON = 2000  # characters


def cases(run: settings.Run, facts: dict[str, Any], others: dict[str, str] | None) -> Iterator[Case]:
    """Yield a case for every answer that did not fail and is not empty.

    Args:
        run: this run.
        facts: the judge model's facts.
        others: the baseline's answers by sample id; None where there is no baseline, or none is needed.
    """
    blocks = thinking.read()
    for shard in range(dataset.read_manifest(run.root)["shards"]):
        records = (thinking.scored(record, blocks) for record in answers.read(answers.folder(run.root, shard)))
        texts = {record["id"]: record.get("text", "") for record in records}
        for sample in dataset.read_shard(run.root, shard):
            answer = texts.get(sample["id"], "")
            if answer.strip() and sample.get("relevant") != []:  # what no document answers has no right text
                other = answer if others is None else others.get(sample["id"], "")
                yield case_of(thinking.right(sample, blocks), facts, answer, other)


def marked(run: settings.Run, facts: dict[str, Any]) -> list[tuple[bool, Case]]:
    """Return a case for every answer that a person marked, and whether it was accepted; none for pairwise."""
    if facts["mode"] == "pairwise":
        return []
    return [
        (mark["accepted"], case_of(sample, facts, mark["answer"], ""))
        for sample in dataset.samples(run.root)
        for mark in sample.get("marks", [])
    ]


class Judge:
    """Asks a judge model, and keeps its replies.

    Attributes:
        cached: how many replies were kept from an earlier run.
        cut: how many replies were cut, and so not read.
        served: who replied, as the replies say.
        tokens: of input and of output, used by this run.
    """

    def __init__(self, client: Client, journal: answers.Journal, cache: Cache, facts: dict[str, Any], run_id: str):
        self._client = client
        self._run_id = run_id
        self._journal = journal
        self._cache = cache
        self._facts = facts
        self.cached = 0
        self.cut = 0
        self.served: set[str] = set()
        self.tokens = [0, 0]

    async def rate(self, case: Case) -> None:
        """Add the case's ratings."""
        for question in case.questions:
            text = await self._reply(case.sample, question)
            rating = None if text is None else judge_model.read(self._facts, text)
            if rating is None:
                case.replies.append(None)
                continue
            first, reason = rating
            case.replies.append(Rating(1 - first if question.swapped else first, reason, first))

    async def _reply(self, sample: Sample, question: Question) -> str | None:
        def request(mark: str) -> dict[str, Any]:
            return judge_model.request(self._facts, sample, question.texts, question.repeat, mark)

        reach = self._client.endpoint  # its whole address: a deployment may be named by its path or its query
        key = judge_cache.key(reach.call, reach.body(request("")))
        if (kept := self._cache.get(key)) is not None:
            self.cached += 1
            self.served.add(judge_cache.server(kept))
            return str(kept["text"])
        asked = sum(tokens(message["content"]) for message in request("")["messages"])

        def count(usage: dict[str, int], again: bool) -> None:
            self.tokens[0] += usage.get("input_tokens", asked)
            self.tokens[1] += usage.get("output_tokens", request("")["max_tokens"])

        value = (await self._client.ask(f"{self._run_id}/{key}", request(judge_model.new_mark()), count)).value
        if value is None:
            return None
        self.served.add(judge_cache.server(value))
        self._cache.answered_by(value)
        self.tokens[0] += value.get("input_tokens", asked)
        self.tokens[1] += value.get("output_tokens", tokens(value["text"]))
        if value.get("finish") in protocol.CUT:
            self.cut += 1
            return None
        text: str = value["text"]
        if judge_model.read(self._facts, text) is not None:  # the next run asks again where a reply holds no rating
            self._journal.append(self._cache.add(key, value))
        return text


def entry(case: Case) -> dict[str, Any]:
    """Return the case's line of ratings.jsonl: the mean of its ratings, and the first reason."""
    given = case.ratings
    return {
        "id": case.sample["id"],
        "value": statistics.fmean(rating.value for rating in given) if given else None,
        "reason": given[0].reason[:MOST_REASON] if given else ratings.NONE,
        "repeats": [None if rating is None else rating.value for rating in case.replies],
    }


def calibrated(marks: list[tuple[bool, Case]]) -> dict[str, Any] | None:
    """Return how far the judge model agrees with people; None where nothing is marked."""
    if not marks:
        return None
    grades = [entry(case)["value"] for _, case in marks]
    return calibration.of([(case.sample["id"], accepted) for accepted, case in marks], grades)


def summary(rated: list[Case], judge: Judge, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the first line of ratings.jsonl: how far the judge model agrees with itself, and what it cost."""
    asked = [case for case in rated if case.questions]
    given = [case.ratings for case in asked]
    middle = {entry(case)["value"] for case in asked} - {None}
    repeated = [[rating.value for rating in ratings] for ratings in given if len(ratings) > 1]
    firsts = [rating.first for ratings in given for rating in ratings] if facts["mode"] == "pairwise" else []
    price = facts.get("price", {})
    return {
        "signature": judge_model.signature(facts),
        "judged": len(rated),
        "cached": judge.cached,
        "unjudged": sum(1 for case in rated if not case.ratings),
        "unread": sum(rating is None for case in rated for rating in case.replies),
        "replies": sum(len(case.replies) for case in asked),
        "answers": len({tuple(question.texts) for case in asked for question in case.questions}),
        "grades": 0 if facts["mode"] == "pairwise" or middle & {0.0, 1.0} else len(middle),
        "cut": judge.cut,
        "served": sorted(judge.served - {""}),
        "repeats": int(facts.get("repeats", 1)),
        "agreement": statistics.fmean(len(set(values)) == 1 for values in repeated) if repeated else None,
        "spread": statistics.fmean(statistics.pstdev(values) for values in repeated) if repeated else None,
        "order_bias": statistics.fmean(firsts) - 0.5 if firsts else None,
        "cost": (judge.tokens[0] * price.get("input", 0) + judge.tokens[1] * price.get("output", 0)) / 1e6,
    }


async def rate_all(
    run: settings.Run, facts: dict[str, Any], rated: list[Case], marks: list[tuple[bool, Case]]
) -> dict[str, Any]:
    """Have every case rated and return the summary; the first fatal error cancels the rest and is raised."""
    folder = f"{run.home}/judge-cache"
    cache = Cache(answers.every(folder), float(facts.get("cache_days", judge_cache.DAYS)), time.time())
    reach = endpoint.of_catalog({"api": "chat", **facts}, os.environ.get("JUDGE_URL", ""), "judge")
    cases = [*rated, *(case for _, case in marks)]
    remaining = iter(cases)

    async def work(judge: Judge) -> None:
        for case in remaining:
            await judge.rate(case)

    async with Client(reach) as client:
        await client.wait()
        with answers.Journal(folder) as journal:
            judge = Judge(client, journal, cache, facts, run.run_id)
            for first in remaining:  # alone: a reply says which model answers now, and so which kept replies hold
                await judge.rate(first)
                if first.questions:
                    break
            writing = asyncio.create_task(journal.keep_flushing())
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(len(cases), reach.concurrency)):
                        group.create_task(work(judge))
            except* Exception as errors:
                raise errors.exceptions[0] from None
            finally:
                writing.cancel()
    return {**summary(rated, judge, facts), "calibration": calibrated(marks)}


def baseline_answers(run: settings.Run) -> dict[str, str] | None:
    """Return the baseline's answers by sample id, or None where there is no baseline."""
    folder = baseline.folder(run, baseline.name())
    if baseline.read(folder) is None:
        return None
    table = scorecard.read_samples(folder, ["id", "answer"])
    return dict(zip(table["id"].to_pylist(), table["answer"].to_pylist(), strict=True))


def judge() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, facts = settings.run(), settings.facts("JUDGE")
    judge_model.signature(facts)
    with receipt.part(run, "judge") as part:
        others = baseline_answers(run) if facts["mode"] == "pairwise" else None
        rated = list(cases(run, facts, others))
        part.facts = asyncio.run(rate_all(run, facts, rated, marked(run, facts)))
        ratings.write(run.root, part.facts, [entry(case) for case in rated])
    log.info("judged", **part.facts)


if __name__ == "__main__":
    main("judge", judge)
