"""Markdown and HTML: what a document says is in a section, each known loss of a reader with its right value."""

from __future__ import annotations

import pytest
from index.readers import read


def sections(text: str, media: str) -> list[tuple[str, str]]:
    """Return headings with their texts."""
    return [(section.heading, section.text) for section in read(text.encode(), media).sections]


MARKDOWN = {
    "a rule after a paragraph": (
        "A long text.\nOf two lines.\n---\nMore.",
        [("", "A long text.\nOf two lines.\n---\nMore.")],
    ),
    "a rule after a long line": (f"{'word ' * 40}\n---\nMore.", [("", f"{'word ' * 40}\n---\nMore.")]),
    "a setext heading": ("Title\n---\nText.", [("Title", "Text.")]),
    "a heading alone": ("# A\n\n## Alone\n\n## B\n\nText.", [("A", "Alone"), ("A > B", "Text.")]),
    "a heading at the end": ("# A\n\nText.\n\n## End", [("A", "Text."), ("A", "End")]),
    "only a heading": ("# Only", [("", "Only")]),
    "a document that starts with a rule": ("---\n\nText.\n\n---\n\nMore.", [("", "---\n\nText.\n\n---\n\nMore.")]),
    "a rule and a sentence": ("---\nNote this: it is text.\n---\nMore.", [("Note this: it is text.", "More.")]),
    "front matter": ("---\ntitle: T\ntags:\n  - a\n- b\n# c\n---\nText.", [("", "Text.")]),
    "C#": ("## C#\n\nText.", [("C#", "Text.")]),
    "a closed heading": ("## F ##\n\nText.", [("F", "Text.")]),
    "a comment": ("Seen <!-- not\nseen --> too.", [("", "Seen  too.")]),
    "a comment that is open": ("Seen <!-- and more", [("", "Seen <!-- and more")]),
    "a comment in code": ("```\n<!-- seen -->\n```", [("", "```\n<!-- seen -->\n```")]),
    "a picture within": ("![alt](data:image/png;base64,iVBORw0KGgo=) text", [("", "![alt]() text")]),
    "a fence": ("```sh\n# no heading\n```\n# H\nText.", [("", "```sh\n# no heading\n```"), ("H", "Text.")]),
    "an open fence": ("# H\n```\n# code", [("H", "```\n# code")]),
    "a list's heading": ("- # inside\n\nText.", [("", "- # inside\n\nText.")]),
    "indented code": ("Text.\n\n    # code", [("", "Text.\n\n    # code")]),
    "seven marks": ("####### no heading", [("", "####### no heading")]),
    "no space": ("#no heading", [("", "#no heading")]),
    "front matter in TOML": ('+++\ntitle = "T"\n# c\ntags = ["a"]\n+++\n# H\nText.', [("H", "Text.")]),
    "plus signs that are text": ("+++\n\nText.", [("", "+++\n\nText.")]),
    "a comment within a code span": ("Use `<!-- toc -->` here.", [("", "Use `<!-- toc -->` here.")]),
    "a comment after a lone backtick": ("A ` mark.<!-- not seen -->\n\nA `b`.", [("", "A ` mark.\n\nA `b`.")]),
    "an anchor of a heading": ("## Install {#install}\n\nText.", [("Install", "Text.")]),
    "byte order marks of joined files": ("\ufeff\ufeff# A\n\nx\n\n\ufeff# B\n\ny", [("A", "x"), ("B", "y")]),
    "ligatures": ("e\ufb03cient \ufb01le \ufb02ow o\ufb00 \ufb06", [("", "efficient file flow off st")]),
    "soft hyphens": ("docu\u00admenta\u00adtion", [("", "documentation")]),
    "a comment in a heading": ("# Title <!-- omit in toc -->\n\nText.", [("Title", "Text.")]),
    "a picture within a heading": ("# ![a](data:image/png;base64,iVBORw0KGgo=) N\n\nText.", [("![a]() N", "Text.")]),
    "a picture with a charset": ("![a](data:image/svg+xml;charset=utf-8;base64,PHN2Zz4=) x", [("", "![a]() x")]),
    "a comment that its paragraph does not close": (
        "Use <!-- to open.\n\nText.\n\nand --> to close.",
        [("", "Use <!-- to open.\n\nText.\n\nand --> to close.")],
    ),
    "a block of comments": ("<!-- a\n\n# hidden\n\n-->\n# H\n\nText.", [("H", "Text.")]),
    "an empty comment": ("Seen <!--> seen --> too.", [("", "Seen  seen --> too.")]),
    "an escaped comment": ("Write \\<!-- here -->", [("", "Write \\<!-- here -->")]),
    "slides": ("---\n# One\n\n- a\n\n---\n# Two\n\nb", [("One", "- a\n\n---"), ("Two", "b")]),
    "a list between rules": ("---\n- one\n- two\n---\nMore.", [("", "---\n- one\n- two\n---\nMore.")]),
    "code between rules": ("---\n\n    code\n\n---\nMore.", [("", "    code\n\n---\nMore.")]),
    "a sentence like a key": ("---\n\nNote: hot.\n\n---\nMore.", [("", "---\n\nNote: hot.\n\n---\nMore.")]),
    "front matter after a remark": ("---\n# c\ntitle: T\n---\nText.", [("", "Text.")]),
    "a heading of HTML": ('<h1 align="center">T</h1>\n\nText.', [("T", "Text.")]),
    "a heading of HTML in lines": ("<h1>\n <img src=a><br>\n T &amp; U\n</h1>\n\n## S\nx", [("T & U > S", "x")]),
    "a heading of HTML before text": ("<h2>S</h2>\n<p>Text.</p>", [("S", "<p>Text.</p>")]),
    "a heading of HTML that is a picture": ("<h1><img alt=T></h1>", [("", "<h1><img alt=T></h1>")]),
    "an anchor before a title": ('## <a name="i"></a>Install\n\nText.', [("Install", "Text.")]),
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown(name: str) -> None:
    text, wanted = MARKDOWN[name]
    assert sections(text, "text/markdown") == [(heading, body.strip("\n")) for heading, body in wanted]


XHTML = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head>'
HTML = {
    "header in an article": ("<article><header><h1>T</h1>By A.</header><p>Text.</article>", [("T", "By A.\n\nText.")]),
    "header of the page": ("<header>Menu</header><main><h1>T</h1><p>Text.</main>", [("T", "Text.")]),
    "header with the title": ("<header><h1>T</h1><nav>Menu</nav></header><p>Text.", [("T", "Text.")]),
    "form around the page": ("<form><h1>T</h1><p>Text.<button>Go</button></form>", [("T", "Text.")]),
    "aside in an article": ("<article><p>Text.<aside>Note.</aside></article>", [("", "Text.\n\nNote.")]),
    "aside of the page": ("<aside>Links</aside><main><p>Text.</main>", [("", "Text.")]),
    "after the first body": ("<body><p>One.</body></body><p>Two.", [("", "One.\n\nTwo.")]),
    "after html": ("<html><body><p>One.</p></body></html>Two.", [("", "One.\n\nTwo.")]),
    "a comment": ("<p>Seen<!-- not seen --> too.", [("", "Seen too.")]),
    "a picture within": ('<p>Seen <img src="data:image/png;base64,iVBORw0KGgo="> too.', [("", "Seen  too.")]),
    "unclosed elements": ("<ul><li>One<li>Two</ul><p>Three<div>Four", [("", "One\nTwo\n\nThree\n\nFour")]),
    "a heading alone": ("<h1>A</h1><h2>Alone</h2><h2>B</h2><p>Text.", [("A", "Alone"), ("A > B", "Text.")]),
    "a title": ("<title>T</title><p>Text.", [("T", "Text.")]),
    "main with a role": ('<article role="complementary"><p>Text.</article>', [("", "Text.")]),
    "nested tables": ("<table><tr><td><table><tr><td>In</table><td>Out</table>", [("", "In\n\nOut")]),
    "entities": ("<p>&lt;a&gt; &eacute; &#x1F600; &nbsp;x", [("", "<a> \u00e9 \U0001f600 \u00a0x")]),
    "a frame of a table": ("<table><tr><th>k<th>v<tr><td>a<td>1</table>", [("", "k | v\na | 1")]),
    "a definition": ("<dl><dt>Term<dd>Meaning</dl>", [("", "Term\n\nMeaning")]),
    "a caption": (
        "<table><caption>Of 2024</caption><tr><th>k<th>v<tr><td>a<td>1</table>",
        [("", "Of 2024 k | v a | 1")],
    ),
    "cells with markup": ("<table><tr><th>k<th>v<tr><td>H<sub>2</sub>O<td><b>a</b>b</table>", [("", "k | v H2O | ab")]),
    "entities that nobody sees": ("<h2>Ti&shy;tle</h2><p>docu&shy;mented &#64257;le", [("Title", "documented file")]),
    "a picture's words": ('<p>See <img alt="A map of it" src=x.png> here', [("", "See A map of it here")]),
    "navigation that nobody closed": (
        "<nav><ul><li>Menu</ul><main><h1>T</h1><p>Text.</main>",
        [("", "Menu"), ("T", "Text.")],
    ),
    "a button that nobody closed": ("<p>One.<button>Go<p>Two.<p>Three.", [("", "One.Go Two. Three.")]),
    "a banner with the title": ('<div role="banner"><h1>T</h1></div><p>Text.', [("T", "Text.")]),
    "a note in an article": ('<article><p>Text.<div role="complementary">Note.</div></article>', [("", "Text. Note.")]),
    "text in a box for copying": ("<p>Copy: <textarea readonly>a  b</textarea>", [("", "Copy: a  b")]),
    "an open dialogue": ("<dialog open><p>Important.</dialog><p>Text.", [("", "Important. Text.")]),
    "what a component shows": (
        "<x-y><template shadowrootmode=open><p>Seen.</template></x-y><p>Text.",
        [("", "Seen. Text.")],
    ),
    "a template": ("<template><p>Not seen.</template><p>Text.", [("", "Text.")]),
    "a formula": (
        '<p>So <math><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></math> holds.',
        [("", "So x^2 holds.")],
    ),
    "a formula as MathML alone": ("<p>So <math><mi>x</mi><mo>=</mo><mn>2</mn></math>", [("", "So x=2")]),
    "a reading": ("<p><ruby>\u6f22\u5b57<rt>kanji</rt></ruby>", [("", "\u6f22\u5b57(kanji)")]),
    "labels of a drawing": ("<p>a<svg><title>t</title><text>Label</text></svg>b", [("", "a Label b")]),
    "header of a section": ("<section><header><h2>P</h2>Lead.</header><p>Text.</section>", [("P", "Lead. Text.")]),
    "a note in the main part by its role": ("<div role=main><p>Text.<aside>Note.</aside></div>", [("", "Text. Note.")]),
    "who said it": ("<blockquote><p>Words.<footer>Ada</footer></blockquote>", [("", "Words. Ada")]),
    "a question that is a button": ("<h2><button>Why?</button></h2><p>So.", [("Why?", "So.")]),
    "a term that is a button": ("<dl><dt><button>Why?</button><dd>So.</dl>", [("", "Why? So.")]),
    "a button in a heading": ("<h2>Install <button>Copy</button></h2><p>x", [("Install", "x")]),
    "a heading in a heading": ("<h2>Out<div><h3>In</h3></div></h2><p>x", [("Out In", "x")]),
    "a frame with its page": ('<p>a<iframe srcdoc="&lt;p&gt;In it.&lt;/p&gt;"></iframe>b', [("", "a In it. b")]),
    "a formula for a script": ('<p>So <script type="math/tex">x^2</script> holds', [("", "So x^2 holds")]),
    "a formula letter by letter alone": ("<p><b class=katex><i class=katex-html>x=1</i></b>", [("", "x=1")]),
    "a header where no title is": ("<header><h2>T</h2></header><p>Text.", [("T", "Text.")]),
    "a remark of a page without a main part": (
        "<p>Text.<aside>Mind <a>this</a> step.</aside>",
        [("", "Text. Mind this step.")],
    ),
    "links beside such a page": ("<p>Text.<aside><a>One</a> <a>Two</a></aside>", [("", "Text.")]),
    "a dialogue within a line": ("a<dialog open>b</dialog>c", [("", "a b c")]),
    "a note in a cell": ("<main><table><tr><th>a<th>b<tr><td><aside>N</aside><td>x</table>", [("", "a | b N | x")]),
    "XHTML: a title that is closed": (
        f"{XHTML}<title/></head><body><h1>A</h1><p>Text.</p></body></html>",
        [("A", "Text.")],
    ),
    "XHTML: a script that is closed": (
        f"{XHTML}<script src='a'/></head><body><p>Text.</p></body></html>",
        [("", "Text.")],
    ),
    "XHTML: elements that are closed": (
        f"{XHTML}</head><body><aside/><p>a<br/>b</p><textarea/>c</body></html>",
        [("", "a b c")],
    ),
    "XHTML: text as it is": (f"{XHTML}</head><body><p>a <![CDATA[x < y]]> b</p></body></html>", [("", "a x < y b")]),
    "XHTML: a section that never ends": (f"{XHTML}</head><body><p>a</p><![CDATA[ x", [("", "a")]),
    "no doctype, upper case": ("<HTML><BODY><H1>T</H1><P>Text.", [("T", "Text.")]),
}


@pytest.mark.parametrize("name", HTML)
def test_html(name: str) -> None:
    text, wanted = HTML[name]
    assert [(heading, body.split()) for heading, body in sections(text, "text/html")] == [
        (heading, body.split()) for heading, body in wanted
    ]


@pytest.mark.parametrize("page", ["<title>App</title><div id=root></div><script>run()</script>", "<nav>Menu</nav>"])
def test_a_page_without_text_of_its_own_is_told(page: str) -> None:
    contents = read(page.encode(), "text/html")
    assert (contents.sections, contents.notes) == ([], ["it holds no text"])
