"""Totals that tell about their largest contributors: the (n, k) rule and the p% rule.

Source: Hundepool et al. (2012), Statistical Disclosure Control, sections 4.2.2 (rules) and 4.3.1
(upper protection levels).
"""

from collections.abc import Sequence

import numpy as np

from pbc_eval.agreement.disclosure import Dominance


def protection_needed(contributions: Sequence[float], rule: Dominance | None) -> float:
    """By how much the total must remain open upwards so that it is no longer sensitive; 0 if it is
    not.

    With contributions x1 >= x2 >= ... that add up to X: (x1 + ... + xn) / k - X for the (n, k) rule
    and p x1 - (X - x1 - x2) for the p% rule; the larger of both.
    """
    sizes = np.sort(np.abs(np.asarray(contributions, dtype=float)))[::-1]
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if rule is None or not len(sizes):
        return 0.0
    total, needed = float(sizes.sum()), 0.0
    if rule.k is not None:
        largest = float(sizes[: rule.n].sum())
        needed = largest / rule.k - total if rule.k > 0 else total
    if rule.p is not None:
        needed = max(needed, rule.p * float(sizes[0]) - float(sizes[2:].sum()))
    return max(needed, 0.0)
