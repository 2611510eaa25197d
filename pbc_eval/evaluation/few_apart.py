"""How many of each group are apart in a characteristic: what a mean of it tells, with or without
weights, since weights that balance the groups make one mean the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.evaluation.comparison_groups import Sample
from pbc_eval.evaluation.few_in_engine import PeopleInEngine
from pbc_eval.evaluation.record import Shares
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.numerics.arrays import Bools, Floats

MEANS = (
    "mean_treated_before",
    "mean_comparison_before",
    "mean_treated_after",
    "mean_comparison_after",
)


def weights_of(sample: Sample) -> Floats:
    """What each row counts in the analysis, (n,)."""
    return sample.analysis_weights if isinstance(sample, MatchedSample) else sample.all_weights


class People:
    """Groups of a sample by name: each arm before and after (as columns of means are called), those
    ``left_treated`` and ``left_comparison`` by a match under which everybody counts once, and those
    ``lost`` without one. ``size`` and ``apart`` tell how many they are, and how many are apart."""

    def __init__(self, sample: Sample) -> None:
        self.sample, self.weights = sample, weights_of(sample)
        treated, used = sample.design.treated, self.weights > 0
        self.groups = {
            "mean_treated_before": treated,
            "mean_comparison_before": ~treated,
            "mean_treated_after": treated & used,
            "mean_comparison_after": ~treated & used,
            "left_treated": self._left(treated),
            "left_comparison": self._left(~treated),
        }
        self.sampled = sample.design.sampling is not None

    @property
    def n_lost(self) -> int:
        return len(self.sample.unmatched.ids)

    def size(self, name: str) -> int:
        return int(self.groups[name].sum())

    def apart(self, name: str, frame: pd.DataFrame) -> tuple[int, ...]:
        """By row of a table of balance."""
        group = self._lost() if name == "lost" else self.groups[name]
        return _apart(self.sample, group, frame)

    def raw(self, frame: pd.DataFrame) -> tuple[float, ...]:
        """The difference after matching in the distance of the two values; NaN of other rows."""
        return _raw(self.sample, frame)

    def _lost(self) -> Bools:
        return np.asarray(self.sample.design.ids.isin(self.sample.unmatched.ids), dtype=bool)

    def _left(self, group: Bools) -> Bools:
        """Those who are before and not after matching, where everybody counts once: then both means
        tell theirs."""
        inside = self.weights[group & (self.weights > 0)]
        alike = len(inside) > 0 and np.allclose(inside, inside[0])
        return group & (self.weights == 0) if alike else np.zeros(len(group), dtype=bool)


def people_of(sample: Sample | EngineSample) -> People | PeopleInEngine:
    """Its groups, wherever its people are."""
    return PeopleInEngine(sample) if isinstance(sample, EngineSample) else People(sample)


def hides_the_unmatched(spec: EvaluationSpec, sample: Sample | EngineSample) -> bool:
    """Are those without a match so few that nothing may be said about them?"""
    lost = sample.n_unmatched if isinstance(sample, EngineSample) else len(sample.unmatched.ids)
    return 0 < lost < spec.publication.disclosure.of_units.threshold


def tells_those_not_compared(spec: EvaluationSpec, sample: Sample | EngineSample) -> bool:
    """Are so few of the comparison group left over that means before and after tell theirs?"""
    left = people_of(sample).size("left_comparison")
    return 0 < left < spec.publication.disclosure.of_units.threshold


def shares_of_balance(
    spec: EvaluationSpec,
    sample: Sample | EngineSample,
    frame: pd.DataFrame,
    columns: Sequence[str],
) -> Shares:
    """Which of the means tell how many have a trait. Where people count by weights of a sampling
    the differences go with the means: what they leave open is not known."""
    people = people_of(sample)
    size = {name: people.size(name) for name in MEANS}
    shown = [name for name in MEANS if name in columns]
    hidden, sampled = hides_the_unmatched(spec, sample), people.sampled
    gaps = {
        f"std_diff_{when}": (size[f"mean_treated_{when}"], size[f"mean_comparison_{when}"])
        for when in ("before", "after")
    }
    befores = tuple(name for name in columns if name.endswith("_before") and name not in gaps)
    afters = tuple(name for name in columns if name.endswith("_after") and name not in gaps)
    also = tuple(gaps) if sampled else ()
    kept = size["mean_treated_after"]
    return Shares(
        binary=tuple(map(bool, frame["binary"])),
        apart={name: people.apart(name, frame) for name in shown},
        people={name: size[name] for name in shown},
        gaps={} if sampled else gaps,
        before="std_diff_before",
        kept=("mean_treated_after", kept),
        left_out=size["mean_treated_before"] - kept if hidden else 0,
        left=() if hidden else _left(people, frame),
        with_left=(*befores, *also),
        with_them={
            "mean_treated_before": (*befores, *also),
            "mean_treated_after": (*afters, *also),
        },
        raw=people.raw(frame),
    )


def _values(sample: Sample, frame: pd.DataFrame) -> list[Floats | None]:
    """The values (n,) behind each row of a table of balance; None of the score's."""
    columns = sample.design.columns
    place = {name: k for k, name in enumerate(columns.names)}
    return [
        columns.values[:, place[name]] if name in place else None for name in frame["covariate"]
    ]


def _apart(sample: Sample, group: Bools, frame: pd.DataFrame) -> tuple[int, ...]:
    rows = zip(_values(sample, frame), frame["binary"], strict=True)
    return tuple(
        int(group.sum()) if values is None else number_apart(values, group, two=bool(two))
        for values, two in rows
    )


def number_apart(values: Floats, group: Bools, *, two: bool) -> int:
    """How many of a group, (n,), are apart: have the larger of two values, or any but the most
    frequent of several."""
    inside = values[group]
    if two:
        return int((inside == values.max()).sum())
    return len(inside) - int(max(np.unique(inside, return_counts=True)[1], default=0))


def _left(
    people: People | PeopleInEngine, frame: pd.DataFrame
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Those of each group who are before and not after matching, where that can be told."""
    names = ("left_treated", "left_comparison")
    return tuple((people.size(name), people.apart(name, frame)) for name in names)


def _raw(sample: Sample, frame: pd.DataFrame) -> tuple[float, ...]:
    """The difference after matching in the distance of the two values; NaN of other rows."""
    raw = []
    rows = zip(_values(sample, frame), frame["binary"], frame["raw_diff_after"], strict=True)
    for values, two, difference in rows:
        wide = 0.0 if values is None or not two else float(values.max() - values.min())
        raw.append(float(difference) / wide if wide else float("nan"))
    return tuple(raw)


def shares_of_unmatched(spec: EvaluationSpec, sample: Sample | EngineSample) -> Shares:
    """As the table of balance has it, of which these means are parts: where few are apart in any
    group of either table, all levels of the characteristic go."""
    balance = sample.balance()
    names = list(profile_of(sample)["covariate"])
    frame = balance.drop_duplicates("covariate").set_index("covariate").loc[names].reset_index()
    arms = ("treated", "comparison")
    columns = [f"mean_{arm}_{when}" for arm in arms for when in ("before", "after")]
    whole = shares_of_balance(spec, sample, frame, columns)
    people = people_of(sample)
    groups = [(whole.people[name], whole.apart[name]) for name in whole.people]
    groups.append((people.n_lost, people.apart("lost", frame)))
    return replace(
        whole,
        people={},
        apart={},
        gaps={},
        left=(*groups, *whole.left),
        with_left=("mean_matched", "mean_unmatched", "std_diff"),
        with_them={},
    )


def profile_of(sample: Sample | EngineSample) -> pd.DataFrame:
    """How those without a match differ from those with one."""
    return sample.profile if isinstance(sample, EngineSample) else sample.unmatched.profile


def levels_of(
    values: pd.Series, groups: Mapping[str, Bools]
) -> tuple[tuple[str, int, int, bool], ...]:
    """What the level of an outcome in each group tells: its name, how many it is a mean over, how
    many of them are apart, and whether the outcome has two values only."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    known = ~np.isnan(numbers)
    two = len(np.unique(numbers[known])) == 2
    filled = np.where(known, numbers, -np.inf)
    return tuple(
        (name, int((group & known).sum()), number_apart(filled, group & known, two=two), two)
        for name, group in groups.items()
    )
