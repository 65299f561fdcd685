"""What of an origin is wanted, what its documents say of themselves, and what a site's robots.txt allows."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from index.origins import description, pages, robots, sitemap
from index.origins.choice import Choice
from runtime.errors import InputError


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("*.md", ["a.md", "x/y/a.md"], ["a.mdx", "a.md.txt"]),
        ("drafts", ["drafts/a.md", "x/drafts/y/b.md", "drafts"], ["drafts2/a.md", "my-drafts/a.md"]),
        ("drafts/", ["drafts/a.md", "x/drafts/b.md"], ["drafts.md"]),
        ("/docs/*.md", ["docs/a.md"], ["docs/x/a.md", "x/docs/a.md"]),
        ("docs/**/*.md", ["docs/a.md", "docs/x/y/a.md"], ["docs.md", "x/docs/a.md"]),
        ("docs/**", ["docs/a", "docs/x/y"], ["docs2/a"]),
        ("page?.html", ["page1.html", "x/page2.html"], ["page.html", "page/.html"]),
        ("a[1].md", ["a[1].md"], ["a1.md"]),
    ],
)
def test_a_pattern_fits_as_in_a_gitignore(pattern: str, fits: list[str], does_not: list[str]) -> None:
    choice = Choice([pattern])
    assert [name for name in fits if choice.refusal(name)] == []
    assert [name for name in does_not if not choice.refusal(name)] == []


def test_an_exclude_wins_and_patterns_that_chose_nothing_are_told() -> None:
    choice = Choice(["docs/**", "*.mdx"], ["secret*", "old/"])
    assert choice.refusal("docs/a.md") == ""
    assert choice.refusal("docs/secret.md") == "excluded by secret*"
    assert choice.refusal("a.md") == "not included"
    assert choice.unused == ["*.mdx", "old/"]


ROBOTS = """
User-agent: other
Disallow: /

User-agent: *
Disallow: /private   # not ours
Allow: /private/open
Disallow: /*.pdf$
Disallow: /a*b*c
Disallow:

Sitemap: https://example.com/map.xml
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x", False),
        ("/private/open/x", True),
        ("/x/a.pdf", False),
        ("/x/a.pdf?v=1", True),
        ("/a.pdf.pdf", False),
        ("/axxbxxcxx", False),
        ("/axxcxxb", True),
    ],
)
def test_the_longest_rule_of_robots_decides(path: str, allowed: bool) -> None:
    assert robots.parse(ROBOTS).allows(path) is allowed


@pytest.mark.parametrize(
    ("rule", "path", "allowed"),
    [
        ("/caf\u00e9", "/caf%C3%A9/menu", False),
        ("/caf%c3%a9", "/caf%C3%A9", False),
        ("/%7Ejoe", "/~joe/x", False),
        ("/~joe", "/%7ejoe/x", False),
        ("/a%2Fb", "/a/b", True),
        ("/a b", "/a%20b", False),
        ("/*?print=1$", "/x?print=1", False),
        ("/*?print=1$", "/x?print=12", True),
        ("/fish*", "/fishing", False),
        ("/fish$", "/fish", False),
        ("/", "/anything", False),
    ],
)
def test_a_rule_and_a_path_are_compared_as_they_are_escaped(rule: str, path: str, allowed: bool) -> None:
    assert robots.parse(f"User-agent: *\nDisallow: {rule}").allows(path) is allowed


def test_a_group_that_names_us_stands_in_place_of_the_one_for_all() -> None:
    """Also one of two names, and one that is written twice."""
    rules = robots.parse(
        f"User-agent: *\nDisallow: /\n\nUser-agent: x\nUser-agent: {robots.AGENT.upper()}\nDisallow: /x\n"
        f"User-agent: {robots.AGENT}\nDisallow: /y"
    )
    assert [rules.allows(path) for path in ("/", "/x", "/y")] == [True, False, False]
    assert robots.parse(ROBOTS).sitemaps == ["https://example.com/map.xml"]


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert robots.parse("User-agent: *\nDisallow: /" + "a*" * 5000 + "b$").allows("/" + "a" * 20000)


URLSET = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> http://x/a </loc></url></urlset>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (URLSET, (False, ["http://x/a"])),
        (gzip.compress(URLSET), (False, ["http://x/a"])),
        (b"\n  " + b'<?xml version="1.0" encoding="UTF-8"?>' + URLSET, (False, ["http://x/a"])),
        (b"\xef\xbb\xbf" + URLSET, (False, ["http://x/a"])),
        (b"<urlset><url><loc><![CDATA[http://x/?a=1&b=2]]></loc></url></urlset>", (False, ["http://x/?a=1&b=2"])),
        (
            b"<sitemapindex><sitemap><loc>http://x/b.xml</loc></sitemap><sitemap/></sitemapindex>",
            (True, ["http://x/b.xml"]),
        ),
        (
            b'<!DOCTYPE u [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc></url></urlset>',
            (False, []),
        ),
    ],
)
def test_a_sitemap_names_addresses(data: bytes, expected: tuple[bool, list[str]]) -> None:
    assert sitemap.addresses(data, "map") == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><body/></html>", "map: not a sitemap: its root is 'html', not 'urlset' or 'sitemapindex'"),
        (b"<urlset>", "map: not a sitemap: "),
        (gzip.compress(URLSET)[:-9], "map: larger than 50 MiB, or cut off"),
        (b"\x1f\x8bnot gzip", "map: its gzip is damaged: "),
    ],
)
def test_what_is_no_sitemap_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as raised:
        sitemap.addresses(data, "map")
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("media", "text", "title", "metadata", "lost"),
    [
        (
            "text/markdown",
            "---\ntitle: One\nyear: 2024\ndate: 2024-05-01\ndraft: false\ntags: [a, b]\nempty:\n---\ntext",
            "One",
            {"year": 2024, "date": "2024-05-01", "draft": False, "tags": ["a", "b"]},
            [],
        ),
        ("text/markdown", "# One\n\n---\na: b\n---\n", "", {}, []),
        (
            "text/markdown",
            "---\ntitle: One\nauthor: {name: A}\nscore: .nan\nyes: x\n---\n",
            "One",
            {},
            [
                "front matter's 'author', which is not text, a number, a boolean, a date or a list of them",
                "front matter's 'score', which is not text, a number, a boolean, a date or a list of them",
                "a key of front matter that is not text",
            ],
        ),
        (
            "text/markdown",
            f"---\ntitle: One\na: {2**64 - 1}\nb: {2**64}\nc: [1, -{2**63 + 1}]\nd: 1.0e+300\n---\n",
            "One",
            {"a": 2**64 - 1, "d": 1e300},
            [f"front matter's {key!r}, a whole number of more than 64 bits" for key in "bc"],
        ),
        (
            "text/markdown",
            "---\ntitle: One\nzip: 01234\nat: 12:30\nn: -5\nx: 1.5\nhex: 0x1F\n---\n",
            "One",
            {"zip": "01234", "at": "12:30", "n": -5, "x": 1.5, "hex": 31},
            [],
        ),
        (
            "application/xhtml+xml",
            '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>x</body></html>',
            "",
            {},
            [],
        ),
        ("text/markdown", "---\ntitle: a: b\n---\n", "a: b", {}, ["front matter that is not YAML"]),
        ("text/markdown", "---\ntitle: One\ndate: 2024-13-45\n---\n", "One", {}, ["front matter that is not YAML"]),
        (
            "text/html; charset=iso-8859-1",
            '<html lang=fr><title>Caf\xe9\n au lait</title><meta name=Keywords content="a, b,">'
            '<meta property=article:published_time content=2024-05-01><meta name=author content=" "><p>text',
            "Caf\xe9 au lait",
            {"keywords": ["a", "b"], "published": "2024-05-01", "lang": "fr"},
            [],
        ),
        ("text/plain", "---\ntitle: One\n---\n", "", {}, []),
    ],
)
def test_what_a_document_says_of_itself(
    media: str, text: str, title: str, metadata: dict[str, Any], lost: list[str]
) -> None:
    data = text.encode("latin-1" if "8859" in media else "utf-8")
    assert description.describe(data, media) == description.Description(title, metadata, lost)


def test_a_port_that_the_scheme_means_is_the_same_host() -> None:
    assert pages.origin("http://Docs.example:80/a") == pages.origin("http://docs.example/b")
    assert pages.origin("https://docs.example:80/") != pages.origin("https://docs.example/")
