"""Matching: for each treated person, people like them who were not treated.

    frame ── read_design ──▶ Design ── propensity ──▶ score ── METHODS[method] ──▶ MatchedSample

The outcome plays no part: a match can be made, checked and signed off before outcomes are seen.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import Problem, weigh
from pbc_eval.matching.design import Missing, read_design
from pbc_eval.matching.encoding import check_any_column
from pbc_eval.matching.nearest import Order, Pairs, nearest_pairs
from pbc_eval.matching.propensity import Link, PropensityFit, fit_propensity
from pbc_eval.matching.rules import pair_rules
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.settings import CaliperScale, Discard, Distance, Estimand, MatchSettings

Floats = NDArray[np.float64]

SCORE_GRAIN = 10  # decimal places kept below one standard deviation of the score


def _nearest(problem: Problem) -> Pairs:
    return nearest_pairs(
        problem.score,
        problem.focal,
        strata=problem.strata,
        order=problem.order,
        ratio=problem.ratio,
        replacement=problem.replacement,
        caliper=problem.caliper,
        rules=problem.rules,
        rng=problem.rng,
    )


METHODS: dict[str, Callable[[Problem], Pairs]] = {  # a method is one file and one row here
    "nearest": _nearest,
}


def match(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    method: str = "nearest",
    distance: Distance = "propensity",
    ratio: int = 1,
    replacement: bool = False,
    caliper: float | None = None,
    caliper_scale: CaliperScale = "std",
    exact: Sequence[str] = (),
    within: Mapping[str, float] | None = None,
    antiexact: Sequence[str] = (),
    discard: Discard = "none",
    order: Order | None = None,
    estimand: Estimand = "ATT",
    unit: str | None = None,
    link: Link = "logit",
    seed: int | None = None,
    missing: Missing = "refuse",
) -> MatchedSample:
    """Match each treated unit to comparison units with a similar chance of treatment.

    ``frame`` has one row a unit and is not changed. ``treatment`` is a column of 0/1 or booleans;
    ``covariates`` are known before treatment: numbers, booleans, or text and categories, which
    become indicators. ``unit`` names the id column (the index without it).

    Who may be paired: ``ratio`` matches are sought for each treated unit, within strata that agree
    on all ``exact`` columns, no further away than ``caliper``: in standard deviations of the score
    over all rows, or with ``caliper_scale="raw"`` in the score's own unit. ``within`` limits
    further columns pair by pair, in their own units (``{"age": 2}``: no more than two years
    apart); a pair differs on every ``antiexact`` column. ``discard`` first leaves out people whose
    score lies outside the range of the other group ("treated", "comparison" or "both").

    How: ``link`` is the model of the score; with "linear_logit" or "linear_probit" the linear
    predictor is matched on. ``order`` says who chooses first: by default the largest score (for
    estimand "ATC", where comparison units seek treated ones, the smallest); "random" needs a
    ``seed``. Ties go as in the docstring of ``nearest``, by row order in the last resort.
    ``missing="complete_cases"`` leaves out rows with missing values in the columns used and enters
    them in the ledger.

    Raises DataError for data that do not fit (unknown columns, repeated ids, missing values, text
    among numbers), DesignError for choices that cannot be carried out (an unknown method, an
    empty group, separated groups, a caliper in per cent).

    Source: Rosenbaum & Rubin (1985), The American Statistician 39, 33-38; Stuart (2010).
    """
    if method not in METHODS:
        raise DesignError(
            f"match: method must be one of {', '.join(METHODS)}; got {method!r}. Other methods "
            "are not available."
        )
    settings = MatchSettings(
        method=method,
        distance=distance,
        link=link,
        ratio=ratio,
        replacement=replacement,
        caliper=caliper,
        caliper_scale=caliper_scale,
        order=order or ("largest" if estimand == "ATT" else "smallest"),
        estimand=estimand,
        discard=discard,
        seed=seed,
    )
    design = read_design(
        frame,
        treatment=treatment,
        covariates=covariates,
        exact=exact,
        within=within,
        antiexact=antiexact,
        unit=unit,
        missing=missing,
    )
    check_any_column(design.columns)
    fit = fit_propensity(
        design.columns.score_values, design.treated, design.columns.score_names, link
    )
    score = rounded(fit.score)
    width = caliper_width(score, settings)
    focal = design.treated if estimand == "ATT" else ~design.treated
    kept = np.flatnonzero(in_support(score, design.treated, discard))
    limited, widths = design.limited
    problem = Problem(
        focal=focal[kept],
        score=score[kept],
        strata=design.strata[kept],
        order=settings.order,
        ratio=ratio,
        replacement=replacement,
        caliper=width,
        rules=pair_rules(limited[kept], widths, design.differing[kept], focal[kept]),
        rng=np.random.default_rng(seed) if settings.order == "random" else None,
    )
    pairs = METHODS[method](problem)
    if not len(pairs.focal):
        raise DesignError(
            f"match: nobody found a match ({settings.in_words}). Widen the caliper, loosen the "
            "exact strata, or look at the overlap of the two groups first."
        )
    pairs = pairs._replace(focal=kept[pairs.focal], other=kept[pairs.other])
    discarded = np.ones(len(focal), dtype=bool)
    discarded[kept] = False
    return MatchedSample(
        settings=settings,
        design=design,
        fit=fit,
        score=score,
        caliper_width=None if caliper is None else width,
        focal=focal,
        discarded=discarded,
        assignment=weigh(pairs, focal, replacement),
        notes=_notes(settings, problem, fit, pairs),
    )


def in_support(score: Floats, treated: NDArray[np.bool_], discard: Discard) -> NDArray[np.bool_]:
    """Who stays, shape (n,): those within the range of the other group's scores, ends included."""
    stays = np.ones(len(score), dtype=bool)
    for name, group in (("treated", treated), ("comparison", ~treated)):
        if discard in (name, "both"):
            others = score[~group]
            stays[group] = (score[group] >= others.min()) & (score[group] <= others.max())
    return stays


def rounded(score: Floats) -> Floats:
    """The score to ten decimal places of its standard deviation, far below any caliper.

    Two machines may differ in the last bits of a coefficient; without this, such noise would break
    ties, and the pairs, and a payment, would depend on the machine.
    """
    spread = float(score.std())
    if spread == 0:
        return score
    return np.round(score, SCORE_GRAIN - int(np.floor(np.log10(spread))))


def caliper_width(score: Floats, settings: MatchSettings) -> float:
    """The caliper in units of the score; infinite without one. The standard deviation is that of
    everybody's score (n - 1), as in MatchIt, not a pooled one."""
    if settings.caliper is None:
        return float("inf")
    if settings.caliper_scale == "raw":
        return float(settings.caliper)
    return float(settings.caliper) * float(score.std(ddof=1))


def _notes(
    settings: MatchSettings, problem: Problem, fit: PropensityFit, pairs: Pairs
) -> tuple[str, ...]:
    """What a reader must know about this match, in sentences."""
    seeking, pool = ("treated", "comparison")
    if settings.estimand == "ATC":
        seeking, pool = pool, seeking
    focal = problem.focal
    n_focal, n_pool = int(focal.sum()), int((~focal).sum())
    lost = n_focal - len(np.unique(pairs.focal))
    notes = []
    if settings.caliper is None:
        notes.append(
            "No caliper was set: matches may be far apart. 0.2 standard deviations of the score is "
            "usual (Austin 2011)."
        )
    if fit.aliased:
        notes.append(
            f"Left out of the score, because constant or determined by the other covariates: "
            f"{first_few(fit.aliased)}. They stay in the balance table."
        )
    if not settings.replacement and n_pool < n_focal * settings.ratio:
        notes.append(
            f"{n_pool:,} {pool} units for {n_focal:,} {seeking} units at ratio {settings.ratio}: "
            "not everybody can get all their matches without replacement."
        )
    n_discarded = len(fit.score) - len(focal)
    if n_discarded:
        notes.append(
            f"{n_discarded:,} units outside common support were left out before matching; the "
            "effect is for those within it."
        )
    if lost:
        notes.append(
            f"{lost:,} of {n_focal:,} {seeking} units found no match; the effect is for the "
            f"{n_focal - lost:,} who did."
        )
    short = len(np.unique(pairs.focal)) * settings.ratio - len(pairs.focal)
    if short:
        notes.append(
            f"{short:,} of the {settings.ratio} matches sought for each matched {seeking} unit "
            "were not found; those units have fewer."
        )
    pool_score, pool_strata = problem.score[~focal], problem.strata[~focal]
    line = np.lexsort((pool_score, pool_strata))
    same = (np.diff(pool_score[line]) == 0) & (np.diff(pool_strata[line]) == 0)
    if same.any():
        notes.append(
            f"{int(same.sum()):,} {pool} units share stratum and score with another; such ties "
            "are broken by row order, so the order of the rows is part of the design."
        )
    return tuple(notes)
