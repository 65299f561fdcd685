"""A filter that cannot be answered says where it is wrong and what to write; what `--where` took before still works."""

from __future__ import annotations

import json
import re

import pytest
from index import filter as language
from index import manifest, metadata
from index.condition import Among, Bound
from index.filter import FilterError
from index.meaning import meaning
from runtime.errors import InputError

KEYS = metadata.gathered(
    (f"doc-{number}", json.dumps(held))
    for number, held in enumerate(
        [
            {"year": 2024, "team": "docs", "draft": True, "published": "2024-05-01", "rank": 1, "version": "2024"},
            {"year": 2023, "team": "a b", "draft": False, "published": "2024-05-01T12:00:00Z", "rank": "first"},
        ]
    )
)
HELD = "draft, published, rank, team, version, year"
YEAR = "'year' is a number in this index,"
LARGE = "has more than 64 bits, and numbers so large are kept to about sixteen digits; keep such values as text"
OPEN = "the quote is not closed; end it, or put a text with a quote in it into the other kind of quotes"
DATE = (
    "'published' is a date in this index, and '2024-13-01' is not; write a date as 2024-05-01 or 2024-05-01T12:00:00Z"
)
ALONE = "'year' alone asks whether it is true, and it is a number in this index; compare it, or write: has year"


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("", 1, "expected a key, found the end"),
        ("years >= 2024", 1, "unknown metadata key 'years'; did you mean 'year'?"),
        ("team = docs or xyz = 1", 16, f"unknown metadata key 'xyz'; this index has: {HELD}"),
        ("metadata.years = 1", 1, "unknown metadata key 'years'; did you mean 'year'?"),
        ("team = a b", 10, 'unexpected "b"; join conditions with and / or, and quote a value of several words'),
        ("team = docs && draft", 13, 'unexpected "&&"; write and'),
        ("!draft", 1, 'unexpected "!"; write not'),
        ("year <> 2024", 6, 'unexpected "<>"; write !='),
        ("year => 2024", 6, 'unexpected "=>"; write >='),
        ("year >=", 8, "expected a value, found the end"),
        ("(year = 1", 10, 'expected and, or or ")", found the end'),
        ("year = 1)", 9, 'unexpected ")"; join conditions with and / or, and quote a value of several words'),
        ("year in 2024", 9, 'expected a list such as [a, b], found "2024"'),
        ("year in [2024", 14, 'expected a comma or "]", found the end'),
        ("year in []", 10, 'expected a value, found "]"'),
        ("team not docs", 10, 'expected in, found "docs"; write `not` before the key'),
        ("and = 1", 1, 'expected a key, found "and"; quote it to mean the word'),
        ("team = 'it", 8, OPEN),
        ("year = soon", 8, f"{YEAR} and 'soon' is not; write a number such as 2024 or 0.5"),
        ("year = '2024'", 8, f"{YEAR} and '2024' is not when it is quoted; write it without quotes"),
        ("year = 1e999", 8, f"{YEAR} and '1e999' is not; write a number such as 2024 or 0.5"),
        ("year = 18446744073709551616", 8, f"18446744073709551616 {LARGE}, or write it as 1.8446744073709552e+19"),
        ("year < -9223372036854775809", 8, f"-9223372036854775809 {LARGE}, or write it as -9.223372036854776e+18"),
        ("draft = yes", 9, "'draft' is a boolean in this index, and 'yes' is not; write true or false"),
        ("published > 2024-13-01", 13, DATE),
        ("team > docs", 1, "'team' is text in this index, which has no order; compare it with = or in"),
        ("version >= 2024", 1, "'version' is text in this index, which has no order; compare it with = or in"),
        ("year and draft", 1, ALONE),
        ("document > a", 1, "document is text; compare it with = or in"),
        ("team = \u201cdocs\u201d", 8, "unexpected \u201c; write straight quotes, \" or '"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_column(text: str, column: int, why: str) -> None:
    with pytest.raises(FilterError) as error:
        meaning([text], KEYS)
    assert str(error.value) == f"filter {text!r}, column {column}: {why}"


def test_an_index_without_metadata_says_so() -> None:
    with pytest.raises(FilterError, match="no document of this index has metadata: ask for document or hash"):
        meaning(["lang = en"], {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 8193, "the filter has 8193 characters, and at most 8192 are read; shorten it"),
        ("not " * 1000 + "draft", "more than 32 brackets or `not` within each other; write it flatter"),
        ("(" * 1000 + "draft", "more than 32 brackets or `not` within each other; write it flatter"),
        (f"year in [{', '.join(['1'] * 1001)}]", "the list has 1001 values, and at most 1000 are read; shorten it"),
    ],
)
def test_a_filter_has_an_end(text: str, why: str) -> None:
    with pytest.raises(FilterError) as error:
        language.parse(text)
    assert str(error.value).endswith(why)


@pytest.mark.parametrize(
    ("former", "condition"),
    [
        ("document=for", Among("document", ("for",))),
        ("document=not", Among("document", ("not",))),
        ("hash=etag:1", Among("hash", ("etag:1",))),
        ("metadata.team=docs", Among("labels", ("team:text=docs",))),
        ("metadata.version=2024", Among("labels", ("version:text=2024",))),
    ],
)
def test_what_was_taken_before_means_the_same(former: str, condition: Among) -> None:
    assert meaning([former], KEYS).condition == condition


def test_values_are_read_as_what_the_key_holds() -> None:
    assert meaning(["year >= 2024"], KEYS).condition == Bound("high_number_year", ">=", 2024.0)
    assert meaning(["version = 2024"], KEYS).condition == Among("labels", ("version:text=2024",))
    assert meaning(["published > 2024-05-01"], KEYS).condition == Bound("high_date_published", ">=", 1714608000000000.0)
    assert meaning(["published = '2024-05-01'"], KEYS).condition == Among("labels", ("published:day=19844",))
    assert meaning([], KEYS).condition is None


def test_whole_numbers_are_equal_to_the_last_digit_and_texts_as_they_are_read() -> None:
    ids = [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, -(2**53) - 1, 2**63 - 1, 2**64 - 1, 1e17, 10**17 + 1]
    held = [metadata.described(json.dumps({"id": each})).labels[1] for each in ids]
    assert len(set(held)) == len(ids)
    keys = metadata.gathered([("a", json.dumps({"id": ids, "name": "e\u0301"}))])
    for number, label in zip(ids, held, strict=True):
        assert meaning([f"id = {number}"], keys).condition == Among("labels", (label,))
    assert meaning(["id = 9007199254740994.0"], keys).condition == Among("labels", (held[3],))
    assert meaning(["id = +100000000000000000"], keys).condition == Among("labels", (held[7],))
    composed = meaning(["name = \u00e9"], keys).condition
    assert composed == meaning(["name = e\u0301"], keys).condition == Among("labels", ("name:text=%C3%A9",))


def test_a_key_of_several_kinds_is_named_and_one_of_them_compared() -> None:
    answer = meaning(["rank = 1 or rank = first or rank != '1'"], KEYS)
    assert answer.notes == [
        "metadata 'rank' is a number in 1 document ('doc-0' ...) and text in 1 document ('doc-1' ...); "
        "a comparison looks at one kind alone"
    ]
    assert [part.values for part in answer.condition.parts] == [  # type: ignore[union-attr]
        ("rank:number=1.0",),
        ("rank:text=first",),
        ("rank:text=1",),
    ]


def test_more_keys_than_an_index_takes_are_refused() -> None:
    with pytest.raises(InputError, match="1001 different keys, and an index is filtered by 1000 at most"):
        metadata.gathered((f"d{number}", json.dumps({f"k{number}": 1})) for number in range(1001))


def test_labels_are_short_and_hold_nothing_that_a_filter_could_be_ended_by() -> None:
    facts = metadata.described(json.dumps({"a\"'\\=:ä" * 9: ["]' or 1==1", "x" * 600, "ä" * 300]}))
    assert all(len(label) <= metadata.LONGEST_LABEL for label in facts.labels)
    assert not set("".join(facts.labels)) & set("\"'\\ \n[](),")
    assert len(facts.labels) == 4


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00Z",
        "2024-05-01t10:00:00z",
        "2024-05-01T12:00:00+02:00",
        "2024-05-01T12:00:00+0200",
        "2024-05-01 12:00 +02",
        "2024-05-01 12:00:00 +0200",  # as Jekyll writes it
        "2024-05-01T10:00:00.000000000Z",
    ],
)
def test_dates_with_any_offset_are_dates(text: str) -> None:
    keys = metadata.gathered([("a", json.dumps({"on": text}))])
    assert keys["on"].keys() == {"date"}
    assert meaning(["on = '2024-05-01T10:00Z'"], keys).condition == meaning([f"on = '{text}'"], keys).condition
    (low,) = {value for name, value in metadata.described(json.dumps({"on": text})).bounds.items() if "low" in name}
    assert low == 1714557600000000.0


@pytest.mark.parametrize("text", ["2024-5-1", "20240501", "2024-02-30", "2024-05-01 ", "2024-05-01T25:00", "2024-05"])
def test_what_is_no_date_is_text(text: str) -> None:
    assert metadata.gathered([("a", json.dumps({"on": text}))])["on"].keys() == {"text"}


def test_a_key_and_an_id_are_met_in_any_normal_form() -> None:
    keys = metadata.gathered([("a", json.dumps({"e\u0301t\u00e9": 1}))])
    assert meaning(["\u00e9t\u00e9 = 1"], keys).condition == meaning(["e\u0301t\u00e9 = 1"], keys).condition
    assert meaning(["document = \u00e9.md"], keys).condition == Among("document", ("\u00e9.md", "e\u0301.md"))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("18446744073709551615", ""),
        ("-9223372036854775808", ""),
        ("1e30", ""),
        ("[1, -2.5e300]", ""),
        ("18446744073709551616", "metadata 'a': 18446744073709551616 has more than 64 bits; write it as text"),
        ("[1, -9223372036854775809]", "metadata 'a': -9223372036854775809 has more than 64 bits; write it as text"),
    ],
)
def test_a_whole_number_is_kept_as_it_is_or_refused(number: str, why: str) -> None:
    raw = f'{{"id": "a", "uri": "s3://b/a.txt", "etag": "e", "metadata": {{"a": {number}}}}}'.encode()
    if why:
        with pytest.raises(ValueError, match=f"^m:1: {re.escape(why)}; see images/contracts/manifest.schema.json$"):
            manifest.parse(raw, "m:1")
    else:
        assert manifest.parse(raw, "m:1").metadata == {"a": json.loads(number)}
