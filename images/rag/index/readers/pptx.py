"""Presentations by python-pptx: a section a slide, with its tables and notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from index.readers.archive import Archive
from index.readers.drawings import drawn, paragraphs, unread
from index.readers.section import Note, Section, Unreadable
from index.readers.tables import sections_of_table

_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a slide under its title, else its number.

    Raises:
        Unreadable: it is not a presentation, or is protected by a password.
    """
    from pptx import Presentation

    Archive(data, "PPTX")
    try:
        slides = list(Presentation(io.BytesIO(data)).slides)
    except (KeyError, ValueError, SyntaxError) as error:
        raise Unreadable(f"invalid PPTX: {error}") from error
    for number, slide in enumerate(slides, 1):
        title = slide.shapes.title
        name = " ".join(title.text_frame.text.split()) if title is not None else ""
        heading = f"{name} > slide {number}" if name else f"slide {number}"
        held: list[str] = []
        for shape in _shapes(slide.shapes):
            if shape.has_table if hasattr(shape, "has_table") else False:
                rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in shape.table.rows]
                yield from sections_of_table(heading, rows)
            elif shape.has_text_frame and (title is None or shape.shape_id != title.shape_id):
                held.append("\n".join(paragraphs(shape.text_frame._txBody)))
        for choice in slide.element.iter(_CHOICE):  # shapes of newer programs, which python-pptx passes over
            held.append("\n".join(paragraphs(choice)))
        held.append("\n".join(drawn(slide.part.rels.values())))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            held.append(slide.notes_slide.notes_text_frame.text)
        yield Section(heading, "\n\n".join(text for text in held if text.strip()) or name)
    yield from unread(slide.part for slide in slides)


def _shapes(shapes: Any) -> Iterator[Any]:
    """Yield the shapes, those within groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
