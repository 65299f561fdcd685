"""Scripts with and without spaces: cut where sentences and characters end, with overlap, and seen where unknown."""
# ruff: noqa: RUF001 - the scripts' own marks

from __future__ import annotations

import itertools

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from index import chunker, vocabulary
from index.boundaries import at_grapheme, is_without_spaces, last_end
from index.chunker import Lengths
from index.readers import Section, Unreadable

# Sentences of each script, with what a cut must stand behind.
SENTENCES = {
    "Chinese": ("索引保存每一个文档的所有内容。", "。"),
    "Chinese questions": ("为什么搜索不到这个文档？", "？"),
    "Chinese quotes": ("他说:「文档在索引里。」", "」"),
    "Japanese": ("索引はすべての文書の内容を保存します。", "。"),
    "Japanese halfwidth": ("サクインハブンショヲホゾンスル｡", "｡"),
    "Chinese exclamations": ("一切都在索引里！", "！"),
    "Hindi": ("सूचकांक हर दस्तावेज़ का पाठ रखता है। ", "।"),
    "Sanskrit": ("धर्मक्षेत्रे कुरुक्षेत्रे समवेता युयुत्सवः॥ ", "॥"),
    "Arabic": ("لماذا لا يوجد المستند في الفهرس؟ ", "؟"),
    "Urdu": ("فہرست ہر دستاویز کا متن رکھتی ہے۔ ", "۔"),
    "Khmer": ("សន្ទស្សន៍រក្សាទុកអត្ថបទនៃឯកសារនីមួយៗ។", "។"),
    "Burmese": ("အညွှန်းသည်စာရွက်စာတမ်းတိုင်း၏စာသားကိုသိမ်းဆည်းသည်။", "။"),
    "Tibetan": ("དཀར་ཆག་གིས་ཡིག་ཆ་ཚང་མ་ཉར་ཚགས་བྱེད།", "།"),
    "Amharic": ("መረጃ ጠቋሚው የእያንዳንዱን ሰነድ ጽሑፍ ይይዛል። ", "።"),
    "Armenian": ("Ինդեքսը պահում է ամեն փաստաթղթի տեքստը։ ", "։"),
    "Greek": ("Το ευρετήριο κρατά το κείμενο. ", "."),
    "Russian": ("Индекс хранит текст каждого документа. ", "."),
    "Hebrew": ("האינדקס שומר את הטקסט של כל מסמך. ", "."),
    "Korean": ("색인은 모든 문서의 내용을 보관합니다. ", "."),
    "English quotes": ('She said: "The index keeps it." ', '"'),
    "Thai": ("ดัชนีเก็บข้อความของเอกสารทุกฉบับ ", "บ"),
    "Lao": ("ດັດຊະນີເກັບຂໍ້ຄວາມຂອງເອກະສານທຸກສະບັບ ", "ບ"),
}


@pytest.mark.parametrize("script", SENTENCES)
def test_a_chunk_ends_where_a_sentence_does(tokenizer, script: str) -> None:
    sentence, end = SENTENCES[script]
    cut = chunker.cut([Section("", sentence * 60)], tokenizer, Lengths(48, 8)).chunks
    assert len(cut) > 1
    assert {chunk.text[-1] for chunk in cut} == {end}


@pytest.mark.parametrize("script", SENTENCES)
def test_a_chunk_repeats_the_end_of_the_one_before(tokenizer, script: str) -> None:
    """Each sentence is numbered in digits of its own script's neighbours, so that no two are alike."""
    sentence, _ = SENTENCES[script]
    text = "".join(f"{number}{sentence}" for number in range(100, 160))
    cut = chunker.cut([Section("", text)], tokenizer, Lengths(60, 20)).chunks
    parted = 0
    for before, after in itertools.pairwise(cut):
        start = text.index(after.text)
        parted += text.index(before.text) + len(before.text) <= start
    assert parted <= len(cut) // 4, "most chunks repeat something"
    assert sum(len(chunk.text) for chunk in cut) < 2.2 * len(text), "and not too much"


@pytest.mark.parametrize(
    "text",
    ["語" * 500, "ดัชนีเก็บข้อความ" * 60, "អក្សរ" * 100, "အညွှန်း" * 100, "ནོར་བུ" * 100, "ひらがなカタカナ" * 60],
    ids=["Han", "Thai", "Khmer", "Burmese", "Tibetan", "Japanese"],
)
def test_without_any_mark_clusters_stay_whole_and_overlap(tokenizer, text: str) -> None:
    clusters = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    spans = list(chunker.spans(text, tokenizer, 32, 8))
    assert {place for span in spans for place in span} <= clusters
    assert all(start < end for (_, end), (start, _) in itertools.pairwise(spans))


CLUSTERS = [
    "\U0001f468‍\U0001f469‍\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\U0001f44d\U0001f3fd",
    "é̂",
    "กำ",
    "நி",
    "क्षि",
    "각",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a",
]


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=60), share=st.floats(0, 1))
def test_a_place_is_moved_before_the_cluster_that_it_would_part(parts: list[str], share: float) -> None:
    text = "".join(parts)
    ends = [match.end() for match in regex.finditer(r"\X", text)]
    wanted = int(len(text) * share)
    place = at_grapheme(text, 0, wanted)
    assert place in ends or place == max(wanted, 1) < ends[0]
    assert place == max((end for end in ends if end <= wanted), default=place)


def test_one_cluster_of_any_length_is_parted_after_all(tokenizer) -> None:
    text = "a" + "́" * 20_000
    spans = list(chunker.spans(text, tokenizer, 16, 4))
    assert spans[-1][1] == len(text)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("One. Two", 0, 5),
        ("Version 1.5 is out", 0, 15),  # no sentence ends within a number: behind a word
        ("e.g.this", 0, None),
        ("a, b", 0, 3),
        ("一，二", 0, 2),
        ("一。二，三", 0, 2),
        ("A line\nand more text. x", 0, 7),
        ("A line\n\nand\nmore", 0, 8),
        ("Wait... what", 0, 8),
        ("日本語", 0, None),
        ("x. ", 3, None),
    ],
)
def test_the_best_end(text: str, after: int, expected: int | None) -> None:
    assert last_end(text, after, len(text)) == expected


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [("語彙", 1, True), ("ab", 1, False), ("語 彙", 2, True), ("語a", 1, False), ("ไทย", 1, True), ("한국", 1, False)],
)
def test_which_scripts_have_no_spaces(text: str, place: int, expected: bool) -> None:
    assert is_without_spaces(text, place) == expected


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Plain English text.", 0, 0),
        ("naïve façade Überstraße", 0, 0),
        ("ดัชนีเก็บข้อความของเอกสาร", 0.9, 1),
        ("សន្ទស្សន៍រក្សាទុក", 0.9, 1),
        ("\U0001f600\U0001f601\U0001f602", 0.9, 1),
        ("Half of it ดัชนีเก็บข้อ", 0.4, 0.7),
        ("", 0, 0),
    ],
)
def test_what_the_tokenizer_does_not_know(tokenizer, text: str, least: float, most: float) -> None:
    assert least <= vocabulary.unknown_share(text, tokenizer) <= most
    cut = chunker.cut([Section("", text)], tokenizer, Lengths(64, 8), unknown=vocabulary.unknown_token(tokenizer))
    assert least <= cut.unknown <= most


def test_a_tokenizer_that_takes_text_apart_to_bytes_knows_all() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    by_bytes = Tokenizer(models.BPE({"a": 0}, []))
    by_bytes.pre_tokenizer = pre_tokenizers.ByteLevel()
    assert vocabulary.unknown_token(by_bytes) is None
    unigram = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0)], unk_id=0, byte_fallback=False))
    assert vocabulary.unknown_token(unigram) == 0
    assert vocabulary.unknown_share("aaab", unigram) == 0.25


def test_too_many_chunks_are_refused(tokenizer) -> None:
    with pytest.raises(Unreadable, match=r"it makes more than 3 chunks, the most of a document; split the document"):
        chunker.cut([Section("", "word " * 400)], tokenizer, Lengths(16, 0, chunks=3))
