"""What a change does to the cost of a pipeline, in words and in figures."""

from __future__ import annotations

from collections.abc import Sequence

from dac.model import EffectClass, Location
from dac.model.amount_words import estimate_words, month_words
from dac.model.estimate import Estimate
from dac.plan.difference import Difference, How
from dac.plan.effect import Effect

_PATH = "[Estimate]"  # stands among the differences of manifests, so that its cause is traced like theirs


def cost_effect(
    before: Estimate | None, after: Estimate | None, cause: Location | None, *, base: bool = False
) -> Effect | None:
    """Return what a change of a pipeline means for its cost.

    Args:
        before: at the base; None where the pipeline is new.
        after: at the head; None where it is gone.
        cause: where the change stands.
        base: whether that is a place in the base.

    Returns:
        The effect: of the class new or removal where the pipeline is, and no-op where the amounts stay. None where it
        is neither at base nor at head.
    """
    amounts = {"before": before.data() if before else None, "after": after.data() if after else None}

    def effect(effect_class: EffectClass, change: str, means: str = "") -> Effect:
        return Effect(effect_class, f"cost: {change}", means, cause, base, amounts)

    if after is None:
        return effect(EffectClass.REMOVAL, f"none any more, was {month_words(before)}") if before else None
    if before is None:
        return effect(EffectClass.NEW, month_words(after), estimate_words(after))
    if before.amounts == after.amounts:
        words = "as before" if after.run.usd.has_most else "unknown, as before"
        return effect(EffectClass.NO_OP, words, estimate_words(after))
    words, was = month_words(after), month_words(before)
    if words != was:
        return effect(EffectClass.COST, f"{words}, was {was}", estimate_words(after))
    means = f"{estimate_words(after)}; before: {estimate_words(before)}"
    return effect(EffectClass.COST, f"{words}; what a run takes is another", means)


def cost_difference(before: Estimate, after: Estimate) -> list[Difference]:
    """Return the difference of two estimates, as one of the manifests; none where they are equal."""
    if before.amounts == after.amounts:
        return []
    return [Difference((_PATH,), How.CHANGED, before, after)]


def parted(differences: Sequence[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Return the differences of manifests, and those of estimates."""
    manifests = [each for each in differences if each.path != (_PATH,)]
    return manifests, [each for each in differences if each.path == (_PATH,)]


def traced(difference: Difference, cause: Location | None, *, base: bool = False) -> Effect:
    """Return the effect of a difference that `cost_difference` made, whose cause was found."""
    effect = cost_effect(difference.before, difference.after, cause, base=base)
    assert effect is not None  # both sides are there
    return effect
