"""Have a judge model, a language model, rate every answer: by grade, by a weighted rubric, or against the baseline's.

    python -m judge

Environment: JUDGE (facts: name, mode, model, api, repeats, rubric, price, concurrency), JUDGE_URL (its address),
BASELINE (whose answers pairwise compares ours with), and the run's. Writes ratings.jsonl under the run's folder.
Pairwise asks in both orders, so that a preference for the first place favours neither version. Each reply is kept by
the digest of its request under <artifacts>/<project>/<pipeline>/judge-cache/, so that no question is paid for twice.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from evaluation import answers, comparison, dataset, endpoint, judge_model, ratings, scorecard
from evaluation.client import Client
from runtime import log, objects, receipt, settings
from runtime.program import main

Sample = dict[str, Any]
MOST_REASON = 2000  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """One request about an answer.

    Attributes:
        texts: the answer, or two answers as A and B.
        swapped: whether ours is B.
        repeat: the number of the repeat.
    """

    texts: list[str]
    swapped: bool
    repeat: int


@dataclass(frozen=True, slots=True)
class Rating:
    """One rating of an answer.

    Attributes:
        value: 0 to 1, of ours.
        reason: the judge model's.
        first: 0 to 1, of the answer in the first place.
    """

    value: float
    reason: str
    first: float


@dataclass
class Case:
    """One answer and the judge model's ratings of it.

    Attributes:
        sample: id, ask, references.
        questions: the requests to make.
        replies: the rating in each reply, None where it holds none; or one rating that needs no request.
    """

    sample: Sample
    questions: list[Question]
    replies: list[Rating | None] = field(default_factory=list)

    @property
    def ratings(self) -> list[Rating]:
        """The ratings that there are."""
        return [rating for rating in self.replies if rating is not None]


def shown(sample: Sample) -> Sample:
    """Return what the judge model sees of a sample: its id, its question as text, and its references."""
    ask = sample.get("prompt") or "\n".join(f"{turn['role']}: {turn['content']}" for turn in sample["messages"])
    return {"id": sample["id"], "ask": ask, "references": sample.get("references", [])}


def cases(run: settings.Run, facts: dict[str, Any], baseline: dict[str, str] | None) -> Iterator[Case]:
    """Yield a case for every answer that did not fail and is not empty.

    Args:
        run: this run.
        facts: the judge model's facts.
        baseline: the baseline's answers by sample id; None where there is no baseline, or none is needed.
    """
    for shard in range(dataset.read_manifest(run.root)["shards"]):
        texts = {record["id"]: record.get("text", "") for record in answers.read(answers.folder(run.root, shard))}
        for sample in dataset.read_shard(run.root, shard):
            answer = texts.get(sample["id"], "")
            if answer.strip():
                other = answer if baseline is None else baseline.get(sample["id"], "")
                yield case(sample, facts, answer, other)


def case(sample: Sample, facts: dict[str, Any], answer: str, other: str) -> Case:
    """Return the case of one answer; `other` is the baseline's, which only pairwise reads."""
    repeats = range(int(facts.get("repeats", 1)))
    if facts["mode"] != "pairwise":
        return Case(shown(sample), [Question([answer], False, repeat) for repeat in repeats])
    if other == answer:
        return Case(shown(sample), [], [Rating(0.5, "the answers are equal, or there is no baseline yet", 0.5)])
    if not other.strip():
        return Case(shown(sample), [], [Rating(1.0, "the baseline has no answer", 0.5)])
    orders = (([answer, other], False), ([other, answer], True))
    return Case(shown(sample), [Question(texts, swapped, n) for texts, swapped in orders for n in repeats])


class Judge:
    """Asks a judge model, and keeps its replies.

    Attributes:
        cached: how many replies were kept from an earlier run.
        tokens: of input and of output, used by this run.
    """

    def __init__(self, client: Client, journal: answers.Journal, replies: dict[str, str], facts: dict[str, Any]):
        self._client = client
        self._journal = journal
        self._replies = replies
        self._facts = facts
        self.cached = 0
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

        # The key is the request's without its mark, which is another one each time.
        key = hashlib.sha256(orjson.dumps(request(""), option=orjson.OPT_SORT_KEYS)).hexdigest()
        if key in self._replies:
            self.cached += 1
            return self._replies[key]
        reply = await self._client.ask(key, request(judge_model.new_mark()))
        if reply.value is None:
            return None
        text: str = reply.value["text"]
        self.tokens[0] += reply.value.get("input_tokens", 0)
        self.tokens[1] += reply.value.get("output_tokens", 0)
        if judge_model.read(self._facts, text) is not None:  # the next run asks again where a reply holds no rating
            self._replies[key] = text
            self._journal.append(answers.record(key, text=text))
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


def summary(rated: list[Case], judge: Judge, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the first line of ratings.jsonl: how far the judge model agrees with itself, and what it cost."""
    given = [case.ratings for case in rated if case.questions]
    repeated = [[rating.value for rating in ratings] for ratings in given if len(ratings) > 1]
    firsts = [rating.first for ratings in given for rating in ratings] if facts["mode"] == "pairwise" else []
    price = facts.get("price", {})
    return {
        "signature": judge_model.signature(facts),
        "judged": len(rated),
        "cached": judge.cached,
        "unjudged": sum(1 for case in rated if not case.ratings),
        "unread": sum(rating is None for case in rated for rating in case.replies),
        "repeats": int(facts.get("repeats", 1)),
        "agreement": statistics.fmean(len(set(values)) == 1 for values in repeated) if repeated else None,
        "spread": statistics.fmean(statistics.pstdev(values) for values in repeated) if repeated else None,
        "order_bias": statistics.fmean(firsts) - 0.5 if firsts else None,
        "cost": (judge.tokens[0] * price.get("input", 0) + judge.tokens[1] * price.get("output", 0)) / 1e6,
    }


async def rate_all(run: settings.Run, facts: dict[str, Any], rated: list[Case]) -> dict[str, Any]:
    """Have every case rated and return the summary; the first fatal error cancels the rest and is raised."""
    cache = f"{run.home}/judge-cache"
    replies = {record["id"]: record["text"] for record in answers.read(cache)}
    reach = endpoint.of_catalog({"api": "chat", **facts}, os.environ.get("JUDGE_URL", ""), "judge")
    remaining = iter(rated)

    async def work(judge: Judge) -> None:
        for case in remaining:
            await judge.rate(case)

    async with Client(reach) as client:
        await client.wait()
        with answers.Journal(cache) as journal:
            judge = Judge(client, journal, replies, facts)
            writing = asyncio.create_task(journal.keep_flushing())
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(len(rated), reach.concurrency)):
                        group.create_task(work(judge))
            except* Exception as errors:
                raise errors.exceptions[0] from None
            finally:
                writing.cancel()
    return summary(rated, judge, facts)


def baseline_answers(run: settings.Run) -> dict[str, str] | None:
    """Return the baseline's answers by sample id, or None where there is no baseline."""
    folder = comparison.baseline_folder(run, os.environ.get("BASELINE") or "last-pass")
    if not objects.exists(scorecard.address(folder)):
        return None
    table = scorecard.read_samples(folder, ["id", "answer"])
    return dict(zip(table["id"].to_pylist(), table["answer"].to_pylist(), strict=True))


def judge() -> None:
    """Run the step."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, facts = settings.run(), settings.facts("JUDGE")
    judge_model.signature(facts)
    with receipt.part(run, "judge") as part:
        baseline = baseline_answers(run) if facts["mode"] == "pairwise" else None
        rated = list(cases(run, facts, baseline))
        part.facts = asyncio.run(rate_all(run, facts, rated))
        ratings.write(run.root, part.facts, [entry(case) for case in rated])
    log.info("judged", **part.facts)


if __name__ == "__main__":
    main("judge", judge)
