"""A web site as a source: its sitemaps, within its robots' rules, and only what changed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from collecting import bucket, changes, entries, made
from index.origins import pages
from origin_servers import Site, serving
from runtime import objects
from runtime.errors import InputError, TryAgain


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the bucket, a folder."""
    return bucket(tmp_path, monkeypatch)


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


def test_what_a_site_sends_compressed_is_unpacked(site: tuple[str, type[Site]]) -> None:
    """A page that is stored compressed is sent so whoever asks."""
    base, served = site
    page = b"<title>Home</title><p>text"
    html = {"Content-Type": "text/html"}
    served.pages["/"] = (200, {**html, "Content-Encoding": "gzip"}, gzip.compress(page))
    served.pages["/b/?x=1"] = (200, {**html, "Content-Encoding": "deflate"}, zlib.compress(page))
    served.pages["/moved"] = (200, {**html, "Content-Encoding": "gzip"}, gzip.compress(page)[:-12])
    summary = made(base)
    assert [objects.read(entries()[name].uri) for name in ("/", "b/?x=1")] == [page, page]
    assert summary["skipped"]["the site sends what is not as its Content-Encoding says: it is cut off"]["names"] == [
        "moved"
    ]


def test_addresses_of_a_sitemap_that_are_none_or_are_short(site: tuple[str, type[Site]]) -> None:
    base, served = site
    locations = ["/b/?x=1", "caf\u00e9", "http://[::1/x", "mailto:a@example.com", f"{base}/#part", ""]
    urls = "".join(f"<url><loc>{each}</loc></url>" for each in locations)
    served.pages["/1.xml"] = (200, {}, f"<urlset>{urls}</urlset>".encode())
    summary = made(base)
    assert list(entries()) == ["/", "b/?x=1", "caf%C3%A9"]
    skipped = {why: fact["names"] for why, fact in summary["skipped"].items()}
    assert skipped["not an address"] == ["http://[::1/x"]
    assert skipped["on another host than the sitemap"] == ["mailto:a@example.com", "http://127.0.0.2:1/x"]


def test_a_page_that_moves_to_no_address_or_says_304_unasked_is_skipped(site: tuple[str, type[Site]]) -> None:
    base, served = site
    served.pages["/away"] = (302, {"Location": "http://[::1/"}, b"")
    served.pages["/gone"] = (304, {}, b"")
    skipped = {why: fact["names"] for why, fact in made(base)["skipped"].items()}
    assert skipped["the site answers 302"] == ["away"]
    assert skipped["the site answers 304"] == ["gone"]


def test_a_robots_that_is_too_long_to_read_allows_nothing(site: tuple[str, type[Site]]) -> None:
    base, served = site
    served.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /private\n" + b"# long\n" * 90_000)
    with pytest.raises(InputError, match=r"/robots.txt: larger than 500 KiB, which nobody reads whole"):
        made(base)


def test_a_name_of_another_script_is_asked_for_as_dns_has_it() -> None:
    assert pages.spelled("https://B\u00fccher.example:8080/\u00fc?q=\u00e4#x") == (
        "https://xn--bcher-kva.example:8080/%C3%BC?q=%C3%A4"
    )


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(InputError, match=r"http://\[::1/sitemap.xml: not the address of a site"):
        made("http://[::1/sitemap.xml")


def test_a_hand_on_the_manifest_makes_all_be_read_again(site: tuple[str, type[Site]], store: Path) -> None:
    """A stamp says what the manifest before it held, not what another holds."""
    base, _ = site
    made(base)
    lines = [orjson.loads(line) for line in (store / "handbook.jsonl").read_bytes().splitlines()]
    (store / "handbook.jsonl").write_bytes(b"".join(orjson.dumps({**row, "title": "mine"}) + b"\n" for row in lines))
    assert made(base)["changed"] == 4
    assert entries()["/"].title == "Home"
