"""Why the two-way coefficient is not the headline: what it compares, and what counts negatively."""

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.did.bacon import bacon_decomposition
from pbc_eval.did.two_way_weights import TwoWayWeights, two_way_weights
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.evaluation.tables import effect_kind, scale_of, shown_unit
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import Name, Number, Share, joined
from pbc_eval.panel.panel import Panel

_FORBIDDEN = "later_vs_earlier"
_COMPARED = {
    "treated_vs_untreated": "{Units} in the programme, against those that never were",
    "earlier_vs_later": "{Units} that joined earlier, against later ones before these begin",
    _FORBIDDEN: "{Units} that joined later, against those already in the programme",
}


def two_way_tables(spec: EvaluationSpec, outcome: Outcome, panel: Panel) -> tuple[OutputTable, ...]:
    """The two-way coefficient taken apart; nothing unless several cohorts make it uneven."""
    if panel.repeated or sum(1 for n in panel.cohort_units[1:] if n) < 2:
        return ()
    try:
        weights = two_way_weights(panel)
        kinds = bacon_decomposition(panel).by_kind() if panel.balanced else None
    except DesignError:  # there is no coefficient, as the table of estimates says
        return ()
    units = spec.data.unit_name[1] if spec.data else "units"
    rows: list[tuple[str, float, float | None]] = []
    forbidden = 0.0
    if kinds is not None:
        for kind, weight, estimate in kinds.itertuples(index=False):
            words = _COMPARED[kind].format(units=units, Units=units[:1].upper() + units[1:])
            rows.append((words, weight, estimate))
        forbidden = float(kinds.loc[kinds["kind"] == _FORBIDDEN, "weight"].sum())
    else:
        rows = [
            ("Effects that count positively", 1 - weights.negative_sum, None),
            ("Effects that count negatively", weights.negative_sum, None),
        ]
    rows.append(("Two-way coefficient", 1.0, weights.coefficient))
    spread = _spread_words(weights, outcome, spec.contract.currency)
    return (
        OutputTable(
            name=f"{outcome.id}-two-way",
            caption=f"{outcome.label} ({shown_unit(outcome)}): what the two-way coefficient is "
            "made of, and why it is not the headline",
            frame=pd.DataFrame(rows, columns=["part", "weight", "estimate"]),
            kinds={"part": "text", "weight": "share", "estimate": effect_kind(outcome)},
            headers={"part": "Part", "weight": "Weight", "estimate": "Estimate"},
            decimals=outcome.decimals,
            scale=scale_of(outcome),
            notes=tuple(note for note in (_why(weights, forbidden, units), spread) if note),
        ),
    )


def _why(weights: TwoWayWeights, forbidden: float, units: str) -> Sentence:
    """The reason, with this evaluation's own figures."""
    reasons: list[Part] = []
    if forbidden:
        reasons.append(
            Sentence(
                "{share} of its weight compares {units} with others that are already in the "
                "programme, whose own effects are then taken for change without it (Goodman-Bacon "
                "2021)",
                share=Share(forbidden),
                units=Name(units),
            )
        )
    if weights.n_negative:
        reasons.append(
            Sentence(
                "of the {several} effects by group and period, {negative} count negatively, "
                "{share} in all: the better they are, the lower the coefficient (de Chaisemartin "
                "and D'Haultf\N{LATIN SMALL LIGATURE OE}uille 2020)",
                several=Number(len(weights.cells)),
                negative=Number(weights.n_negative),
                share=Share(abs(weights.negative_sum), 1),
            )
        )
    else:
        reasons.append(
            Sentence(
                "none of the {several} effects by group and period counts negatively, but they "
                "count unevenly (de Chaisemartin and D'Haultf\N{LATIN SMALL LIGATURE OE}uille "
                "2020)",
                several=Number(len(weights.cells)),
            )
        )
    return Sentence(
        "The two-way coefficient is a cross-check, not the headline: {reasons}.",
        reasons=joined(reasons),
    )


def _spread_words(weights: TwoWayWeights, outcome: Outcome, currency: str) -> Sentence:
    least = weights.least_spread
    if least is None:
        return EMPTY
    return Sentence(
        "If effects differed between groups and periods by a standard deviation of {spread} "
        "{unit}, the average effect could be zero and the coefficient still be what it is.",
        spread=Number(scale_of(outcome) * least, outcome.decimals),
        unit=Name(currency if outcome.shown_as == "money" else shown_unit(outcome)),
    )
