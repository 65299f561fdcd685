"""Presentations by python-pptx: a section a slide, with its tables and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.readers.archive import TORN, Archive, main_part
from index.readers.drawings import drawn, paragraphs, unread
from index.readers.section import Note, Section
from index.readers.tables import Cell, laid_out, sections_of_table

_FORMS = (  # of a presentation that python-pptx does not know: a template and a show with macros
    "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
)
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a slide under its title, else its number.

    Raises:
        Unreadable: it is not a presentation, or is protected by a password.
    """
    archive = Archive(data, "PPTX")
    try:
        slides = list(_opened(data).slides)
    except (KeyError, SyntaxError, *TORN) as error:
        raise archive.refusal(error) from error
    for number, slide in enumerate(slides, 1):
        title = slide.shapes.title
        name = _line(title._element) if title is not None else ""
        heading = f"{name} > slide {number}" if name else f"slide {number}"
        held: list[str] = []
        for shape in _shapes(slide.shapes):
            if shape.has_table if hasattr(shape, "has_table") else False:
                rows = ([_placed(cell) for cell in row.cells] for row in shape.table.rows)
                yield from sections_of_table(heading, laid_out(rows))
            elif shape.has_text_frame and (title is None or shape._element is not title._element):
                held.append("\n".join(paragraphs(shape.text_frame._txBody)))
        for choice in slide.element.iter(_CHOICE):  # shapes of newer programs, which python-pptx passes over
            held.append("\n".join(paragraphs(choice)))
        held.append("\n".join(drawn(slide.part.rels.values())))
        if slide.has_notes_slide:
            held += _notes(slide.notes_slide)
        yield Section(heading, "\n\n".join(text for text in held if text.strip()) or name)
    yield from unread(slide.part for slide in slides)


def _opened(data: bytes) -> Any:
    """Return a presentation of any form."""
    from pptx.opc.package import PartFactory
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    return main_part(data, Package, PartFactory, PresentationPart, _FORMS).presentation


def _placed(cell: Any) -> Cell:
    """Return a cell with the rows that it spans; the cells of a merge are all there, and covered by its first."""
    text = _line(cell._tc)
    return Cell(text, rows=max(cell._tc.rowSpan, 1), covered=cell.is_spanned and not text)


def _line(element: Any) -> str:
    return " ".join(" ".join(paragraphs(element)).split())


def _notes(notes: Any) -> Iterator[str]:
    """Yield the text of a slide's notes, and of what else was written on their page."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    for shape in _shapes(notes.shapes):  # its other placeholders are the slide, its number, and running heads
        furniture = shape.is_placeholder and shape.placeholder_format.type != PP_PLACEHOLDER.BODY
        if shape.has_text_frame and not furniture:
            yield "\n".join(paragraphs(shape.text_frame._txBody))


def _shapes(shapes: Any) -> Iterator[Any]:
    """Yield the shapes, those within groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
