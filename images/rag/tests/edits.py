"""Random edits of a source: what Hypothesis draws, and what they do to a world."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from world import World, prose

NAMES = [f"doc-{letter}" for letter in "abcdefgh"]

texts = st.builds(prose, st.integers(0, 9), st.sampled_from([0, 3, 12, 20, 40, 60]))
names = st.sampled_from(NAMES)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("put"), names, texts),
        st.tuples(st.just("title"), names, st.sampled_from(["", "one", "two"])),
        st.tuples(
            st.just("describe"), names, st.sampled_from([{}, {"year": 2024}, {"tags": ["a", "b"], "draft": True}])
        ),
        st.tuples(st.just("remove"), names, st.none()),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("move"), names, st.sampled_from(["here", "there"])),
        st.tuples(st.just("duplicate"), names, names),
        st.tuples(st.just("lose"), st.none(), st.integers(0, 3)),
        st.tuples(st.just("model"), st.none(), st.sampled_from("abc")),
        st.tuples(st.just("chunking"), st.none(), st.sampled_from([(24, 4), (16, 0)])),
    ),
    max_size=4,
)


def edit(world: World, edits: list[Any]) -> None:
    """Edit the source and write its manifest."""
    documents = world.documents
    for what, name, value in edits:
        if what == "put":
            world.put(name, value, title=documents.get(name, ("", "", ""))[2])
        elif what == "lose":
            for gone in sorted(documents)[value:]:
                del documents[gone]
        elif what == "model":
            world.model(value)
        elif what == "chunking":
            world.settings["CHUNKING"] = f'{{"tokens":{value[0]},"overlap":{value[1]}}}'
        elif name in documents:
            path, text, title = documents[name]
            if what == "remove":
                del documents[name]
            elif what == "describe":
                world.metadata[name] = value
            elif what == "title":
                world.put(name, text, path, value)
            elif what == "move":
                world.put(name, text, f"{value}/{name}.txt", title)
            elif what == "duplicate":
                world.put(value, text, title=title)
            elif what == "rename" and value != name:
                del documents[name]
                world.put(value, text, title=title)
    world.export()


def loses_too_much(before: dict[str, Any], wanted: dict[str, Any], share: float) -> bool:
    """Return whether the source has lost the text of too many documents, or too many points or characters of all."""
    held, kept = (_sizes(index) for index in (before, wanted))
    emptied = sum(1 for document in held[0] if not kept[0][document])
    lost = [(had - left).total() > share * had.total() for had, left in zip(held, kept, strict=True)]
    return emptied > share * len(held[0]) or any(lost)


def _sizes(index: dict[str, Any]) -> tuple[Counter[str], Counter[str]]:
    """Return how many points an index has of each document, and how many characters."""
    points, characters = Counter[str](), Counter[str]()
    for _, payload in index.values():
        points[payload["document"]] += 1
        characters[payload["document"]] += len(payload["text"])
    return points, characters
