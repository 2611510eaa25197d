"""A randomised trial from its file to its page: headline, checks, ledger by arm, payment."""

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA, change, copy_of
from shown import page_html

import pbc_eval as pbc
from pbc_eval.agreement.starter import METHODS, starter_text
from pbc_eval.errors import DataError, SpecError
from pbc_eval.report.words import facts, prose

pytestmark = pytest.mark.slow  # seconds, together

DESIGN = """design:
  method: randomised
  rationale: Places were fewer than applicants, so that lots decided; the others got none.
  treatment: treat
  drawn_by: The research corporation, by random numbers at each site.
  covariates: [age, educ, black, hisp, marr, nodegree, re74, re75]
"""


@pytest.fixture
def folder(tmp_path):
    """The experiment behind supported-work, as an evaluation of its own."""
    made = copy_of("supported-work", tmp_path)
    file = made / "evaluation.yaml"
    text = file.read_text(encoding="utf-8").replace("people.csv", "experiment.csv")
    before, rest = text.split("design:\n")
    after = rest[rest.index("outcomes:\n") :]
    file.write_text(before + DESIGN + "\n" + after, encoding="utf-8")
    return made


def evaluated(folder):
    return pbc.evaluate(pbc.load_evaluation(folder))


def test_a_trial_is_shown_with_both_ways_and_the_balance_of_its_arms(folder):
    made = evaluated(folder)
    headline, others = made.primary.headline, made.primary.table("estimates").frame
    frame = pd.read_csv(DATA / "supported-work" / "experiment.csv")
    columns = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
    twin = pbc.randomised_effect(frame, treatment="treat", outcome="re78", covariates=columns)
    assert headline.estimate == pytest.approx(twin.estimate)
    assert list(others["estimator"])[1:] == [
        "Difference in means, not adjusted",
        "Difference in means, lots drawn anew",
    ]
    assert others["estimate"].iloc[1] == pytest.approx(1794.34, abs=0.01)
    released = pbc.release(made)
    page = page_html(released)
    assert "How alike the arms were before the lots were drawn" in page
    assert "Drawn by lot" in page
    assert made.payment.total > 0
    # whoever had left school early was drawn less often in this sample, as is known of it
    lots = next(check for check in made.primary.checks if check.name == "lots")
    assert (lots.status, "No high-school degree" in lots.sentence) == ("review", True)
    assert prose.strength_of_evidence(released).startswith("Level 4 of 5")
    assert facts.verdict_words("improved", released.primary, released)[1] == "!"


def test_sound_lots_are_level_five_and_earn_the_tick(folder):
    change(
        folder / "evaluation.yaml",
        "[age, educ, black, hisp, marr, nodegree, ",
        "[age, black, marr, ",
    )
    released = pbc.release(evaluated(folder))
    assert [check.status for check in released.primary.checks] == ["pass"]
    assert prose.strength_of_evidence(released).startswith("Level 5 of 5")
    assert facts.verdict_words("improved", released.primary, released)[0] == "Improved"


def test_lots_drawn_anew_carry_headline_and_payment_where_they_are_stated(folder):
    change(
        folder / "evaluation.yaml",
        "re75]\n",
        "re75]\n  adjustment: none\n  inference: randomisation\n",
    )
    made = evaluated(folder)
    headline = made.primary.headline
    assert headline.estimate == pytest.approx(1794.34, abs=0.01)
    assert "lots drawn anew" in headline.method.inference
    assert made.primary.measured.conf_low == headline.stated.conf_low
    assert abs(headline.conf_low - 475) < 60  # Welch: 474
    change(folder / "evaluation.yaml", "  adjustment: none\n", "")
    with pytest.raises(SpecError, match="for the plain difference in means"):
        pbc.load_evaluation(folder)


def test_who_was_lost_is_told_by_arm_and_looked_at(folder):
    data = folder / "experiment.csv"
    frame = pd.read_csv(data)
    frame.loc[frame.index[:40], "re78"] = np.nan  # forty of those drawn
    frame.loc[frame.index[-3:], "age"] = np.nan
    frame.to_csv(data, index=False)
    change(
        folder / "evaluation.yaml",
        "  unit: person\n",
        "  unit: person\n  missing: complete_cases\n",
    )
    made = evaluated(folder)
    ledger = made.primary.table("ledger").frame
    assert list(ledger["rows_dropped"]) == [0, 40, 3]
    assert "40 treated" in str(ledger["why"].iloc[1])
    checks = {check.name: check.status for check in made.primary.checks}
    assert checks["attrition"] == "review"
    assert prose.strength_of_evidence(pbc.release(made)).startswith("Level 4 of 5")
    change(folder / "evaluation.yaml", "missing: complete_cases", "missing: indicator")
    assert evaluated(folder).primary.headline.n_comparison == 260


def test_a_person_who_is_there_twice_is_refused(folder):
    data = folder / "experiment.csv"
    frame = pd.read_csv(data)
    pd.concat([frame, frame.head(1)]).to_csv(data, index=False)
    with pytest.raises(DataError, match=r"1 rows name somebody again in 'person', first NSW001"):
        evaluated(folder)


def test_blocks_and_clusters_are_taken_from_the_file(folder):
    data = folder / "experiment.csv"
    frame = pd.read_csv(data).sort_values(["black", "treat", "person"])
    frame["site"] = np.where(frame["black"] == 1, "east", "west")
    frame["office"] = (
        frame["site"]
        + frame["treat"].astype(str)
        + (frame.groupby(["site", "treat"]).cumcount() % 6).astype(str)
    )
    frame.to_csv(data, index=False)
    file = folder / "evaluation.yaml"
    change(file, "  covariates: [age, educ, black", "  blocks: site\n  covariates: [age, educ")
    change(file, "  unit: person\n", "  unit: person\n  cluster: office\n")
    made = evaluated(folder)
    twin = pbc.randomised_effect(
        frame, treatment="treat", outcome="re78", blocks="site", cluster="office",
        covariates=["age", "educ", "hisp", "marr", "nodegree", "re74", "re75"],
    )  # fmt: skip
    assert made.primary.headline.std_error == pytest.approx(twin.std_error, rel=1e-6)
    assert "CR2 over 24 clusters" in made.primary.headline.method.inference


def test_a_starter_and_a_design_note_can_be_had(folder):
    assert "randomised" in METHODS
    assert "drawn_by" in starter_text("randomised")
    spec = pbc.load_evaluation(folder)
    assert "random numbers at each site" in page_html(pbc.release_note(pbc.design_note(spec)))
