"""Ask the endpoint every sample of a shard that has no answer yet, and append each answer as it comes.

    python -m infer --shard 3
    python -m infer --shard 3 --index

With --index the index beside this program is asked: for the answers themselves, where the endpoint is an index, or for
the documents that the suite's model then answers from (contexts.py).

Environment: INDEX and CONTEXTS (as load.py reads them), ENDPOINT (the catalog's facts: name, api, model, concurrency,
request_seconds, wait_seconds, price, serving), ENDPOINT_URL (its address; a server beside this program where `serving`
is weights or index), SIZING (facts of the size: max_tokens, or a training's sequence; token_limit and cost_limit for
the whole run), MAX_TOKENS (the suite's own; 0 or empty takes the size's), and the run's.
The key `token` of a mounted Secret model-<name> is sent as a bearer token. A shard that is started again asks only what
has no answer. On SIGTERM the program lets running requests finish, writes their answers and exits with 143, which the
template retries.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

from evaluation import answers, baseline, contexts, dataset, endpoint, served
from evaluation.budget import Budget
from evaluation.client import Client, Reply
from evaluation.forecast import tokens
from evaluation.probe import probe
from evaluation.protocol import body
from runtime import log, receipt, settings
from runtime.program import main

Counts = dict[str, int]

TERMINATED = 143
PROGRESS = 500


def arguments() -> argparse.Namespace:
    """Return the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", type=int, required=True, help="the shard's number")
    parser.add_argument("--index", action="store_true", help="ask the index beside this program")
    return parser.parse_args()


def shard_budget(sizing: dict[str, Any], price: dict[str, Any], shards: int) -> Budget:
    """Return a shard's share of the run's limits on tokens and cost."""
    tokens, cost = sizing.get("token_limit"), sizing.get("cost_limit")
    return Budget(
        most_tokens=None if tokens is None else int(tokens) // shards,
        most_cost=None if cost is None else float(cost) / shards,
        input_price=float(price.get("input", 0)),
        output_price=float(price.get("output", 0)),
    )


class Shard:
    """The requests of one shard: a pool of tasks that share the iterator of the samples without an answer."""

    def __init__(
        self,
        client: Client,
        journal: answers.Journal,
        budget: Budget,
        model: str,
        generation: dict[str, Any],
        longest: int,
        retrieved: dict[str, dict[str, Any]] | None = None,
    ):
        self._client = client
        self._journal = journal
        self._budget = budget
        self._model = model
        self._generation = generation
        self._longest = longest
        self._retrieved = retrieved
        self.stopping = False
        self.answered = 0
        self.failed = 0
        self.last_error = ""

    async def ask_all(self, samples: list[dict[str, Any]], run_id: str) -> None:
        """Ask every sample; the first fatal error cancels the rest and is raised."""
        remaining = iter(samples)
        tasks = min(len(samples), self._client.endpoint.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(tasks):
                    group.create_task(self._work(remaining, run_id))
        except* Exception as errors:
            raise errors.exceptions[0] from None

    async def _work(self, remaining: Iterator[dict[str, Any]], run_id: str) -> None:
        for sample in remaining:
            if self.stopping:
                return
            beside: dict[str, Any] = {}  # what the record holds beside the reply
            if self._retrieved is not None:
                retrieved = self._retrieved.get(sample["id"], {"error": "the index was not asked"})
                if "error" in retrieved:
                    self._record(sample["id"], Reply(None, f"nothing retrieved: {retrieved['error']}", 0, 0.0), {})
                    continue
                beside = {"hits": retrieved["hits"], "contexts": contexts.given(retrieved)}
                sample = contexts.asking(sample, beside["contexts"])
            request = body(self._client.endpoint.api, self._model, sample, self._generation)
            question = sample.get("prompt") or sample.get("query") or sample.get("messages")
            texts, longest = [str(question), *map(str, sample.get("tools", []))], self._longest
            if request.get("echo"):  # each text that is scored is read by itself, and has a token written behind it
                texts, longest = request["prompt"], len(request["prompt"])
            held = self._budget.hold(sum(map(len, texts)), longest)
            lost = {"lost_input_tokens": 0, "lost_output_tokens": 0}

            def count(usage: dict[str, int], again: bool, held: tuple[int, int] = held, lost: Counts = lost) -> None:
                used = usage.get("input_tokens", held[0]), usage.get("output_tokens", held[1])
                lost["lost_input_tokens"] += used[0]
                lost["lost_output_tokens"] += used[1]
                self._budget.spend(*used, again)

            reply = await self._client.ask(f"{run_id}/{sample['id']}", request, count)
            if reply.value is not None and "hits" not in reply.value:
                written = tokens(reply.value["text"]) if "text" in reply.value else held[1]
                usage = {"input_tokens": held[0], "output_tokens": written}
                reply.value.update({**usage, **reply.value, "estimated": not usage.keys() <= reply.value.keys()})
            value = reply.value or {}
            self._budget.settle(held, value.get("input_tokens", 0), value.get("output_tokens", 0))
            self._record(sample["id"], reply, beside | (lost if any(lost.values()) else {}))

    def _record(self, sample_id: str, reply: Reply, beside: dict[str, Any]) -> None:
        effort = {"attempts": reply.attempts, "seconds": round(reply.seconds, 4), **beside}
        if reply.value is None:
            self.failed += 1
            self.last_error = reply.error or ""
            self._journal.append(answers.record(sample_id, error=reply.error, **effort))
        else:
            self.answered += 1
            self._journal.append(answers.record(sample_id, **reply.value, **effort))
        if (self.answered + self.failed) % PROGRESS == 0:
            limit = int(self._client.limiter.limit)
            log.info("progress", answered=self.answered, failed=self.failed, concurrency=limit)


def recorded(place: str, budget: Budget) -> dict[str, bool]:
    """Return which samples have a record and whether it is an answer, and count what they used in the budget."""
    answered: dict[str, bool] = {}
    for record in answers.read(place):
        answered[record["id"]] = "error" not in record
        budget.input_tokens += record.get("input_tokens", 0) + record.get("lost_input_tokens", 0)
        budget.output_tokens += record.get("output_tokens", 0) + record.get("lost_output_tokens", 0)
    return answered


def documents(run: settings.Run, number: int) -> dict[str, dict[str, Any]]:
    """Return what was retrieved for a shard's samples, and say where it is of another corpus than the baseline's."""
    corpus, base = served.name(run.root, served.CORPUS), baseline.read(baseline.folder(run, baseline.name()))
    if base is not None and (why := baseline.other_corpus(base, corpus)):
        log.warning("no_comparison", f"baseline {baseline.name()!r}: {why}")
    return {record["id"]: record for record in answers.read(contexts.folder(run.root, number))}


async def ask(run: settings.Run, number: int, retrieves: bool) -> dict[str, Any] | None:
    """Ask the shard's samples that have no record.

    Args:
        run: this run.
        number: the shard's.
        retrieves: whether an index is asked for what the suite's model answers from.

    Returns:
        The shard's part of the receipt; None where SIGTERM ended it early.
    """
    facts, sizing = settings.facts("ENDPOINT"), settings.sizing()
    place, kind = answers.folder(run.root, number), served.MODEL
    if retrieves:
        facts = {"name": settings.text("INDEX"), **contexts.INDEX}
        place, kind = contexts.folder(run.root, number), served.CORPUS
    budget = shard_budget(sizing, facts.get("price", {}), dataset.read_manifest(run.root)["shards"])
    done = recorded(place, budget)
    remaining = [sample for sample in dataset.read_shard(run.root, number) if sample["id"] not in done]
    writes = facts["api"] not in ("retrieval", "loglikelihood")
    longest = endpoint.longest_answer(sizing) if writes else 0
    generation = {"max_tokens": longest, "temperature": 0} if longest else {}
    generation |= {"texts": True} if retrieves else facts.get("generation", {})
    longest = int(generation.get("max_tokens") or longest)  # null: not sent, so that the endpoint's own holds
    reach = endpoint.of_catalog(facts, os.environ.get("ENDPOINT_URL", ""))
    given = documents(run, number) if contexts.answers_from_index() and not retrieves else None
    async with Client(reach) as client:
        named = await client.wait()
        if named and facts.get("serving", "address") != "address":
            served.write(run.root, number, named, kind)
        if facts["api"] == "loglikelihood" and remaining:
            await probe(client, facts.get("model", ""))
        with answers.Journal(place) as journal:
            shard = Shard(client, journal, budget, facts.get("model", ""), generation, longest, given)
            stop = lambda: setattr(shard, "stopping", True)  # noqa: E731 - a signal handler takes no arguments
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
            writing = asyncio.create_task(journal.keep_flushing())
            try:
                await shard.ask_all(remaining, run.run_id)
            finally:
                writing.cancel()
    if shard.stopping and shard.answered + shard.failed < len(remaining):
        return None
    answered = shard.answered + sum(done.values())
    if not answered:  # score ends the run where no other shard was answered either
        log.warning("nothing_answered", f"no sample of shard {number} was answered; last error: {shard.last_error}")
    return {
        "asked": len(remaining),
        "resumed": len(done),
        "answered": answered,
        "failed": shard.failed + len(done) - sum(done.values()),
        "requests": client.requests,
        "faults": client.faults,
        "concurrency": client.limiter.peak,
        "input_tokens": budget.input_tokens,
        "output_tokens": budget.output_tokens,
        "cost": budget.cost(),
    }


def infer() -> None:
    """Run the step."""
    options = arguments()
    run = settings.run()
    retrieves = options.index and contexts.answers_from_index()
    with receipt.part(run, f"{'retrieve' if retrieves else 'infer'}-{options.shard}") as part:
        facts = asyncio.run(ask(run, options.shard, retrieves))
        if facts is None:
            log.warning("terminated", "SIGTERM: the running requests are recorded; a retry asks the rest")
            sys.exit(TERMINATED)
        part.facts = facts
    log.info("asked", shard=options.shard, **facts)


if __name__ == "__main__":
    main("infer", infer, shard=True)
