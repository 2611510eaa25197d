"""What checks and pages ask of a sample whose people stay in an engine, beside its balance.

EngineSample ── overlap_in_engine, recorded_in_engine, unadjusted_in_engine ──▶ figures
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from pbc_eval.errors import DesignError
from pbc_eval.matching.effect import trial_estimate, unadjusted_by_weights
from pbc_eval.matching.in_engine.cells import binned
from pbc_eval.matching.in_engine.columns import laid_out
from pbc_eval.matching.in_engine.matched import middle_of
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.in_engine.sums import ARMS, by_value, count, ones, products, total
from pbc_eval.matching.omitted_variables import Strength, strengths_of_products
from pbc_eval.matching.plain_ends import plain_ends
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.source import Table, Value, collect, number
from pbc_eval.panel.unit_rows import answer_column
from pbc_eval.results import AttEstimate

NOTHING = float("nan")
BINS = 64
ENOUGH = 1_000  # people apart in a group: more than any threshold, so that none need be exact


def overlap_in_engine(sample: EngineSample) -> pd.DataFrame:
    """A row a group (treated, comparison, all), as ``check_overlap`` has them; medians are open."""
    rows, used = sample.rows, sample.after.used
    ends = outside = None
    if sample.score is not None:
        placed = sample.score.scored(rows.table)
        p = placed["pbc_p"]
        ends = by_value(placed, {"low": p.min(), "high": p.max()})
        others = (placed["pbc_d"] == 1.0).ifelse
        low = others(number(ends["low"][1]), number(ends["low"][0]))
        high = others(number(ends["high"][1]), number(ends["high"][0]))
        outside = by_value(placed, {"n": count((p < low) | (p > high))})["n"]
    groups = [("treated", [0]), ("comparison", [1]), ("all", [0, 1])]
    made = []
    for name, arms in groups:
        size = sum(rows.sizes[arm] for arm in arms)
        matched = sum(int(used[arm]) for arm in arms)
        beyond = NOTHING if outside is None else float(sum(outside[arm] for arm in arms))
        made.append(
            {
                "group": name,
                "units": size,
                "matched": matched,
                "unmatched": size - matched,
                "share_unmatched": (size - matched) / size,
                "outside_range": beyond if outside is None else int(beyond),
                "share_outside": beyond / size,
                "lowest": NOTHING if ends is None else min(ends["low"][arm] for arm in arms),
                "median": NOTHING,
                "highest": NOTHING if ends is None else max(ends["high"][arm] for arm in arms),
            }
        )
    return pd.DataFrame(made)


def bars_in_engine(sample: EngineSample, bars: int) -> pd.DataFrame | None:
    """People by score, a row a bar over the range of the treated: how many of each arm, and their
    shares of it before and after; None without a score, or with one that is the same for all."""
    if sample.score is None:
        return None
    p = sample.table["pbc_p"]
    ends = by_value(sample.table, {"low": p.min(), "high": p.max()})
    low, high = float(ends["low"][0]), float(ends["high"][0])
    if not low < high:
        return None
    edges = np.linspace(*plain_ends(low, high), bars + 1)
    inside = sample.table.filter((p >= number(low)) & (p <= number(high)))
    placed = inside.mutate(
        pbc_bin=binned(inside["pbc_p"], edges[1:-1].tolist()), pbc_m=sample.rows.base(inside)
    )
    frame = pd.DataFrame({"low": edges[:-1], "high": edges[1:]})
    for arm, name in enumerate(("treated", "comparison")):
        mine = placed.filter(placed["pbc_d"] == number(ARMS[arm]))
        sums: dict[str, Value] = {
            "n": mine.count(), "before": mine["pbc_m"].sum(), "after": mine["pbc_w"].sum()
        }  # fmt: skip
        parts = by_value(mine, sums, "pbc_bin", range(bars))
        frame[name] = parts["n"].astype(int)
        frame[f"{name}_before"] = parts["before"] / sample.before.weight[arm]
        frame[f"{name}_after"] = parts["after"] / sample.after.weight[arm]
    return frame.assign(left_out=0)


class Recorded(NamedTuple):
    """How strong each covariate is, whether the outcome is 0 or 1 throughout, and its standard
    deviation in the comparison group."""

    strengths: tuple[Strength, ...]
    yes_or_no: bool
    deviation: float


def recorded_in_engine(sample: EngineSample, outcome: str) -> Recorded:
    """Of everybody whose outcome is known, matched or not."""
    table = _with_everybodys(sample, outcome)
    middle, scale = middle_of(table)
    table = table.mutate(pbc_z=(table["pbc_y"] - number(middle)) / number(scale))
    table, design = laid_out(table, sample.rows.scored)
    n = int(total(table, {"n": table.count()})["n"])
    whole = products(table, [*design, table["pbc_d"], table["pbc_z"]], ones(table))
    centred = whole[1:, 1:] - np.outer(whole[1:, 0], whole[0, 1:]) / n
    try:
        strengths = strengths_of_products(centred, n, [c.name for c in sample.rows.scored])
    except DesignError:  # too few rows, or an outcome with nothing left to explain
        strengths = ()
    others = table.filter(table["pbc_d"] == 0.0)
    y, z = table["pbc_y"], others["pbc_z"]
    between = total(table, {"n": count((y != 0.0) & (y != 1.0))})["n"]
    facts = total(others, {"n": others.count(), "z": z.sum(), "zz": (z * z).sum()})
    spread = (facts["zz"] - facts["z"] ** 2 / facts["n"]) / (facts["n"] - 1)
    return Recorded(strengths, between == 0, float(np.sqrt(max(spread, 0.0))) * scale or 1.0)


def unadjusted_in_engine(
    sample: EngineSample, outcome: str, level: float, *, without_unmatched: bool
) -> AttEstimate:
    """Everybody in the programme against everybody else, as sampled; without those who found no
    match, where nothing may be told of them."""
    table = _with_everybodys(sample, outcome)
    if without_unmatched:
        weighted = sample.weigh(table)
        meant = {"ATT": weighted["pbc_d"] == 1.0, "ATC": weighted["pbc_d"] == 0.0}
        focal = meant.get(sample.settings.estimand, weighted["pbc_d"] >= 0.0)
        table = weighted.filter((weighted["pbc_w"] > 0.0) | ~focal)
    middle, scale = middle_of(table)
    base = sample.rows.base(table)
    table = table.mutate(pbc_z=(table["pbc_y"] - number(middle)) / number(scale), pbc_m=base)
    b, z = table["pbc_m"], table["pbc_z"]
    sums = by_value(table, {"n": table.count(), "b": b.sum(), "bz": (b * z).sum()})
    means = sums["bz"] / sums["b"]
    sizes = (int(sums["n"][0]), int(sums["n"][1]))
    arm = table["pbc_d"] == 1.0
    rest = z - arm.ifelse(number(means[0]), number(means[1]))
    if sample.rows.sampling_weights is None:
        squares = by_value(table, {"s": (rest * rest).sum()})["s"]
        variances = squares / np.maximum(np.array(sizes) - 1, 1) * scale**2
        return trial_estimate(outcome, means * scale + middle, variances, sizes, level)
    share = b / arm.ifelse(number(sums["b"][0]), number(sums["b"][1]))
    lean = share * rest / (number(1.0) - share)
    squares = by_value(table, {"s": (lean * lean).sum()})["s"]
    error = float(np.sqrt(squares.sum())) * scale
    return unadjusted_by_weights(outcome, float(means[0] - means[1]) * scale, error, sizes, level)


def _with_everybodys(sample: EngineSample, outcome: str) -> Table:
    """Everybody in the sample whose outcome is known, with it."""
    rows = sample.rows
    y = answer_column(replace(rows.source, table=rows.whole), outcome, None)
    table = rows.whole.select(*rows.made, pbc_y=y)
    return table.filter(table["pbc_y"].notnull())


def number_apart(table: Table, values: Value, groups: Mapping[str, Value]) -> dict[str, int]:
    """Of each group, a condition, how many are apart: have the larger of two values, or any but the
    most frequent of several. Where more than a thousand are apart in every group, at least so many:
    no threshold is near."""
    narrow = table.mutate(pbc_a=values, **{f"pbc_g{k}": g for k, g in enumerate(groups.values())})
    a = narrow["pbc_a"]
    inside = {name: narrow[f"pbc_g{k}"] for k, name in enumerate(groups)}
    sums: dict[str, Value] = {"low": a.min(), "high": a.max()}
    facts = total(narrow, sums)
    low, high = facts["low"], facts["high"]
    sizes = total(narrow, {name: count(group & a.notnull()) for name, group in inside.items()})
    between = total(narrow, {"n": count((a != number(low)) & (a != number(high)))})["n"]
    if low < high and not between:
        at_high = {name: count(group & (a == number(high))) for name, group in inside.items()}
        return {name: int(n) for name, n in total(narrow, at_high).items()}
    edges = np.linspace(low, high, BINS + 1)[1:-1].tolist() if low < high else []
    rough = _most_in_one(narrow.mutate(pbc_bin=binned(a, edges)), "pbc_bin", inside)
    apart = {name: int(sizes[name]) - rough[name] for name in groups}
    if all(apart[name] >= ENOUGH or not sizes[name] for name in groups):
        return apart
    exact = _most_in_one(narrow, "pbc_a", inside)
    return {name: int(sizes[name]) - exact[name] for name in groups}


def _most_in_one(table: Table, by: str, groups: Mapping[str, Value]) -> dict[str, int]:
    """Of each group, how many have the value that most of it have."""
    known = table.filter(table[by].notnull())
    counts = {f"n{k}": count(group) for k, group in enumerate(groups.values())}
    each = known.group_by(by).aggregate(**counts)
    most = collect(each.aggregate(**{name: each[name].max() for name in counts}))
    tops = np.nan_to_num(most.to_numpy(dtype=float)[0])
    return {name: int(top) for name, top in zip(groups, tops, strict=True)}


def levels_in_engine(sample: EngineSample, outcome: str) -> tuple[Table, Floats]:
    """Everybody with their outcome and weight, and the two ends of the outcome."""
    table = sample.weigh(_with_everybodys(sample, outcome))
    y = table["pbc_y"]
    facts = total(table, {"low": y.min(), "high": y.max()})
    return table, np.array([facts["low"], facts["high"]])
