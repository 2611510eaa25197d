"""Random contracts of every kind of clause, and the results that they are paid on."""

import dataclasses
from decimal import Decimal

from hypothesis import strategies as st
from payment.conftest import make_clause, make_outcome, make_terms

prices = st.decimals(0, 10_000, places=3)
shares = st.sampled_from([0.05, 0.1, 0.25, 1.0])
RULES = st.sampled_from(
    ["point", "lower_bound", "zero_unless_significant", {"blend": {"headline": 0.8, "did": 0.2}}]
)
MEASURES = st.sampled_from(["effect", "relative_effect", "total"])
JOBS = make_outcome(
    effect=0.5,
    conf_low=0.1,
    conf_high=1.1,
    counterfactual=4.0,
    total_scale=730.0,
    alternatives=(("did", 0.4),),
)
FEES = make_outcome(
    outcome="fees", source="counted", count=40.0, claims_checked=20, claims_wrong=3, total_scale=12
)
CARE = make_outcome(outcome="care", effect=0.3, counterfactual=5.0, total_scale=400.0)
OTHERS = (FEES, CARE)
INDICES = {"cpi": {"2024-01-01": 100, "2025-01-01": "103.7"}}


def as_measured(outcome, effect):
    """The outcome had it come out at ``effect``, by hand."""
    by = effect - outcome.effect
    return dataclasses.replace(
        outcome,
        effect=effect,
        conf_low=outcome.conf_low + by,
        conf_high=outcome.conf_high + by,
        alternatives=tuple((name, value + by) for name, value in outcome.alternatives),
    )


@st.composite
def limits(draw) -> dict:
    if not draw(st.booleans()):
        return {}
    return {"floor": draw(st.integers(0, 50)), "cap": draw(st.integers(50, 4000))}


@st.composite
def indexed(draw) -> dict:
    by = draw(st.sampled_from([None, {"series": "cpi"}, {"rate": 0.03}]))
    if by is None:
        return {}
    dates = {"since": "2024-02-01", "until": draw(st.sampled_from(["2024-03-01", "2025-02-01"]))}
    more = {"decimals": draw(st.sampled_from([None, 3])), "limits_too": draw(st.booleans())}
    return {"indexed": by | dates | more}


def _steps(draw) -> list[Decimal]:
    ends = sorted(draw(st.sets(st.integers(1, 90), min_size=2, max_size=4)))
    return [Decimal(end) / 100 for end in ends]


def tariff(draw, **fields):
    if draw(st.booleans()):
        counted = {"measure": "count", "outcome": "fees", "price": draw(prices)}
        more = draw(
            st.sampled_from(
                [
                    {},
                    {"deadweight": 0.1},
                    {"baseline_count": 7},
                    {"verification": {"rule": "point"}},
                    {"verification": {"rule": "upper_bound", "level": 0.9}},
                    {"verification": {"rule": "point", "allowance": 0.5}},
                ]
            )
        )
        return make_clause("tariff", **counted | more | fields)
    fields |= {"measure": draw(st.sampled_from(["effect", "total"])), "price": draw(prices)}
    fields |= {"max_units": draw(st.sampled_from([None, 1, 300]))}
    fields |= {"cap_per_person": draw(st.sampled_from([None, 2]))}
    return make_clause("tariff", negative_allowed=draw(st.booleans()), **fields)


def threshold(draw, **fields):
    one = draw(st.sampled_from([{"amount": 900}, {"price": "2.5", "paid_on": "total"}]))
    return make_clause(
        "threshold", measure=draw(MEASURES), minimum=_steps(draw)[1], **one, **fields
    )


def bands(draw, **fields):
    steps, pays = _steps(draw), st.sampled_from(["pay", "rate"])
    listed = [
        {"from": low, "to": high, draw(pays): draw(prices)}
        for low, high in zip(steps, [*steps[1:], None], strict=True)
    ]
    mode = draw(st.sampled_from(["retroactive", "marginal"]))
    return make_clause("bands", mode=mode, measure=draw(MEASURES), bands=listed, **fields)


def slide(draw, **fields):
    low, high = _steps(draw)[:2]
    first, last = sorted((draw(prices), draw(prices)))
    points = {"start": {"at": low, "pay": first}, "end": {"at": high, "pay": last}}
    return make_clause("slide", measure=draw(MEASURES), **points, **fields)


def fixed_fee(draw, **fields):
    whose = draw(st.sampled_from([{"outcome": "fees"}, {"times": 7}]))
    return make_clause("fixed_fee", amount=draw(prices), **whose, **fields)


def scorecard(draw, **fields):
    metrics = [
        {"outcome": "jobs", "measure": draw(MEASURES), "target": "0.4", "weight": 0.7},
        {"outcome": "care", "measure": "total", "target": 100, "weight": 0.3, "most": "1.1"},
    ]
    metrics[0]["estimate_used"] = draw(RULES)
    least = draw(st.sampled_from([None, 0.5]))
    clause = make_clause("scorecard", amount=draw(prices), metrics=metrics, minimum_score=least)
    return _without_outcome(clause) | fields


def triggers(draw, **fields):
    bounds = {"early_minimum": "0.3", "pooled_minimum": "0.12"}
    clause = make_clause(
        "triggers",
        cohorts=["jobs", "care"],
        measure=draw(st.sampled_from(["effect", "relative_effect"])),
        amount=draw(prices),
        **bounds,
    )
    clause.pop("outcome")
    return clause | fields


def gainshare(draw, **fields):
    more = draw(st.sampled_from([{}, {"loss_share": 0.2}, {"loss_share": 0.5, "loss_cap": 90}]))
    if more:
        fields.pop("floor", None)
    return make_clause(
        "gainshare", value=draw(prices), hurdle=100, share=draw(shares), **more, **fields
    )


def service_credit(draw, **fields):
    return _of_fees("service_credit", draw, free_allowance=draw(st.integers(0, 60)), **fields)


def kpi_deduction(draw, **fields):
    better = draw(st.sampled_from(["higher", "lower"]))
    more = {"target": draw(st.integers(20, 60)), "tolerance": 2, "point": 3}
    whole = draw(st.booleans())
    return _of_fees("kpi_deduction", draw, better=better, whole_points=whole, **more, **fields)


def profit_share(draw, **fields):
    return _of_fees("profit_share", None, allowed_profit=11, share=draw(shares), **fields)


def _of_fees(kind, draw, **fields):
    clause = make_clause(kind, **{"outcome": "fees", "measure": "count"} | fields)
    if draw is not None:
        clause |= draw(st.sampled_from([{"rate": "17.333"}, {"share": 0.01, "of": ["c0"]}]))
    return clause


def withhold(draw, **fields):
    return _without_outcome(make_clause("withhold", of=["c0"], share=draw(shares))) | fields


def clawback(draw, **fields):
    more = {"share": draw(shares), "proportional": draw(st.booleans())}
    return make_clause("clawback", of=["c0"], measure="effect", minimum="0.3", **more, **fields)


def _without_outcome(clause: dict) -> dict:
    return {key: value for key, value in clause.items() if key not in ("outcome", "measure")}


EXPECTED = (tariff, threshold, bands, slide, fixed_fee, scorecard, triggers, gainshare)
ESTIMATES = (tariff, threshold, bands, slide, gainshare)  # of one outcome, under an estimate rule
DEDUCTED = (service_credit, kpi_deduction, profit_share)
RESTING = (withhold, clawback)  # on the first clause


@st.composite
def clauses(draw, make, number: int = 0) -> dict:
    """One clause of a kind, with any limits, index and estimate rule that it may have."""
    fields = {"id": f"c{number}"} | draw(limits())
    if make not in RESTING:
        fields |= draw(indexed())
    if make in EXPECTED:
        fields |= {"deduction": draw(st.booleans())}
    clause = make(draw, **fields)
    if make in ESTIMATES and clause["measure"] != "count":
        clause |= {
            "estimate_used": draw(RULES),
            "measure_decimals": draw(st.sampled_from([None, 2])),
        }
    return clause


@st.composite
def contracts(draw):
    """Up to five clauses of any kind, with limits over some, the year and the contract."""
    listed = [draw(clauses(draw(st.sampled_from(EXPECTED))))]
    for number in range(1, draw(st.integers(1, 5))):
        make = draw(st.sampled_from((*EXPECTED, *DEDUCTED, *RESTING)))
        listed.append(draw(clauses(make, number)))
    held = next((c["id"] for c in listed if c["type"] == "withhold"), None)
    if held:
        released = make_clause("release", withheld=held, measure="effect", minimum="0.2")
        listed.append(released)
    rounding = {
        "decimals": draw(st.sampled_from([0, 2])),
        "mode": draw(st.sampled_from(["half_up", "half_even", "down"])),
    }
    bounds = draw(st.sampled_from([{}, {"cap": 1000}, {"cap": 800, "floor": 100}]))
    bounds |= draw(st.sampled_from([{}, {"year_cap": 900}]))
    group = {"id": "group", "label": "Group", "reference": "para 9", "of": ["c0"], "cap": 700}
    bounds |= {"limits": draw(st.sampled_from([[], [group]]))}
    before = {"year": "2024", "paid": 120, "lines": {"c0": 130, "c1": -10}, "reference": "invoice"}
    bounds |= draw(st.sampled_from([{}, {"year": "2025", "earlier_years": [before]}]))
    return make_terms(*listed, rounding=rounding, indices=INDICES, **bounds)
