"""A panel: who was observed when, who was treated when, and what was left out to get there.

    data ── from_data ▶ Panel ─┬ moments() ▶ cohort moments (one GROUP BY in the engine)
                               ├ arrays()  ▶ one row a unit, in memory
                               └ ledger      rows in, rows dropped and why

A cohort is the first treated period; missing, 0 or infinite means never treated. Treatment, once
begun, is taken to last. Periods are those observed: a gap is not filled, a treatment date between
two periods starts with the next one, and a date after the last period means not treated here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice
from pbc_eval.errors import DataError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel import build, cross_sections
from pbc_eval.panel.build import PanelParts
from pbc_eval.panel.covariates import UnitCovariates, pull_covariates
from pbc_eval.panel.cross_sections import RowArrays
from pbc_eval.panel.moments import CohortMoments, UnitArrays, cohort_moments, pull_units
from pbc_eval.panel.sample import Missing
from pbc_eval.panel.source import Data, collect, open_source
from pbc_eval.panel.unit_rows import Roles

MISSING = ("refuse", "complete_units", "pairs")


@dataclass(frozen=True, eq=False)
class Panel(PanelParts):
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
    ) -> "Panel":
        """Read and check a panel. ``data``: a pandas frame, a path, or an Ibis table.

        ``missing`` says what to do when a unit lacks an outcome in some period: "refuse" it,
        keep "complete_units" only, or use all "pairs" of periods that a unit is observed in.
        A unit that lacks a covariate is treated likewise. ``cluster`` and ``weight`` must be
        constant within a unit. ``covariates`` are numbers, or text and categories, which become an
        indicator for each level but the first. ``eligible`` (true or false, 1 or 0, constant within
        a unit) is for ``triple_difference`` alone.

        ``unit=None`` reads repeated cross-sections: every row is another unit, and the changes of
        averages are compared. Rows without an outcome are then refused or dropped
        ("complete_units"), and so are rows without a covariate; covariates are each row's own.

        Raises DataError for data that contradict themselves or these roles; each message names
        the first units concerned and the remedy.
        """
        check_choice("Panel", "missing", missing, MISSING, DataError)
        roles = Roles(
            unit=unit,
            time=time,
            outcome=outcome,
            cohort=cohort,
            covariates=(covariates,) if isinstance(covariates, str) else tuple(covariates),
            cluster=None if unit is not None and cluster == unit else cluster,
            weight=weight,
            eligible=eligible,
        )
        build.check_roles(roles)
        source = open_source(data, roles.columns)
        categories = {
            name
            for name in roles.covariates
            if isinstance(data, pd.DataFrame) and isinstance(data[name].dtype, pd.CategoricalDtype)
        }
        if unit is None:
            return Panel(**vars(build.cross_section_parts(source, roles, missing, categories)))
        return Panel(**vars(build.followed_parts(source, roles, missing, categories)))

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
        return cross_sections.cross_moments(
            self.units,
            n_cohorts=len(self.cohorts),
            n_periods=self.n_periods,
            weighted=self.roles.weight is not None,
            clustered=self.roles.cluster is not None,
        )

    def _refuse_repeated(self) -> None:
        if self.repeated:
            raise DataError(
                f"{self.name}: these are repeated cross-sections (unit=None), in which no unit is "
                "followed over time; name the unit column, or use att_gt, which needs none."
            )

    @cached_property
    def _moments(self) -> CohortMoments:
        return cohort_moments(
            self.units,
            n_cohorts=len(self.cohorts),
            n_periods=self.n_periods,
            n_units=self.n_units,
            weighted=self.roles.weight is not None,
            clustered=self.roles.cluster is not None,
        )

    def arrays(self) -> UnitArrays:
        """One row a unit in memory: 8 bytes for each unit and period; missing outcomes are NaN.

        Raises DataError for repeated cross-sections, in which no unit is followed.
        """
        self._refuse_repeated()
        return pull_units(self.units, n_periods=self.n_periods)

    def row_arrays(self) -> RowArrays:
        """Repeated cross-sections in memory, one row an observation."""
        return cross_sections.pull_rows(self.units)

    def unit_covariates(self) -> UnitCovariates:
        """The covariates in memory, rows as in ``arrays()`` or ``row_arrays()``."""
        order = cross_sections.row_order(self.units) if self.repeated else ("u",)
        return pull_covariates(self.units, self.covariates, self.n_periods, self.name, order)

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
