"""How a KPI's values are written: as percentages or numbers, with the unit that they are in."""

from pbc_eval.agreement.performance import Kpi, RateKpi, ValueKpi
from pbc_eval.messages import numbers as fmt


def is_share(kpi: Kpi) -> bool:
    """Are the KPI's values fractions, written as percentages?"""
    return kpi.share if isinstance(kpi, ValueKpi) else kpi.type in ("proportion", "survey")


def unit_words(kpi: Kpi) -> str:
    """What stands after a value: ' per 1,000', ' days', or nothing."""
    if isinstance(kpi, RateKpi):
        return f" per {kpi.per:,.6g}"
    return f" {kpi.unit}" if isinstance(kpi, ValueKpi) and kpi.unit else ""


def value_words(kpi: Kpi, value: float) -> str:
    """A value of the KPI as the page writes it."""
    return fmt.percent(value, 1) if is_share(kpi) else f"{fmt.number(value, 2)}{unit_words(kpi)}"


def side_words(kpi: Kpi) -> str:
    """On which side of its target it is met."""
    return "at least" if kpi.better == "higher" else "at most"
