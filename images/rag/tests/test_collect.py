"""A manifest of each kind of source: in one order, again only what changed, nothing left out in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from collect import collect
from index import manifest
from index.origins import pages
from index.origins.choice import Choice
from origin_servers import Site, daemon, git, serving
from runtime import objects
from runtime.errors import InputError, TryAgain

TO = "s3://docs/handbook.jsonl"
SAME = {"added": 0, "changed": 0, "removed": 0}
Make = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the bucket, a folder."""
    monkeypatch.setenv("OBJECTS", f"file://{tmp_path / 'objects'}")
    monkeypatch.setattr(pages, "_WAITS", (0.0,))
    return tmp_path / "objects/docs"


def made(source: str, *excludes: str, revision: str = "", to: str = TO) -> dict[str, Any]:
    """Collect a source; give the summary."""
    return collect(source, to, revision, Choice((), excludes))


def changes(summary: dict[str, Any]) -> dict[str, int]:
    """What changed."""
    return {name: summary[name] for name in SAME}


def entries(to: str = TO) -> dict[str, manifest.Entry]:
    """Return the manifest, which each document's bytes must fit."""
    return {entry.id: entry for entry in manifest.read(to)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of documents, and of what is none."""
    made = tmp_path / "handbook"
    (made / "sub/.git").mkdir(parents=True)
    (made / "b.md").write_text("---\ntitle: Second\nyear: 2024\n---\ntext")
    (made / "a.html").write_text("<title>First</title><p>text")
    (made / "sub/c.txt").write_text("text")
    (made / "sub/draft.md").write_text("text")
    (made / "sub/.git/x.md").write_text("text")
    (made / "logo.png").write_bytes(b"\x89PNG")
    (made / "link.md").symlink_to(made / "b.md")
    return made


def test_a_folder_is_brought_with_titles_and_metadata_and_what_is_skipped_is_told(folder: Path, store: Path) -> None:
    summary = made(str(folder), "draft*", "nothing/")
    assert (summary["documents"], summary["titled"], summary["unused"]) == (3, 2, ["nothing/"])
    assert {why: fact["names"] for why, fact in summary["skipped"].items()} == {
        "a link": ["link.md"],
        "excluded by draft*": ["sub/draft.md"],
        "hidden": ["sub/.git"],
        "no reader reads .png": ["logo.png"],
    }
    first, second, third = entries().values()
    assert [entry.id for entry in (first, second, third)] == ["a.html", "b.md", "sub/c.txt"]
    assert [entry.title for entry in (first, second, third)] == ["First", "Second", ""]
    assert second.metadata == {"year": 2024}
    assert objects.read(third.uri) == b"text"
    assert third.uri == "s3://docs/handbook/sub/c.txt"


def test_the_same_folder_gives_the_same_bytes_and_only_what_changed_is_written(folder: Path, store: Path) -> None:
    made(str(folder))
    before, written = (store / "handbook.jsonl").read_bytes(), (store / "handbook/a.html").stat().st_mtime_ns
    assert changes(made(str(folder))) == SAME
    assert (store / "handbook.jsonl").read_bytes() == before
    (folder / "b.md").write_text("other")
    (folder / "sub/c.txt").unlink()
    (folder / "new.md").write_text("new")
    assert changes(made(str(folder))) == {"added": 1, "changed": 1, "removed": 1}
    assert (store / "handbook/a.html").stat().st_mtime_ns == written
    assert not (store / "handbook/sub/c.txt").exists()


def test_a_name_too_long_for_a_file_beside_it_keeps_its_media_type(folder: Path) -> None:
    name = f"{'a' * 230}.html"
    (folder / name).write_text("<title>Long</title>text")
    made(str(folder))
    entry = entries()[name]
    assert (entry.media, entry.title) == ("text/html", "Long")
    assert objects.read(entry.uri) == b"<title>Long</title>text"


def test_documents_that_the_store_lost_are_brought_again(folder: Path, store: Path) -> None:
    made(str(folder))
    (store / "handbook/a.html").unlink()
    assert made(str(folder))["added"] == 1
    assert (store / "handbook/a.html").exists()


def test_a_manifest_of_another_hand_is_not_overwritten(folder: Path, store: Path) -> None:
    store.mkdir(parents=True)
    (store / "handbook.jsonl").write_text("mine\n")
    with pytest.raises(
        InputError, match="the manifest there was not written by this command, and would be overwritten"
    ):
        made(str(folder))
    (store / "handbook.jsonl").unlink()
    made(str(folder))
    with pytest.raises(InputError, match=f"the manifest there is of {folder}, and would be overwritten"):
        made(f"{folder}/sub")


def test_a_source_without_documents_leaves_the_manifest_as_it_is(folder: Path) -> None:
    made(str(folder))
    with pytest.raises(InputError, match=r"has no documents to index \(skipped: .*5 excluded by \*\*"):
        made(str(folder), "**")
    assert len(entries()) == 4


@pytest.mark.parametrize(
    ("source", "to", "revision", "message"),
    [
        ("/nowhere", TO, "", "/nowhere: there is no such folder"),
        ("s3://docs/none", TO, "", "s3://docs/none: nothing lies under this address"),
        ("ftp://x/y", TO, "", "ftp://x/y: not a source that is known"),
        ("gs://docs/in", TO, "", "gs:// needs the library gcsfs, which this image is not built with"),
        ("az://docs/in", TO, "", "az:// needs the library adlfs, which this image is not built with"),
        ("/tmp", "s3://docs/", "", "'s3://docs/' is not a manifest's address; write s3://BUCKET/NAME.jsonl"),
        ("s3://docs/x", TO, "main", "s3://docs/x: only a Git repository has a revision"),
        ("file:///nowhere.git", TO, "", "file:///nowhere.git: git fetch of HEAD failed: "),
        ("ext::sh -c true", TO, "main", "transport 'ext' not allowed"),
    ],
)
def test_what_is_no_source_is_refused(source: str, to: str, revision: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        made(source, to=to, revision=revision)
    assert message in str(raised.value)


def test_documents_of_a_prefix_stay_where_they_are_and_are_read_again_where_their_etag_is_another(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store / "in/sub").mkdir(parents=True)
    (store / "in/a.md").write_text("---\ntitle: First\n---\ntext")
    (store / "in/sub/b.html").write_text("<title>Second</title>" + "x" * (2 << 20))
    to = "s3://docs/in/manifest.jsonl"
    assert changes(made("s3://docs/in/", to=to)) == {**SAME, "added": 2}
    assert [(entry.uri, entry.title) for entry in entries(to).values()] == [
        ("s3://docs/in/a.md", "First"),
        ("s3://docs/in/sub/b.html", "Second"),
    ]
    (store / "in/a.md").write_text("---\ntitle: Another\n---\ntext")
    read: list[str] = []
    reading = objects.read
    monkeypatch.setattr(objects, "read", lambda address, *most: (read.append(address), reading(address, *most))[1])
    assert changes(made("s3://docs/in/", to=to)) == {**SAME, "changed": 1}
    assert [address for address in read if address.endswith((".md", ".html"))] == ["s3://docs/in/a.md"]


@pytest.fixture
def repository(folder: Path) -> Path:
    """Return the folder as a repository."""
    (folder / "large.md").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-f", "a.html", "b.md", "sub/c.txt", "link.md", "logo.png", "large.md")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_git_server_gives_a_revision_and_only_other_files_are_written(repository: Path, store: Path) -> None:
    with daemon(repository.parent) as address:
        source = f"{address}/handbook"
        summary = made(source)
        assert {why: fact["names"] for why, fact in summary["skipped"].items()} == {
            "a link": ["link.md"],
            "a pointer of Git LFS, without its content": ["large.md"],
            "no reader reads .png": ["logo.png"],
        }
        assert [entry.title for entry in entries().values()] == ["First", "Second", ""]
        assert changes(made(source)) == SAME
        git(repository, "rm", "-q", "a.html")
        (repository / "b.md").write_text("other")
        git(repository, "commit", "-q", "-a", "-m", "second")
        assert changes(made(source)) == {"added": 0, "changed": 1, "removed": 1}
        assert objects.read("s3://docs/handbook/b.md") == b"other"


def test_a_repository_on_this_machine_is_read_at_a_revision_not_as_it_lies(repository: Path) -> None:
    git(repository, "tag", "v1")
    (repository / "b.md").write_text("not committed")
    made(str(repository), revision="v1")
    assert objects.read("s3://docs/handbook/b.md").startswith(b"---\ntitle: Second")
    with pytest.raises(InputError, match="git fetch of v2 failed: "):
        made(str(repository), revision="v2")


@pytest.fixture
def site() -> Iterator[tuple[str, type[Site]]]:
    """Serve a site of an index of sitemaps; yield its address and what it answers with."""
    with serving() as served:
        yield served


def test_a_site_is_brought_by_its_sitemaps_within_its_robots(site: tuple[str, type[Site]]) -> None:
    base, served = site
    summary = made(base)
    assert {why: fact["names"] for why, fact in summary["skipped"].items()} == {
        "it has moved to another host": ["away"],
        "no reader reads image/png": ["picture"],
        "on another host than the sitemap": ["http://127.0.0.2:1/x"],
        "robots.txt does not allow it": ["private/x"],
        "the site answers 404": ["gone"],
    }
    documents = entries()
    assert {name: entry.title for name, entry in documents.items()} == {
        "/": "Home",
        "b/?x=1": "B",
        "caf%C3%A9": "",
        "moved": "B",
    }
    assert documents["b/?x=1"].metadata == {"url": f"{base}/b/?x=1"}
    assert documents["caf%C3%A9"].media == "text/plain; charset=iso-8859-1"
    assert objects.read(documents["/"].uri) == b"<title>Home</title><p>text"
    assert "/private/x" not in dict(served.asked)


def test_a_page_with_the_same_etag_is_not_sent_again_and_one_that_fails_keeps_its_last_version(
    site: tuple[str, type[Site]],
) -> None:
    base, served = site
    made(base)
    served.asked.clear()
    served.pages["/b/?x=1"] = (503, {}, b"")
    served.pages["/caf%C3%A9"] = (200, {"Content-Type": "text/plain"}, b"coffee")
    summary = made(base, "moved")
    assert changes(summary) == {"added": 0, "changed": 1, "removed": 1}
    assert summary["kept"] == {"the site answers 503": {"count": 1, "names": ["b/?x=1"]}}
    assert ("/", 304) in served.asked
    assert objects.read(entries()["b/?x=1"].uri) == b"<title>B</title><p>text"


@pytest.mark.parametrize(
    ("path", "status", "error", "message"),
    [
        ("/robots.txt", 503, TryAgain, "the site answers 503; until it is known what may be read, nothing is"),
        ("/2.xml", 503, TryAgain, "the site answers 503, where a sitemap should be"),
        ("/2.xml", 404, InputError, "the site answers 404, where a sitemap should be"),
    ],
)
def test_a_site_whose_rules_or_sitemaps_are_not_had_changes_nothing(
    site: tuple[str, type[Site]], path: str, status: int, error: type[Exception], message: str
) -> None:
    """A sitemap that is not there today does not remove its pages."""
    base, served = site
    made(base)
    served.pages[path] = (status, {}, b"")
    with pytest.raises(error, match=message):
        made(base)
    assert len(entries()) == 4


def test_a_hand_on_the_manifest_makes_all_be_read_again(site: tuple[str, type[Site]], store: Path) -> None:
    """A stamp says what the manifest before it held, not what another holds."""
    base, _ = site
    made(base)
    lines = [orjson.loads(line) for line in (store / "handbook.jsonl").read_bytes().splitlines()]
    (store / "handbook.jsonl").write_bytes(b"".join(orjson.dumps({**row, "title": "mine"}) + b"\n" for row in lines))
    assert made(base)["changed"] == 4
    assert entries()["/"].title == "Home"
