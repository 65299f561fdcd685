"""Which of a closed set of choices an answer names: the whole answer, what stands behind a cue, or what it mentions."""

from collections.abc import Sequence
from typing import Any

from evaluation.mentions import RIGHT, WORDS, Answer, Mention
from evaluation.normalisation import SQUAD, Normalisation


def chosen(answer: str, choices: Sequence[str], rules: Normalisation = SQUAD) -> str | None:
    """Return the choice that an answer names.

    That is, in this order: the whole answer; the last that is said to be the answer ("the answer is D", "\\boxed{D}",
    "D is right"); the last that is concluded ("so D."); the one that the answer begins with ("D) because A ..."); the
    last that it mentions, or the first where the rules say so.

    What is denied ("not B", "B is wrong"), listed with others ("A or B") or a reason ("because A fails") is not named.
    Case is ignored, except for a choice of one letter that is only mentioned outside brackets: "a" is an article. Of
    choices that begin at the same place the longest counts ("yes, partly" over "yes").
    """
    by_words = {tuple(WORDS.findall(written(choice, rules).lower())): choice for choice in choices}
    text = written(answer, rules)
    read = Answer(text, by_words)
    if (whole := by_words.get(tuple(read.low))) is not None:
        return whole
    mentions = read.mentions
    if answers := [each for each in mentions if read.is_cued(each) or read.is_said(each, RIGHT)]:
        return answers[-1].choice
    if concluded := [each for each in mentions if read.follows(each)]:
        return concluded[-1].choice
    if mentions and read.opens(mentions[0]) and not _enumerates(read, mentions):
        return mentions[0].choice
    named: list[Mention] = []
    for each in mentions:
        if not named or not read.is_a_reason(each, named[-1]):
            named.append(each)
    if not named:
        return None
    return named[0 if rules.mention == "first" else -1].choice


def _enumerates(read: Answer, mentions: Sequence[Mention]) -> bool:
    """Return whether an answer goes through its choices one by one: "A: 5. B: 6. C: 7."."""
    labels = {(each.choice, behind) for each in mentions if (behind := read.gap(each.end)[:1]) in (":", ".", ")")}
    signs = [sign for _, sign in labels]
    return any(signs.count(sign) > 1 for sign in (":", ")", "."))


def written(text: str, rules: Normalisation) -> str:
    """Return a text as words are read from it."""
    return rules.cut(rules.fold(text)).replace("\u2212", "-")


def spelling(choice: str, rules: Normalisation = SQUAD) -> str:
    """Return what an answer is compared with to see whether it names a choice: its words, lower case."""
    return " ".join(WORDS.findall(written(choice, rules).lower()))


def accuracy(answer: str, sample: dict[str, Any], rules: Normalisation = SQUAD) -> float:
    """1 where the choice that the answer names is a reference."""
    return float(chosen(answer, sample["choices"], rules) in sample["references"])
