"""Spreadsheets written by hand: an XLSX with one sheet of given cells and formats, and an ODS of given tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

from documents import zipped
from index.readers import MEDIA

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def relations(*pairs: tuple[str, str]) -> str:
    """Return a part that names others, given by kind and place, by the ids r1, r2 and so on."""
    each = (
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{_RELS}">{"".join(each)}</Relationships>'


def xlsx(
    *rows: str, formats: Sequence[str] = (), strings: str = "", since_1904: bool = False, after: str = "", **parts: str
) -> bytes:
    """Return a workbook with a sheet S.

    Args:
        rows: the cells of each row, as XML.
        formats: of numbers; the first is of style 1.
        strings: shared texts, as XML.
        since_1904: whether days are counted from 1904.
        after: what follows the sheet's rows.
        parts: `comments` and `state` of the sheet.
    """
    lines = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, 1))
    codes = "".join(f'<numFmt numFmtId="{200 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(formats))
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
    state = f' state="{parts["state"]}"' if "state" in parts else ""
    held = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("styles", "/xl/styles.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><workbookPr date1904="{int(since_1904)}"/>'
        f'<sheets><sheet name="S" sheetId="1"{state} r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": f"<styleSheet {_MAIN}><numFmts>{codes}</numFmts>"
        f'<cellXfs><xf numFmtId="0"/>{styles}<xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{strings}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{lines}</sheetData>{after}</worksheet>",
    }
    if "comments" in parts:
        held["xl/worksheets/_rels/sheet1.xml.rels"] = relations(("comments", "../comments1.xml"))
        held["xl/comments1.xml"] = f"<comments {_MAIN}><commentList>{parts['comments']}</commentList></comments>"
    return zipped(held)


def ods(*tables: str) -> bytes:
    """Return a spreadsheet of OpenDocument; its tables as XML."""
    names = " ".join(
        f'xmlns:{name}="{_OPEN}:{space}:1.0"'
        for name, space in {"office": "office", "text": "text", "table": "table", "draw": "drawing"}.items()
    )
    parts: Mapping[str, str] = {
        "mimetype": MEDIA[".ods"],
        "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>{''.join(tables)}"
        "</office:spreadsheet></office:body></office:document-content>",
    }
    return zipped(dict(parts))


def table(*rows: str, name: str = "T", about: str = "") -> str:
    """Return a table of OpenDocument whose rows hold cells as XML."""
    lines = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in rows)
    return f'<table:table table:name="{name}" {about}>{lines}</table:table>'


def cell(kind: str = "string", text: str = "", **about: object) -> str:
    """Return a cell of OpenDocument that shows a text; `about` holds attributes of `office`, of `table` after `t_`."""
    named = "".join(
        f' {"table" if key.startswith("t_") else "office"}:{key.removeprefix("t_").replace("_", "-")}="{value}"'
        for key, value in about.items()
    )
    shown = f"<text:p>{text}</text:p>" if text else ""
    if kind:
        named += f' office:value-type="{kind}"'
    return f"<table:table-cell{named}>{shown}</table:table-cell>"


def replaced(data: bytes, old: str, new: str) -> bytes:
    """Return an office document with other words in all of its parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(held, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old.encode(), new.encode()))
    return held.getvalue()
