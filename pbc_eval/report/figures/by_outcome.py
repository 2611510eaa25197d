"""Which figures an outcome has, drawn from its released tables and series."""

import pandas as pd

from pbc_eval.disclosure import ReleasedFinding, is_suppressed
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.report.figures import drawing as figures
from pbc_eval.report.figures import overlap as overlap_figures
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.specification_curve import specification_curve

MOST_LOVE_ROWS = 40


def drawings(part: ReleasedFinding, evaluation: Evaluation) -> dict[str, Figure]:
    """Every figure of one outcome by kind: paths, balance, scores, event, estimates."""
    spec, outcome = evaluation.spec, part.finding.outcome
    time_name = spec.data.time_name if spec.data else "period"
    drawn: dict[str, Figure] = {}
    means = part.table("means")
    if means is not None and not (shown := _without_hidden(means.frame, "mean")).empty:
        drawn["paths"] = figures.group_paths(
            shown, outcome, name=f"{outcome.id}-paths", time_name=time_name
        )
    balance = part.table("balance")
    if balance is not None:
        frame = pd.DataFrame(
            {
                "covariate": balance.frame["covariate"],
                "before": pd.to_numeric(balance.frame["std_diff_before"]),
                "after": pd.to_numeric(balance.frame["std_diff_after"]),
            }
        ).head(MOST_LOVE_ROWS)
        drawn["balance"] = figures.love_plot(frame, name=f"{outcome.id}-love")
    bars = part.table("score-bars")
    if bars is not None:
        score = bars.table.caption.partition(":")[0]
        drawn["score_bars"] = overlap_figures.score_bars(
            _numbers(bars.frame), score, name=f"{outcome.id}-score-bars-figure"
        )
    curves = part.table("score-curves")
    if curves is not None and not _numbers(curves.frame).iloc[:, 1:].isna().all(axis=None):
        score = curves.table.caption.partition(":")[0]
        drawn["score_curves"] = overlap_figures.score_curves(
            _numbers(curves.frame), score, name=f"{outcome.id}-score-curves-figure"
        )
    if part.path is not None and part.path.index:
        drawn["event"] = figures.event_study(
            part.path, outcome, name=f"{outcome.id}-event-study", period=time_name
        )
    table = part.table("estimates")
    if table is not None and len(part.finding.alternatives) > 1:
        labels = [str(label) for label in table.frame["estimator"]]
        benchmarked = part.finding.benchmark is not None
        draw = figures.estimates_side_by_side if benchmarked else specification_curve
        drawn["estimates"] = draw(
            list(zip(labels, part.finding.alternatives, strict=True)),
            outcome,
            spec.contract.currency,
            name=f"{outcome.id}-side-by-side",
        )
    return drawn


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """A released table as numbers, what is held back missing."""
    return frame.map(lambda value: float("nan") if is_suppressed(value) else float(value))


def _without_hidden(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    shown = frame[[not is_suppressed(value) for value in frame[column]]].copy()
    for name in ("mean", "first_treated", "position"):
        shown[name] = pd.to_numeric(shown[name])
    return shown.drop(columns="units")
