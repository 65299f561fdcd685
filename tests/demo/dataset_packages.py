"""Create the datasets of projects/package-metadata from the metadata of this environment's locked packages.

OBJECTS=file:///tmp/objects python -m dataset_packages --out s3://packages

Reads every Requires-Dist line of the packages that requirements.txt pins without a condition, so that the same lock
gives the same bytes everywhere. A row asks for a line's parts; the answer is what `packaging`, the reference parser,
gives. Names, versions and extras are recombined, and some names are joined from two, so that a model must read and
cannot recall; the metadata's own combinations are among the rows. Writes requirements.jsonl (answers in JSON),
requirements-toml.jsonl (the same question, answered in TOML, for LoRA) and broken.jsonl (one row in ten lacks its
answer).
"""

import argparse
import hashlib
import importlib.metadata
import random
import re
from collections.abc import Sequence
from pathlib import Path

import orjson
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from runtime import objects
from runtime.errors import InputError
from runtime.log import info
from runtime.program import main

LOCK = Path(__file__).resolve().parents[2] / "images" / "train" / "requirements.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+) \\$", re.MULTILINE)
EXTRA = re.compile(r"extra == ['\"]([A-Za-z0-9._-]+)['\"]")
LONGEST = 24  # characters of a name, version or extra
JOINTS = ("", "", "-", ".", "_", "2")
Row = dict[str, str]


def requirement_lines() -> list[str]:
    """Return the Requires-Dist lines of the packages that the lock pins without a condition, sorted.

    Raises:
        InputError: a pinned package is not installed, or in another version: this is not the image's environment.
    """
    lines: set[str] = set()
    for name, version in PINNED.findall(LOCK.read_text()):
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            raise InputError(
                f"{name} is not installed; run this in the image's environment (images/env.sh train)"
            ) from error
        if package.version != version:
            raise InputError(
                f"{name} {package.version} is installed and the lock pins {version}; see images/env.sh train"
            )
        lines.update(package.requires or ())
    return sorted(lines)


def parts(line: str) -> tuple[str, str, str]:
    """Return a line's name, version specifier and extra, "" for a missing one."""
    requirement = Requirement(line)
    extra = EXTRA.search(line)
    return requirement.name, str(requirement.specifier), extra[1] if extra else ""


def joined(names: Sequence[str], rng: random.Random) -> str:
    """Return a name: a real one in a quarter of the cases, else the start of one and the end of another."""
    first, second = rng.choice(names), rng.choice(names)
    if rng.random() < 0.25:
        return first
    start, end = first[: rng.randint(1, len(first))], second[rng.randint(0, len(second) - 1) :]
    return f"{start}{rng.choice(JOINTS)}{end}"[:LONGEST].strip("-._") or first


def spelled(name: str, version: str, extra: str, rng: random.Random) -> str:
    """Return a Requires-Dist line with these parts, in one of the two spellings that metadata has."""
    middle = f" ({version})" if version and rng.random() < 0.5 else version
    return f"Requires-Dist: {name}{middle}" + (f'; extra == "{extra}"' if extra else "")


def as_json(name: str, version: str, extra: str) -> str:
    """Return an answer as JSON."""
    return orjson.dumps({"name": name, "version": version, "extra": extra}).decode()


def as_toml(name: str, version: str, extra: str) -> str:
    """Return an answer as TOML."""
    return f'extra = "{extra}"\nversion = "{version}"\nname = "{name}"'


def rows(count: int, style: str, seed: int) -> list[Row]:
    """Return `count` different rows, with their answers in a style (json or toml)."""
    rng = random.Random(seed)
    lines = [parts(line) for line in requirement_lines()]
    names, versions, extras = (sorted({line[i] for line in lines if 0 < len(line[i]) <= LONGEST}) for i in range(3))
    names = sorted({canonicalize_name(name) for name in names} | set(names))
    answer = as_toml if style == "toml" else as_json
    by_prompt: dict[str, Row] = {}
    for name, version, extra in lines:
        if max(len(name), len(version), len(extra)) <= LONGEST:
            prompt = spelled(name, version, extra, rng)
            by_prompt[prompt] = {"prompt": prompt, "completion": answer(name, version, extra)}
    while len(by_prompt) < count:
        version = rng.choice(versions) if rng.random() < 0.8 else ""
        extra = rng.choice(extras) if rng.random() < 0.6 else ""
        name = joined(names, rng)
        prompt = spelled(name, version, extra, rng)
        parsed = parts(prompt.removeprefix("Requires-Dist: "))
        by_prompt[prompt] = {"prompt": prompt, "completion": answer(parsed[0], parsed[1], parsed[2])}
    chosen = list(by_prompt.values())[:count]
    rng.shuffle(chosen)
    return chosen


def broken(rows: Sequence[Row]) -> list[Row]:
    """Return rows of which every tenth lacks its answer, as a careless export would leave it."""
    return [{"prompt": row["prompt"]} if i % 10 == 9 else row for i, row in enumerate(rows)]


def program() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="address of the folder to write")
    parser.add_argument("--rows", type=int, default=12_000)
    flags = parser.parse_args()
    extraction = rows(flags.rows, "json", 17)
    files = {
        "requirements.jsonl": extraction,
        "requirements-toml.jsonl": rows(flags.rows // 4, "toml", 18),
        "broken.jsonl": broken(extraction[:500]),
    }
    for name, content in files.items():
        data = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in content)
        objects.write(f"{flags.out}/{name}", data)
        digest = hashlib.sha256(data).hexdigest()
        print(f"{flags.out}/{name}@sha256:{digest}")
        info("made", message=f"{name}: {len(content):,} rows", sha256=digest)


if __name__ == "__main__":
    main("dataset_packages", program)
