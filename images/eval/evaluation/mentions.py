"""The choices that an answer mentions, and what the words around each say of it.

"A and B are wrong, so C" mentions three: A and B in one list, C as what follows from it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

# Words, with what tells C from C++ and C#, and numbers with their sign and their decimals.
WORDS = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)+|(?<!\w)-\d+|\w+(?:\+\+|\#)?")
CUES = frozenset({"answer", "ans", "boxed", "label", "verdict", "choose", "chose", "pick", "select", "selected"})
NAMING = frozenset({"choice", "option"})  # cues behind one of the next words, else in front of any choice
CHOSEN = frozenset({"correct", "right", "best", "final", "my", "chosen"})
FILLERS = NAMING | frozenset(
    {"is", "are", "was", "were", "be", "would", "should", "must", "seems", "the", "letter", "correct", "best", "final"}
    | {"text", "textbf", "mathrm", "mathbf"}  # LaTeX's, as in \boxed{\text{B}}
    | {"most", "likely", "probably", "clearly", "definitely", "obviously", "certainly", "therefore", "thus", "hence"}
    | {"then", "indeed", "my", "also", "just", "simply", "both"}
)
MOST_FILLERS = 8  # between a choice and the word that speaks of it
DENIALS = frozenset({"not", "nor", "neither", "never", "cannot", "non", "unlike", "than", "over", "despite", "except"})
WRONG = frozenset({"wrong", "incorrect", "not", "cannot", "isn", "aren", "wasn", "doesn", "fails", "fail"})
RIGHT = frozenset({"correct", "right", "answer", "best", "better", "fits"})
INVERTED = frozenset({"would", "is", "are"})  # "and so would B"
CONCLUSIONS = frozenset({"so", "thus", "therefore", "hence", "leaves"})
REASONS = frozenset(
    {"because", "since", "as", "though", "although", "whereas", "while", "given", "despite", "might", "could"}
)
AFTER_A = REASONS | {"and", "or", "would", "can", "best", "must", "then", "alone", "only"}
BRACKETS = ")]}*"  # behind a letter: "(b)", "b)", "**b**"
SENTENCE = re.compile(r"[.;!?]\W*\s")
CLAUSE = re.compile(r"[.;!?,(\n]")
ENDED = re.compile(r"[*_`\"')\]}$]*\s*(?:$|[\n.;!?])")
OPENED = re.compile(r"[*_`\"'\u201d\u2019)\]}$]*\s*(?:$|[\n.,;:!)(\u2013\u2014]|-\s|(?:because|since|as)\b)")
HEADING = re.compile(r"[^\w\n]*(?:(?:[^\W\d_]+ ){0,2}[^\W\d_]+[*_]*:\W*|(?:option|choice) \W*)?", re.IGNORECASE)
JOINED = re.compile(r"[\s()*_`\"',]*(?:[/&]|\b(?:and|or|nor)\b)[\s()*_`\"']*", re.IGNORECASE)
COMMA = re.compile(r"[\s()*_`\"']*,[\s()*_`\"']*")
ByWords = dict[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Mention:
    """A choice in an answer, and from which word to before which it is mentioned."""

    choice: str
    begin: int
    end: int


class Answer:
    """The words of an answer, and the choices among them."""

    def __init__(self, text: str, by_words: ByWords) -> None:
        self.text, self.by_words = text, by_words
        self.spans = list(WORDS.finditer(text))
        self.low = [span.group().lower() for span in self.spans]
        self.longest = max(map(len, by_words), default=0)
        self.sentences = list(accumulate(bool(SENTENCE.search(self.gap(at))) for at in range(len(self.low))))
        self.reasons = list(accumulate(word in REASONS for word in self.low))
        every = self._every()
        listed = self._listed(every)
        self.mentions = [
            each
            for each in every
            if each.begin not in listed and not self._denied(each.begin) and not self.is_said(each, WRONG)
        ]

    def _every(self) -> list[Mention]:
        """Return what is mentioned, each word read once."""
        every, place = [], 0
        while place < len(self.low):
            mention = self._at(place)
            if mention is not None and (self._counts(mention) or self.is_cued(mention)):
                every.append(mention)
                place = mention.end
            else:
                place += 1
        return every

    def _at(self, place: int) -> Mention | None:
        """Return the longest choice that stands at a word."""
        for length in range(min(self.longest, len(self.low) - place), 0, -1):
            if (choice := self.by_words.get(tuple(self.low[place : place + length]))) is not None:
                return Mention(choice, place, place + length)
        return None

    def gap(self, place: int) -> str:
        """Return the text in front of a word, from the word before."""
        begin = self.spans[place - 1].end() if place > 0 else 0
        return self.text[begin : self.spans[place].start() if place < len(self.spans) else len(self.text)]

    def _counts(self, mention: Mention) -> bool:
        """Return whether it is a mention: one letter must be in its own case, or stand in brackets or as a label."""
        span, words = self.spans[mention.begin], self.low[mention.begin : mention.end]
        if len(words) > 1 or len(words[0]) > 1:
            return True
        text, begin, behind = self.text, span.start(), self.text[span.end() : span.end() + 1]
        if span.group() in mention.choice:
            return not self._is_a_word(mention)
        label = behind in (".", ":") and not text[text.rfind("\n", 0, begin) + 1 : begin].strip(" *#-")
        return (bool(behind) and behind in BRACKETS) or label

    def _is_a_word(self, mention: Mention) -> bool:
        """Return whether a letter is an article, a pronoun or a formula's: "A cat", "I think", "E = mc"."""
        gap, letter = self.gap(mention.end), self.low[mention.begin]
        if gap.strip()[:1] == "=":
            return True
        if letter not in ("a", "i") or gap != " " or mention.end == len(self.low):
            return False
        following = self.spans[mention.end].group()  # a verb's third person: "A fits" and "A is" name a choice
        return following[0].islower() and following not in AFTER_A and following[-1] != "s"

    def _listed(self, every: Sequence[Mention]) -> set[int]:
        """Return where those begin that one list joins with others: "A, B and C", "A/B", or "A, B" and no more."""
        group, joined = set[int](), set[int]()
        texts = [self.text[self.spans[a.end - 1].end() : self.spans[b.begin].start()] for a, b in pairwise(every)]
        listed = set[int]()
        for (first, second), text in zip(pairwise(every), texts, strict=True):
            if JOINED.fullmatch(text) or (COMMA.fullmatch(text) and not joined):
                group |= {first.begin, second.begin}
                if JOINED.fullmatch(text) and first.choice != second.choice:
                    joined = group
            else:
                listed |= joined
                group, joined = set(), set()
        alone = len(group) == len(every) > 1 and len(self.low) == sum(each.end - each.begin for each in every)
        return listed | joined | (group if alone else set())

    def _before(self, place: int) -> int:
        """Return which word speaks of the choice at a place: the one before it and its fillers; -1 where none does."""
        last, least = place - 1, max(0, place - MOST_FILLERS)
        while last >= least and self.sentences[last] == self.sentences[place]:
            if self.low[last] not in FILLERS:
                return last
            last -= 1
        return -1

    def _denied(self, place: int) -> bool:
        """Return whether the words before a place deny it: "not B", "is not the option B", "isn't B", "than B"."""
        last = self._before(place)
        if last < 0:
            return False
        before = self.low[last - 1] if last else ""
        return (
            self.low[last] in DENIALS
            or (before, self.low[last]) == ("instead", "of")
            or (self.low[last] == "t" and before.endswith("n"))
        )

    def is_cued(self, mention: Mention) -> bool:
        """Return whether the words before say that it is the answer: "the answer is D", "the best choice: D"."""
        last = self._before(mention.begin)
        if self.spans[mention.begin].group() in ("a", "i") and self._is_a_word(mention):
            return False
        if last >= 0 and self.low[last] in CUES:
            return not self._denied(last)
        first = max(1, last + 1, mention.begin - MOST_FILLERS)
        return any(
            self.low[at - 1] in CHOSEN
            and self.low[at] in NAMING
            and self.sentences[at] == self.sentences[mention.begin]
            for at in range(first, mention.begin)
        )

    def is_said(self, mention: Mention, words: frozenset[str]) -> bool:
        """Return whether the words behind say so: "B is wrong", "D is the right choice"."""
        for place in range(mention.end, min(len(self.low), mention.end + MOST_FILLERS)):
            if CLAUSE.search(self.gap(place)):
                return False
            if self.low[place] in words and self._at(place) is None:
                return place > mention.end or words is WRONG
            if self.low[place] not in FILLERS:
                return False
        return False

    def follows(self, mention: Mention) -> bool:
        """Return whether it ends a sentence that concludes: "so B.", "therefore: B"."""
        if not ENDED.match(self.text, self.spans[mention.end - 1].end()):
            return False
        last = self._before(mention.begin)
        words = self.low[last if last >= 0 else max(0, mention.begin - MOST_FILLERS) : mention.begin + 1]
        return any(word in CONCLUSIONS and behind not in INVERTED for word, behind in pairwise(words))

    def opens(self, mention: Mention) -> bool:
        """Return whether the answer begins with it, and goes on with something else: "C) because A ..."."""
        first, behind = self.spans[mention.begin].start(), self.spans[mention.end - 1].end()
        return HEADING.fullmatch(self.text, 0, first) is not None and OPENED.match(self.text, behind) is not None

    def is_a_reason(self, mention: Mention, earlier: Mention) -> bool:
        """Return whether it only gives a reason for an earlier one of its sentence: "C, since A fails"."""
        if self.sentences[earlier.begin] != self.sentences[mention.begin]:
            return False
        return self.reasons[mention.begin - 1] > self.reasons[earlier.end - 1]
