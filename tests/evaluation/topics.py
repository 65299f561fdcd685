"""A tiny corpus: documents that nobody confuses, and a question that each answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from tree import Tree

TOPICS = {
    "volcanoes": ("Magma rises through the crust and erupts as lava and ash.", "Why does lava come out of a mountain?"),
    "bread": ("Yeast ferments the dough, which is kneaded, proofed and baked.", "How do I bake a loaf?"),
    "chess": ("A bishop moves diagonally; castling protects the king.", "How may a bishop move on the board?"),
    "photosynthesis": ("Plants turn sunlight, water and air into sugar.", "How do leaves make food from light?"),
    "tides": ("The moon pulls the sea, which rises and falls twice a day.", "What makes the sea rise and fall?"),
    "bicycles": ("A chain drives the rear wheel; gears change the ratio of pedalling.", "How do bicycle gears work?"),
    "vaccines": ("A vaccine trains the immune system to recognise a virus.", "How does a vaccine protect me?"),
    "violins": ("The bow makes the strings vibrate over the bridge of the violin.", "How does a violin sound?"),
    "glaciers": ("A glacier is a slow river of ice that carves valleys.", "What carves valleys out of ice?"),
    "taxes": ("Income tax is withheld from wages and declared every year.", "When do I declare my income tax?"),
    "bees": ("Worker bees gather nectar and make honey in the hive.", "Where does honey come from?"),
    "rockets": ("A rocket burns fuel and is pushed by the gas that it throws out.", "What pushes a rocket into space?"),
}  # fmt: skip


def corpus(tree: Tree, names: Iterable[str] = TOPICS) -> None:
    """Writes a source of rag-indexing: documents and their manifest."""
    bucket = tree.objects / "tiny"
    bucket.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in names:
        text = TOPICS[name][0]
        (bucket / f"{name}.txt").write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines.append({"version": 1, "id": name, "uri": f"s3://tiny/{name}.txt", "sha256": digest, "title": name})
    (bucket / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
