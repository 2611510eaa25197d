"""Contract performance: KPIs by period against targets, rated, charted, and fed to payment."""

from pbc_eval.kpi.charts import ControlChart, p_chart, u_chart, xmr_chart
from pbc_eval.kpi.measure import measure_performance
from pbc_eval.kpi.record import KpiPeriod, KpiResult, PerformanceResult
from pbc_eval.kpi.survey import WeightedShare, weighted_share

__all__ = [
    "ControlChart",
    "KpiPeriod",
    "KpiResult",
    "PerformanceResult",
    "WeightedShare",
    "measure_performance",
    "p_chart",
    "u_chart",
    "weighted_share",
    "xmr_chart",
]
