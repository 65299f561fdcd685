"""Limits on tokens and money; requests that are running count with the most that they can use."""

from dataclasses import dataclass

from runtime.errors import InputError
from runtime.words import plural

CHARACTERS_PER_TOKEN = 3  # fewer than any tokenizer's average on text, so that an estimate is on the safe side


@dataclass
class Budget:
    """Counts tokens and their price against limits.

    Attributes:
        most_tokens: tokens in and out; None for unlimited.
        most_cost: in the catalog's currency; None for unlimited.
        input_price, output_price: of a million tokens.
    """

    most_tokens: int | None = None
    most_cost: float | None = None
    input_price: float = 0.0
    output_price: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    _held_input: int = 0
    _held_output: int = 0

    def cost(self) -> float:
        """Return the cost so far."""
        return self._price(self.input_tokens, self.output_tokens)

    def _price(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1e6

    def hold(self, characters: int, max_tokens: int) -> tuple[int, int]:
        """Reserve the most that a request can use, before it is sent.

        Args:
            characters: length of the request's text.
            max_tokens: the most tokens of an answer.

        Returns:
            (tokens in, tokens out), for `settle`.

        Raises:
            InputError: the request could exceed a limit.
        """
        held = characters // CHARACTERS_PER_TOKEN + 1, max_tokens
        self._check(held)
        self._held_input += held[0]
        self._held_output += held[1]
        return held

    def _check(self, more: tuple[int, int]) -> None:
        tokens_in = self.input_tokens + self._held_input + more[0]
        tokens_out = self.output_tokens + self._held_output + more[1]
        if self.most_tokens is not None and tokens_in + tokens_out > self.most_tokens:
            raise InputError(
                f"token limit: the next request could exceed {plural(self.most_tokens, 'token')} "
                f"({self.input_tokens + self.output_tokens:,} used); choose a larger size or a smaller dataset"
            )
        if self.most_cost is not None and self._price(tokens_in, tokens_out) > self.most_cost:
            raise InputError(
                f"cost limit: the next request could exceed {self.most_cost:g} ({self.cost():.4g} spent); "
                "choose a larger size or a smaller dataset"
            )

    def spend(self, input_tokens: int, output_tokens: int, again: bool) -> None:
        """Count a try whose answer was lost; what is reserved stays reserved for the next try.

        Args:
            input_tokens, output_tokens: that it used, or could have used.
            again: whether the same request is sent again.

        Raises:
            InputError: sent again, it could exceed a limit.
        """
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        if again:
            self._check((0, 0))

    def settle(self, held: tuple[int, int], input_tokens: int, output_tokens: int) -> None:
        """Replace a reservation by what was used."""
        self._held_input -= held[0]
        self._held_output -= held[1]
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
