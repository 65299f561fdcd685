"""Metrics against outside truth: SQuAD's published rules, rouge-score, sacrebleu and scikit-learn."""

import random
from typing import Any

import numpy as np
import pytest
import sacrebleu
from evaluation import choice, corpus_metrics, metrics, sample_checks, textual
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from runtime.errors import InputError
from sklearn.metrics import accuracy_score, f1_score

WORDS = [
    *["the", "a", "An", "cat", "sat", "on", "mat,", "dog's", "(red)", "house!", "run;", "ran", "3", "1,000", "co-op"],
    *["e.g.", "été", "naïve", "北京", "--", "."],
]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
# Answers and what SQuAD's evaluate-v2.0.py gives for them: (answer, references, exact match, F1).
SQUAD = [
    ("The Cat.", ["cat"], 1, 1.0),
    ("a cat, the dog", ["cat dog"], 1, 1.0),
    ("theatre", ["the atre"], 0, 0.0),
    ("an the a", ["the"], 1, 1.0),
    ("the", ["cat"], 0, 0.0),
    ("co-op", ["coop"], 1, 1.0),
    ("twenty-one", ["twenty one"], 0, 0.0),
    ("cat cat", ["cat"], 0, 2 / 3),
    ("cat", ["cat cat cat"], 0, 0.5),
    ("to be or not to be", ["be not to"], 0, 2 / 3),
    ("Dr. No", ["no", "Dr No"], 1, 1.0),
    ("U.S.A.", ["USA"], 1, 1.0),
    ("  spaced \t out\n", ["spaced out"], 1, 1.0),
    ("l\u2019\u00e9t\u00e9", ["l'\u00e9t\u00e9"], 0, 0.0),
    ("\u00c9t\u00e9", ["\u00e9t\u00e9"], 1, 1.0),
    ("Paris, France", ["Paris"], 0, 2 / 3),
]


@pytest.mark.parametrize(("answer", "references", "exact", "f1"), SQUAD)
def test_squad(answer: str, references: list[str], exact: int, f1: float) -> None:
    sample = {"references": references}
    assert (textual.exact_match(answer, sample), textual.token_f1(answer, sample)) == (exact, pytest.approx(f1))


@settings(max_examples=300, deadline=None)
@given(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3))
def test_rouge_l_is_rouge_scores(answer: str, references: list[str]) -> None:
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    wanted = max(scorer.score(reference, answer)["rougeL"].fmeasure for reference in references)
    assert textual.rouge_l(answer, {"references": references}) == pytest.approx(wanted)


def corpus(references: int, seed: int) -> tuple[list[str], list[list[str]]]:
    chance = random.Random(seed)
    wanted = [[" ".join(chance.choices(WORDS, k=chance.randint(1, 15))) for _ in range(references)] for _ in range(80)]
    answers = [" ".join(word for word in texts[0].split() if chance.random() < 0.8) for texts in wanted]
    answers[3] = ""  # an empty answer still counts its reference's length
    return answers, wanted


@pytest.mark.parametrize("references", [1, 3])
@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_sacrebleu(name: str, references: int) -> None:
    metric, outside = metrics.METRICS[name], {"bleu": sacrebleu.BLEU(), "chrf": sacrebleu.CHRF()}[name]
    for seed in range(20):
        answers, wanted = corpus(references, seed)
        answers, wanted = answers[: 4 + seed * 4], wanted[: 4 + seed * 4]
        counts = np.array(
            [metric.counts(answer, {"references": refs}) for answer, refs in zip(answers, wanted, strict=True)]
        )
        truth = outside.corpus_score(answers, list(map(list, zip(*wanted, strict=True)))).score / 100
        assert metric.value(counts.sum(axis=0, keepdims=True))[0] == pytest.approx(truth, abs=1e-12)
    assert (
        str(outside.get_signature()).replace(f"nrefs:{references}", "nrefs:any") == metric.signature.partition("|")[2]
    )


def test_every_draw_of_bleu_is_sacrebleus() -> None:
    """Sums without matches of some orders, and of none, are where formulas differ."""
    rng = np.random.default_rng(0)
    total = np.sort(rng.integers(0, 6, (500, 4)), axis=1)[:, ::-1].astype(float)
    sums = np.column_stack([rng.integers(0, 9, (500, 2)), np.floor(total * rng.random((500, 4))), total])
    truth = [sacrebleu.BLEU()._compute_score_from_stats(list(map(int, row))).score / 100 for row in sums]
    assert np.allclose(corpus_metrics.bleu_value(sums), truth)


def test_scikit_learn() -> None:
    chance, choices = random.Random(1), ["yes", "no", "not sure", "never said"]
    truth = [chance.choice(choices[:3]) for _ in range(300)]
    chosen = [chance.choice(choices[:3]) if chance.random() < 0.4 else right for right in truth]
    samples = [{"id": str(n), "choices": choices, "references": [right]} for n, right in enumerate(truth)]
    answers = [f"{answer.title()}." for answer in chosen]
    ours = [choice.accuracy(answer, sample) for answer, sample in zip(answers, samples, strict=True)]
    assert np.mean(ours) == pytest.approx(accuracy_score(truth, chosen))
    counts = np.array(
        [corpus_metrics.f1_counts(answer, sample) for answer, sample in zip(answers, samples, strict=True)]
    )
    wanted = f1_score(truth, chosen, labels=choices, average="macro", zero_division=0)
    assert corpus_metrics.f1_value(counts.sum(axis=0, keepdims=True))[0] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("B", "B"),
        ("b", "B"),
        ("The answer is (C), not A.", "C"),
        ("a cat, so B", "B"),
        ("nothing of it", None),
        ("not B, the answer is D", "D"),
        ("Not B but C", "C"),
        ("the answer is b", "B"),
        ("The correct answer is the letter d.", "D"),
        ("The answer is not A. The answer is (d)", "D"),
        ("so $\\boxed{c}$", "C"),
        ("Answer: **A**", "A"),
        ("I weigh A and B. Final answer: D", "D"),
        ("A is too small, B is too large. C fits.", "C"),
        ("b) the second", "B"),
        ("(c) is wrong, (d) is right", "D"),
        ("**b**", "B"),
        ("c. because it is blue", "C"),
        ("a. because it is blue", "A"),
        ("I would give it a try", None),
        ("It isn't A, so it must be B", "B"),
        ("It can't be C. D then.", "D"),
        ("D, and not the option A", "D"),
        ("\\boxed{\\text{B}}", "B"),
    ],
)
def test_choices_of_one_letter(answer: str, wanted: str | None) -> None:
    assert choice.chosen(answer, ["A", "B", "C", "D"]) == wanted


@pytest.mark.parametrize(
    ("answer", "choices", "wanted"),
    [
        ("I would use C++.", ["C", "C++", "C#"], "C++"),
        ("C", ["C", "C++", "C#"], "C"),
        ("It is C#, of course", ["C", "C++", "C#"], "C#"),
        ("The result: -1", ["1", "-1"], "-1"),
        ("\u22121", ["1", "-1"], "-1"),
        ("1.5 metres", ["1", "5", "1.5"], "1.5"),
        ("the first option, no doubt", ["yes", "no"], "no"),
    ],
)
def test_choices_that_differ_by_a_sign(answer: str, choices: list[str], wanted: str) -> None:
    assert choice.chosen(answer, choices) == wanted


@pytest.mark.parametrize(
    ("changed", "names", "reason"),
    [
        ({"choices": ["Yes", "no", "yes!"]}, "accuracy", "an answer cannot tell its choices 'Yes' and 'yes!' apart"),
        ({"choices": ["A", "a"]}, "accuracy", "an answer cannot tell its choices 'A' and 'a' apart"),
        (
            {"choices": ["yes", "--"]},
            "accuracy",
            "no answer can name its choice '--', which has no letter and no digit",
        ),
        ({"references": ["maybe"]}, "accuracy", "its reference 'maybe' is not one of its choices"),
        ({"references": ["yes", "no"]}, "macro_f1", "macro_f1 needs one reference"),
        ({"choices": ["yes", "never"]}, "macro_f1", "macro_f1 needs the same choices in every sample; 'a' has others"),
        ({"choices": ["no", "yes"]}, "macro_f1", ""),
        ({"references": ["yes", "no"]}, "accuracy", ""),
        ({"references": ["maybe"]}, "exact_match", ""),
    ],
)
def test_choices_that_cannot_be_scored_are_refused_before_anything_is_asked(
    changed: dict[str, Any], names: str, reason: str
) -> None:
    base = {"prompt": "?", "choices": ["yes", "no"], "references": ["yes"]}
    samples = [{"id": "a", **base}, {"id": "b", **base, **changed}]
    wanted = metrics.chosen([names])
    if not reason:
        sample_checks.check_choices(samples, wanted, "s3://x")
        return
    with pytest.raises(InputError) as error:
        sample_checks.check_choices(samples, wanted, "s3://x")
    assert str(error.value) == f"s3://x: sample 'b': {reason}"


def test_macro_f1_counts_choices_by_name_and_not_by_place() -> None:
    sample = {"id": "a", "choices": ["yes", "no"], "references": ["yes"]}
    turned = {**sample, "choices": ["no", "yes"]}
    assert corpus_metrics.f1_counts("yes", sample) == corpus_metrics.f1_counts("yes", turned)


def test_a_longer_choice_wins_at_the_same_place() -> None:
    assert choice.chosen("Not entailed, I think", ["not", "not entailed"]) == "not entailed"
    assert choice.chosen("denoted", ["no", "not"]) is None


@pytest.mark.parametrize(
    ("answer", "reference", "wanted"),
    [
        ("so it is 1,234.50 dollars", "1234.5", 1),
        ("between 10-12", "12", 1),
        ("it is -12", "12", 0),
        ("it is \u221212", "-12", 1),
        ("6.02e23 or so", "6.02E+23", 1),
        ("1e999", "1e999", 0),
        ("nan", "nan", 0),
        ("e5", "5", 0),
        ("3 and then 4.", "3", 0),
        (".5", "0.5", 1),
        ("no number", "7", 0),
    ],
)
def test_numbers(answer: str, reference: str, wanted: float) -> None:
    assert textual.numeric_match(answer, {"references": [reference]}) == wanted


def ranks(hits: list[str], relevant: list[str]) -> tuple[float, float]:
    sample: dict[str, Any] = {"relevant": relevant}
    return textual.recall_at(2)(hits, sample), textual.reciprocal_rank(hits, sample)


def test_retrieval_counts_documents_not_chunks() -> None:
    assert ranks(["x", "x", "a", "b"], ["a", "b"]) == (0.5, 0.5)
    assert ranks(["x", "y"], ["a"]) == (0.0, 0.0)
    assert ranks([], ["a"]) == (0.0, 0.0)
