"""No document stops an index or harms another: whatever it does to its reader, it alone is unreadable."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import receipts
from documents import pdf
from hostile import filtered, mutants, page_named_often, reader_of_ends, seeds
from index import cutter, reading
from index.chunker import Lengths
from index.readers import Unreadable
from index.reading import Limits, Reader
from runtime.errors import InputError, TryAgain
from world import World, prose

LENGTHS = Lengths(64, 8)
CONTROL = (b"# A\n\nwords of the control\n", "text/markdown")
LONG = 100_000  # characters of an attack; a cubic pattern took seconds over 1,200


@pytest.fixture(scope="module")
def reader(weights: Path) -> Iterator[Reader]:
    """A reader with the limits that an index has."""
    made = Reader(weights, LENGTHS, Limits())
    yield made
    made.close()


@pytest.fixture(scope="module")
def patient(weights: Path) -> Iterator[Reader]:
    """A reader that takes ten seconds at most."""
    made = Reader(weights, LENGTHS, Limits(seconds=10))
    yield made
    made.close()


@pytest.fixture
def narrow(weights: Path, tmp_path: Path) -> Iterator[Reader]:
    """A reader with small limits, which also reads documents that say how they end it."""
    made = Reader(weights, LENGTHS, Limits(seconds=0.5, memory_mib=256, file_mib=1, text_mib=1))
    with reader_of_ends(tmp_path):
        yield made
    made.close()


def outcome(reader: Reader, data: bytes, media: str) -> str:
    """Return why a document is unreadable, or nothing where it is read."""
    try:
        reader.cut(data, media)
    except Unreadable as error:
        return str(error)
    return ""


def reason(reader: Reader, data: bytes, media: str) -> str:
    """Return why a document is unreadable, and hold that the next one is read."""
    with pytest.raises(Unreadable) as raised:
        reader.cut(data, media)
    assert [chunk.text for chunk in reader.cut(*CONTROL).chunks] == ["words of the control"]
    return str(raised.value)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"signal 11", "the process that read it died: SIGSEGV"),
        (b"signal 9", "the process that read it died: SIGKILL"),
        (b"signal 6", "the process that read it died: SIGABRT"),
        (b"exit 0", "the process that read it died: exit code 0"),
        (b"exit 3", "the process that read it died: exit code 3"),
        (b"loop", "reading it takes more than 0.5 s of CPU time"),
        (b"sleep", "reading it takes more than 4 s by the clock"),
        (b"memory", "reading it needs more than 256 MiB of memory"),
        (b"recursion", "the reader failed: RecursionError: maximum recursion depth exceeded"),
        (b"raise SystemExit", "the reader failed: SystemExit: as told"),
        (b"raise KeyboardInterrupt", "the reader failed: KeyboardInterrupt: as told"),
        (b"raise NotImplementedError", "the reader failed: NotImplementedError: as told"),
        (b"surrogate", "the reader failed: ValueError: half: ?"),
        (b"write", "the process that read it gave no valid reply"),
        (b"much", "it holds more than 1 MiB of text, the most of a document; split the document"),
        (b"x" * (1 << 20) + b"x", "larger than 1 MiB"),
    ],
)
@pytest.mark.parametrize("used", [False, True])
def test_any_death_is_the_documents_own(narrow: Reader, document: bytes, why: str, used: bool) -> None:
    if used:
        narrow.cut(*CONTROL)
    assert reason(narrow, document, "x/end") == why


def test_what_a_parser_prints_is_not_taken_for_a_reply(narrow: Reader) -> None:
    assert [chunk.text for chunk in narrow.cut(b"print", "x/end").chunks] == ["text of print"]


def test_a_stopped_process_is_killed_from_outside(narrow: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_WALL", 1)
    monkeypatch.setattr(reading, "_GRACE", 0.2)
    assert reason(narrow, b"signal %d" % signal.SIGSTOP, "x/end") == "the process that read it died: SIGKILL"


def test_the_reason_of_a_death_that_takes_its_time_is_heard(weights: Path, tmp_path: Path, monkeypatch) -> None:
    """On a busy node the output ends seconds before the process does."""
    (slow := tmp_path / "python").write_text(
        f"#!{sys.executable}\nimport os, signal, struct, sys, time\n"
        "ready = b'{}'\nos.write(1, struct.pack('>Q', len(ready)) + ready)\nsys.stdin.buffer.read(24)\n"
        "os.close(1)\ntime.sleep(1.5)\nos.kill(os.getpid(), signal.SIGPROF)\n"
    )
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    made = Reader(weights, LENGTHS, Limits())
    with pytest.raises(Unreadable, match="reading it takes more than 60 s of CPU time"):
        made.cut(b"text", "text/plain")


def test_a_document_is_not_refused_for_what_another_left_behind(narrow: Reader, tmp_path: Path) -> None:
    """A death in a process that has read others is tried once more in a new one."""
    (tmp_path / "sitecustomize.py").write_text(
        "from index import readers\nread = 0\n"
        "def second(data):\n    global read\n    read += 1\n"
        "    if read > 1: raise MemoryError\n    yield readers.Section('', 'text')\n"
        "readers.BINARIES['x/end'] = second\n"
    )
    for _ in range(3):
        assert [chunk.text for chunk in narrow.cut(b"", "x/end").chunks] == ["text"]


def test_a_reader_that_does_not_start_is_no_documents_fault(weights: Path) -> None:
    broken = Reader(weights / "missing", LENGTHS, Limits())
    with pytest.raises(TryAgain, match=r"the process that reads documents does not start: .* exit code 1"):
        broken.cut(*CONTROL)


def test_the_process_has_no_credentials(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    made = Reader(weights, LENGTHS, Limits())
    made.cut(*CONTROL)
    assert made._process is not None
    environment = Path(f"/proc/{made._process.pid}/environ").read_bytes()
    made.close()
    assert b"secret" not in environment
    assert b"PYTHONPATH" in environment


UNITS = [" ", "\n", "\t", "\t\n", " \n", "\r", "\0", "#", "# ", "=", "-", "--- ", "*", "`", "~", ">", "- ", "a "]
UNITS += ["\u0301", "\u0301\u0323", '"', "{", "[", "---\n", "# a\n", "a\n=\n"]
UNITS += ["<", "<a ", "&", "<pre> ", "<b>", "</p>", "<!--", "]]>", "<td>"]


@pytest.mark.parametrize("unit", UNITS, ids=repr)
@pytest.mark.parametrize(
    ("media", "start"),
    [("text/plain", "a\n"), ("text/markdown", "# a"), ("text/markdown", "---\n"), ("text/html", "<pre>a")],
)
def test_no_pattern_grows_faster_than_its_text(patient: Reader, media: str, start: str, unit: str) -> None:
    """Each ends within ten seconds of CPU time; a quadratic pattern takes minutes over as much, a cubic one years."""
    data = (start + unit * (LONG // len(unit)) + "x").encode()
    assert outcome(patient, data, media) in (
        "",
        "it holds more text than a document may",
        "it is binary data, not text",
    )


def test_a_page_that_is_named_again_is_read_once(reader: Reader) -> None:
    assert [chunk.text for chunk in reader.cut(page_named_often(2000), "application/pdf").chunks] == [
        "Hello from the one page"
    ]


@pytest.mark.parametrize("name", [b"Foo", b"JBIG2Decode", b"Crypt", b"LZWDecode", b"DCTDecode"])
def test_an_odd_filter_is_one_documents_affair(reader: Reader, name: bytes) -> None:
    assert outcome(reader, filtered(name), "application/pdf").split(":")[0] in ("", "invalid PDF")


def test_mutants_of_good_documents_are_read_or_unreadable(reader: Reader) -> None:
    """DAC_MUTANTS and DAC_SEED choose how many and which; `make soak` tries 36,000."""
    outcomes: Counter[str] = Counter()
    seed, count = int(os.environ.get("DAC_SEED", "1")), int(os.environ.get("DAC_MUTANTS", "600"))
    before = [reader.cut(data, media) for data, media in seeds()]
    for data, media in mutants(seed, count):
        outcomes[outcome(reader, data, media).split(":")[0] or "read"] += 1
    assert [reader.cut(data, media) for data, media in seeds()] == before
    assert outcomes.total() == count
    assert outcomes["the reader failed"] == 0  # each says what is wrong with the document
    print(f"seed {seed}: {dict(outcomes)}")


def test_an_index_names_every_document_that_it_could_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizing = orjson.loads(world.settings["SIZING"]) | {"document_memory_mib": 512, "document_file_mib": 1}
    world.settings["SIZING"] = orjson.dumps(sizing).decode()
    monkeypatch.setattr(cutter, "Reader", Reader)
    for number in range(40):
        world.put(f"more-{number}", prose(60 + number, 8))
    world.put("filter", filtered(b"Foo").decode(), path="filter.pdf")
    world.put("large", "word " * 300_000)
    world.put("torn", pdf(["x"])[:200].decode(), path="torn.pdf")
    world.put("not-json", "{", path="lines.jsonl")
    world.export()
    returned = world.run(run := world.name())
    receipt = receipts.receipt(world, run)
    reasons = {each["document"]: each["why"] for each in receipt["results"]["unreadable"]}
    assert {name: why.split(":")[0] for name, why in reasons.items()} == {
        "large": "larger than 1 MiB",
        "torn": "invalid PDF",
        "not-json": "line 1 is not JSON",
    }
    assert receipt["results"]["without_text"] == []  # PDFium passes over a filter that it does not know, and reads "x"
    assert receipt["counts"]["unreadable"] == 3
    assert sum(step["unreadable"] for name, step in returned.items() if name.startswith("embed-")) == 3
    assert receipt["results"]["ledger"]["documents"] == 49


def test_too_many_unreadable_documents_of_the_index_are_refused(world: World) -> None:
    """The share is that of the index: two among three new documents are few, a tenth of all is not."""
    for number in range(40):
        world.put(f"more-{number}", prose(60 + number, 8))
    world.export()
    world.run()
    for name in ("one", "two"):
        world.put(name, "{", path=f"{name}.jsonl")
    world.put("three", prose(3, 8))
    world.export()
    assert world.run()["discover"]["added"] == 3
    for number in range(6):
        world.put(f"bad-{number}", "{", path=f"bad-{number}.jsonl")
    world.export()
    with pytest.raises(InputError, match="6 of 54 documents cannot be read; the first: 'bad-0': line 1 is not JSON"):
        world.run()
