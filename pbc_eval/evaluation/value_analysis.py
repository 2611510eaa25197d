"""What follows from a social return: where it comes from, what moves it, how it compares."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pbc_eval.sroi.assumption_grid import AssumptionGrid, widest_pair
from pbc_eval.sroi.benchmarks import BenchmarkPlace, benchmarks
from pbc_eval.sroi.concentration import Concentration, concentration
from pbc_eval.sroi.perspectives import NamedRatio, by_perspective, named_ratios, who_pays_who_saves
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.sensitivity import OneWay
from pbc_eval.sroi.switching import SwitchingValue, switching_values
from pbc_eval.sroi.waterfall import WaterfallStep, waterfall


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueAnalysis:
    """Beside the ratio: one assumption at a time, switching values, perspectives, benchmarks.

    ``one_way`` comes with the most influential first. ``sides`` has one row a party: agency, pays,
    gains, cashable, net. ``perspectives`` has one row a kind of gain, and is None where no row of
    the map says of which kind it is. ``grid`` moves the two widest assumptions together, and is
    None where there are no two.
    """

    one_way: tuple[OneWay, ...]
    waterfall: tuple[WaterfallStep, ...]
    ratios: tuple[NamedRatio, ...]
    sides: pd.DataFrame
    perspectives: pd.DataFrame | None
    switching: tuple[SwitchingValue, ...]
    benchmarks: tuple[BenchmarkPlace, ...]
    grid: AssumptionGrid | None
    heaviest: Concentration | None  # the value that carries most of what is gained

    @property
    def ratio_range(self) -> tuple[float, float] | None:
        """Lowest and highest ratio when one assumption at a time moves; None where none does."""
        ends = [end for move in self.one_way for end in (move.ratio_low, move.ratio_high)]
        return (min(ends), max(ends)) if ends else None


def analyse_value(
    sroi: SroiResult,
    one_way: Sequence[OneWay],
    paid: Sequence[tuple[str, float]],
    *,
    valued_on: dt.date,
) -> ValueAnalysis:
    """The analysis of a social return; ``paid`` is who put in how much, in the map's currency."""
    by_kind = any(row.perspective is not None for row in sroi.outcomes)
    return ValueAnalysis(
        one_way=tuple(one_way),
        waterfall=waterfall(sroi),
        ratios=named_ratios(sroi),
        sides=who_pays_who_saves(sroi, paid),
        perspectives=by_perspective(sroi) if by_kind else None,
        switching=switching_values(sroi),
        benchmarks=benchmarks(sroi, date=valued_on),
        grid=widest_pair(sroi, one_way),
        heaviest=concentration(sroi),
    )
