"""The parts of an office document or book, which is a ZIP archive of XML."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from index.readers.section import Note, Unreadable

TORN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, OSError)
"""What zipfile raises of an archive that is damaged."""


def main_part(data: bytes, package: Any, factory: Any, kind: Any, forms: Iterable[str]) -> Any:
    """Return the main part of an office document of any form of its format, as a library's own API does of one form.

    Args:
        data: the file's bytes.
        package, factory, kind: the library's package, its factory of parts, and the class of such a main part.
        forms: content types of main parts that the library would take for something else.

    Raises:
        ValueError: its main part is of another kind.
    """
    factory.part_type_for.update(dict.fromkeys(forms, kind))
    part = package.open(io.BytesIO(data)).main_document_part
    if not isinstance(part, kind):
        raise ValueError(f"its main part is {part.content_type}")
    return part


class Archive:
    """A document's parts by name.

    Raises:
        Unreadable: it is not a ZIP archive, or its parts are encrypted or torn.
    """

    def __init__(self, data: bytes, kind: str) -> None:
        self.kind = kind
        self._torn: dict[str, int] = {}
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
        except TORN as error:
            why = "it is protected by a password" if data[:4] == b"\xd0\xcf\x11\xe0" else f"invalid {kind}: {error}"
            raise Unreadable(why) from error

    @property
    def names(self) -> list[str]:
        """The names of all parts, sorted."""
        return sorted(self._file.namelist())

    def read(self, name: str) -> bytes:
        """Return a part's bytes."""
        with self._refusing(name):
            return self._file.read(name)

    def elements(self, name: str, *tags: str) -> Iterator[Any]:
        """Yield a part's elements of some names, in any namespace, one after the other: each is gone after the next."""
        from lxml import etree

        with self._refusing(name), self._file.open(name) as stream:
            names = [f"{{*}}{tag}" for tag in tags]
            for _, element in etree.iterparse(stream, tag=names, resolve_entities=False, no_network=True):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]

    @contextlib.contextmanager
    def _refusing(self, name: str) -> Iterator[None]:
        try:
            yield
        except KeyError as error:
            raise Unreadable(f"invalid {self.kind}: it has no {name}") from error
        except RuntimeError as error:
            raise Unreadable("it is protected by a password") from error
        except TORN as error:
            raise Unreadable(f"invalid {self.kind}: {name}: {error}") from error
        except SyntaxError as error:
            raise Unreadable(f"invalid {self.kind}: {name} is not XML: {error.msg}") from error

    def refusal(self, error: Exception) -> Unreadable:
        """Return why a library of one form of a format does not take it."""
        strict = "_rels/.rels" in self.names and b"purl.oclc.org" in self.read("_rels/.rels")
        if strict:
            return Unreadable(
                f"it is in Office's strict form of {self.kind}, which is not read; save it as {self.kind}"
            )
        return Unreadable(f"invalid {self.kind}: {error}")

    def xml(self, name: str) -> Any:
        """Return a part's root element; no entity is resolved, and nothing is fetched."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
        root = etree.fromstring(self.read(name), parser)
        if root is None:
            raise Unreadable(f"invalid {self.kind}: {name} is not XML")
        if torn := [error.line for error in parser.error_log if error.level == etree.ErrorLevels.FATAL]:
            self._torn[name] = torn[0]
        return root

    def torn(self) -> Iterator[Note]:
        """Yield a note on each part that was read past an error, which may have cost text."""
        for name, line in self._torn.items():
            yield Note(f"{name} is torn at line {line}, and what is there may not be read: save it again")
