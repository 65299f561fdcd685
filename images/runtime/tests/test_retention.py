"""The sweeper deletes what is gone or past its days, and nothing that lives; a death at any delete changes no end."""

import itertools
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from kept import DAY, DAYS, HOME, LIVING, LOGGED, NOW, ROOT
from runtime import contract, objects, receipt
from runtime.errors import InputError, TryAgain
from runtime.retention.item import COLLECTION, PIPELINE, Item, Living
from runtime.retention.lines import FAILED, table
from runtime.retention.sweeping import Rules, Sweep


class NoStores:
    """No vector store at all."""

    def abandoned(self, *_: Any) -> list[Item]:
        """Find nothing."""
        return []

    def drop(self, item: Item) -> None:
        """Refuse: nothing was found."""
        raise AssertionError(item)


class Stores(NoStores):
    """A store with collections of pipelines by their names; some of them do not go away."""

    def __init__(self, held: Mapping[str, Sequence[str]], stuck: Sequence[str] = ()) -> None:
        self.held, self.stuck = {name: list(of) for name, of in held.items()}, stuck

    def abandoned(
        self, project: str, pipeline: str, read: Sequence[Mapping[str, Any]], store: str | None
    ) -> list[Item]:
        """Find those of pipelines that are gone."""
        names = self.held.get(f"{project}/{pipeline}", []) if store is None else []
        return [Item(COLLECTION, f"qdrant/{name}", project, pipeline) for name in names]

    def drop(self, item: Item) -> None:
        """Drop it, unless it is stuck."""
        if item.address in self.stuck:
            raise TryAgain("qdrant did not answer")
        self.held[f"{item.project}/{item.pipeline}"].remove(item.address.partition("/")[2])


def sweep(now: float, delete: bool = True, living: Living = LIVING, stores: Any = None, most: float = 0.9) -> Sweep:
    """Sweep the store of this test, and return the sweep."""
    rules = Rules(ROOT, LOGGED, DAYS, most, f"sweep-{int(now)}", not delete)
    ours = Sweep(rules, lambda _: living, stores or NoStores(), now)
    ours.run()
    return ours


def left(folder: Path) -> set[str]:
    """Return every file that is left, less what sweeps keep for themselves."""
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    return {name for name in files if "/_sweep/" not in name}


def receipt_of(pipeline: str, run: str, day: int, status: str = "Succeeded", **more: Any) -> None:
    """Write a run's receipt and files."""
    home = f"{ROOT}/docs/{pipeline}"
    value = {"run": run, "run_id": f"uid-{run}", "status": status, "finished": receipt.stamp(NOW - day * DAY), **more}
    objects.write_json(f"{home}/receipts/{run}.json", value)
    for name in ("records/0.parquet", "checkpoints/00010/DONE", "steps/train.json"):
        objects.write(f"{home}/runs/uid-{run}/{name}", b"x")


@pytest.fixture
def store(environment: dict[str, str], tmp_path: Path) -> Path:
    """Give the object store of a project with all that runs leave, and of a project that is gone."""
    for run, day, status in (("a", 90, "Succeeded"), ("b", 50, "Succeeded"), ("c", 40, "Failed"), ("d", 30, "Failed")):
        receipt_of("search", run, day, status)
    receipt_of("search", "flying", 0, "Failed")
    receipt_of("train", "m", 90, results={"promoted": {"model": "docs.train", "version": "1"}})
    receipt_of("train", "n", 80)
    receipt_of("train", "o", 70)
    entry = {"index": "1", "collection": "docs_search-1", "fingerprint": "0" * 64, "run": "a", "at": "", "model": {}}
    contract.write("versions", f"{HOME}/versions.json", {"published": [{**entry, "chunking": {}}]})
    for name in ("ledger/docs_search-1.parquet", "owner.json", "baselines/x/samples.parquet"):
        objects.write(f"{HOME}/{name}", b"x")
    for address in (f"{ROOT}/docs/_tokens/d1/train.arrow", f"{ROOT}/docs/_tokens/d1/tokens.json",
                    f"{ROOT}/docs/train/models/0f/model.safetensors", f"{LOGGED}/docs/search-flying/p/main.log",
                    f"{LOGGED}/docs/search-a/p/main.log", f"{LOGGED}/old/search-a/p/main.log"):  # fmt: skip
        objects.write(address, b"x")
    for name in ("owner.json", "receipts/r.json", "runs/u/steps/a.json", "ledger/old_index-1.parquet"):
        objects.write(f"{ROOT}/old/index/{name}", b"{}")
    objects.write(f"{ROOT}/old/_tokens/d2/train.arrow", b"x")
    folder = tmp_path / "objects"
    for file in folder.rglob("*"):
        os.utime(file, (NOW, NOW))
    return folder


PROTECTED = {
    *(f"artifacts/docs/search/{name}" for name in ("versions.json", "owner.json", "ledger/docs_search-1.parquet")),
    "artifacts/docs/search/baselines/x/samples.parquet",  # of the last run that passed
    "artifacts/docs/search/runs/uid-flying/records/0.parquet",
    "artifacts/docs/search/runs/uid-flying/checkpoints/00010/DONE",
    "artifacts/docs/search/runs/uid-b/records/0.parquet",  # the newest that succeeded
    "artifacts/docs/search/runs/uid-a/records/0.parquet",  # readers can be led back to it
    "artifacts/docs/train/runs/uid-m/records/0.parquet",  # it promoted a model
    "artifacts/docs/train/models/0f/model.safetensors",
    "artifacts/docs/_tokens/d1/train.arrow",  # a run of the project goes on
    "logs/docs/search-flying/p/main.log",
}
LATER = NOW + 100 * DAY


def test_a_dry_run_deletes_nothing_and_says_what_is_due(store: Path) -> None:
    """The table names each thing with its reason; the receipt holds all, kept ones too."""
    before = left(store)
    sweep(NOW, delete=False)
    ours = sweep(LATER, delete=False)
    assert left(store) == before
    [line] = [line for line in table(ours.results) if "old/index" in line]
    why = "its pipeline is gone since 2027-01-15, 100 days; kept for 90"
    assert line.split(maxsplit=5) == ["due", "pipeline", "8", "B", "s3://artifacts/old/index", why]
    held = contract.read("sweep", f"{ROOT}/_sweep/receipts/sweep-{int(LATER)}.json")
    assert held["state"] == "done"
    assert held["dry_run"]
    assert held["counts"]["run: kept"] == 5
    assert {entry["outcome"] for entry in held["items"]} == {"due", "kept"}


def test_after_a_hundred_days_what_is_protected_is_there_and_the_rest_is_not(store: Path) -> None:
    """With a run in flight, a version to go back to, a baseline and a promoted model."""
    sweep(NOW)
    assert len(left(store)) == 47, "on the first day nothing is due"
    sweep(LATER)
    after = left(store)
    assert after >= PROTECTED
    assert not {name for name in after if name.startswith("artifacts/old/") or "uid-c" in name or "uid-n" in name}
    assert not (store / "artifacts/old").exists() or not any((store / "artifacts/old").rglob("*.json"))
    assert {name for name in after if "/receipts/" in name and "search" in name} == {
        f"artifacts/docs/search/receipts/{run}.json" for run in ("a", "b", "c", "d", "flying")
    }, "receipts are kept longer"
    assert "logs/docs/search-a/p/main.log" not in after
    assert "logs/old/search-a/p/main.log" not in after


def test_a_death_after_each_delete_ends_in_the_same_state(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file that goes is followed by a death once; the sweep after it ends where one without a death ends."""
    sweep(NOW)
    copy = store.parent / "copy"
    shutil.copytree(store, copy)
    sweep(LATER)
    wanted = left(store)
    for deaths in itertools.count():
        shutil.rmtree(store)
        shutil.copytree(copy, store)
        with monkeypatch.context() as patched:
            patched.setattr(objects, "remove", Dying(deaths, objects.remove).remove)
            try:
                sweep(LATER)
                break
            except Killed:
                assert left(store) >= PROTECTED, f"lost after {deaths} deletes"
        sweep(LATER + 1)
        assert left(store) == wanted, f"another end after a death at delete {deaths}"
    assert deaths == 20, "every file that goes was the last before a death"


class Killed(BaseException):
    """The sweeper's pod is gone."""


class Dying:
    """Deletes file by file, and dies after so many."""

    def __init__(self, deaths: int, remove: Any) -> None:
        self.left, self._remove = deaths, remove

    def remove(self, address: str) -> None:
        """Delete every object under an address, the last of them first, until it is time to die."""
        for name in [entry.address for entry in reversed(objects.entries(address))] or [address]:
            self._remove(name)
            if self.left == 0:
                raise Killed
            self.left -= 1
        self._remove(address)


def test_a_run_that_starts_after_the_look_keeps_what_it_uses(store: Path) -> None:
    """What is due is decided again right before it goes."""
    sweep(NOW)
    quiet = replace(LIVING, in_flight={})
    looks = iter([quiet, *[LIVING] * 100])
    rules = Rules(ROOT, LOGGED, DAYS, 0.9, "late", False)
    Sweep(rules, lambda _: next(looks), NoStores(), LATER).run()
    assert "artifacts/docs/_tokens/d1/train.arrow" in left(store)
    sweep(LATER, living=quiet)
    assert "artifacts/docs/_tokens/d1/train.arrow" not in left(store)


def test_a_pipeline_that_comes_back_begins_anew(store: Path) -> None:
    """Its days count from when it was missed last."""
    both = replace(LIVING, pipelines={**LIVING.pipelines, "old": {"index": "qdrant"}})
    sweep(NOW)
    sweep(NOW + 80 * DAY, living=both)
    sweep(NOW + 89 * DAY)
    sweep(NOW + 150 * DAY)
    assert "artifacts/old/index/owner.json" in left(store)
    sweep(NOW + 180 * DAY)
    assert "artifacts/old/index/owner.json" not in left(store)


def test_a_folder_stays_while_a_collection_of_it_cannot_be_dropped(store: Path) -> None:
    """The folder says where the collections are; the next sweep drops them, and then the folder."""
    stores = Stores({"old/index": ["old_index-1", "old_index-2"]}, stuck=["qdrant/old_index-2"])
    sweep(NOW, stores=stores)
    ours = sweep(LATER, stores=stores)
    assert [d.item.kind for d, outcome in ours.results if outcome == FAILED] == [COLLECTION, PIPELINE]
    assert "artifacts/old/index/owner.json" in left(store)
    assert stores.held == {"old/index": ["old_index-2"]}
    stores.stuck = ()
    sweep(LATER, stores=stores)
    assert stores.held == {"old/index": []}
    assert "artifacts/old/index/owner.json" not in left(store)


def test_an_empty_answer_of_the_cluster_deletes_nothing(store: Path) -> None:
    """An account that sees no namespace would take everything for gone."""
    for name in "abcd":
        objects.write(f"{ROOT}/docs/{name}/owner.json", b"{}")
    sweep(NOW, living=Living({"docs": dict.fromkeys(("search", "train", *"abcd"), "")}), most=0.5)
    before = left(store)
    with pytest.raises(InputError, match=r"7 of 7 pipelines are not in the cluster, more than the 50%"):
        sweep(LATER, living=Living({}), most=0.5)
    assert left(store) == before


def test_what_cannot_be_read_stays_whole(store: Path) -> None:
    """A list of versions that this program does not know protects nothing that it names: so nothing goes."""
    (store / "artifacts/docs/search/versions.json").write_bytes(orjson.dumps({"version": 9, "published": []}))
    sweep(NOW)
    before = {name for name in left(store) if "docs/search/" in name}
    ours = sweep(LATER)
    assert ours.unread == [f"docs/search: {HOME}/versions.json: version 9 of versions; this program reads 1"]
    assert {name for name in left(store) if "docs/search/" in name} == before
