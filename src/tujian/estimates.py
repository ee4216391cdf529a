"""How long the rest of a batch will take, with bounds that are kept honest.

Enters: how long the jobs so far took. Leaves: seconds, least, likely and most. Does not know what the jobs do.
"""

import math
import statistics
from collections.abc import Sequence

from tujian.records import Strict

TRIAL = 20  # jobs of a trial before a bulk run: beyond it the bounds narrow slowly
LEAST = 5  # durations from which anything is said at all


class Estimate(Strict):
    """Seconds for what is left: nineteen times of twenty between `least_s` and `most_s`, if the rest is alike."""

    least_s: float
    likely_s: float
    most_s: float


def time_left(durations_s: Sequence[float], left: int, workers: int = 1) -> Estimate | None:
    """The time that `left` more jobs will take `workers` at once; None before `LEAST` durations are known.

    A prediction interval for a sum: the jobs' own spread grows with the root of their number, the doubt about their
    mean with the number itself. Shares the load evenly, so few jobs on many workers take somewhat longer.

    >>> time_left([2.0] * 20, 100, 2)
    Estimate(least_s=100.0, likely_s=100.0, most_s=100.0)
    """
    known = len(durations_s)
    if known < LEAST:
        return None
    mean, spread = statistics.fmean(durations_s), statistics.stdev(durations_s)
    doubt = _student(known - 1) * spread * math.sqrt(left + left**2 / known)
    lanes = max(1, min(workers, left))
    low, likely, high = max(0.0, left * mean - doubt), left * mean, left * mean + doubt
    return Estimate(least_s=round(low / lanes, 1), likely_s=round(likely / lanes, 1), most_s=round(high / lanes, 1))


def _student(freedom: int) -> float:
    """The 0.975 quantile of Student's t, within 0.05 from 4 degrees of freedom up (Cornish-Fisher expansion)."""
    return 1.96 + 2.372 / freedom + 2.822 / freedom**2
