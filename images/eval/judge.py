"""Has a judge, a language model, look at every answer: graded, by a weighted rubric, or against the baseline's answer.

    python -m judge

Environment: JUDGE (facts: name, mode, model, api, repeats, rubric, price, concurrency), JUDGE_URL (its address),
BASELINE (whose answers pairwise sets ours against), and the run's. Writes ratings.jsonl under the run's folder.
Pairwise asks in both orders, so that a judge who favours the first place favours nobody. Each reply is kept by the
request's digest under <artifacts>/<project>/<pipeline>/judge-cache/, so that the same question is never paid for twice.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import log
import orjson
import settings
import storage
from errors import main
from evaluation import answers, comparison, dataset, judge_model, ratings, receipt, scorecard
from evaluation.client import Client
from infer import endpoint

Sample = dict[str, Any]


@dataclass
class Case:
    """One answer and the judge's verdicts on it.

    Attributes:
        sample: id, ask, references.
        rounds: for each request: what is said, and whether ours is B.
        verdicts: (value for ours, reason, whether the first place won) by round; None where there was none.
    """

    sample: Sample
    rounds: list[tuple[list[str], bool, int]]
    verdicts: list[tuple[float, str, float] | None] = field(default_factory=list)


def asked(sample: Sample) -> Sample:
    """Returns what the judge sees of a sample."""
    ask = sample.get("prompt") or "\n".join(f"{one['role']}: {one['content']}" for one in sample["messages"])
    return {"id": sample["id"], "ask": ask, "references": sample.get("references", [])}


def cases(run: settings.Run, facts: dict[str, Any], others: dict[str, str] | None) -> Iterator[Case]:
    """Yields what there is to judge: every answer that did not fail and is not empty."""
    repeats = range(int(facts.get("repeats", 1)))
    for shard in range(dataset.read_manifest(run.root)["shards"]):
        said = {record["id"]: record.get("text", "") for record in answers.read(answers.folder(run.root, shard))}
        for sample in dataset.read_shard(run.root, shard):
            ours = said.get(sample["id"], "")
            if not ours.strip():
                continue
            if facts["mode"] != "pairwise":
                yield Case(asked(sample), [([ours], False, repeat) for repeat in repeats])
                continue
            theirs = ours if others is None else others.get(sample["id"], "")
            if theirs == ours:
                yield Case(asked(sample), [], [(0.5, "the answers are equal, or there is no baseline yet", 0.5)])
            elif not theirs.strip():
                yield Case(asked(sample), [], [(1.0, "the baseline has no answer", 0.5)])
            else:
                orders = (([ours, theirs], False), ([theirs, ours], True))
                yield Case(asked(sample), [(pair, swapped, repeat) for pair, swapped in orders for repeat in repeats])


class Judge:
    """Asks a judge, and remembers."""

    def __init__(self, client: Client, journal: answers.Journal, known: dict[str, str], facts: dict[str, Any]) -> None:
        self._client = client
        self._journal = journal
        self._known = known
        self._facts = facts
        self.cached = 0
        self.tokens = [0, 0]

    async def judge(self, case: Case) -> None:
        """Fills in the case's verdicts."""
        for said, swapped, repeat in case.rounds:
            text = await self._reply(judge_model.request(self._facts, case.sample, said, repeat))
            told = None if text is None else judge_model.read(self._facts, text)
            if told is None:
                case.verdicts.append(None)
                continue
            first, why = told
            case.verdicts.append((1 - first if swapped else first, why, first))

    async def _reply(self, request: dict[str, Any]) -> str | None:
        key = hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if key in self._known:
            self.cached += 1
            return self._known[key]
        reply = await self._client.ask(key, request)
        if reply.value is None:
            return None
        text: str = reply.value["text"]
        self.tokens[0] += reply.value.get("input_tokens", 0)
        self.tokens[1] += reply.value.get("output_tokens", 0)
        if judge_model.read(self._facts, text) is not None:  # a reply without a verdict is asked anew another time
            self._known[key] = text
            self._journal.append(answers.record(key, text=text))
        return text


def verdict(case: Case) -> dict[str, Any]:
    """Returns the case's line of ratings.jsonl: the mean of its verdicts, and the first reason."""
    told = [one for one in case.verdicts if one is not None]
    return {
        "id": case.sample["id"],
        "value": statistics.fmean(value for value, _, _ in told) if told else None,
        "reason": told[0][1][:2000] if told else "the judge gave no verdict",
        "repeats": [None if one is None else one[0] for one in case.verdicts],
    }


def summary(found: list[Case], judge: Judge, facts: dict[str, Any]) -> dict[str, Any]:
    """Returns the first line of ratings.jsonl: how far the judge agrees with itself."""
    asked_of = [[one for one in case.verdicts if one is not None] for case in found if case.rounds]
    several = [told for told in asked_of if len(told) > 1]
    firsts = [first for told in asked_of for _, _, first in told] if facts["mode"] == "pairwise" else []
    price = facts.get("price", {})
    return {
        "signature": judge_model.signature(facts),
        "judged": len(found),
        "cached": judge.cached,
        "unjudged": sum(1 for case in found if not any(case.verdicts)),
        "unread": sum(one is None for case in found for one in case.verdicts),
        "repeats": int(facts.get("repeats", 1)),
        "agreement": statistics.fmean(len({v for v, _, _ in told}) == 1 for told in several) if several else None,
        "spread": statistics.fmean(statistics.pstdev(v for v, _, _ in told) for told in several) if several else None,
        "order_bias": statistics.fmean(firsts) - 0.5 if firsts else None,
        "cost": (judge.tokens[0] * price.get("input", 0) + judge.tokens[1] * price.get("output", 0)) / 1e6,
    }


async def ask(run: settings.Run, facts: dict[str, Any], found: list[Case]) -> dict[str, Any]:
    """Has every case judged and returns the summary."""
    cache = f"{run.home}/judge-cache"
    known = {record["id"]: record["text"] for record in answers.read(cache)}
    reach = endpoint({"api": "chat", **facts}, os.environ.get("JUDGE_URL", ""), "judge")
    left = iter(found)

    async def work(judge: Judge) -> None:
        for case in left:
            await judge.judge(case)

    async with Client(reach) as client:
        await client.wait()
        with answers.Journal(cache) as journal:
            judge = Judge(client, journal, known, facts)
            writing = asyncio.create_task(journal.keep_flushing())
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(len(found), reach.concurrency)):
                        group.create_task(work(judge))
            except* Exception as errors:
                raise errors.exceptions[0] from None
            finally:
                writing.cancel()
    return summary(found, judge, facts)


def baseline_answers(run: settings.Run) -> dict[str, str] | None:
    """Returns the baseline's answers by sample id, or None where there is no baseline."""
    folder = comparison.baseline_folder(run, os.environ.get("BASELINE") or "last-pass")
    if not storage.exists(scorecard.address(folder)):
        return None
    table = scorecard.read_samples(folder, ["id", "answer"])
    return dict(zip(table["id"].to_pylist(), table["answer"].to_pylist(), strict=True))


def judge() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run, facts = settings.run(), settings.facts("JUDGE")
    judge_model.signature(facts)
    with receipt.part(run, "judge") as part:
        others = baseline_answers(run) if facts["mode"] == "pairwise" else None
        found = list(cases(run, facts, others))
        told = asyncio.run(ask(run, facts, found))
        ratings.write(run.root, told, [verdict(case) for case in found])
        part.facts = told
    log.info("judged", **told)


if __name__ == "__main__":
    main(judge)
