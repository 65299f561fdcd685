"""The documents of the project under test, and its decisions."""

import hashlib
import json

from harness.outside import Outside

DECISIONS = {
    "owner": "team-docs",
    "pipelines": {
        "search": {
            "standard": "rag-indexing@v1",
            "source": "s3://docs/manifest.jsonl",
            "embedding_model": "all-minilm-l6-v2",
            "vector_store": "weaviate",
            "schedule": "on-demand",
            "size": "small",
            "canaries": "s3://docs/canaries.jsonl",
            "notify": "#docs",
        }
    },
}

DOCUMENTS = {
    "tides": "The tide is the rise and fall of the sea caused by the pull of the moon and the sun on the oceans.",
    "bread": "Sourdough bread rises because wild yeast and bacteria ferment the flour and make gas in the dough.",
    "glass": "Glass is made by melting sand with soda and lime in a furnace and letting it cool without crystals.",
    "bees": "Honey bees tell each other where flowers are by a waggle dance on the comb of the hive.",
    "iron": "Iron rusts when water and oxygen reach its surface and turn it slowly into a brown oxide.",
    "chess": "In chess the king may castle with a rook when neither has moved and no square between is attacked.",
}

CANARIES = {
    "Why does the sea rise and fall?": "tides",
    "What makes the dough of bread rise?": "bread",
    "How do bees say where flowers are?": "bees",
}


def write_documents(outside: Outside, **changed: str) -> dict[str, str]:
    """Write the documents, their manifest and the canaries; `changed` gives documents another text.

    Returns:
        document -> text, all of them.
    """
    texts = DOCUMENTS | changed
    rows = [
        {
            "version": 1,
            "id": name,
            "uri": f"s3://docs/texts/{name}.txt",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "title": name,
        }
        for name, text in texts.items()
    ]
    canaries = [{"question": question, "documents": [name]} for question, name in CANARIES.items()]
    outside.put(
        {f"docs/texts/{name}.txt": text for name, text in texts.items()}
        | {"docs/manifest.jsonl": lines(rows), "docs/canaries.jsonl": lines(canaries)}
    )
    return texts


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
