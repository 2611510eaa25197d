"""payment_due: golden rules, thresholds and noise, estimate rules, limits, refusals."""

import dataclasses
import pickle
import re
from decimal import Context, Decimal, localcontext

import pytest
from evaluations import DATA, EVERY

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import PaymentTermsError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Units
from pbc_eval.payment import payment_due, payment_under_alternatives, terms_in_words
from pbc_eval.results import MeasuredOutcome


@pytest.fixture
def due(terms, outcome):
    """Total of one clause on one outcome."""

    def total(clause, contract=None, **fields) -> Decimal:
        return payment_due(terms(clause, **contract or {}), [outcome(**fields)]).total

    return total


# --- golden ---


def test_rikers_every_tier_pays_its_amount_from_its_minimum_recalled(golden, clause, due):
    tiers = golden("rikers")["tiers"]
    ends = [tier["min_reduction"] for tier in tiers[1:]] + [None]
    bands = [
        {"from": tier["min_reduction"], "to": end, "pay": tier["city_payment"]}
        for tier, end in zip(tiers, ends, strict=True)
    ]
    rule = clause("bands", mode="retroactive", measure="relative_effect", bands=bands)
    for tier, below in zip(tiers, [0, *[t["city_payment"] for t in tiers]], strict=False):
        at = {"counterfactual": 100.0}
        assert due(rule, effect=100 * tier["min_reduction"], **at) == tier["city_payment"]
        assert due(rule, effect=100 * tier["min_reduction"] - 0.001, **at) == below


def test_rikers_amounts_give_the_returns_that_were_published_read(golden):
    rikers = golden("rikers")
    paid = {tier["min_reduction"]: tier["city_payment"] for tier in rikers["tiers"]}
    for reduction, irr in rikers["published_irr"].items():
        assert (paid[float(reduction)] / rikers["loan"]) ** 0.25 - 1 == pytest.approx(irr, abs=6e-4)


def test_work_programme_rows_sum_to_their_maximum_recalled(golden, clause, terms, outcome):
    for row in golden("work_programme")["groups"]:
        statement = payment_due(
            terms(
                clause("fixed_fee", outcome="attached", amount=row["attachment"]),
                clause("tariff", id="job", measure="count", price=row["job_outcome"]),
                clause(
                    "tariff",
                    id="sustained",
                    outcome="sustainments",
                    measure="count",
                    price=row["sustainment"],
                    cap_per_person=row["sustainment"] * row["max_sustainments"],
                ),
            ),
            [
                outcome(outcome="attached", source="counted", count=1),
                outcome(source="counted", count=1),
                outcome(outcome="sustainments", source="counted", count=40, total_scale=1),
            ],
        )
        assert statement.total == row["max_total"], row["group"]
        assert statement.lines[2].cap_applied == "cap_per_person"


def test_ocds_penalty_is_also_a_tariff_beyond_a_baseline_read(golden, clause, due):
    case = golden("ocds_penalty")
    rule = clause(
        "tariff", measure="count", price=case["rate"], baseline_count=case["free_allowance"]
    )
    assert due(rule, source="counted", count=case["events"]) == case["penalty"]


def test_peterborough_cohort_1_is_published_as_8_4_percent_read(golden, clause, terms, outcome):
    case = golden("peterborough")["cohort1"]
    rule = clause("threshold", measure="relative_effect", minimum=0.1, amount=1)
    result = outcome(
        source="reported",
        effect=case["comparison"] - case["treated"],
        counterfactual=case["comparison"],
    )
    line = payment_due(terms(rule), [result]).lines[0]
    assert float(line.measure_value) == pytest.approx(case["relative_reduction"], rel=1e-11)
    assert round(float(line.measure_value), 3) == case["published"]


# --- thresholds and float noise ---


@pytest.mark.parametrize("effect", [0.3 - 0.2, 0.1, 0.1 + 1e-14, 1 - 0.9])
def test_float_noise_does_not_decide_a_payment(clause, due, effect):
    assert due(clause("threshold", measure="effect", minimum=0.1, amount=500), effect=effect) == 500


def test_a_real_miss_stays_a_miss(clause, due):
    rule = clause("threshold", measure="effect", minimum=0.1, amount=500)
    assert due(rule, effect=0.1 - 1e-11) == 0


def test_a_threshold_with_more_digits_than_a_measure_can_still_be_met(clause, due):
    rule = clause("threshold", measure="effect", minimum=1 / 12, amount=500)
    assert due(rule, effect=1 / 12) == 500


def test_agreed_decimals_round_the_measure_half_up_before_it_is_compared(clause, due):
    rule = clause("threshold", measure="effect", minimum=0.1, amount=500, measure_decimals=2)
    assert due(rule, effect=0.095) == 500
    assert due(rule, effect=0.0949) == 0


def test_agreed_decimals_do_not_round_what_the_threshold_is_paid_on(clause, due):
    rule = clause(
        "threshold", measure="effect", minimum=1, price=10, paid_on="total", measure_decimals=0
    )
    assert due(rule, effect=1.0625, total_scale=4.0) == 42.5
    assert due(rule, effect=1.0625, total_scale=2.0) == Decimal("21.25")


# --- estimate rules ---

INTERVAL = {"effect": 5.0, "conf_low": 2.0, "conf_high": 8.0, "total_scale": 100.0}


@pytest.mark.parametrize(
    ("rule", "fields", "units"),
    [
        ("point", {}, 500),
        ("lower_bound", {}, 200),
        ("lower_bound", {"conf_low": -1.0}, 0),
        ("zero_unless_significant", {}, 500),
        ("zero_unless_significant", {"conf_low": 0.0}, 0),
        ("zero_unless_significant", {"effect": -5.0, "conf_low": -8.0, "conf_high": -2.0}, 0),
        ({"blend": {"headline": 0.8, "did": 0.2}}, {"alternatives": (("did", 10.0),)}, 600),
    ],
)
def test_estimate_rule_decides_what_is_paid_on(clause, due, rule, fields, units):
    paid = due(clause("tariff", price=10, estimate_used=rule), **INTERVAL | fields)
    assert paid == 10 * units


def test_harm_pays_nothing_unless_the_clause_says_so(clause, due):
    harm = {"effect": -2.0, "total_scale": 10.0}
    assert due(clause("tariff", price=10), **harm) == 0
    assert due(clause("tariff", price=10, negative_allowed=True), **harm) == -200


# --- bands, limits, rounding ---

RATES = [{"from": 0, "to": 10, "rate": 5}, {"from": 10, "to": None, "rate": 8}]


@pytest.mark.parametrize(("mode", "total"), [("retroactive", 8 * 12), ("marginal", 50 + 16)])
def test_retroactive_bands_price_the_whole_and_marginal_bands_their_part(clause, due, mode, total):
    rule = clause("bands", mode=mode, measure="count", bands=RATES)
    assert due(rule, source="counted", count=12) == total


def test_marginal_lumps_add_up_once_each_band_is_reached(clause, due):
    bands = [{"from": 1, "to": 5, "pay": 100}, {"from": 5, "to": None, "pay": 50}]
    rule = clause("bands", mode="marginal", measure="count", bands=bands)
    assert [due(rule, source="counted", count=n) for n in (0, 1, 4, 5)] == [0, 100, 100, 150]


@pytest.mark.parametrize(
    ("decimals", "mode", "amount"),
    [(2, "half_up", "0.13"), (2, "half_even", "0.12"), (2, "down", "0.12"), (0, "half_up", "0")],
)
def test_an_amount_is_rounded_once_by_the_contracts_rule(clause, due, decimals, mode, amount):
    rounding = {"rounding": {"decimals": decimals, "mode": mode}}
    rule = clause("tariff", measure="count", price="0.125")
    assert str(due(rule, rounding, source="counted", count=1)) == amount


def test_floors_are_paid_whatever_the_result(clause, due):
    missed = clause("threshold", measure="effect", minimum=1, amount=100, floor=20)
    assert due(missed, effect=0.0) == 20
    assert due(missed, {"floor": 50}, effect=0.0) == 50


def test_cap_per_person_needs_the_number_of_persons(clause, due):
    rule = clause("tariff", measure="count", price=10, cap_per_person=15)
    assert due(rule, source="counted", count=9, total_scale=3) == 45
    for persons in (None, float("nan"), 0.0):
        with pytest.raises(PaymentTermsError, match=r"number of persons .* Supply it"):
            due(rule, source="counted", count=9, total_scale=persons)


# --- refusals ---


@pytest.mark.parametrize(
    ("fields", "result", "message"),
    [
        ({"outcome": "jobz"}, {"effect": 1.0}, r"'jobz'.*not among.*mean 'jobs'"),
        ({}, {"effect": 1.0}, r"needs total_scale of 'jobs'.*use measure: effect"),
        ({}, {"count": 1.0, "source": "counted"}, r"was counted.*Use measure: count"),
        ({"measure": "count"}, {"effect": 1.0}, r"needs count"),
        ({"estimate_used": "lower_bound"}, {"effect": 1.0}, r"needs conf_low.*agree on .*point"),
        ({}, {"effect": float("nan"), "total_scale": 1.0}, r"must be a finite number, got nan"),
        ({}, {"effect": 1.0, "total_scale": 0.0}, r"must be above zero, got 0.0"),
        (
            {"estimate_used": {"blend": {"headline": 0.5, "dib": 0.5}}},
            {"effect": 1.0, "alternatives": (("did", 1.0),)},
            r"names 'dib'.*mean 'did'",
        ),
        ({"measure": "count", "deadweight": 0.2}, {"count": 9.0}, r"already net of it.*Remove"),
    ],
)
def test_a_measure_that_cannot_be_had_is_refused_with_the_remedy(
    clause, due, fields, result, message
):
    with pytest.raises(PaymentTermsError, match=message):
        due(clause("tariff", price=1, **fields), **result)


def test_a_bound_that_does_not_exist_is_refused_with_the_reason_why(clause, due):
    rule = clause("tariff", price=1, measure="effect", estimate_used="lower_bound")
    why = Sentence("{n} units carry half of the weight.", n=Units(3))
    with pytest.raises(
        PaymentTermsError, match=r"has none \(3 units carry .* weight\)\. Report an"
    ):
        due(rule, effect=1.0, std_error=0.2, no_interval=why)


def test_a_relative_effect_needs_a_counterfactual_above_zero(clause, due):
    rule = clause("threshold", measure="relative_effect", minimum=0.1, amount=1)
    with pytest.raises(PaymentTermsError, match="needs counterfactual"):
        due(rule, effect=1.0)
    with pytest.raises(PaymentTermsError, match=r"must be above zero, got 0\.0"):
        due(rule, effect=1.0, counterfactual=0.0)


@pytest.mark.parametrize("rule", ["lower_bound", "zero_unless_significant"])
def test_an_interval_that_does_not_hold_its_estimate_is_refused(clause, due, rule):
    turned = {"effect": 5.0, "conf_low": 8.0, "conf_high": 2.0, "total_scale": 1.0}
    with pytest.raises(PaymentTermsError, match="bounds change places"):
        due(clause("tariff", price=1, estimate_used=rule), **turned)


def test_the_callers_decimal_context_does_not_reach_a_payment(clause, terms, outcome):
    rules = [clause("tariff", id=f"c{i}", price="12345678.91") for i in range(3)]
    with localcontext(Context(prec=4)):
        statement = payment_due(terms(*rules), [outcome(effect=1.0, total_scale=1.0)])
        assert str(statement.total) == "37037036.73"
        assert str(statement.to_frame()["running_total"].iloc[-1]) == "37037036.73"


def test_two_results_for_one_outcome_are_refused(clause, terms, outcome):
    with pytest.raises(PaymentTermsError, match="given twice"):
        payment_due(terms(clause("tariff", price=1)), [outcome(effect=1.0), outcome(effect=2.0)])
    with pytest.raises(PaymentTermsError, match="holds the outcome"):
        payment_due(terms(clause("tariff", price=1)), {"work": outcome(effect=1.0)})


# --- other estimators, words, records ---


def test_payment_under_every_other_estimator_stands_beside_the_agreed_one(clause, terms, outcome):
    agreed = terms(clause("tariff", price=10))
    result = outcome(effect=4.0, total_scale=1.0)
    others = {
        "did": [outcome(effect=2.0, total_scale=1.0)],
        "matching": [outcome(effect=5.0, total_scale=1.0)],
    }
    table = payment_under_alternatives(agreed, [result], others)
    assert table["estimator"].tolist() == ["As agreed", "did", "matching"]
    assert table["total"].tolist() == [40, 20, 50]
    assert table["difference"].tolist() == [0, -20, 10]


def test_an_alternative_is_paid_by_the_agreed_rule_or_says_why_it_cannot(clause, terms, outcome):
    agreed = terms(clause("tariff", price=10, estimate_used="lower_bound"))
    result = outcome(**INTERVAL)
    low = dataclasses.replace(result, conf_low=result.conf_low / 2)
    table = payment_under_alternatives(
        agreed, [result], {"wider": [low], "point only": [outcome(effect=2.0, total_scale=1.0)]}
    )
    assert table["total"][1] == table["total"][0] / 2
    assert table["total"][2] is None
    assert table["reason"][2] == "This estimate has no interval, and the rule asks for one."


def test_each_clause_is_one_plain_sentence(clause, terms):
    words = terms_in_words(
        terms(
            clause(
                "tariff",
                price=1200,
                unit="readmission avoided",
                cap=900_000,
                reference="Schedule 2, para 4",
            ),
            clause("threshold", measure="relative_effect", minimum=0.075, amount="1,250.50"),
            clause("bands", mode="marginal", measure="count", bands=RATES),
            clause("fixed_fee", times=12, amount=10),
            cap=1_000_000,
        )
    )
    assert words == (
        "Pays £1,200 for each readmission avoided, up to £900,000 (Schedule 2, para 4).",
        "Pays £1,250.50 if the relative effect on jobs is at least 0.075 (para 1).",
        "Pays by band of the count of jobs, each band pricing what lies inside it: £5 for each "
        "unit of jobs from 0 to below 10; £8 for each unit of jobs from 10 (para 1).",
        "Pays £10, 12 times (para 1).",
        "The contract pays at most £1,000,000.",
    )


def test_a_line_carries_its_inputs_formula_and_denominator(clause, terms, outcome):
    statement = payment_due(terms(clause("tariff", price=10, cap=30)), [outcome(**INTERVAL)])
    line = statement.lines[0]
    assert line.inputs == (("effect", 5.0), ("total_scale", 100.0))
    assert line.formula == "£10 × 500 = £5,000; capped at £30"
    assert (line.denominator, line.amount_before_cap, line.cap_applied) == (100.0, 5000, "cap")
    assert pickle.loads(pickle.dumps(statement)) == statement
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.amount = Decimal(0)


def test_terms_may_be_plain_data():
    clause = {"id": "jobs", "type": "tariff", "label": "Jobs", "reference": "1", "source": "test"}
    terms = {"currency": "GBP", "clauses": [{**clause, "outcome": "work", "measure": "count"}]}
    with pytest.raises(PaymentTermsError, match="price"):
        payment_due(terms, [])
    terms["clauses"][0]["price"] = "1,200.50"
    result = MeasuredOutcome(outcome="work", source="counted", count=3)
    assert payment_due(terms, [result]).total == Decimal("3601.50")


@pytest.mark.parametrize("name", EVERY)
def test_with_labels_no_sentence_names_an_outcome_or_a_clause_by_its_id(name):
    spec = load_evaluation(DATA / name)
    if spec.payment is None:
        return
    labels = {outcome.id: outcome.label for outcome in spec.outcomes}
    ids = {*labels, *(clause.id for clause in spec.payment.clauses)}
    rules = [re.sub(r"\([^)]*\)", "", text) for text in terms_in_words(spec.payment, labels)]
    named = {i for i in ids for text in rules if re.search(rf"(?<![\w-]){i}(?![\w-])", text)}
    assert not {i for i in named if "-" in i}  # ids of one plain word are words of sentences, too
    amounts = [re.findall(r"[£$€][\d,.]+", text) for text in terms_in_words(spec.payment)]
    assert amounts == [
        re.findall(r"[£$€][\d,.]+", text) for text in terms_in_words(spec.payment, labels)
    ]
