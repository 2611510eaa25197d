"""How the effect was estimated: design, sample, checks, estimates."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pbc_eval.checks import checks_for
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding, is_suppressed
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.effects import (
    estimates_side_by_side,
    event_study,
    group_paths,
    specification_curve,
)
from pbc_eval.report.figures.overlap import love_plot, score_bars, score_curves
from pbc_eval.report.parts import (
    Facts,
    Heading,
    LaidOut,
    Listed,
    Paragraphs,
    Part,
    Table,
    tables_of,
)
from pbc_eval.report.words import facts
from pbc_eval.report.words.deviations import (
    deviation_sentences,
    protocol_link,
    protocol_sentence,
)
from pbc_eval.results import CheckResult

MOST_LOVE_ROWS = 40
ESTIMATE_TABLES = (  # the first that there is stands open, the others are folded
    *("estimates", "impossible", "two-way", "methods"),
    *("event", "cohort", "cells", "weights"),
)


def design_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """The method, its notes, and each departure from what was agreed."""
    notes: dict[str, None] = {}
    for finding in released.findings:
        notes.update(dict.fromkeys(finding.headline.method.notes))
        notes.update(dict.fromkeys(finding.notes))
    parts: list[Part] = [
        Paragraphs((released.spec.design.rationale,)),
        Facts(tuple(facts.method_facts(released))),
    ]
    if notes:
        whole = tuple(note[:1].upper() + note[1:].rstrip(".") + "." for note in notes)
        parts += [Heading(Sentence("Notes on the method")), Listed(whole)]
    deviations = deviation_sentences(released)
    protocol = {"sentence": protocol_sentence(released), "link": protocol_link(released)}
    return [
        *parts,
        Heading(Sentence("Deviations from what was agreed")),
        LaidOut("protocol", protocol),
        Listed(deviations) if deviations else Paragraphs((Sentence("None recorded."),)),
    ]


def sample_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Every row that was left out, and who is left; nothing where nothing is estimated."""
    if not _is_estimated(released):
        return ()
    nothing_hidden = Sentence(
        "Every row that was left out is listed here with the reason. Nothing was dropped, recoded "
        "or filled in without a line below."
    )
    parts: list[Part] = [Paragraphs((nothing_hidden,))]
    for finding in released.findings:
        parts += _outcome_heading(finding, released)
        parts += _tables(finding, "ledger", "groups", "support", "unmatched")
    return parts


def check_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Each check with its null, and the figures by which a reader can judge the comparison."""
    if not _is_estimated(released):
        return ()
    waivers = {waiver.check: waiver.reason for waiver in released.spec.design.waivers}
    titles = {row.name: row.title for row in checks_for(released.spec.design.method)}
    parts: list[Part] = []
    for finding in released.findings:
        drawn = drawings(finding, released)
        cards = [_check_card(check, waivers, titles) for check in finding.checks]
        parts += [
            *_outcome_heading(finding, released),
            LaidOut("checks", {"checks": cards}),
            *(
                drawn[kind]
                for kind in ("paths", "balance", "score_curves", "score_bars")
                if kind in drawn
            ),
            *_tables(finding, "balance"),
            *_tables(finding, *_names_of_check_tables(finding), folded=True),
            *_tables(finding, "means", "score-curves", "score-bars", folded=True),
        ]
    return parts


def estimate_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Every outcome that was tested, and each estimate of it with its sample."""
    if not _is_estimated(released):
        return ()
    n = len(released.findings)
    parts: list[Part] = [Paragraphs((_on_several_outcomes(released),))]
    lead = released.primary or next(iter(released.findings), None)
    if lead is not None:
        every = released.table(f"{lead.outcome.id}-all-outcomes")
        parts += tables_of(every, folded=n == 1)
    for finding in released.findings:
        drawn = drawings(finding, released)
        parts += [
            *_outcome_heading(finding, released),
            *(drawn[kind] for kind in ("event", "estimates") if kind in drawn),
        ]
        parts += _tables(finding, *ESTIMATE_TABLES)[:1]
        parts += _tables(finding, *ESTIMATE_TABLES, folded=True)[1:]
    return parts


def _on_several_outcomes(released: ReleasedEvaluation) -> Sentence:
    n = len(released.findings)
    if n == 1:
        return Sentence("One outcome was tested; no correction for testing several is needed.")
    agreed = getattr(released.spec.design, "several_outcomes", "unadjusted")
    if agreed in _ADJUSTED:
        return Sentence(
            "{n} outcomes were tested. Every one is shown, with its p-value adjusted for being "
            "several by {how}, as was agreed. Intervals, on which payments rest, are not widened.",
            n=Number(n),
            how=_ADJUSTED[agreed],
        )
    return Sentence(
        "{n} outcomes were tested. Every one is shown; intervals are not widened for testing "
        "several, so read those that are not the headline as supporting evidence.",
        n=Number(n),
    )


_ADJUSTED = {
    "holm": Sentence("Holm's method (no false finding at all)"),
    "benjamini_hochberg": Sentence("Benjamini and Hochberg's method (a small share of false ones)"),
}


def _names_of_check_tables(finding: ReleasedFinding) -> list[str]:
    """Checks may show a table; balance has one of its own, before and after."""
    names = [check.name.replace("_", "-") for check in finding.checks]
    return [name for name in names if name != "balance"]


def _is_estimated(released: ReleasedEvaluation) -> bool:
    return design_kind(released.spec.design).gives_estimates


def _outcome_heading(finding: ReleasedFinding, released: ReleasedEvaluation) -> list[Part]:
    return [Heading(finding.outcome.label)] if len(released.findings) > 1 else []


def _tables(finding: ReleasedFinding, *kinds: str, folded: bool = False) -> tuple[Table, ...]:
    return tables_of(*(finding.table(kind) for kind in kinds), folded=folded)


def _check_card(
    check: CheckResult, waivers: dict[str, str], titles: dict[str, Sentence]
) -> dict[str, str]:
    word, mark = facts.CHECK_WORDS[check.status]
    return {
        "title": titles.get(check.name) or check.name.replace("_", " ").capitalize(),
        "status": check.status,
        "word": word,
        "mark": mark,
        "sentence": check.sentence,
        "null": _null_in_words(check.null),
        "waiver": waivers.get(check.name, "") if check.status == "fail" else "",
    }


def _null_in_words(null: str) -> str:
    """What was tested, as a sentence; a comparison with limits says that it is no test."""
    if not null:
        return ""
    words = null if null.startswith("not a test") else f"null hypothesis: {null}"
    return words[:1].upper() + words[1:] + "."


def drawings(finding: ReleasedFinding, released: ReleasedEvaluation) -> dict[str, Figure]:
    """Every figure of one outcome by kind, drawn from its released tables and series: paths,
    balance, score_curves, score_bars, event, estimates."""
    outcome = finding.outcome
    figures = {
        **_figures_of_groups(finding, released),
        **_figures_of_estimates(finding, released),
    }
    return {kind: replace(figure, about=outcome.id) for kind, figure in figures.items()}


def _figures_of_groups(finding: ReleasedFinding, released: ReleasedEvaluation) -> dict[str, Figure]:
    """How alike the groups are: their paths before, balance and scores."""
    drawn: dict[str, Figure] = {}
    outcome, time_name = finding.outcome, _time_name(released)
    means, balance = finding.table("means"), finding.table("balance")
    if means is not None and not (shown := _without_hidden(means.frame, "mean")).empty:
        drawn["paths"] = group_paths(
            shown, outcome, name=f"{outcome.id}-paths", time_name=time_name
        )
    if balance is not None and "std_diff_after" in balance.frame:
        gaps = _numbers(balance.frame[["std_diff_before", "std_diff_after"]])
        gaps.columns = pd.Index(["before", "after"])
        frame = pd.concat([balance.frame["covariate"], gaps], axis=1).dropna(subset=["after"])
        if not frame.empty:
            drawn["balance"] = love_plot(frame.head(MOST_LOVE_ROWS), name=f"{outcome.id}-love")
    bars, curves = finding.table("score-bars"), finding.table("score-curves")
    if bars is not None:
        drawn["score_bars"] = score_bars(
            _numbers(bars.frame), bars.subject, name=f"{outcome.id}-score-bars-figure"
        )
    if curves is not None and not _numbers(curves.frame).iloc[:, 1:].isna().all(axis=None):
        drawn["score_curves"] = score_curves(
            _numbers(curves.frame), curves.subject, name=f"{outcome.id}-score-curves-figure"
        )
    return drawn


def _figures_of_estimates(
    finding: ReleasedFinding, released: ReleasedEvaluation
) -> dict[str, Figure]:
    """The event study, and the headline beside other ways to estimate it."""
    drawn: dict[str, Figure] = {}
    outcome, table = finding.outcome, finding.table("estimates")
    if finding.path is not None and finding.path.index:
        drawn["event"] = event_study(
            finding.path, outcome, name=f"{outcome.id}-event-study", period=_time_name(released)
        )
    if table is not None and len(finding.alternatives) > 1:
        rows = zip(table.frame["estimator"], table.frame["estimate"], strict=True)
        labels = [str(label) for label, value in rows if not is_suppressed(value)]
        draw = specification_curve if finding.benchmark is None else estimates_side_by_side
        drawn["estimates"] = draw(
            list(zip(labels, finding.alternatives, strict=True)),
            outcome,
            released.spec.contract.currency,
            name=f"{outcome.id}-side-by-side",
        )
    return drawn


def _time_name(released: ReleasedEvaluation) -> str:
    return released.spec.data.time_name if released.spec.data else "period"


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """A released table as numbers, what is held back missing."""
    return frame.map(lambda value: float("nan") if is_suppressed(value) else float(value))


def _without_hidden(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    shown = frame[[not is_suppressed(value) for value in frame[column]]].copy()
    for name in ("mean", "first_treated", "position"):
        shown[name] = pd.to_numeric(shown[name])
    return shown.drop(columns="units")
