"""The index is never wrong: whatever happens to a run, after the next one it equals the index built from scratch.

Hypothesis drives the programs themselves (world.py) through edits of the source and everything that may go wrong beside
them, one step after the other on one pipeline, and holds the live index after each step against the documents: the same
ids, vectors within 1e-5, the same payloads. DAC_STEPS says how many steps (500; `make soak` takes 20,000), DAC_SEED
which ones: the seed is printed, and with it the same steps are taken again.

One thing no step does, for nothing here could mend it: a run that another has overtaken dies between its last write and
its next look at the owner. The template's mutex keeps two runs apart; this is what remains where somebody gets past it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import rollback
from faults import Cut, Fuse, Killed, Turns, going_wrong
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from index.stores import StoreError
from servers import Address
from world import InputError, TryAgain, World, difference, prose, quick

STEPS = int(os.environ.get("DAC_STEPS", "500"))
SEED = int(os.environ.get("DAC_SEED") or secrets.randbits(32))
ROUND = settings(
    stateful_step_count=25,
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
SHARE = 0.5  # of the documents that one run may remove unasked
NAMES = [f"doc-{letter}" for letter in "abcdefgh"]
NUMBERS = itertools.count()  # of the pipelines, which share a server


texts = st.builds(prose, st.integers(0, 9), st.sampled_from([0, 3, 12, 20, 40, 60]))
names = st.sampled_from(NAMES)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("put"), names, texts),
        st.tuples(st.just("title"), names, st.sampled_from(["", "one", "two"])),
        st.tuples(st.just("remove"), names, st.none()),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("move"), names, st.sampled_from(["here", "there"])),
        st.tuples(st.just("duplicate"), names, names),
        st.tuples(st.just("lose"), st.none(), st.integers(0, 3)),
        st.tuples(st.just("model"), st.none(), st.sampled_from("abc")),
        st.tuples(st.just("chunking"), st.none(), st.sampled_from([(24, 4), (16, 0)])),
    ),
    max_size=4,
)
writes = st.integers(0, 30)
whens = st.sampled_from(["before", "after"])


class Truth(RuleBasedStateMachine):
    """One pipeline over its life: on embedded Qdrant, or on the server at `place`."""

    place: Address | None = None
    taken: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(quick(waits=self.place is not None))
        self.world = World(Path(self.stack.enter_context(tempfile.TemporaryDirectory())))
        if self.place is not None:
            facts = {**self.place.facts, "retain": 2}
            self.world.settings |= {"STORE_URL": self.place.url, "STORE": orjson.dumps(facts).decode()}
            self.world.settings["PROJECT"] = f"p{next(NUMBERS)}"
        self.world.settings["SIZING"] = self.world.settings["SIZING"].replace('"max_loss":1.0', f'"max_loss":{SHARE}')
        self.dead: list[str] = []  # runs that died and were not taken up again
        self.world.export()

    def teardown(self) -> None:
        with self.world.store() as store:
            for collection in self.world.collections() if self.place is not None else []:
                store.drop(collection)
        self.stack.close()

    @initialize(edits=edits)
    def first(self, edits: list[Any]) -> None:
        """The first build."""
        self.edit(edits)
        self.finish()

    @rule(edits=edits)
    def run(self, edits: list[Any]) -> None:
        """Edits, and a run that nothing happens to; one that would remove too much stops and asks."""
        before, known = self.world.index(), self.known()
        self.edit(edits)
        lost = known - self.world.documents.keys()
        failed = self.world.attempt()
        if len(lost) > SHARE * len(known):
            message = f"s3://docs/manifest.jsonl lost {len(lost)} of {len(known)} documents since the last run"
            assert isinstance(failed, InputError), f"{len(lost)} of {len(known)} documents removed unasked: {failed}"
            assert str(failed).startswith(message), failed
            assert difference(self.world.index(), before) == "", "a run that stopped to ask has changed the index"
            self.count("asked")
            self.finish()
        else:
            assert failed is None, failed
            self.right("run")

    @rule(edits=edits)
    def twice(self, edits: list[Any]) -> None:
        """The second of two runs has nothing to do."""
        self.edit(edits)
        self.finish()
        told = self.world.run()
        assert told["discover"]["shards"] == 0, told
        assert (told["upsert"]["written"], told["upsert"]["deleted"]) == (0, 0), told
        self.right("run twice")

    @rule(
        edits=edits,
        deaths=st.lists(st.tuples(writes, st.booleans(), st.booleans(), edits), min_size=1, max_size=3),
        late=st.booleans(),
    )
    def killed(self, edits: list[Any], deaths: list[tuple[int, bool, bool, list[Any]]], late: bool) -> None:
        """Dies at a write, once or several times, in the same run or in new ones, with the source edited between."""
        self.edit(edits)
        run = self.world.name()
        for at, half, same, more in deaths:
            with contextlib.suppress(Killed):
                self.allowed(run, Fuse(at, half))
            if not same:
                self.dead.append(run)
                run = self.world.name()
                self.edit(more)
        self.finish(run)
        self.right("killed")
        if late and self.dead:
            self.resumed()

    def resumed(self) -> None:
        """A run that was given up for dead goes on after others have run: it stops by itself and changes nothing."""
        run = self.dead.pop()
        with contextlib.suppress(FileNotFoundError):  # it died before it had written anything
            failed = self.world.attempt(run)
            note(f"{run} resumed: {failed}")
            if failed is None:  # it died before it had planned anything, and has just run by the decisions of its time
                self.finish()
                self.right("killed, resumed")
                return
            assert isinstance(failed, TryAgain | InputError), failed
        self.right("killed, resumed")

    @precondition(lambda self: self.place is None)  # a server's connections are cut in test_connections_drop.py
    @rule(edits=edits, at=st.integers(0, 60), times=st.integers(1, 12), when=whens)
    def connections_cut(self, edits: list[Any], at: int, times: int, when: str) -> None:
        """The store drops connections: what passes is tried again, by the client or by the pod's restart."""
        self.edit(edits)
        failed = self.allowed(self.world.name(), Cut(at, times, when))
        assert failed is None, failed
        self.right("connections cut")

    @rule(edits=edits, at=writes)
    def refused(self, edits: list[Any], at: int) -> None:
        """The store refuses for good, or the program meets a defect: the run fails, the next one makes it good."""
        self.edit(edits)
        self.allowed(self.world.name(), Fuse(at, error=StoreError))
        self.finish()
        self.right("store refused")

    @rule(edits=edits, at=writes, error=st.sampled_from([ConnectionError, OSError]), half=st.booleans())
    def objects_fail(self, edits: list[Any], at: int, error: type[OSError], half: bool) -> None:
        """The object store fails before a write or half-way through it, for a moment or for good."""
        self.edit(edits)
        failed = self.allowed(self.world.name(), Fuse(at, half, error))
        if error is ConnectionError:
            assert failed is None, failed
        else:
            self.finish()
        self.right("object store failed")

    @rule(edits=edits, more=edits, begun=st.integers(0, 12), turns=st.lists(st.integers(0, 1), max_size=60))
    def two_at_once(self, edits: list[Any], more: list[Any], begun: int, turns: list[int]) -> None:
        """A second run begins while the first is at work; they hand over at any write."""
        self.edit(edits)
        first, second = self.world.name(), self.world.name()

        def later() -> None:
            self.edit(more)
            self.world.attempt(second)

        self.world.settings["LOSS"] = "allowed"
        with going_wrong(Turns([0] * begun + turns)) as both:
            both.run(lambda: self.world.attempt(first), later)
        self.finish()
        self.right("two at once")

    @rule(
        edits=edits,
        which=st.sampled_from(["points", "collection", "ledger"]),
        part=st.integers(1, 3),
        death=st.none() | st.tuples(writes, st.booleans()),
    )
    def something_lost(self, edits: list[Any], which: str, part: int, death: tuple[int, bool] | None) -> None:
        """Somebody deletes points, a collection, the ledger, maybe beside a dead run: the next one makes it good."""
        if death:
            self.edit(edits)
            with contextlib.suppress(Killed):
                self.allowed(self.world.name(), Fuse(*death))
        with self.world.store() as store:
            live = store.live(self.world.alias)
            if which == "points" and live:
                store.delete(live, sorted(one.id for one in store.points(live))[::part])
            if which == "collection" and live:
                store.drop(live)
        home = self.world.folder / f"objects/artifacts/{self.world.settings['PROJECT']}/search"
        if which == "ledger":
            for file in sorted((home / "ledger").iterdir())[::part]:
                file.unlink()
        if not death:
            self.edit(edits)
        self.finish()
        self.right(f"{which} lost")

    @rule(edits=edits, at=st.none() | st.integers(0, 1))
    def rolled_back(self, edits: list[Any], at: int | None) -> None:
        """Readers are led back, maybe at the second try; the next run leads them forward again."""
        for fault in [Fuse(at), None][at is None :]:
            with contextlib.suppress(InputError, Killed), going_wrong(fault), self.world.environment("back"):
                rollback.rollback()
        self.edit(edits)
        self.finish()
        self.right("rolled back")

    def edit(self, edits: list[Any]) -> None:
        """Edits the source."""
        world, documents = self.world, self.world.documents
        for what, name, value in edits:
            if what == "put":
                world.put(name, value, title=documents.get(name, ("", "", ""))[2])
            elif what == "lose":
                for gone in sorted(documents)[value:]:
                    del documents[gone]
            elif what == "model":
                world.model(value)
            elif what == "chunking":
                world.settings["CHUNKING"] = f'{{"tokens":{value[0]},"overlap":{value[1]}}}'
            elif name in documents:
                path, text, title = documents[name]
                if what == "remove":
                    del documents[name]
                elif what == "title":
                    world.put(name, text, path, value)
                elif what == "move":
                    world.put(name, text, f"{value}/{name}.txt", title)
                elif what == "duplicate":
                    world.put(value, text, title=title)
                elif what == "rename" and value != name:
                    del documents[name]
                    world.put(value, text, title=title)
        world.export()

    def known(self) -> set[str]:
        """The documents that the live index was last built of, those without points among them."""
        from index import ledger

        with self.world.store() as store, self.world.environment("look") as run:
            live = store.live(self.world.alias)
            found = ledger.read(f"{run.home}/ledger/{live}.parquet") if live else None
        return set(found.rows) if found else set()

    def allowed(self, run: str, fault: Any = None) -> Exception | None:
        """A run that may remove what it will."""
        self.world.settings["LOSS"] = "allowed"
        try:
            return self.world.attempt(run, fault)
        finally:
            self.world.settings["LOSS"] = "guarded"

    def finish(self, run: str | None = None) -> None:
        """A run that nothing happens to, and that may remove what it will."""
        failed = self.allowed(run or self.world.name())
        assert failed is None, failed

    def right(self, what: str) -> None:
        """The live index equals the one built from scratch."""
        self.count(what)
        assert difference(self.world.index(), self.world.expected()) == "", f"after: {what}"

    def count(self, what: str) -> None:
        self.taken[what] += 1


def driven(machine: type[Truth], steps: int, capfd: pytest.CaptureFixture[str], examples: int) -> None:
    """Rounds of pipelines' lives, each of a seed of its own, until so many steps were held against the truth."""
    machine.taken = Counter()
    for chosen in itertools.count(SEED):
        try:
            run_state_machine_as_test(seed(chosen)(machine), settings=settings(ROUND, max_examples=examples))
        except BaseException as error:
            error.add_note(f"again: DAC_SEED={chosen} DAC_STEPS=1 python -m pytest images/rag/tests/test_truth.py")
            raise
        taken = machine.taken.total()
        with capfd.disabled():
            print(f"\r{taken} of {steps} steps, seeds {SEED} to {chosen}", end="", flush=True)
        if taken >= steps:
            break
    with capfd.disabled():
        told = ", ".join(f"{count} {what}" for what, count in sorted(machine.taken.items()))
        print(f"\n{taken} steps, each held against an index built from scratch: {told}")


def test_the_index_equals_one_built_from_scratch_after_whatever_happened(capfd: pytest.CaptureFixture[str]) -> None:
    driven(Truth, STEPS, capfd, examples=20)


def test_it_does_on_a_server_too(server: Address, capfd: pytest.CaptureFixture[str]) -> None:
    """A hundredth of the steps: the store is all that differs, and a server takes its time."""
    machine = type("TruthOnAServer", (Truth,), {"place": server})
    driven(machine, max(25, STEPS // 100), capfd, examples=2)
