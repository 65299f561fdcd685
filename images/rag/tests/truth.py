"""A state machine of one pipeline's life: edits, runs and whatever goes wrong beside them, each step held to the truth.

One thing no step does, since nothing here could repair it: a run that another has overtaken dies between its last write
and its next check of the owner. The template's mutex keeps two runs apart; this remains where somebody bypasses it.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import rollback
from edits import edit, edits, loses_too_much
from faults import Cut, Fuse, Killed, going_wrong
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from in_process import quick
from index import ledger
from index.stores import StoreError
from runtime.errors import InputError, TryAgain
from runtime.words import plural
from servers import Address
from turns import Turns
from world import World, difference, prose

SHARE = 0.5  # of the documents that one run may remove unasked
NUMBERS = itertools.count()  # of the pipelines, which share a server
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
        edit(self.world, edits)
        if not any(text.strip() for _, text, _ in self.world.documents.values()):  # a first index of nothing is refused
            edit(self.world, [("put", "doc-a", prose(1, 12))])
        self.finish()

    @rule(edits=edits)
    def run(self, edits: list[Any]) -> None:
        """Edits, and a run that nothing happens to; one that would remove too much stops and asks."""
        before, documents = self.world.index(), self.committed_documents()
        edit(self.world, edits)
        lost = documents - self.world.documents.keys()
        failed = self.world.attempt()
        if len(lost) > SHARE * len(documents):
            whole = plural(len(documents), "document")
            message = f"s3://docs/manifest.jsonl lost {len(lost)} of {whole} since the last run"
            assert isinstance(failed, InputError), (
                f"{len(lost)} of {len(documents)} documents removed unasked: {failed}"
            )
            assert str(failed).startswith(message), failed
            assert difference(self.world.index(), before) == "", "a run that stopped to ask has changed the index"
            self.count("asked")
            self.finish()
        elif isinstance(failed, InputError) and str(failed).startswith("this run would take "):
            assert loses_too_much(before, self.world.expected(), SHARE), failed
            assert difference(self.world.index(), before) == "", "a run that was refused has changed the index"
            self.count("asked for its text")
            self.finish()
        else:
            assert failed is None, failed
            self.right("run")

    @rule(edits=edits)
    def twice(self, edits: list[Any]) -> None:
        """The second of two runs has nothing to do."""
        edit(self.world, edits)
        self.finish()
        results = self.world.run()
        assert results["discover"]["shards"] == 0, results
        assert (results["upsert"]["written"], results["upsert"]["deleted"]) == (0, 0), results
        self.right("run twice")

    @rule(
        edits=edits,
        deaths=st.lists(st.tuples(writes, st.booleans(), st.booleans(), edits), min_size=1, max_size=3),
        late=st.booleans(),
    )
    def killed(self, edits: list[Any], deaths: list[tuple[int, bool, bool, list[Any]]], late: bool) -> None:
        """Dies at a write, once or several times, in the same run or in new ones, with the source edited between."""
        edit(self.world, edits)
        run = self.world.name()
        for at, half, same, more in deaths:
            with contextlib.suppress(Killed):
                self.allowed(run, Fuse(at, half))
            if not same:
                self.dead.append(run)
                run = self.world.name()
                edit(self.world, more)
        self.finish(run)
        self.right("killed")
        if late and self.dead:
            self.resumed()

    def resumed(self) -> None:
        """Resume a run that was given up for dead after others have run: it stops by itself and changes nothing."""
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
        edit(self.world, edits)
        failed = self.allowed(self.world.name(), Cut(at, times, when))
        assert failed is None, failed
        self.right("connections cut")

    @rule(edits=edits, at=writes)
    def refused(self, edits: list[Any], at: int) -> None:
        """The store refuses for good, or the program meets a defect: the run fails, the next one makes it good."""
        edit(self.world, edits)
        self.allowed(self.world.name(), Fuse(at, error=StoreError))
        self.finish()
        self.right("store refused")

    @rule(edits=edits, at=writes, error=st.sampled_from([ConnectionError, OSError]), half=st.booleans())
    def objects_fail(self, edits: list[Any], at: int, error: type[OSError], half: bool) -> None:
        """The object store fails before a write or half-way through it, for a moment or for good."""
        edit(self.world, edits)
        failed = self.allowed(self.world.name(), Fuse(at, half, error))
        if error is ConnectionError:
            assert failed is None, failed
        else:
            self.finish()
        self.right("object store failed")

    @rule(edits=edits, more=edits, begun=st.integers(0, 12), turns=st.lists(st.integers(0, 1), max_size=60))
    def two_at_once(self, edits: list[Any], more: list[Any], begun: int, turns: list[int]) -> None:
        """A second run begins while the first is at work; they hand over at any write."""
        edit(self.world, edits)
        first, second = self.world.name(), self.world.name()

        def later() -> None:
            edit(self.world, more)
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
            edit(self.world, edits)
            with contextlib.suppress(Killed):
                self.allowed(self.world.name(), Fuse(*death))
        with self.world.store() as store:
            live = store.live(self.world.alias)
            if which == "points" and live:
                store.delete(live, sorted(point.id for point in store.points(live))[::part])
            if which == "collection" and live:
                store.drop(live)
        home = self.world.folder / f"objects/artifacts/{self.world.settings['PROJECT']}/search"
        if which == "ledger":
            for file in sorted((home / "ledger").iterdir())[::part]:
                file.unlink()
        if not death:
            edit(self.world, edits)
        self.finish()
        self.right(f"{which} lost")

    @rule(edits=edits, at=st.none() | st.integers(0, 1))
    def rolled_back(self, edits: list[Any], at: int | None) -> None:
        """Readers are led back, maybe at the second try; the next run leads them forward again."""
        for fault in [Fuse(at), None][at is None :]:
            with contextlib.suppress(InputError, Killed), going_wrong(fault), self.world.environment("back"):
                rollback.rollback()
        edit(self.world, edits)
        self.finish()
        self.right("rolled back")

    def committed_documents(self) -> set[str]:
        """Return the documents that the live index was last built of, those without points among them."""
        with self.world.store() as store, self.world.environment("look") as run:
            live = store.live(self.world.alias)
            committed = ledger.read(f"{run.home}/ledger/{live}.parquet") if live else None
        return set(committed.rows) if committed else set()

    def allowed(self, run: str, fault: Any = None) -> Exception | None:
        """Run once, allowed to remove any number of documents."""
        self.world.settings["LOSS"] = "allowed"
        try:
            return self.world.attempt(run, fault)
        finally:
            self.world.settings["LOSS"] = "guarded"

    def finish(self, run: str | None = None) -> None:
        """Run once undisturbed, allowed to remove any number of documents."""
        failed = self.allowed(run or self.world.name())
        assert failed is None, failed

    def right(self, what: str) -> None:
        """Assert that the live index equals the one built from scratch."""
        self.count(what)
        assert difference(self.world.index(), self.world.expected()) == "", f"after: {what}"

    def count(self, what: str) -> None:
        self.taken[what] += 1
