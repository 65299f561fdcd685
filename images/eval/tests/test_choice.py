"""The choices that answers name, as models write them: explained, compared, denied, listed, concluded."""

import time

import pytest
from evaluation import choice

LETTERS = ["A", "B", "C", "D"]
YES_NO = ["yes", "no"]
MAYBE = ["yes", "no", "maybe"]
SENTIMENT = ["positive", "negative", "neutral"]
FIVE = ["A", "B", "C", "D", "E"]
NUMBERS = ["1", "2", "3", "4"]
TRUTH = ["true", "false"]
CITIES = ["Paris", "Rome", "New York", "York"]
LABELS = ["(A)", "(B)", "(C)"]
NLI = ["entailment", "neutral", "contradiction"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("C) because A is wrong", "C"), ("C) because A...", "C"), ("C. because A is not it", "C"),
        ("C because A fails", "C"), ("C, since A and B are too small", "C"), ("C: A is too small, B too large", "C"),
        ("(C) because (A) is wrong", "C"), ("C - A is wrong", "C"), ("C \u2014 unlike B \u2014 fits", "C"),
        ("**C**\n\nA is wrong. B is wrong.", "C"), ("C\n\nExplanation: A is wrong, B is wrong, D is wrong.", "C"),
        ("C.\nA is too small.", "C"), ("Option C, because option A is...", "C"), ("Option C rather than B", "C"),
        ("C rather than B", "C"), ("C instead of A", "C"), ("C, not B", "C"), ("C (not B)", "C"),
        ("Choose C over B", "C"), ("I choose C", "C"), ("I'd go with C", "C"), ("I pick (b) over (c)", "B"),
        ("The answer is C because A is wrong", "C"),
        ("The answer is C. A is wrong because the answer is not A.", "C"),
        ("Answer: C\nWhy not A? The choice A is wrong.", "C"),
        ("Answer: C\nOption A is incorrect. Option B is incorrect.", "C"),
        ("The correct option is C. Option A is wrong.", "C"), ("Option A is incorrect. Option C is correct.", "C"),
        ("Option A is incorrect; option B is incorrect; thus C", "C"), ("A is correct. B is wrong.", "A"),
        ("A is the answer. B, C and D are wrong.", "A"), ("B is right, D isn't", "B"),
        ("The answer: A. B is close.", "A"), ("A and B are wrong; C is the correct answer", "C"),
        ("Both A and B are wrong, so the answer must be D", "D"), ("Neither A nor B; C", "C"),
        ("None of A, B, C; it's D", "D"), ("Answer A", "A"), ("answer a", "A"), ("The answer is a cat", None),
        ("the answer is A, a cat", "A"), ("Answer: a) a cat", "A"), ("{\"answer\": \"C\"}", "C"),
        ("{'answer': 'c'}", "C"), ("```\nC\n```", "C"), ("<answer>C</answer>", "C"), ("<answer>c</answer>", "C"),
        ("[C]", "C"), ("[[C]]", "C"), ("\u201cC\u201d", "C"), ("'C'", "C"), ("$C$", "C"), ("`C`", "C"), ("C!", "C"),
        ("C?", "C"), ("\uff23", None), ("final answer: (D)", "D"), ("Final Answer: D) none", "D"),
        ("ANSWER: D", "D"), ("ans: D", "D"), ("Ans. D", "D"), ("The answer would be D", "D"),
        ("The answer should be option D.", "D"), ("the correct answer is therefore D", "D"),
        ("The best answer is probably D", "D"), ("The answer is most likely D", "D"),
        ("the answer is clearly D, as A fails", "D"), ("My answer is D; A fails", "D"),
        ("So D is my answer, as A fails.", "D"), ("D is the right choice; A is wrong", "D"),
        ("I think it's B, but it could be C", "B"), ("Vitamin C helps; answer B", "B"),
        ("Plan B failed, hence D", "D"), ("A or B", None), ("A, B", None), ("A and C", None), ("A/B", None),
        ("Either A or B", None), ("All of A, B, C and D", None), ("I don't know", None), ("", None),
        ("D.\n\nD is right because C...", "D"), ("**Answer: B** (A is a distractor)", "B"),
        ("### B\nA is wrong", "B"), ("- B\n- because A is not", "B"), ("> B", "B"),
        ("Let's see. A: 5. B: 6. C: 7. The value is 6, so B.", "B"), ("A is 5, B is 6. Therefore: B", "B"),
        ("Eliminate A, C and D. That leaves B.", "B"), ("The correct answer is B. Therefore, A is incorrect.", "B"),
        ("correct option: b", "B"), ("Correct: B", "B"), ("(b) is correct, (a) is not", "B"),
        ("It's (d), since (a) fails", "D"), ("I'm going with D because A is wrong.", "D"), ("Selected: C", "C"),
        ("Hmm. The options are A, B, C and D. I choose B", "B"),
        ("My final answer is (B), though (A) is close", "B"), ("I'd rule out A. B it is.", "B"),
        ("The answer cannot be A, so B", "B"), ("B; the others fail", "B"),
        ("It must be B, since A, C and D fail", "B"), ("Between B and C, B is better.", "B"), ("answer\nB", "B"),
        ("The answer is option B: the cat", "B"), ("The answer is: B. the cat", "B"), ("A. The cat", "A"),
        ("B. A cat", "B"), ("I think A", "A"), ("A or B? B", "B"), ("A or B? I'd say B.", "B"),
        ("The answer isn't B. It's C", "C"), ("Not A.", None), ("Nope", None),
        ("The correct answer is A and B", None), ("D.", "D"), ("a", "A"), ("A cat", None), ("The letter is B", "B"),
        ("So, B", "B"), ("**So** the answer: **B**.", "B"), ("Final answer\n\n**B**", "B"),
        ("the correct choice, I believe, is B", "B"), ("Answer: B\nConfidence: A", "B"),
        ("Question A: what? Answer: B", "B"), ("B is correct because A is wrong and C is wrong.", "B"),
        ("Option B would be the best answer. Option C would be wrong.", "B"), ("\\(\\boxed{B}\\)", "B"),
        ("\\text{Answer: } B", "B"), ("Answer: $\\mathbf{B}$", "B"), ("The right answer is B) 12", "B"),
        ("C is the only option that fits; A and B do not.", "C"),
    ],
)  # fmt: skip
def test_letters(answer: str, wanted: str | None) -> None:
    assert choice.chosen(answer, LETTERS) == wanted


@pytest.mark.parametrize(
    ("answer", "choices", "wanted"),
    [
        ("Yes, because no one knows", YES_NO, "yes"), ("Yes. There is no doubt.", YES_NO, "yes"),
        ("No, yes would be wrong", YES_NO, "no"), ("No. Yes is what they said.", YES_NO, "no"),
        ("Yes", YES_NO, "yes"), ("yes!", YES_NO, "yes"), ("It is not yes", YES_NO, None),
        ("No, it isn't", YES_NO, "no"), ("No", YES_NO, "no"), ("The answer is no, with no doubt", YES_NO, "no"),
        ("Not sure, maybe yes", MAYBE, "yes"), ("Yes, no problem", YES_NO, "yes"), ("Hmm, no", YES_NO, "no"),
        ("The sentiment is positive, not negative", SENTIMENT, "positive"),
        ("positive (not negative)", SENTIMENT, "positive"),
        ("Negative. It has no positive words", SENTIMENT, "negative"),
        ("Positive rather than neutral", SENTIMENT, "positive"), ("not positive; negative", SENTIMENT, "negative"),
        ("The review is positive despite a negative remark", SENTIMENT, "positive"),
        ("Sentiment: negative\nReason: though it begins positive", SENTIMENT, "negative"),
        ("Label: neutral, between positive and negative", SENTIMENT, "neutral"),
        ("negative - there is nothing positive", SENTIMENT, "negative"),
        ("I'd label it as neutral; neither positive nor negative", SENTIMENT, "neutral"),
        ("Classification: positive", SENTIMENT, "positive"),
        ("It's neither positive nor negative, so neutral", SENTIMENT, "neutral"), ("non-negative", SENTIMENT, None),
        ("Not negative", SENTIMENT, None), ("Mostly positive.", SENTIMENT, "positive"),
        ("The label is **negative** because positive words are absent", SENTIMENT, "negative"), ("1", NUMBERS, "1"),
        ("1.", NUMBERS, "1"), ("1) because 2 is wrong", NUMBERS, "1"), ("answer 3 (of 4)", NUMBERS, "3"),
        ("(2)", NUMBERS, "2"), ("2 and not 3", NUMBERS, "2"), ("True. It is false that...", TRUTH, "true"),
        ("False; the true value is 5", TRUTH, "false"), ("Not true, false", TRUTH, "false"),
        ("It's not false, it's true", TRUTH, "true"), ("untrue", TRUTH, None), ("This is not true.", TRUTH, None),
        ("Paris, not Rome", CITIES, "Paris"), ("New York", CITIES, "New York"),
        ("I'd say New York rather than York", CITIES, "New York"), ("York", CITIES, "York"),
        ("(B) because (A)", LABELS, "(B)"), ("B", LABELS, "(B)"),
        ("Contradiction, since neutral would need...", NLI, "contradiction"),
        ("entailment: the premise says so; not neutral", NLI, "entailment"), ("A", FIVE, "A"),
        ("E = mc^2", FIVE, None),
    ],
)  # fmt: skip
def test_words(answer: str, choices: list[str], wanted: str | None) -> None:
    assert choice.chosen(answer, choices) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "A because B " * 10_000, "A and " * 20_000, "answer is the " * 10_000, "A is the " * 20_000, "so A, " * 20_000,
        "(" * 40_000, "x " * 40_000, "A, " * 20_000, ": " * 30_000, "word " * 30_000 + "A", "*" * 50_000 + "A",
    ],
)  # fmt: skip
def test_long_answers_take_no_longer_than_their_length(text: str) -> None:
    began = time.process_time()
    choice.chosen(text, LETTERS)
    assert time.process_time() - began < 2
