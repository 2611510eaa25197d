"""Terms that are ambiguous or contradict themselves are refused, each with its rule and remedy."""

import pytest
from evaluations import change, copy_of

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.errors import PaymentTermsError, SpecError

WORDS = {"label": "A", "reference": "para 1", "source": "test"}
FEE = WORDS | {"id": "fee", "type": "fixed_fee", "times": 2, "amount": 5}
COUNT = {"outcome": "jobs", "measure": "count"}


def clause(kind: str, **fields) -> dict:
    return WORDS | {"id": "it", "type": kind} | fields


SLIDE = {"outcome": "jobs", "measure": "relative_effect"}
HALF = {"outcome": "jobs", "measure": "total", "target": 5, "weight": 0.5}
BOND = {"cohorts": ["a", "b"], "measure": "relative_effect", "amount": 1}
INDEXED = {"since": "2024-01-01", "until": "2025-01-01"}
REFUSED = [
    (clause("slide", **SLIDE, start={"at": 5, "pay": 0}, end={"at": 10, "pay": 1}), "mean 0.05"),
    (
        clause("slide", **SLIDE, start={"at": 0.2, "pay": 0}, end={"at": 0.1, "pay": 1}),
        "must end above where it starts.*Swap them",
    ),
    (
        clause("slide", **SLIDE, start={"at": 0.1, "pay": 9}, end={"at": 0.2, "pay": 1}),
        "must not pay less for more",
    ),
    (
        clause("scorecard", amount=1, metrics=[HALF]),
        "weights of the metrics must sum to 1, got 0.5",
    ),
    (clause("scorecard", amount=1, metrics=[HALF, HALF]), "there twice. Keep one"),
    (
        clause("triggers", **BOND, early_minimum=0.05, pooled_minimum=0.1),
        "pooled_minimum 0.1 is above early_minimum 0.05.*Swap them",
    ),
    (
        clause("triggers", **BOND, early_minimum=10, pooled_minimum=0.1),
        "must be a fraction.*got 10. Did you mean 0.1",
    ),
    (
        clause(
            "triggers", **BOND, early_minimum=0.1, pooled_minimum=0.1, estimate_used="lower_bound"
        ),
        "do not add up.*Name a pooled_outcome",
    ),
    (clause("service_credit", outcome="late"), "either a rate .* or a share"),
    (clause("service_credit", outcome="late", share=0.1), "share and of belong together"),
    (
        clause("service_credit", outcome="late", share=0.1, of=["feee"]),
        "'feee', which is not there. Did you mean 'fee'",
    ),
    (clause("withhold", of=["it"], share=0.1), "it: rests on itself"),
    (clause("withhold", of=["fee"], share=10), "must be a fraction.*Did you mean 0.1"),
    (clause("release", **COUNT, minimum=1, withheld="fee"), "'fee', which is no withhold clause"),
    (
        clause("gainshare", outcome="jobs", measure="total", value=1, share=0.5, loss_cap=5),
        "needs a loss_share",
    ),
    (
        clause("tariff", outcome="jobs", measure="total", price=1, verification={"rule": "point"}),
        "verification is of claims that were counted",
    ),
    (
        clause("tariff", **COUNT, price=1, indexed={"series": "cpi", "rate": 0.02, **INDEXED}),
        "either a series or a fixed rate",
    ),
    (
        clause("tariff", **COUNT, price=1, indexed={"rate": 2, **INDEXED}),
        "must be a fraction.*Did you mean 0.02",
    ),
    (
        clause("tariff", **COUNT, price=1, indexed={"series": "cpi", **INDEXED}),
        "index 'cpi' is not among payment.indices",
    ),
    (
        clause("tariff", **COUNT, price=1, indexed={"rate": 0.02, "since": 45292, "until": 45658}),
        "Excel serial date for 2024-01-01",
    ),
    (clause("fixed_fee", times=1, amount=1, years=["2024-25"]), "year is needed"),
]


@pytest.mark.parametrize(
    ("wrong", "message"), REFUSED, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_clause_that_cannot_be_applied_is_refused_with_the_remedy(wrong, message):
    with pytest.raises(PaymentTermsError, match=message):
        payment_terms_from({"currency": "GBP", "clauses": [FEE, wrong]})


LIMIT = {"id": "top", "label": "Top", "reference": "para 9"}
EARLIER = {"year": "2024", "paid": 10, "reference": "invoice 1"}
RESULT = {"outcome": "jobs", "source": "counted", "count": 1}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limits": [LIMIT | {"of": ["feee"], "cap": 5}]}, "'feee', which is not .*mean 'fee'"),
        ({"limits": [LIMIT | {"cohort": "2024", "cap": 5}]}, "no clause pays for cohort '2024'"),
        ({"limits": [LIMIT | {"of": ["fee"]}]}, "needs a cap, a floor or both"),
        ({"limits": [LIMIT | {"cap": 5}]}, "either the clauses named in 'of' or a cohort"),
        (
            {"limits": [LIMIT | {"id": "fee", "of": ["fee"], "cap": 9}]},
            "ids must be unique, got fee",
        ),
        (
            {
                "clauses": [FEE, FEE | {"id": "b"}, FEE | {"id": "c"}],
                "limits": [
                    LIMIT | {"of": ["fee", "b"], "cap": 5},
                    LIMIT | {"id": "low", "of": ["b", "c"], "cap": 5},
                ],
            },
            "top and low bound some of the same clauses.*Nest one in the other",
        ),
        ({"year_cap": 5, "year_floor": 6}, "year floor 6 is above year cap 5. Lower"),
        ({"year_cap": "5.005"}, "a year: cap 5.005 is finer than payments"),
        ({"earlier_years": [EARLIER]}, "year is needed"),
        ({"year": "2024", "earlier_years": [EARLIER]}, "is among earlier_years too"),
        ({"year": "2025", "earlier_years": [EARLIER, EARLIER]}, "names 2024 more than once"),
        (
            {"year": "2025", "earlier_years": [EARLIER | {"restated": [RESULT]}]},
            "restated results need a reason",
        ),
        ({"promised_effects": {"jobs": 2}}, "'jobs' is no outcome that a clause pays for"),
        ({"indices": {"cpi": {"01/04/2024": 100}}}, "written year-month-day"),
    ],
)  # fmt: skip
def test_terms_that_contradict_themselves_are_refused_with_the_remedy(fields, message):
    with pytest.raises(PaymentTermsError, match=message):
        payment_terms_from({"currency": "GBP", "clauses": [FEE]} | fields)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    - id: complaints", "    - id: readmissions", "KPIs share ids|must be unique"),
        (
            "      outcome: record-errors\n",
            "      outcome: complaints\n",
            "'complaints' is not among",
        ),
        ("first: 2025-04", "first: 45748", "must be text|must be a month"),
        ("target: 0.90", "target: 90", "got 90. Did you mean 0.9"),
        (
            "payment:\n  currency",
            "counts:\n  - {outcome: calls, count: 5, claims_checked: 9, claims_wrong: 1,"
            " source: x, status: READ}\npayment:\n  currency",
            "1 wrong of 9 checked of 5 cannot be",
        ),
    ],
)
def test_counts_and_kpis_of_an_evaluation_are_checked_before_anything_runs(
    tmp_path, old, new, message
):
    folder = copy_of("hospital-readmissions", tmp_path)
    change(folder / "evaluation.yaml", old, new)
    with pytest.raises(SpecError, match=message):
        load_evaluation(folder)
