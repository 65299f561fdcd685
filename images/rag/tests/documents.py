"""Small documents of the formats that are read."""

from __future__ import annotations

import email.message
import io
import zipfile

ROWS = [("key", "value"), *((f"k{number}", f"v{number}") for number in range(60))]


def xlsx() -> bytes:
    import xlsxwriter  # python-pptx brings it, for its charts

    book = xlsxwriter.Workbook(held := io.BytesIO())
    sheet = book.add_worksheet("T")
    for number, row in enumerate(ROWS):
        sheet.write_row(number, 0, row)
    book.close()
    return held.getvalue()


def docx() -> bytes:
    import docx as library

    document = library.Document()
    document.add_heading("T", 1)
    table = document.add_table(len(ROWS), 2)
    for row, cells in zip(table.rows, ROWS, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(held := io.BytesIO())
    return held.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    with zipfile.ZipFile(held := io.BytesIO(), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()


def odt(body: str, styles: str = "") -> bytes:
    spaces = {"office": "office", "text": "text", "table": "table", "style": "style"}
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"' for name, space in spaces.items()
    )
    parts = f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>{body}</office:body>"
    return zipped({"content.xml": f"<office:document-content {names}>{parts}</office:document-content>"})


def book() -> bytes:
    return zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="O/p.opf"/></rootfiles></container>',
            "O/p.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title></metadata><manifest>'
            '<item id="a" href="a%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="c" href="c.png" media-type="image/png"/>'
            '</manifest><spine><itemref idref="b"/><itemref idref="c"/><itemref idref="a"/></spine></package>',
            "O/a b.xhtml": "<html><body><h1>Two</h1><p>Last.</p></body></html>",
            "O/b.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
        }
    )


def message() -> bytes:
    message = email.message.EmailMessage()
    message["Subject"], message["From"] = "News of the \u00fcber-run", "a@example.com"
    message.set_content("Gr\u00fc\u00dfe\n", charset="iso-8859-1")
    message.add_alternative("<p>not this</p>", subtype="html")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    return bytes(message)


THREE_PARAGRAPHS = b"""intro

Title
*****

First.

Part
====

Second.
"""


MARKDOWN = b"""---
title: front matter
---
# Guide

Start.

## Install

```sh
# not a heading
```

Setext
------

Deep.

# Other
End.
"""


HTML = b"""<html><head><title>T</title><style>p{}</style></head><body><nav>menu</nav>
<h1>Guide</h1><p>Start   here.<br>Next.</p><script>x()</script>
<h2>Use <em>it</em></h2><pre>a
  b</pre><ul><li>one</li><li>two</li></ul><table><tr><td>x</td><td>y</td></tr></table>
<!-- hidden --><h1>Other</h1>End &amp; out.<footer>foot</footer></body></html>"""


def pdf(pages: list[str], note: str = "") -> bytes:
    """Return a PDF with one line of text a page, written by hand, and a note that is set on each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
        resources = f"<< /Font << /F1 {font} >> >>"
        content = f"/Contents {len(objects)} 0 R"
        if note:
            shown = f"BT /F1 12 Tf 2 5 Td ({note}) Tj ET"
            form = f"/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources {resources}"
            objects.append(f"<< {form} /Length {len(shown)} >>\nstream\n{shown}\nendstream")
            box = "/Type /Annot /Subtype /FreeText /Rect [72 600 272 620] /F 4"
            content += f" /Annots [<< {box} /AP << /N {len(objects)} 0 R >> >>]"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {content} /Resources {resources} >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    start = out.tell()
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()
