"""The corpora that retrieval is measured on: their documents, the questions asked of them, and their media type."""

from __future__ import annotations

import pydoc_data.topics
from pathlib import Path

import docstrings
import handbook
from corpus_python import CANARIES
from handbook import Document, Question


def topics(cache: Path) -> tuple[list[Document], list[Question], str]:
    """Return the corpus that every CPython carries, with the demo's canaries."""
    documents = [Document(name, text.encode(), name) for name, text in sorted(pydoc_data.topics.topics.items())]
    asked = [Question("canaries", text, frozenset(answers)) for text, answers in CANARIES.items()]
    return documents, asked, "text/plain"


def shipped(cache: Path) -> tuple[list[Document], list[Question], str]:
    """Return Python's documentation as Debian packages it, kept below `cache`, with the questions that it carries."""
    return *handbook.read(handbook.download(cache)), "text/html"


CORPORA = {"handbook": shipped, "topics": topics, "docstrings": lambda cache: docstrings.read()}
