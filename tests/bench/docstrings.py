"""The functions and classes of installed packages as documents, with a question each: what their first line says.

A document is a docstring without its first line, under the object's name as the source's title; the first line is the
question, and that document its answer. The packages are of the image's own lock (NumPy, PyArrow, pandas), on any disk
that has its environment, and no chunking was tuned on them.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from handbook import Document, Question, _place

_MODULES = ("numpy", "numpy.linalg", "numpy.random", "numpy.fft", "pyarrow", "pyarrow.compute", "pandas", "asyncio")
_FEWEST_WORDS, _FEWEST_CHARACTERS = 5, 200
_MOST = 200


def read() -> tuple[list[Document], list[Question], str]:
    """Return documents and questions, in an order that is always the same, and the documents' media type."""
    entries: dict[str, tuple[str, str]] = {}
    for name, question, text in _entries():
        entries.setdefault(question, (name, text))
    chosen = sorted(entries.items(), key=lambda entry: _place(entry[0]))[:_MOST]
    documents = [Document(name, text.encode(), name) for _, (name, text) in chosen]
    questions = [Question("docstrings", question, frozenset({name})) for question, (name, _) in chosen]
    return documents, questions, "text/plain"


def _entries() -> Iterator[tuple[str, str, str]]:
    """Yield name, first line and the rest of each docstring that has enough of both."""
    for module_name in _MODULES:
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            continue
        for name in sorted(dir(module)):
            if not name.startswith("_") and (parts := _parts(getattr(module, name, None))):
                yield f"{module_name}.{name}", *parts


def _parts(value: Any) -> tuple[str, str] | None:
    if not (inspect.isclass(value) or callable(value)) or not isinstance(value.__doc__, str):
        return None
    paragraphs = [part for part in inspect.cleandoc(value.__doc__).split("\n\n") if part.strip()]
    if paragraphs and "(" in paragraphs[0].split(" ", 1)[0]:  # the signature of a function in C
        paragraphs = paragraphs[1:]
    if len(paragraphs) < 2:
        return None
    question, text = " ".join(paragraphs[0].split()), textwrap.dedent("\n\n".join(paragraphs[1:]))
    enough = len(question.split()) >= _FEWEST_WORDS and len(text) >= _FEWEST_CHARACTERS and len(question) < 300
    return (question, text) if enough else None
