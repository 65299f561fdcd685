"""The verdict on a difference: pass, fail or inconclusive, and how many more samples would settle it.

With margin m, the drop that counts as a regression:
  fail          worse beyond chance (Holm-adjusted p < alpha) and by m or more
  pass          the whole 95 % interval of the difference lies above -m
  inconclusive  neither; more samples would tell
The suite fails if any metric fails, passes if all pass. With no true difference it fails at most alpha of the time.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from evaluation.paired import Difference
from evaluation.stats import Z

ALPHA = 0.05
MOST = 10_000_000
RANK = {"fail": 0, "inconclusive": 1, "pass": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric's verdict.

    Attributes:
        verdict: pass, fail or inconclusive.
        more: further samples that would settle an inconclusive verdict if the difference stays as it is; None where
            it is settled, or where no practical number of samples would settle it.
    """

    verdict: str
    more: int | None


def decide(difference: Difference, p_adjusted: float, margin: float, metrics: int, alpha: float = ALPHA) -> Verdict:
    """Return a metric's verdict.

    Args:
        difference: new minus baseline.
        p_adjusted: its p value, corrected for the number of metrics.
        margin: the drop that counts as a regression.
        metrics: how many metrics share the level `alpha`.
        alpha: the chance that the suite fails although nothing is worse.
    """
    if p_adjusted < alpha and difference.difference <= -margin:
        return Verdict("fail", None)
    if difference.low > -margin:
        return Verdict("pass", None)
    return Verdict("inconclusive", _more(difference, margin, metrics, alpha))


def _more(difference: Difference, margin: float, metrics: int, alpha: float) -> int | None:
    """Return how many more samples lower the standard error enough to settle the difference as it is.

    With the two pairs that paired.py adds, the error of u units is sqrt(spread u + 2) / (u + 2). This solves for u.
    """
    room = difference.difference + margin
    wanted = room / Z if room > 0 else -difference.difference / NormalDist().inv_cdf(1 - alpha / metrics)
    units = difference.units
    squares = difference.standard_error**2 * (units + 2) * (units + 1)
    spread = max(0.0, (squares - 2) / units)
    needed = (spread + math.sqrt(spread**2 + 4 * wanted**2 * max(0.0, 2 - 2 * spread))) / (2 * wanted**2) - 2
    more = math.ceil((needed - units) * difference.n / units)
    return None if more > MOST else max(1, more)


def overall(verdicts: dict[str, str]) -> str:
    """Return the suite's verdict, which is the worst of its metrics' verdicts."""
    return min(verdicts.values(), key=lambda verdict: RANK[verdict])
