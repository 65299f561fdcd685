"""collect in a run: sources of the catalog become one index, only what changed is brought, losses are refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import collect
import orjson
import pytest
from index import sources
from index.origins import pages
from origin_servers import Site, daemon, git, serving
from runtime import objects, services, settings
from runtime.errors import InputError, TryAgain
from world import World

SOURCES = "main=files,site=site,stored=s3://docs/stored"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository of ten documents."""
    made = tmp_path / "files"
    made.mkdir()
    for number in range(10):
        (made / f"{number}.md").write_text(f"# Part {number}\n\none two three four five {number}")
    git(made, "init", "-q", "-b", "main")
    commit(made)
    return made


def commit(folder: Path) -> None:
    """Commit what lies there."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "changed")


@pytest.fixture
def served(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, dict[str, Any]], type[Site]]]:
    """Serve both; yield the facts of the sources, and the site."""
    monkeypatch.setattr(pages, "_WAITS", (0.0,))
    with daemon(repository.parent) as git_server, serving() as (base, site):
        files = {"address": f"{git_server}/files", "revision": "main", "exclude": ["9.md"], "egress": {}}
        yield {"files": files, "site": {"address": f"{base}/index.xml", "egress": {}}}, site


class Pipeline(World):
    """A pipeline of three sources; `collect` goes before its runs."""

    def __init__(self, folder: Path, facts: dict[str, dict[str, Any]]) -> None:
        super().__init__(folder, SOURCES=SOURCES, COLLECT="files,site", PIPELINE="search")
        self.settings["SIZING"] = self.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
        self.catalog = folder / "catalog"
        self.catalog.mkdir()
        for name, each in facts.items():
            (self.catalog / name).write_bytes(orjson.dumps(each))
        stored = folder / "objects/docs/stored"
        stored.mkdir(parents=True)
        (stored / "note.txt").write_text("a note that was there")

    def collect(self, run: str, **more: str) -> dict[str, Any]:
        """Run the first step alone."""
        with self.environment(run, **more):
            return collect.collect_sources(self.catalog)

    def whole(self) -> dict[str, Any]:
        """Run all steps; return discover's counts."""
        name = self.name()
        self.collect(name)
        counts: dict[str, Any] = self.run(name)["discover"]
        return counts


def test_three_sources_make_one_index_and_what_changes_in_one_is_all_that_is_embedded(
    tmp_path: Path, served: tuple[dict[str, dict[str, Any]], type[Site]], repository: Path
) -> None:
    facts, site = served
    pipeline = Pipeline(tmp_path / "world", facts)
    assert pipeline.whole()["added"] == 9 + 4 + 1
    ids = {payload["document"] for _, payload in pipeline.index().values()}
    assert {"0.md", "8.md", "site:/", "site:b/?x=1", "stored:note.txt"} <= ids
    assert "9.md" not in ids
    (repository / "3.md").write_text("# Part 3\n\nsix seven eight")
    (repository / "4.md").unlink()
    commit(repository)
    site.asked.clear()
    counts = pipeline.whole()
    assert (counts["added"], counts["changed"], counts["removed"], counts["unchanged"]) == (0, 1, 1, 12)
    assert ("/", 304) in site.asked
    written = pipeline.folder / "objects/artifacts/team/search/receipts/run-2.json"
    assert orjson.loads(written.read_bytes())["results"]["collected"]["files"] | {"skipped": {}} == {
        "manifest": "s3://artifacts/team/search/sources/files.jsonl",
        "address": facts["files"]["address"],
        "documents": 8, "added": 0, "changed": 1, "removed": 1, "titled": 0,
        "skipped": {}, "kept": {}, "lost": {}, "unused": [],
    }  # fmt: skip
    assert pipeline.whole()["unchanged"] == 13


def test_a_source_that_lost_too_much_is_refused_before_anything_is_removed(
    tmp_path: Path, served: tuple[dict[str, dict[str, Any]], type[Site]], repository: Path
) -> None:
    pipeline = Pipeline(tmp_path / "world", served[0])
    pipeline.collect("r1")
    for number in range(5):
        (repository / f"{number}.md").unlink()
    commit(repository)
    with pytest.raises(
        InputError, match="the source files lost 5 of 9 documents since the last run, more than the 20%"
    ):
        pipeline.collect("r2")
    with pipeline.environment("r2"):
        assert objects.exists("s3://artifacts/team/search/sources/files/0.md")
    assert pipeline.collect("r3", LOSS="allowed")["files"]["removed"] == 5


def test_a_site_that_does_not_answer_ends_the_step_for_another_try_and_one_of_another_address_is_still_that_source(
    tmp_path: Path, served: tuple[dict[str, dict[str, Any]], type[Site]]
) -> None:
    facts, site = served
    pipeline = Pipeline(tmp_path / "world", facts)
    pipeline.collect("r1")
    site.pages["/1.xml"] = (503, {}, b"")
    with pytest.raises(TryAgain, match="the site answers 503, where a sitemap should be"):
        pipeline.collect("r2")
    site.pages["/1.xml"] = (404, {}, b"")
    site.pages["/all.xml"] = site.pages["/2.xml"]
    moved = {**facts["site"], "address": facts["site"]["address"].replace("index", "all")}
    (pipeline.catalog / "site").write_bytes(orjson.dumps(moved))
    assert pipeline.collect("r3", LOSS="allowed")["site"]["documents"] == 1


def test_a_source_that_is_not_in_the_catalog_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the source 'other' is not in standards/catalog/sources\.yaml"):
        Pipeline(tmp_path, {}).collect("r1", COLLECT="other")


def test_a_git_server_knows_a_source_by_its_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/files").write_text("of-files")
    (tmp_path / "sources/site").write_text("of-site")
    (tmp_path / "sources/site.username").write_text("reader")
    held = [collect._of_source(name) for name in ("files", "site", "none")]
    assert held == [services.Credentials("x-access-token", "of-files"), services.Credentials("reader", "of-site"), None]


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ({"SOURCE": "docs-site"}, ["s3://a/team/search/sources/docs-site.jsonl"]),
        (
            {"SOURCES": "main=s3://x/m.jsonl,site=docs-site"},
            ["s3://x/m.jsonl", "s3://a/team/search/sources/docs-site.jsonl"],
        ),
    ],
)
def test_a_name_in_place_of_an_address_is_where_the_run_collects_it(
    given: dict[str, str], addresses: list[str]
) -> None:
    run = {"PROJECT": "team", "PIPELINE": "search", "RUN_ID": "r", "RUN_NAME": "r", "ARTIFACTS": "s3://a"}
    with patch.dict(os.environ, {**run, **given}):
        assert [source.address for source in sources.configured()] == addresses
