"""A manifest of each kind of source: in one order, again only what changed, nothing left out in silence."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import orjson
import pytest
from collecting import SAME, TO, bucket, changes, entries, made
from origin_servers import daemon, git
from runtime import objects
from runtime.errors import InputError


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the bucket, a folder."""
    return bucket(tmp_path, monkeypatch)


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


def test_names_that_are_not_utf8_and_pointers_are_counted_and_shown(folder: Path, store: Path) -> None:
    """Whatever they are left out for: a name of bytes that are none is shown with a mark."""
    odd = os.fsencode(folder)
    for name in (b"caf\xe9.md", b".hid\xe9", b"draft-\xe9.md"):
        Path(os.fsdecode(odd + b"/" + name)).write_text("text")
    Path(os.fsdecode(odd + b"/link-\xe9.md")).symlink_to("b.md")
    (folder / "large.md").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (folder / "line\nbreak \u202e.md").write_text("text")
    (folder / "e\u0301.md").write_text("text")
    (folder / "\u00e9.md").write_text("text")
    summary = made(str(folder), "draft*")
    skipped = {why: fact["names"] for why, fact in summary["skipped"].items()}
    assert skipped["its name is not UTF-8"] == ["caf?.md"]
    assert skipped["a link"] == ["link-?.md", "link.md"]
    assert skipped["hidden"] == [".hid?", "sub/.git"]
    assert skipped["excluded by draft*"] == ["draft-?.md", "sub/draft.md"]
    assert skipped["a pointer of Git LFS, without its content"] == ["large.md"]
    assert entries().keys() == {"a.html", "b.md", "sub/c.txt", "line\nbreak \u202e.md", "e\u0301.md", "\u00e9.md"}
    assert orjson.loads(orjson.dumps(summary)) == summary


def test_a_manifest_may_begin_with_a_mark(folder: Path, store: Path) -> None:
    made(str(folder))
    file = store / "handbook.jsonl"
    before = entries()
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    assert entries() == before


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
        ("/etc/passwd", TO, "", "/etc/passwd: a file, not a folder; give the folder that it lies in"),
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
