"""Documents as sections, each a heading with the text that stands under it: a module for each format."""

from index.readers.formats import (
    BINARIES,
    LONGEST_TITLE,
    MEDIA,
    TEXTS,
    Contents,
    media_type,
    parsed,
    read,
    readable,
    version,
)
from index.readers.section import Note, Section, Title, Unreadable

__all__ = [
    "BINARIES",
    "LONGEST_TITLE",
    "MEDIA",
    "TEXTS",
    "Contents",
    "Note",
    "Section",
    "Title",
    "Unreadable",
    "media_type",
    "parsed",
    "read",
    "readable",
    "version",
]
