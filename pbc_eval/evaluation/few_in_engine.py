"""How many of each group are apart in a characteristic, of people who stay in an engine."""

import numpy as np
import pandas as pd

from pbc_eval.matching.in_engine.looked_at import levels_in_engine, number_apart
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.in_engine.sums import count, total
from pbc_eval.panel.source import Value, number


class PeopleInEngine:
    """Groups of a sample by name, as ``few_apart.People`` has them."""

    def __init__(self, sample: EngineSample) -> None:
        self.sample, self.table = sample, sample.table
        d, w = self.table["pbc_d"], self.table["pbc_w"]
        treated, used = d == number(1.0), w > number(0.0)
        meant = {"ATT": treated, "ATC": ~treated}.get(sample.settings.estimand, d >= number(0.0))
        self.groups: dict[str, Value] = {
            "mean_treated_before": treated,
            "mean_comparison_before": ~treated,
            "mean_treated_after": treated & used,
            "mean_comparison_after": ~treated & used,
            "left_treated": treated & ~used,
            "left_comparison": ~treated & ~used,
            "lost": meant & ~used,
        }
        before, after, lost = sample.rows.sizes, sample.after.used, sample.lost
        alike = [np.allclose(sample.after.least[arm], sample.after.most[arm]) for arm in (0, 1)]
        self.sizes = {
            "mean_treated_before": before[0],
            "mean_comparison_before": before[1],
            "mean_treated_after": int(after[0]),
            "mean_comparison_after": int(after[1]),
            "left_treated": lost[0] if alike[0] else 0,
            "left_comparison": lost[1] if alike[1] else 0,
        }
        self.sampled = sample.rows.sampling_weights is not None

    @property
    def n_lost(self) -> int:
        return self.sample.n_unmatched

    def size(self, name: str) -> int:
        return self.sizes[name]

    def apart(self, name: str, frame: pd.DataFrame) -> tuple[int, ...]:
        """By row of a table of balance."""
        if name.startswith("left") and not self.sizes[name]:
            return (0,) * len(frame)
        return tuple(self._of(str(covariate))[name] for covariate in frame["covariate"])

    def _of(self, covariate: str) -> dict[str, int]:
        held = self.sample.apart_by_column
        if covariate not in held:
            column = next(c for c in self.sample.rows.columns if c.name == covariate)
            held[covariate] = number_apart(self.table, column.of(self.table), self.groups)
        return held[covariate]

    def raw(self, frame: pd.DataFrame) -> tuple[float, ...]:
        """The difference after matching in the distance of the two values; NaN of other rows."""
        wide = {
            column.name: column.high - column.low if column.binary else 0.0
            for column in self.sample.rows.columns
        }
        rows = zip(frame["covariate"], frame["raw_diff_after"], strict=True)
        return tuple(
            float(difference) / wide[name] if wide[name] else float("nan")
            for name, difference in rows
        )


def levels_of_outcome(
    sample: EngineSample, outcome: str, *, without_unmatched: bool
) -> tuple[tuple[str, int, int, bool], ...]:
    """What the level of an outcome in each group tells, as ``few_apart.levels_of`` has it."""
    table, (low, high) = levels_in_engine(sample, outcome)
    d, used, y = table["pbc_d"], table["pbc_w"] > number(0.0), table["pbc_y"]
    others = d == number(0.0)
    shown = others
    if without_unmatched and sample.settings.estimand != "ATT":
        shown = others & used
    groups: dict[str, Value] = {
        "in the programme": (d == number(1.0)) & used,
        "comparison": others & used,
        "all who could be compared": shown,
    }
    sizes = total(table, {name: count(group) for name, group in groups.items()})
    between = total(table, {"n": count((y != number(low)) & (y != number(high)))})["n"]
    two = bool(low < high and not between)
    apart = number_apart(table, y, groups)
    return tuple((name, int(sizes[name]), apart[name], two) for name in groups)
