"""Chunks: nothing lost, nothing too long, no character parted, every piece under its heading."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index import chunker
from index.chunker import Chunk, Lengths, spans
from index.readers import Section

WORDS = st.one_of(
    st.just("a" * 300),
    st.text(alphabet="abcdefghij", min_size=1, max_size=12),
    st.sampled_from(["e\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "語", "ï"]),
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\n\n", ". ", ""])), max_size=120).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def chunks(sections: list[Section], tokenizer, tokens: int, overlap: int) -> list[Chunk]:
    return chunker.cut(sections, tokenizer, Lengths(tokens, overlap)).chunks


def length(tokenizer, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


@RELAXED
@given(text=TEXTS, tokens=st.integers(8, 64), share=st.floats(0, 0.5))
def test_chunks_cover_the_text_within_their_tokens(tokenizer, text: str, tokens: int, share: float) -> None:
    place = begun = -1
    for start, end in spans(text, tokenizer, tokens, int(tokens * share)):
        assert length(tokenizer, text[start:end]) <= tokens
        assert begun < start < end, "a chunk must begin past the one before it"
        assert not length(tokenizer, text[max(place, 0) : start]) or start <= place, "text was left out before a chunk"
        assert end > place, "a chunk must hold something new"
        place, begun = end, start
    assert not length(tokenizer, text[max(place, 0) :]), "the text's end was left out"


@RELAXED
@given(text=TEXTS, tokens=st.integers(8, 64))
def test_no_mark_is_parted_from_its_character(tokenizer, text: str, tokens: int) -> None:
    for chunk in chunks([Section("", text)], tokenizer, tokens, tokens // 4):
        chunk.text.encode()  # a code point cut in two would be a lone surrogate
        assert chunk.text[0] not in "\u0301\u200d\U0001f3fd" or length(tokenizer, text) < tokens


@RELAXED
@given(text=TEXTS, tokens=st.integers(16, 64), heading=st.text(alphabet="abc def", max_size=200))
def test_a_heading_fits_with_its_text(tokenizer, text: str, tokens: int, heading: str) -> None:
    for chunk in chunks([Section(heading.strip(), text)], tokenizer, tokens, 4):
        assert length(tokenizer, chunk.embedded) <= tokens
        assert heading.strip().endswith(chunk.heading)


def test_overlap_repeats_the_end_of_the_chunk_before(tokenizer) -> None:
    text = " ".join(f"word{number}" for number in range(200))
    cut = chunks([Section("Numbers", text)], tokenizer, 40, 10)
    for chunk, following in itertools.pairwise(cut):
        first = following.text.split()[0]
        assert first in chunk.text.split(), f"{first} does not stand in the chunk before"
        assert following.text.split()[-1] not in chunk.text.split()


def test_chunks_end_at_paragraphs_where_they_can(tokenizer) -> None:
    text = "\n\n".join(f"Paragraph {number} has a few plain words in it." for number in range(12))
    for chunk in chunks([Section("", text)], tokenizer, 32, 0):
        assert chunk.text.startswith("Paragraph")
        assert chunk.text.endswith(".")


def test_an_overlap_past_half_is_refused(tokenizer) -> None:
    with pytest.raises(ValueError, match="an overlap of 33 tokens does not fit chunks of 64: at most half of them"):
        chunks([], tokenizer, 64, 33)


def whole(tokenizer, text: str) -> list[int]:
    """Where each token begins, tokenised in one go."""
    return [start for start, _ in tokenizer.encode(text, add_special_tokens=False).offsets]


def test_a_long_text_has_the_same_tokens_in_windows(tokenizer) -> None:
    """Over windows of 131,072 characters and more: words, paragraphs, runs of blanks, marks, scripts without blanks."""
    generator = random.Random(20)
    words = ["plain", "words,", "naïve", "e\u0301tude", "(bracketed)", "don't", "a-b_c", "https://example.com/a?b=c"]
    words += ["3.14159", "語彙の境界", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "x" * 99, "Überstraße", "…"]
    gaps = [" "] * 9 + ["  ", "\n", "\n\n", "\t", " \n ", "\u00a0", "\u2003"]
    text = "".join(generator.choice(words) + generator.choice(gaps) for _ in range(60_000))
    assert len(text) > 3 * chunker._WINDOW > 3 * 131_071
    assert list(chunker._starts(text, tokenizer)) == whole(tokenizer, text)


@RELAXED
@given(text=TEXTS.filter(lambda text: "a" * 300 not in text), window=st.integers(32, 64))
def test_windows_of_any_place_have_the_same_tokens(tokenizer, text: str, window: int) -> None:
    """Windows end before white space, so no word is cut that has fewer characters than a window."""
    if any(len(word) >= window for word in text.split()):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunker, "_WINDOW", window)
        assert list(chunker._starts(text, tokenizer)) == whole(tokenizer, text)


def test_a_heading_that_does_not_fit_is_text_once(tokenizer) -> None:
    """People set whole paragraphs as headings; a path of many is as long."""
    words = " ".join(f"word{number}" for number in range(80))
    sections = [Section(words, "First."), Section(f"{words} > Part", "Second."), Section("Short", "Third.")]
    cut = chunks(sections, tokenizer, 40, 0)
    assert set(words.split()) <= {word for chunk in cut for word in chunk.text.split()}
    assert sum(chunk.text.split().count("word0") for chunk in cut) == 1
    assert [chunk.text for chunk in cut if chunk.heading][-2:] == ["Second.", "Third."]
