"""The files of a workflow: what `-f` names, and the templates beside them that it refers to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from dac import run as runner
from dac.cli._arguments import Misuse
from dac.cli._pipeline import FILE_LIMIT, parsed, read_documents
from dac.cli._printer import say
from dac.model import Document
from dac.model.words import plural, quoted
from dac.run.argo.fields import HELD

_TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
_REFERENCES = ("templateRef", "workflowTemplateRef")
_MOST_FILES = 5000  # of a repository that are looked through for a template
Name = tuple[str, str]  # kind and name of an object


def read_files(ctx: click.Context, named: Sequence[Path]) -> list[Document]:
    """Return the documents of files, and those of folders that they refer to.

    A folder gives templates, ConfigMaps and Secrets, each only where its name occurs in what is run; end the command
    with the findings if a file cannot be read.

    Raises:
        Misuse: A file holds nothing, no file is named, or two files of a folder hold a template of one name.
    """
    folders = [path for path in named if path.is_dir()]
    if len(folders) == len(named):
        raise Misuse(f"-f {folders[0]} is a folder, which gives templates: name the workflow's file with another -f")
    documents = [document for path in named if path not in folders for document in _of_file(ctx, path)]
    offered: dict[Name, list[Document]] = {}
    for folder in folders:
        unread = []
        for path in _manifests(folder):
            read = _read(path)
            unread += [str(path)] if read is None else []
            for document in read or ():
                if _kind(document) in (*_TEMPLATES, *HELD):
                    offered.setdefault(_name(document), []).append(document)
        if unread:
            say(f"not read, since not YAML: {plural(len(unread), 'file')} of {folder}: {', '.join(unread)}", err=True)
    return [*documents, *referred(documents, offered)]


def say_where_templates_lie(documents: Sequence[Document], named: Sequence[Path]) -> None:
    """Say which files of the folders and the repository around hold the templates that were not given."""
    missing = set(_references(documents)) - set(map(_name, documents))
    files = [path.resolve() for path in named if path.is_file()]
    if not missing or not files:
        return
    around = [*dict.fromkeys(path.parent for path in files), *filter(None, [_repository(files[0].parent)])]
    sought, lying = set(missing), dict[Name, str]()
    for folder in around:
        while left := sought - set(lying):
            held = dict(_holding(folder, left, files))
            lying |= {key: document.file for key, document in held.items()}
            sought |= {key for key in _references(list(held.values())) if key not in map(_name, documents)}
            if not held:
                break
    for (kind, name), file in sorted(lying.items()):
        say(f"{kind} {quoted(name)} lies in {file}: add -f {file}", err=True)


def _of_file(ctx: click.Context, file: Path) -> list[Document]:
    if str(file) == "-" or not file.is_file():  # a pipe, as of a shell's <(...)
        with click.open_file(str(file), "rb") as stream:
            documents = parsed(ctx, stream.read(FILE_LIMIT), "stdin" if str(file) == "-" else str(file))
    else:
        documents = read_documents(ctx, file.resolve(), str(file))
    if not documents:
        raise Misuse(f"{file} holds no manifest")
    return documents


def referred(documents: Sequence[Document], offered: Mapping[Name, Sequence[Document]]) -> list[Document]:
    """Return what documents refer to by name among what is offered, and what that refers to in turn.

    Raises:
        Misuse: Two of a name are offered.
    """
    given = set(map(_name, documents))
    taken: dict[Name, Document] = {}
    waiting = list(documents)
    while waiting:
        words = set(_texts(waiting.pop().data))
        for key, held in offered.items():
            if key[1] not in words or key in taken or key in given:
                continue
            if len(held) > 1:
                where = " and ".join(document.file for document in held)
                raise Misuse(f"{key[0]} {quoted(key[1])} lies in {where}: name the file that is meant with another -f")
            taken[key] = held[0]
            waiting.append(held[0])
    return list(taken.values())


def _holding(folder: Path, names: set[Name], given: Sequence[Path]) -> Iterator[tuple[Name, Document]]:
    """Yield each of some templates that a folder's files hold."""
    words = {name.encode() for _, name in names}
    for index, path in enumerate(_manifests(folder)):
        if index >= _MOST_FILES:
            return
        try:
            if path.resolve() in given or path.stat().st_size > FILE_LIMIT:
                continue
            data = path.read_bytes()
        except OSError:
            continue
        if b"WorkflowTemplate" in data and any(word in data for word in words):
            yield from ((_name(document), document) for document in _read(path) or () if _name(document) in names)


def _manifests(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if name.endswith((".yaml", ".yml")))


def _read(path: Path) -> list[Document] | None:
    """Return a file's documents; None where it is not YAML, as what is a template of templates is not."""
    try:
        text = path.read_bytes()[:FILE_LIMIT].decode("utf-8", "replace")
    except OSError:
        return None
    documents, findings = runner.documents(text, os.path.relpath(path))
    return documents if documents or not findings or not text.strip() else None


def _repository(folder: Path) -> Path | None:
    """Return the Git repository that a folder lies in."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _kind(document: Document) -> str:
    return str(document.data.get("kind", "")) if isinstance(document.data, dict) else ""


def _name(document: Document) -> Name:
    metadata = document.data.get("metadata") if isinstance(document.data, dict) else None
    return _kind(document), str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _references(documents: Sequence[Document]) -> Iterator[Name]:
    """Yield each template that is referred to by a name without a tag."""
    waiting = [document.data for document in documents]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                name = item.get("name") if key in _REFERENCES and isinstance(item, dict) else None
                if name and "{{" not in str(name):
                    yield _TEMPLATES[bool(item.get("clusterScope"))], str(name)
                waiting.append(item)
        elif isinstance(value, list):
            waiting += value


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        else:
            waiting += list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
