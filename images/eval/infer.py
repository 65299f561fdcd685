"""Asks the endpoint every sample of a shard that has no answer yet, and appends each answer as it comes.

    python -m infer --shard 3

Environment: ENDPOINT (the catalog's facts: name, api, model, concurrency, request_seconds, wait_seconds, price,
serving), ENDPOINT_URL (its address; a server beside this program where `serving` is weights or index), SIZING (facts of
the size: max_tokens, token_limit, cost_limit, for the whole run), and the run's.
A mounted Secret model-<name>, its key `token`, is sent as a bearer token. A shard started again asks only what is not
answered; SIGTERM lets what is under way finish, writes it down and ends with 143, which the template starts again.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import log
import settings
from errors import WrongInput, main
from evaluation import answers, dataset, receipt, served
from evaluation.budget import Budget
from evaluation.client import Client, Endpoint, Reply
from evaluation.protocol import body

TERMINATED = 143
MAX_TOKENS = 256
PROGRESS = 500


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", type=int, required=True, help="the shard's number")
    return parser.parse_args()


def endpoint(facts: dict[str, Any], url: str, role: str = "model") -> Endpoint:
    """Returns the endpoint that the catalog's facts describe; its role is `model` or `judge`.

    Raises:
        WrongInput: it has no address.
    """
    if not url:
        raise WrongInput(f"{role} {facts['name']}: no address: the ConfigMap `endpoints` lacks {role}-{facts['name']}")
    known = ("concurrency", "request_seconds", "attempts", "give_up", "backoff", "wait_seconds")
    chosen = {name: facts[name] for name in known if name in facts}
    token = settings.secret(role, "token")
    return Endpoint(name=facts["name"], url=url, api=facts["api"], token=token, **chosen)


def shard_budget(sizing: dict[str, Any], price: dict[str, Any], shards: int) -> Budget:
    """Returns a shard's part of the run's limits."""
    tokens, cost = sizing.get("token_limit"), sizing.get("cost_limit")
    return Budget(
        most_tokens=None if tokens is None else int(tokens) // shards,
        most_cost=None if cost is None else float(cost) / shards,
        input_price=float(price.get("input", 0)),
        output_price=float(price.get("output", 0)),
    )


class Shard:
    """The asking of one shard: a pool of tasks that share the iterator of what is left."""

    def __init__(
        self, client: Client, journal: answers.Journal, budget: Budget, model: str, generation: dict[str, Any]
    ):
        self._client = client
        self._journal = journal
        self._budget = budget
        self._model = model
        self._generation = generation
        self.stopping = False
        self.answered = 0
        self.failed = 0
        self.last_error = ""

    async def ask_all(self, samples: list[dict[str, Any]], run_id: str) -> None:
        """Asks every sample; the first fatal error cancels the rest and is raised."""
        left = iter(samples)
        tasks = min(len(samples), self._client.endpoint.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(tasks):
                    group.create_task(self._work(left, run_id))
        except* Exception as errors:
            raise errors.exceptions[0] from None

    async def _work(self, left: Iterator[dict[str, Any]], run_id: str) -> None:
        for sample in left:
            if self.stopping:
                return
            request = body(self._client.endpoint.api, self._model, sample, self._generation)
            asked = sample.get("prompt") or sample.get("query") or sample.get("messages")
            held = self._budget.hold(len(str(asked)), self._generation.get("max_tokens", 0))
            reply = await self._client.ask(f"{run_id}/{sample['id']}", request)
            value = reply.value or {}
            self._budget.settle(held, value.get("input_tokens", 0), value.get("output_tokens", 0))
            self._note(sample["id"], reply)

    def _note(self, sample_id: str, reply: Reply) -> None:
        told = {"attempts": reply.attempts, "seconds": round(reply.seconds, 4)}
        if reply.value is None:
            self.failed += 1
            self.last_error = reply.error or ""
            self._journal.append(answers.record(sample_id, error=reply.error, **told))
        else:
            self.answered += 1
            self._journal.append(answers.record(sample_id, **reply.value, **told))
        if (self.answered + self.failed) % PROGRESS == 0:
            limit = int(self._client.limiter.limit)
            log.info("progress", answered=self.answered, failed=self.failed, concurrency=limit)


def already(root: str, shard: int, budget: Budget) -> dict[str, bool]:
    """Returns which samples have a record, and whether it is an answer; what they used counts against the budget."""
    found: dict[str, bool] = {}
    for record in answers.read(answers.folder(root, shard)):
        found[record["id"]] = "error" not in record
        budget.input_tokens += record.get("input_tokens", 0)
        budget.output_tokens += record.get("output_tokens", 0)
    return found


async def ask(run: settings.Run, number: int) -> dict[str, Any] | None:
    """Asks the shard's open samples and returns its part of the receipt; None where SIGTERM cut it short."""
    facts, sizing = settings.facts("ENDPOINT"), settings.sizing()
    budget = shard_budget(sizing, facts.get("price", {}), dataset.read_manifest(run.root)["shards"])
    done = already(run.root, number, budget)
    left = [sample for sample in dataset.read_shard(run.root, number) if sample["id"] not in done]
    generation = (
        {} if facts["api"] == "retrieval" else {"max_tokens": sizing.get("max_tokens", MAX_TOKENS), "temperature": 0}
    )
    generation |= facts.get("generation", {})
    reach = endpoint(facts, os.environ.get("ENDPOINT_URL", ""))
    async with Client(reach) as client:
        named = await client.wait()
        if named and facts.get("serving", "address") != "address":
            served.note(run.root, number, named)
        with answers.Journal(answers.folder(run.root, number)) as journal:
            shard = Shard(client, journal, budget, facts.get("model", ""), generation)
            stop = lambda: setattr(shard, "stopping", True)  # noqa: E731 - a signal handler takes no arguments
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
            writing = asyncio.create_task(journal.keep_flushing())
            try:
                await shard.ask_all(left, run.run_id)
            finally:
                writing.cancel()
    if shard.stopping and shard.answered + shard.failed < len(left):
        return None
    answered = shard.answered + sum(done.values())
    if not answered:
        raise WrongInput(f"endpoint {reach.name}: none of the shard's samples was answered; last: {shard.last_error}")
    return {
        "asked": len(left),
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
    options = arguments()
    run = settings.run()
    with receipt.part(run, f"infer-{options.shard}") as part:
        facts = asyncio.run(ask(run, options.shard))
        if facts is None:
            log.warning("terminated", "SIGTERM: what was under way is written down; started again, it asks the rest")
            sys.exit(TERMINATED)
        part.facts = facts
    log.info("asked", shard=options.shard, **facts)


if __name__ == "__main__":
    main(infer)
