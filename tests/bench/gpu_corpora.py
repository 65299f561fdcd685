"""Real corpora, cut into chunks, with their questions and a model's weights: what gpu_embed.py measures recall on.

    "$(images/env.sh rag test)"/bin/python tests/bench/gpu_corpora.py FOLDER
    tests/bench/gpu.sh OUT "" FOLDER

A machine with a GPU may have neither the readers nor a network, so that what retrieval.py measures on is written once
elsewhere: FOLDER gets corpora.json and the model, its weights in half precision, half the bytes to carry.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import retrieval
from retrieval import CACHE, CORPORA, MODEL, checked, lengths, tokenizer
from safetensors.torch import load_file, save_file


def corpora(model: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return each corpus under the standard's first chunking."""
    counter = tokenizer(folder)
    held = lengths(folder, model, next(iter(retrieval._catalog("chunkings").values())))
    made = {}
    for name, read in CORPORA.items():
        documents, questions, media = read(CACHE)
        chunks = [(each.id, chunk) for each in documents for chunk in retrieval._chunks(each, media, counter, held)]
        made[name] = {
            "documents": [document for document, _ in chunks],
            "texts": [chunk.embedded for _, chunk in chunks],
            "questions": [question.text for question in questions],
            "answers": [sorted(question.documents) for question in questions],
        }
        print(f"{name}: {len(chunks):,} chunks, {len(questions)} questions")
    return made


def main(out: Path) -> None:
    """Write the folder."""
    model = retrieval._catalog("models")[MODEL]
    folder = checked(model)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (out / name).write_bytes((folder / name).read_bytes())
    tensors = load_file(folder / "model.safetensors")
    half = {name: tensor.half() for name, tensor in tensors.items() if tensor.is_floating_point()}
    save_file(half, out / "model.safetensors")
    (out / "corpora.json").write_text(json.dumps({"facts": model, "corpora": corpora(model, folder)}))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
