"""A panel: who was observed when, who was treated when, and what was left out to get there.

    data ── from_data ▶ Panel ─┬ moments() ▶ cohort moments (one GROUP BY in the engine)
                               ├ arrays()  ▶ one row a unit, in memory
                               └ ledger      rows in, rows dropped and why

A cohort is the first treated period; missing, 0 or infinite means never treated. Treatment, once
begun, is taken to last. Periods are those observed: a gap is not filled, a treatment date between
two periods starts with the next one, one inside a period counts as is stated, and a date after the
last period means not treated here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed, counted
from pbc_eval._validate import check_choice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.intake.number_columns import numbers_of_source
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.written_numbers import Notation
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel import build, cross_sections
from pbc_eval.panel.build import PanelParts
from pbc_eval.panel.covariates import UnitCovariates, column_names, pull_covariates
from pbc_eval.panel.cross_sections import RowArrays
from pbc_eval.panel.ledger import Ledger
from pbc_eval.panel.moments import (
    PULL_UP_TO,
    CohortMoments,
    UnitArrays,
    cohort_moments,
    moments_of_arrays,
    pull_units,
)
from pbc_eval.panel.pulls import digest_of_arrays, digest_of_moments
from pbc_eval.panel.sample import Missing, StartRules
from pbc_eval.panel.source import Data, collect, in_order, open_source
from pbc_eval.panel.starts import START_INSIDE, Code, StartInside
from pbc_eval.panel.treatment import with_steps
from pbc_eval.panel.unit_rows import FixWeights, Roles

MISSING = ("refuse", "complete_units", "pairs")


@dataclass(frozen=True, eq=False, repr=False)
class Panel(Displayed, PanelParts):
    """Units over periods. Build it with ``Panel.from_data``.

    Cohorts are numbered 0 ... C-1; cohort 0 is the never treated and may be empty.
    """

    @staticmethod
    def from_data(
        data: Data,
        *,
        unit: str | None,
        time: str,
        outcome: str,
        cohort: str,
        covariates: Sequence[str] = (),
        cluster: str | None = None,
        weight: str | None = None,
        eligible: str | None = None,
        missing: Missing = "refuse",
        numbers: Notation | None = None,
        categories: Sequence[str] = (),
        start_inside_period: StartInside = "refuse",
        never_treated_codes: Sequence[Code] | None = None,
        fix_weights: FixWeights | None = None,
    ) -> "Panel":
        """Read and check a panel. ``data``: a pandas frame, a path, or an Ibis table.

        ``missing`` says what to do when a unit lacks an outcome in some period: "refuse" it,
        keep "complete_units" only, or use all "pairs" of periods that a unit is observed in.
        A unit that lacks a covariate is treated likewise. ``cluster`` and ``weight`` must be
        constant within a unit. ``covariates`` are numbers, or text and categories, which become an
        indicator for each level but the first. ``eligible`` (true or false, 1 or 0, constant within
        a unit) is for ``triple_difference`` alone.

        ``numbers`` says how numbers that are text are written, by an example: "1.234,5"; they are
        then read, and the ledger tells which columns. Without it a number as text is refused in
        every role. ``categories`` names covariates whose values are labels, numbers or not.

        ``unit=None`` reads repeated cross-sections: every row is another unit, and the changes of
        averages are compared. Rows without an outcome are then refused or dropped
        ("complete_units"), and so are rows without a covariate; covariates are each row's own.

        ``start_inside_period``: what a period counts as that treatment starts inside of, a month,
        quarter, year or wave: "refuse" to guess; treated from "this_period" on; from the
        "next_period" on; or from the next on with "leave_period_out" for these units. The base
        of an effect is always the last period wholly untreated.

        ``never_treated_codes``: cohort values that mean never treated, beside missing ones and 0,
        such as [-1], [9999] or ["never"]; an empty list says that none does. Where 0 is a period,
        or a value lies far from the periods, and nobody has said what it means, it is refused.

        ``fix_weights``, for a ``weight`` that varies within units: a unit counts by its weight in
        its "first_period"; in the "base_period" of the cohort, the last wholly untreated; or every
        observation by its own, "varying". Shares of cohorts are those of the first period. Only
        ``att_gt`` knows the last two.

        Raises DataError for data that contradict themselves or these roles, with units and remedy.
        """
        check_choice("Panel", "missing", missing, MISSING, DataError)
        check_choice("Panel", "start_inside_period", start_inside_period, START_INSIDE, DataError)
        named = {"unit": unit, "cluster": cluster, "weight": weight, "eligible": eligible}
        build.check_names(named | {"time": time, "outcome": outcome, "cohort": cohort}, covariates)
        roles = Roles(
            unit=unit,
            time=time,
            outcome=outcome,
            cohort=cohort,
            covariates=(covariates,) if isinstance(covariates, str) else tuple(covariates),
            cluster=None if unit is not None and cluster == unit else cluster,
            weight=weight,
            eligible=eligible,
            fix_weights=fix_weights,
        )
        build.check_roles(roles)
        labels = {
            name
            for name in roles.covariates
            if isinstance(data, pd.DataFrame)
            and isinstance(dict(data.dtypes).get(name), pd.CategoricalDtype)
        } | set(categories)
        measures = [name for name in (outcome, weight) if name is not None]
        as_text = (*measures, *roles.covariates) if numbers else ()
        source = open_source(data, roles.columns, as_text=as_text)
        source, read = numbers_of_source(source, measures, roles.covariates, numbers, labels)
        rules = StartRules(
            start_inside=start_inside_period, never_codes=_codes(never_treated_codes)
        )
        make = build.cross_section_parts if unit is None else build.followed_parts
        parts = make(source, roles, missing, labels, rules)
        ledger = with_steps(parts.ledger.with_reading(source.notes, read), source)
        return Panel(**vars(replace(parts, ledger=ledger, pulls=source.pulls)))

    def summary(self) -> str:
        """How many units, periods and cohorts, and how many are treated."""
        treated = sum(self.cohort_units) - self.cohort_units[0]
        units = counted(sum(self.cohort_units), "row" if self.repeated else "unit")
        are = "in groups that start, eligible or not" if self.roles.eligible else "treated"
        return (
            f"{self.name}: {units} ({treated:,} {are}) over {counted(self.n_periods, 'period')}, "
            f"{self.periods.names[0]} to {self.periods.names[-1]}"
        )

    def to_frame(self) -> pd.DataFrame:
        """The ledger: one row a step from the data to the sample."""
        return self.told_ledger.to_frame()

    @property
    def told_ledger(self) -> Ledger:
        """The ledger, with what was taken out of the engine that holds the data, if one does."""
        return self.with_pulls_told(self.ledger)

    def with_pulls_told(self, ledger: Ledger) -> Ledger:
        """A ledger of this sample with what was taken out of the engine so far."""
        return ledger if self.pulls is None else self.pulls.told(ledger, self.roles.outcome)

    @property
    def n_units(self) -> int:
        return sum(self.cohort_units)

    @property
    def n_periods(self) -> int:
        return len(self.periods)

    @property
    def repeated(self) -> bool:
        """Are these repeated cross-sections, with other units in every period?"""
        return self.roles.unit is None

    @property
    def clustering(self) -> str:
        """The level at which observations are taken to be independent, in words."""
        if self.repeated:
            return self.roles.cluster or "none: rows are independent"
        return self.roles.cluster or f"unit ({self.roles.unit})"

    @property
    def balanced(self) -> bool:
        """Is every unit observed in every period?"""
        return not self.repeated and self.ledger.rows == self.n_units * self.n_periods

    @property
    def first_treated(self) -> Floats:
        """(C,) the clock at which each cohort is first treated; infinite for never."""
        clock = np.append(np.asarray(self.periods.clock, dtype=float), np.inf)
        return clock[list(self.starts)]

    def first_touched(self, anticipation: int = 0) -> Ints:
        """(C,) position of the first period that is not wholly untreated, ``anticipation`` periods
        being taken from the start itself; T for never. The base is the period before it."""
        spans = self.periods.spans
        return np.array([spans.first_touched(at, anticipation) for at in self.begun])

    @property
    def partly_treated(self) -> tuple[int, ...]:
        """Cohorts whose treatment starts inside the period before their first treated one."""
        touched = self.first_touched()
        present = zip(self.starts, touched.tolist(), self.cohort_units, strict=True)
        return tuple(g for g, (start, at, units) in enumerate(present) if units and at < start)

    def weights_by_period(self) -> Floats:
        """(n, T) weights of panels read with ``fix_weights``, rows as in ``arrays()``; NaN where
        there is none."""
        names = self.roles.weight_columns(self.n_periods)
        self._allow(Sentence("weights that vary within units"), len(names))
        pulled = in_order(self.units.select("u", *names), ("u",))
        return np.column_stack([pulled[name].to_numpy().astype(float) for name in names])

    def refuse_for(self, owner: str) -> None:
        """Raise DesignError where ``owner`` would take partly treated periods as untreated, or one
        weight a unit where its weight changes."""
        partly = self.partly_treated
        if partly and self.rules.start_inside == "next_period":
            named = ", ".join(self.periods.name(self.cohorts[g]) for g in partly)
            raise DesignError(
                f"{self.name}: {owner} takes every period before the first treated one as "
                f"untreated, but treatment starts inside the period before ({named}). Use "
                "start_inside_period='this_period' or 'leave_period_out', or att_gt.",
                rule=Sentence("It takes periods that are partly treated as untreated."),
            )
        if self.roles.fix_weights in ("base_period", "varying"):
            raise DesignError(
                f"{self.name}: {owner} takes one weight a unit, but weights were read with "
                f"fix_weights={self.roles.fix_weights!r}. Use 'first_period', or att_gt.",
                rule=Sentence("It takes a weight that stays, and these change over time."),
            )

    def moments(self) -> CohortMoments:
        """Means and second moments of the outcome paths by cohort; computed once.

        Raises DataError when units are incomplete (``missing="pairs"``) or not followed.
        """
        self._refuse_repeated()
        if not self.balanced:
            raise DataError(
                f"{self.name}: cohort moments need every unit in every period; "
                "read the panel with missing='complete_units', or use arrays()."
            )
        return self._moments

    def cross_moments(self) -> CohortMoments:
        """Moments by cohort and period of repeated cross-sections: see cross_sections.py."""
        moments = cross_sections.cross_moments(
            self.units,
            n_cohorts=len(self.cohorts),
            n_periods=self.n_periods,
            weighted=self.roles.weight is not None,
            clustered=self.roles.cluster is not None,
        )
        return self._seen_moments(moments)

    def _refuse_repeated(self) -> None:
        if self.repeated:
            raise DataError(
                f"{self.name}: these are repeated cross-sections (unit=None), in which no unit is "
                "followed over time; name the unit column, or use att_gt, which needs none."
            )

    @cached_property
    def _moments(self) -> CohortMoments:
        if self.pulls is None and self.n_units * self.n_periods <= PULL_UP_TO:
            clustered = self.roles.cluster is not None
            return moments_of_arrays(self._arrays, n_cohorts=len(self.cohorts), clustered=clustered)
        moments = cohort_moments(
            self.units,
            n_cohorts=len(self.cohorts),
            n_periods=self.n_periods,
            n_units=self.n_units,
            weighted=self.roles.weight is not None,
            clustered=self.roles.cluster is not None,
            pull_up_to=None if self.pulls is None else 0,  # data in an engine stay there
        )
        return self._seen_moments(moments)

    def _seen_moments(self, moments: CohortMoments) -> CohortMoments:
        if self.pulls is not None:
            made = (moments.units, moments.weight, moments.level, moments.path, moments.gram)
            self.pulls.seen(self.roles.outcome, "moments", digest_of_moments(*made))
        return moments

    def _allow(self, what: Sentence, columns: int) -> None:
        """Announce that rows are taken out of the engine; refuse too many."""
        if self.pulls is not None:
            self.pulls.allow(self.roles.outcome, what, self.n_units, columns)

    def arrays(self) -> UnitArrays:
        """One row a unit in memory: 8 bytes for each unit and period; missing outcomes are NaN.

        Raises DataError for repeated cross-sections, in which no unit is followed.
        """
        self._refuse_repeated()
        if self.pulls is None and self.n_units * self.n_periods > PULL_UP_TO:
            return pull_units(self.units, n_periods=self.n_periods)
        return self._arrays

    @cached_property
    def _arrays(self) -> UnitArrays:
        """Pulled once: every estimator and check asks for them. Nobody may change them."""
        self._allow(Sentence("what goes through units one by one"), self.n_periods + 4)
        arrays = pull_units(self.units, n_periods=self.n_periods)
        held = (arrays.unit, arrays.cohort, arrays.weight, arrays.cluster, arrays.outcome)
        for values in held:
            values.flags.writeable = False
        if self.pulls is not None:
            self.pulls.seen(self.roles.outcome, "units", digest_of_arrays(held))
        return arrays

    def row_arrays(self) -> RowArrays:
        """Repeated cross-sections in memory, one row an observation."""
        self._allow(Sentence("what goes through rows one by one"), 5)
        rows = cross_sections.pull_rows(self.units)
        if self.pulls is not None:
            held = (rows.cohort, rows.period, rows.outcome, rows.weight, rows.cluster)
            self.pulls.seen(self.roles.outcome, "rows", digest_of_arrays(held))
        return rows

    def unit_covariates(self) -> UnitCovariates:
        """The covariates in memory, rows as in ``arrays()`` or ``row_arrays()``."""
        order = cross_sections.row_order(self.units) if self.repeated else ("u",)
        columns = column_names(self.covariates, self.n_periods)
        self._allow(Sentence("the adjustment for covariates"), len(columns))
        pulled = pull_covariates(self.units, self.covariates, self.n_periods, self.name, order)
        if self.pulls is not None:
            self.pulls.seen(self.roles.outcome, "covariates", digest_of_arrays(pulled.blocks))
        return pulled

    def without_covariates(self) -> "Panel":
        """The same units, not to be adjusted."""
        return replace(self, roles=replace(self.roles, covariates=()), covariates=())

    def by_eligibility(self) -> "Panel":
        """The panel with every cohort cut in two: 2c for the ineligible, 2c + 1 for the eligible.

        Raises DataError for a panel read without ``eligible``.
        """
        if not self.roles.eligible:
            raise DataError(
                f"{self.name}: read the panel with eligible=..., the column that says which units "
                "the measure can reach."
            )
        units = self.units.mutate(g=self.units.g * 2 + self.units.e)
        counted = collect(units.group_by("g").aggregate(n=units.count())).set_index("g")["n"]
        counts = counted.reindex(range(2 * len(self.cohorts)), fill_value=0)
        return replace(
            self,
            cohorts=tuple(label for label in self.cohorts for _ in range(2)),
            starts=tuple(start for start in self.starts for _ in range(2)),
            begun=tuple(at for at in self.begun for _ in range(2)),
            cohort_units=tuple(int(n) for n in counts),
            units=units,
        )

    def cluster_counts(self) -> tuple[int, int, int]:
        """Clusters (units when there are none): in all, with a treated unit, with a comparison.

        Without never-treated units, those treated last are the comparison.
        """
        comparison = 0 if self.cohort_units[0] else self._last_cohort
        if self.roles.cluster is None:
            total, compared = self.n_units, self.cohort_units[comparison]
            return total, total - compared, compared
        by_cluster = self.units.group_by("k").aggregate(
            compared=(self.units.g == comparison).any(),
            treated=(self.units.g != comparison).any(),
        )
        counts = by_cluster.aggregate(
            total=by_cluster.count(),
            treated=by_cluster.treated.sum(),
            compared=by_cluster.compared.sum(),
        )
        numbers = collect(counts).iloc[0]
        return int(numbers["total"]), int(numbers["treated"]), int(numbers["compared"])

    def clusters_by_cohort(self) -> tuple[int, ...]:
        """(C,) clusters (units when there are none) with a unit of each cohort."""
        if self.roles.cluster is None:
            return self.cohort_units
        by_cohort = self.units.group_by("g").aggregate(clusters=self.units.k.nunique())
        counted = collect(by_cohort).set_index("g")["clusters"].to_dict()
        return tuple(int(counted.get(c, 0)) for c in range(len(self.cohort_units)))

    @property
    def _last_cohort(self) -> int:
        return max(g for g, n in enumerate(self.cohort_units) if n)


def _codes(given: Sequence[Code] | None) -> tuple[Code, ...] | None:
    """One code, or several."""
    if given is None:
        return None
    return (given,) if isinstance(given, str | int | float) else tuple(given)
