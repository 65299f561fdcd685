"""How texts are made alike: the presets of the catalog on texts of many languages, numbers, and blocks of thought."""

import time
from pathlib import Path
from typing import Any

import pytest
import sacrebleu
import yaml
from evaluation import choice, corpus_metrics, metrics, numbers, sample_checks, textual, thinking
from evaluation.normalisation import SQUAD, Normalisation, of_catalog
from runtime.errors import InputError
from world import World

CATALOG = yaml.safe_load(
    (Path(__file__).parents[3] / "standards/catalog/normalisations.yaml").read_text(encoding="utf-8")
)
PRESETS = {name: of_catalog({"name": name, **facts}) for name, facts in CATALOG.items()}


def test_squad_is_what_the_catalog_says_and_what_counts_without_a_decision() -> None:
    assert PRESETS["squad"] == SQUAD
    assert len({preset.signature for preset in PRESETS.values()}) == len(PRESETS) == 4


@pytest.mark.parametrize(
    ("preset", "answer", "reference", "equal"),
    [
        ("squad", "The Cat.", "cat", True),
        ("squad", "l\u2019\u00e9t\u00e9", "l'\u00e9t\u00e9", False),  # as SQuAD's own evaluation has it
        ("squad", "-5", "5", True),  # so has it this
        ("strict", " Paris\n", "Paris", True),
        ("strict", "paris", "Paris", False),
        ("strict", "Paris.", "Paris", False),
        ("strict", "a  b", "a b", False),
        ("multilingual", "l\u2019\u00c9t\u00e9\u00a0!", "l'\u00e9te\u0301", True),
        ("multilingual", "\u201cD\u00e9j\u00e0\u2013vu\u201d", "deja-vu", False),
        ("multilingual", "\u201cD\u00e9j\u00e0\u2013vu\u201d", "d\u00e9j\u00e0-vu", True),
        ("multilingual", "Stra\u00dfe", "STRASSE", True),
        ("multilingual", "\uff28\uff45\uff4c\uff4c\uff4f\u3000\uff11", "hello 1", True),
        ("multilingual", "\u22125", "-5", True),
        ("multilingual", "-5", "5", False),
        ("multilingual", "+5", "5", False),
        ("multilingual", "3.5 kg", "35 kg", False),
        ("multilingual", "3.5kg", "35kg", False),
        ("multilingual", "C++", "C", False),
        ("multilingual", "C#!", "C#", True),
        ("multilingual", "U.S.A.", "USA", True),
        ("multilingual", "\u6771\u4eac\u3002", "\u6771\u4eac", True),
        ("multilingual", "\u0645\u0631\u062d\u0628\u0627\u061f", "\u0645\u0631\u062d\u0628\u0627", True),
        ("multilingual", "soft\u00adhyphen\u200b", "softhyphen", True),
        ("multilingual", "a cat", "cat", False),  # "a" is a word in other languages
        ("multilingual", "\u0928\u092e\u0938\u094d\u0924\u0947!", "\u0928\u092e\u0938\u094d\u0924\u0947", True),
        ("multilingual", "$5", "\u20ac5", False),
        ("numeric", "1,000 km", "1000.0 km", True),
        ("numeric", "\u00bd", "0.50", True),
        ("numeric", "about 3/4 cups", "about 0.75 cups", True),
        ("numeric", "-5", "\u22125.0", True),
        ("numeric", "5 km", "5 m", False),
        ("numeric", "10\u00b3", "1000", True),
    ],
)
def test_presets(preset: str, answer: str, reference: str, equal: bool) -> None:
    assert textual.exact_match(answer, {"references": [reference]}, PRESETS[preset]) == equal


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("\u6771\u4eac tower", ["\u6771", "\u4eac", "tower"]),
        ("\u0e44\u0e17\u0e22\u0e14\u0e35", ["\u0e44", "\u0e17", "\u0e22", "\u0e14\u0e35"]),  # a vowel above stays
        ("\ud55c\uad6d \uc0ac\ub78c", ["\ud55c\uad6d", "\uc0ac\ub78c"]),  # Korean writes spaces
        ("x=-3", ["x", "=", "-3"]),
        ("10-12", ["10", "12"]),
    ],
)
def test_tokens_of_any_script(text: str, tokens: list[str]) -> None:
    assert PRESETS["multilingual"].tokens(text) == tokens


def test_a_sentence_without_spaces_has_partial_credit() -> None:
    rules, sample = PRESETS["multilingual"], {"references": ["\u6211\u4f4f\u5728\u5317\u4eac"]}
    answer = "\u6211\u4f4f\u5728\u4e0a\u6d77"
    assert textual.token_f1(answer, sample, rules) == textual.rouge_l(answer, sample, rules) == pytest.approx(0.6)
    assert textual.token_f1(answer, sample) == 0.0  # one word against another
    # BLEU as sacrebleu's own tokenizer for Chinese counts it.
    counts = corpus_metrics.bleu_counts(answer, sample, rules)
    truth = sacrebleu.BLEU(tokenize="zh").corpus_score([answer], [sample["references"]])
    assert list(map(int, counts[2:])) == [*truth.counts, *truth.totals]


@pytest.mark.parametrize(
    ("answer", "reference", "wanted"),
    [
        ("3/4", "0.75", 1), ("\u00be of it", "3/4", 1), ("1 1/2", "1.5", 1), ("1\u00bd", "1.5", 1),
        ("\\frac{3}{4}", "0.75", 1), ("-\\dfrac{1}{2}", "-0.5", 1), ("\\frac12", "0.5", 1),
        ("2^10", "1024", 1), ("10**3", "1000", 1), ("10\u00b3", "1000", 1), ("2^{-3}", "0.125", 1),
        ("1.5 \u00d7 10^3", "1500", 1), ("6.02 x 10^{23}", "6.02e23", 1), ("-2^2", "-4", 1), ("5 m\u00b2", "5", 1),
        ("1/2/2026", "2026", 1), ("9^9^9", "9", 1), ("1/0", "0", 0), ("10^400", "10", 0),
        ("\\boxed{7} as on page 12", "7", 1), ("#### 18\nDone in 3 steps", "18", 1), ("\\boxed{x} is 4", "4", 1),
        ("1{,}234", "1234", 1), ("1\u202f000", "1000", 1), ("1'000", "1000", 1), ("24/7 or 3", "3", 1),
        ("\uff11\uff12", "12", 1),
    ],
)  # fmt: skip
def test_fractions_and_powers_are_numbers(answer: str, reference: str, wanted: int) -> None:
    assert textual.numeric_match(answer, {"references": [reference]}) == wanted


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Rome?</think>Paris", "Paris"),
        ("Rome? no</think>\n\nParis", "Paris"),  # the template wrote the beginning
        ("<think>Rome? or", ""),  # cut
        ("<think></think>\n\n42", "42"),
        ("<thinking>a</thinking>b", "b"),
        ("[THINK]a[/THINK]b", "b"),
        ("<think>a <think> b</think>c", "c"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<|channel|>analysis<|message|>Rome?<|end|><|channel|>final<|message|>Paris<|return|>", "Paris"),
        ("  Paris ", "  Paris "),
        ("I think so", "I think so"),
    ],
)
def test_blocks_of_thought(text: str, answer: str) -> None:
    assert thinking.without_thinking(text) == answer


@pytest.mark.parametrize(
    ("decided", "value", "outcome"), [("", 1.0, "answered"), ("strip", 1.0, "answered"), ("keep", 0.0, "answered")]
)
def test_thinking_is_decided(world: World, decided: str, value: float, outcome: str) -> None:
    world.dataset([{"id": "a", "prompt": "?", "references": ["Paris"]}])
    world.set(METRICS="exact_match", ENDPOINT={"name": "docs"}, THINKING=decided)
    world.load()
    world.answers([{"id": "a", "text": "<think>Rome?</think>Paris"}])
    world.run("score")
    card = world.json(f"{world.root}/scorecard.json")
    assert card["metrics"]["exact_match"]["value"] == value
    assert card["samples"][outcome] == 1
    assert card["metrics"]["exact_match"]["signature"].endswith("|thinking:kept") == (decided == "keep")


def test_a_thought_without_an_answer_is_empty(world: World) -> None:
    world.dataset(
        [{"id": "a", "prompt": "?", "references": ["Paris"]}, {"id": "b", "prompt": "?", "references": ["x"]}]
    )
    world.set(METRICS="exact_match", ENDPOINT={"name": "docs"})
    world.load()
    world.answers([{"id": "a", "text": "<think>Paris, or", "finish": "length"}, {"id": "b", "text": "x"}])
    world.run("score")
    assert world.json(f"{world.root}/scorecard.json")["samples"]["empty"] == 1


def test_a_word_that_is_no_decision(world: World) -> None:
    world.dataset([{"id": "a", "prompt": "?", "references": ["Paris"]}])
    world.set(METRICS="exact_match", THINKING="drop")
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == "THINKING: 'drop' is neither strip nor keep; choose one of them"
    world.set(THINKING="", NORMALISATION={"name": "own", "case": "upper"})
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == "normalisation own: case is 'upper'; choose from keep, lower"


@pytest.mark.parametrize(
    ("preset", "name", "reference", "reason"),
    [
        (
            "squad",
            "token_f1",
            "\u6771\u4eac",
            "token_f1 counts words, and its reference has a script that writes no spaces",
        ),
        (
            "squad",
            "bleu",
            "\u0e44\u0e17\u0e22",
            "bleu counts words, and its reference has a script that writes no spaces",
        ),
        (
            "numeric",
            "rouge_l",
            "\u3053\u3093",
            "rouge_l counts words, and its reference has a script that writes no spaces",
        ),
        ("squad", "rouge_l", "\u041f\u0440\u0438\u0432\u0435\u0442", "rouge_l by squad reads ASCII letters and digits"),
        ("squad", "exact_match", "--", "nothing is left of its reference '--' by squad"),
        ("squad", "exact_match", "the", "nothing is left of its reference 'the' by squad"),
        ("squad", "numeric_match", "twelve", "numeric_match compares numbers, and its reference 'twelve' has none"),
        ("multilingual", "token_f1", "\u6771\u4eac", ""),
        ("multilingual", "rouge_l", "\u041f\u0440\u0438\u0432\u0435\u0442", ""),
        ("squad", "exact_match", "\u6771\u4eac", ""),
        ("squad", "chrf", "\u6771\u4eac", ""),
        ("strict", "exact_match", "--", ""),
        ("squad", "rouge_l", "na\u00efve", ""),
    ],
)
def test_references_that_a_metric_cannot_read_are_refused_before_anything_is_asked(
    world: World, preset: str, name: str, reference: str, reason: str
) -> None:
    world.dataset([{"id": "a", "prompt": "?", "references": ["x 1", reference]}])
    world.set(METRICS=name, NORMALISATION={"name": preset, **CATALOG[preset]})
    logged = world.run("load", "--out", f"{world.folder}/out", code=65 if reason else 0)
    assert not reason or logged[-1]["message"].startswith(f"s3://datasets/docs-qa@v1.jsonl: sample 'a': {reason}")


def test_choices_that_a_preset_reads_alike_are_refused() -> None:
    sample = {"id": "a", "prompt": "?", "choices": ["\uff15", "5"], "references": ["5"]}
    sample_checks.check_choices([sample], metrics.chosen(["accuracy"]), "s3://x", SQUAD)
    with pytest.raises(InputError, match="an answer cannot tell its choices"):
        sample_checks.check_choices([sample], metrics.chosen(["accuracy"]), "s3://x", PRESETS["multilingual"])


@pytest.mark.parametrize(("mention", "wanted"), [("first", "A"), ("last", "C")])
def test_which_mention_counts_is_a_rule(mention: str, wanted: str) -> None:
    assert choice.chosen("A would do, and so would C", ["A", "B", "C"], Normalisation(mention=mention)) == wanted


def test_a_choice_in_a_script_without_spaces() -> None:
    choices = ["\u5317\u4eac", "\u4e0a\u6d77"]
    assert choice.chosen("\u6211\u89c9\u5f97\u662f\u4e0a\u6d77\u3002", choices, PRESETS["multilingual"]) == choices[1]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (thinking.without_thinking, "<think>" * 20_000), (numbers.numbers, "1/" * 10_000),
        (numbers.numbers, "1" * 20_000), (numbers.numbers, "1,111" * 4_000), (numbers.numbers, "\\frac{" * 4_000),
        (numbers.numbers, "1" + " " * 20_000), (PRESETS["multilingual"].text, "'" * 20_000 + "-1" * 10_000),
        (lambda text: choice.chosen(text, ["A", "B"]), "the answer " * 5_000),
        (lambda text: choice.chosen(text, ["A", "B"]), "A not the " * 5_000),
    ],
)  # fmt: skip
def test_long_answers_take_no_longer_than_their_length(read: Any, text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2
