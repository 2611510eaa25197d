"""What a file says of the people of a matching design: clusters, missing values, their order."""

import numpy as np
import pandas as pd
import pytest
import yaml
from matched_samples import people

import pbc_eval as pbc
from pbc_eval.errors import DesignError, PbcError

pytestmark = pytest.mark.slow  # seconds, together

FILE = {
    "id": "made-up",
    "title": "Made up",
    "edition": "2026-1",
    "status": "draft",
    "contract": {
        "summary": "Support for people.",
        "commissioner": "A council",
        "provider": "A charity",
        "start": "2024-04-01",
        "currency": "GBP",
        "clauses": [{"reference": "1", "text": "A tariff."}],
    },
    "data": {"file": "people.csv", "unit": "id", "unit_name": ["person", "people"]},
    "design": {
        "method": "matching",
        "rationale": "People in the service against people like them.",
        "treatment": "treated",
        "covariates": ["age", "income", "group"],
        "agreed_on": "2024-03-01",
        "waivers": [
            {"check": check, "reason": "It is made up to be looked at, not to be believed."}
            for check in ("balance", "overlap")
        ],
    },
    "outcomes": [
        {
            "id": "points",
            "label": "Points",
            "unit": "points",
            "direction": "higher_is_better",
            "column": "outcome",
            "primary": True,
            "total": {"of": "units", "unit": "points"},
        }
    ],
    "payment": {
        "currency": "GBP",
        "clauses": [
            {
                "id": "gain",
                "type": "tariff",
                "label": "Points gained",
                "reference": "1",
                "outcome": "points",
                "measure": "total",
                "unit": "point",
                "price": 100,
                "source": "The contract",
            }
        ],
    },
    "publication": {
        "contact": "Us",
        "licence": "OGL",
        "release_date": "2026-06-30",
        "data_status": "synthetic",
        "data_notice": "These people are made up.",
        "language": "en",
        "data_open": False,
        "disclosure": {"threshold": 3, "reason": "They are made up, and nobody is told of."},
        "limitations": ["It is made up."],
    },
}
PEOPLE = people(240, seed=2).assign(place=lambda frame: np.arange(len(frame)) % 12)


def evaluated(folder, frame=PEOPLE, design=None, **data):
    folder.mkdir(exist_ok=True)
    agreed = FILE | {"data": FILE["data"] | data, "design": FILE["design"] | (design or {})}
    frame.to_csv(folder / "people.csv", index=False)
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(agreed, sort_keys=False), "utf-8")
    return pbc.evaluate(pbc.load_evaluation(folder / "evaluation.yaml"))


def ledger(evaluation):
    return evaluation.findings[0].table("ledger").frame.set_index("what")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("algorithm", ["nearest", "full", "optimal"])
def test_what_is_paid_does_not_depend_on_the_order_of_the_file(tmp_path, seed, algorithm):
    coarse = people(240, seed=2, rounded=0)
    design = {"algorithm": algorithm}
    first = evaluated(tmp_path / "a", coarse, design)
    again = evaluated(tmp_path / "b", coarse.sample(frac=1, random_state=seed), design)
    assert again.payment.total == first.payment.total
    assert again.findings[0].headline == first.findings[0].headline
    spread = first.findings[0].headline.over_ties
    if spread is not None:
        note = next(n for n in first.findings[0].headline.method.notes if "equally near" in n)
        assert f"{spread.low:.1f}" in note


def test_errors_are_by_the_cluster_that_the_file_names(tmp_path):
    alone = evaluated(tmp_path / "a").findings[0].headline
    by_place = evaluated(tmp_path / "b", cluster="place").findings[0].headline
    assert by_place.estimate == alone.estimate
    assert by_place.std_error != alone.std_error
    assert by_place.method.clustering == "place and matched set"
    assert by_place.degrees_of_freedom == 11
    weighted = evaluated(tmp_path / "c", design={"algorithm": "ipw"}, cluster="place")
    assert weighted.findings[0].headline.method.clustering == "place"


def with_gaps():
    return PEOPLE.assign(
        age=PEOPLE["age"].where(PEOPLE.index % 9 != 1),
        outcome=PEOPLE["outcome"].where(PEOPLE.index % 20 != 3),
    )


def test_complete_cases_leave_out_missing_outcomes_too_and_the_ledger_says_of_which_arm(tmp_path):
    gaps = with_gaps()
    evaluation = evaluated(tmp_path / "a", gaps, missing="complete_cases")
    steps = ledger(evaluation)
    lost = gaps["outcome"].isna()
    arms = [int((lost & (gaps["treated"] == arm)).sum()) for arm in (1, 0)]
    assert steps.loc["Read", "rows_in"] == 240
    assert steps.loc["Known outcomes", "rows_dropped"] == lost.sum()
    assert (
        steps.loc["Known outcomes", "why"]
        == f"missing values: outcome {lost.sum()}: {arms[0]} treated, {arms[1]} comparison"
    )
    assert steps.loc["Complete cases", "rows_dropped"] == (gaps["age"].isna() & ~lost).sum()
    whole = evaluated(tmp_path / "b", gaps.dropna())
    assert evaluation.findings[0].headline.estimate == whole.findings[0].headline.estimate


def test_an_indicator_can_be_asked_for_in_the_file(tmp_path):
    gaps = with_gaps()
    evaluation = evaluated(tmp_path / "a", gaps, missing="indicator")
    steps = ledger(evaluation)
    filled = (gaps["age"].isna() & gaps["outcome"].notna()).sum()
    assert steps.loc["Missing values", "why"] == f"filled in, with an indicator: age {filled}"
    assert steps.loc["Known outcomes", "rows_dropped"] == gaps["outcome"].isna().sum()
    balance = evaluation.findings[0].table("balance").frame
    assert "age missing" in set(balance["covariate"])
    in_python = pbc.match(
        gaps.dropna(subset="outcome"),
        treatment="treated",
        covariates=FILE["design"]["covariates"],
        unit="id",
        caliper=0.2,
        missing="indicator",
    ).effect("outcome", method="regression")
    assert evaluation.findings[0].headline.estimate == pytest.approx(in_python.estimate, rel=1e-9)


def test_the_remedy_for_missing_covariates_is_one_that_the_file_has(tmp_path):
    gaps = PEOPLE.assign(age=PEOPLE["age"].where(PEOPLE.index > 2))
    with pytest.raises(PbcError, match="missing='indicator'"):
        evaluated(tmp_path / "a", gaps)
    evaluated(
        tmp_path / "b",
        PEOPLE.assign(age=PEOPLE["age"].where(PEOPLE.index > 2)),
        missing="indicator",
    )


def test_a_panel_has_no_indicators(tmp_path):
    frame = pd.DataFrame(
        [(i, t, 2 if i < 4 else 0, i + t) for i in range(9) for t in range(1, 4)],
        columns=["id", "t", "g", "outcome"],
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    agreed = FILE | {
        "data": FILE["data"] | {"time": "t", "cohort": "g", "missing": "indicator"},
        "design": {
            "method": "difference_in_differences",
            "rationale": "Units before and after.",
            "agreed_on": "2024-03-01",
        },
    }
    (tmp_path / "evaluation.yaml").write_text(yaml.safe_dump(agreed), "utf-8")
    with pytest.raises(DesignError, match="'indicator' is for matching"):
        pbc.evaluate(pbc.load_evaluation(tmp_path / "evaluation.yaml"))
