"""Do the two groups overlap? Tables behind the figures of the score, and who lies outside.

A bar or a curve is about people too: bars on few are held back by the disclosure rule like any
count, and a curve ends where fewer people than its threshold lie beyond.
"""

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks.overlap import check_overlap
from pbc_eval.evaluation.comparison_groups import Sample
from pbc_eval.evaluation.few_apart import weights_of
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.matching.balance import effective_size
from pbc_eval.matching.in_engine.looked_at import bars_in_engine
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.plain_ends import plain_ends
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.numerics.arrays import Bools, Floats

BARS = 20
GRID = 160  # points of a curve
FINE = 4_000  # bins that a curve is smoothed from
FURTHEST = 0.005  # of all scores lie beyond the ends of the curves


def score_of(sample: Sample) -> Floats | None:
    """The score by row, (n,); None where the method has none, or left some without one."""
    if isinstance(sample, MatchedSample):
        return sample.score
    if sample.weighting.score is None or not sample.kept.all():
        return None
    return sample.weighting.score


def _left_out(sample: Sample) -> Bools:
    """Those without a match, (n,)."""
    return np.asarray(sample.design.ids.isin(sample.unmatched.ids), dtype=bool)


def support_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample | EngineSample
) -> OutputTable | None:
    """How many in each group have a score outside the range of the other group's scores."""
    if (sample.score if isinstance(sample, EngineSample) else score_of(sample)) is None:
        return None
    counts = check_overlap(sample).table
    if counts is None:
        return None
    words = {"treated": "In the programme", "comparison": "Comparison"}
    frame = counts[counts["group"].isin(list(words))].copy()
    frame["group"] = frame["group"].map(words)
    frame["inside"] = frame["units"] - frame["outside_range"]
    units = spec.data.unit_name[1] if spec.data else "units"
    return OutputTable(
        name=f"{outcome.id}-support",
        caption=f"{units.capitalize()} whose score lies outside the range of the other group: "
        "nobody there is like them",
        frame=frame[["group", "units", "inside", "outside_range"]].reset_index(drop=True),
        kinds={"group": "text", "units": "count", "inside": "count", "outside_range": "count"},
        headers={
            "group": "Group",
            "units": units.capitalize(),
            "inside": "Within the other group's range",
            "outside_range": "Outside it",
        },
        governed_by={"units": (), "inside": ("outside_range",), "outside_range": ("inside",)},
        adds_up="not",
    )


def bars_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample | EngineSample, *, with_after: bool
) -> OutputTable | None:
    """People by score, over the range of the programme group: counts, and shares of each group
    before and after. ``with_after`` is False where those left out must not be told apart: then
    they are in no bar, since bars with and without them would tell."""
    if isinstance(sample, EngineSample):
        frame = bars_in_engine(sample, BARS)
    else:
        frame = _bars(sample, with_after=with_after)
    if frame is None:
        return None
    governed: dict[str, tuple[str, ...]] = {
        "treated": ("treated_before", "treated_after"),
        "comparison": ("comparison_before", "comparison_after"),
        "left_out": ("treated_after",),
    }
    if not with_after:
        frame = frame.drop(columns=["treated_after", "comparison_after", "left_out"])
        governed = {"treated": ("treated_before",), "comparison": ("comparison_before",)}
    counts = ("treated", "comparison", "left_out")
    return OutputTable(
        name=f"{outcome.id}-score-bars",
        caption=f"{score_words(sample)}: people by score, over the programme group's range",
        subject=score_words(sample),
        frame=frame,
        kinds={
            name: "count" if name in counts else "number" if name in ("low", "high") else "share"
            for name in frame.columns
        },
        headers={name: name.replace("_", " ").capitalize() for name in frame.columns},
        governed_by=governed,
        ratios={"treated_before": ("treated",), "comparison_before": ("comparison",)},
    )


def _bars(sample: Sample, *, with_after: bool) -> pd.DataFrame | None:
    score = score_of(sample)
    if score is None:
        return None
    treated, weights = sample.design.treated, weights_of(sample)
    shown = np.ones(len(score), dtype=bool) if with_after else ~_left_out(sample)
    low, high = float(score[treated & shown].min()), float(score[treated & shown].max())
    if not low < high:
        return None
    edges = np.linspace(*plain_ends(low, high), BARS + 1)
    place = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, BARS - 1)
    inside = (score >= low) & (score <= high)
    frame = pd.DataFrame({"low": edges[:-1], "high": edges[1:]})
    sampling = sample.design.sampling
    before = np.ones(len(score)) if sampling is None else sampling
    for name, group in (("treated", treated), ("comparison", ~treated)):
        rows = group & inside & shown
        frame[name] = np.bincount(place[rows], minlength=BARS)
        for when, mass in (("before", before), ("after", weights)):
            part = np.bincount(place[rows], mass[rows], minlength=BARS)
            frame[f"{name}_{when}"] = part / mass[group & shown].sum()
    lost = treated & (weights == 0)
    frame["left_out"] = np.bincount(place[lost], minlength=BARS)
    return frame


def curves_table(
    spec: EvaluationSpec, outcome: Outcome, sample: Sample, *, with_after: bool
) -> OutputTable | None:
    """Densities of the score of both groups, before and after, on a grid."""
    score = score_of(sample)
    if score is None or float(score.std()) == 0:
        return None
    treated, sampling = sample.design.treated, sample.design.sampling
    shown = np.ones(len(score), dtype=bool) if with_after else ~_left_out(sample)
    low = min(float(np.quantile(score, FURTHEST)), float(score[treated].min()))
    high = max(float(np.quantile(score, 1 - FURTHEST)), float(score[treated].max()))
    grid = np.linspace(*plain_ends(low, high), GRID)
    before = np.ones(len(score)) if sampling is None else sampling
    few = spec.publication.disclosure.of_units.threshold
    frame = pd.DataFrame({"score": grid})
    for when, mass in (("before", before), ("after", weights_of(sample))):
        if when == "after" and not with_after:
            continue
        for name, group in (("treated", treated), ("comparison", ~treated)):
            rows = group & (mass > 0) & shown
            frame[f"{name}_{when}"] = density(score[rows], mass[rows], grid, few)
    return OutputTable(
        name=f"{outcome.id}-score-curves",
        caption=f"{score_words(sample)}: how each group is spread, before and after",
        subject=score_words(sample),
        frame=frame,
        kinds=dict.fromkeys(frame.columns, "number"),
        headers={name: name.replace("_", " ").capitalize() for name in frame.columns},
    )


def density(score: Floats, mass: Floats, grid: Floats, few: int) -> Floats:
    """A Gaussian kernel density with Silverman's bandwidth at the effective number, (GRID,); NaN
    where fewer than ``few`` people lie beyond. Source: Silverman (1986), section 3.4."""
    share = mass / mass.sum()
    mean = float(share @ score)
    spread = float(np.sqrt(share @ (score - mean) ** 2))
    line = np.sort(score)
    quartiles = np.quantile(line, [0.25, 0.75])
    robust = float(quartiles[1] - quartiles[0]) / 1.349
    width = 0.9 * (min(spread, robust) if robust > 0 else spread)
    width *= effective_size(mass) ** -0.2
    if width <= 0:
        return np.full(len(grid), np.nan)
    edges = np.linspace(line[0] - 1e-9, line[-1] + 1e-9, FINE + 1)
    lumps = np.histogram(score, edges, weights=share)[0]
    centres = (edges[1:] + edges[:-1]) / 2
    apart = (grid[:, None] - centres[None, lumps > 0]) / width
    heights = np.exp(-0.5 * apart**2) @ lumps[lumps > 0] / (width * np.sqrt(2 * np.pi))
    if few > 1:
        if len(line) < 2 * few:
            return np.full(len(grid), np.nan)
        heights[(grid < line[few - 1]) | (grid > line[-few])] = np.nan
    return np.asarray(heights)


def score_words(sample: Sample | EngineSample) -> str:
    """What the score is, for an axis."""
    link = "logit" if isinstance(sample, EngineSample) else sample.score_link
    if link == "linear_logit":
        return "Propensity score (log odds)"
    return "Propensity score (probit units)" if link == "linear_probit" else "Propensity score"
