"""To add a thing takes its file and one row: each kind is added here from outside, and rendered.

What stands in a dummy's function below is what its file would hold; ``register…`` is its row.
"""

from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Literal

import pandas as pd
import pytest
from additions.registries import as_they_were
from evaluations import DATA, change, copy_of, of_people, released_of

import pbc_eval as pbc
from pbc_eval.agreement.design import DesignModel
from pbc_eval.agreement.money import Money
from pbc_eval.agreement.payment_clauses import MeasuredClause
from pbc_eval.checks import CHECKS, CheckKind, register_check
from pbc_eval.did.estimator import Estimator
from pbc_eval.did.estimators import ESTIMATORS, register
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.evaluation.designs import DESIGNS, register_design
from pbc_eval.evaluation.designs.design_kind import DesignKind
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Units
from pbc_eval.payment.clauses import register_clause
from pbc_eval.payment.expression import Plus, Term, Times
from pbc_eval.payment.rule import Kind, Rule, asked_by, value_of
from pbc_eval.report import page, page_of
from pbc_eval.report.parts import Paragraphs, tables_of
from pbc_eval.report.words.design_words import design_facts, planned_checks
from pbc_eval.results import CheckResult

pytestmark = pytest.mark.slow  # whole evaluations are run

PANEL = "hospital-readmissions"


@pytest.fixture(autouse=True)
def _registries_stay_as_they_were():
    with as_they_were():
        yield


# --- an estimator ---


def renamed_imputation() -> Estimator:
    """What stands at the end of an estimator's file."""
    imputation = ESTIMATORS["imputation"]
    return Estimator(
        name="renamed_imputation",
        family="renamed imputation",
        label="Imputation under another name",
        method_words="A method made up for a test: what would have been is imputed.",
        comparisons=("not yet treated",),
        effects=imputation.effects,
    )


@pytest.mark.soak
def test_an_estimator_is_shown_beside_the_others_on_the_page():
    register(renamed_imputation())
    released = pbc.release(pbc.evaluate(pbc.load_evaluation(DATA / PANEL)))
    assert "Imputation under another name" in html_of(released)
    spec = pbc.load_evaluation(DATA / PANEL)
    panel = pbc.Panel.from_data(
        spec.path(spec.data.file),
        unit="hospital",
        time="quarter",
        outcome="readmissions_per_100",
        cohort="service_start",
        missing="complete_units",
    )
    assert "renamed imputation" in set(pbc.compare_estimators(panel)["estimator"])


@pytest.mark.soak
def test_an_estimator_carries_the_headline_of_an_evaluation_and_its_design_note(tmp_path):
    register(renamed_imputation())
    folder = copy_of(PANEL, tmp_path)
    ask_for(folder, "estimator: renamed_imputation")
    spec = pbc.load_evaluation(folder)
    evaluation = pbc.evaluate(spec)
    ask_for(folder, "estimator: imputation", instead_of="estimator: renamed_imputation")
    by_its_own_name = pbc.evaluate(pbc.load_evaluation(folder))
    one, other = evaluation.primary.headline, by_its_own_name.primary.headline
    assert one.estimate == other.estimate
    assert "imputation" in one.method.estimator
    assert html_of(pbc.release(evaluation))
    planned = dict(DESIGNS["difference_in_differences"].planned(spec))
    assert planned["Method"].startswith("A method made up for a test")


def test_an_estimator_that_gives_nothing_or_has_a_name_in_use_is_refused():
    row = renamed_imputation()
    with pytest.raises(DesignError, match="neither effects nor"):
        register(replace(row, effects=None))
    with pytest.raises(DesignError, match="already"):
        register(replace(row, name="imputation"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("estimator: imputaton", r"got 'imputaton'\. Did you mean 'imputation'\?"),
        (
            "estimator: two_way",
            r"must be one of group_time, imputation.*got 'two_way'\. Write group_time",
        ),
        ("estimator: imputation\n  anticipation: 1", r"Set design\.anticipation to 0"),
        ("estimator: interaction_weighted\n  covariates: [discharges]", r"does not adjust for"),
    ],
)
def test_an_estimator_that_cannot_carry_the_headline_is_refused_before_data_are_read(
    tmp_path, line, message
):
    folder = copy_of(PANEL, tmp_path)
    ask_for(folder, line)
    spec = pbc.load_evaluation(folder)
    with pytest.raises(SpecError, match=message):
        DESIGNS["difference_in_differences"].find(spec, NoFiles(), 1)


class NoFiles(InputFiles):
    """Refuses to be read."""

    def read(self, path, reader, *beside):
        raise AssertionError(f"{path} was read")


# --- a design ---


class Doubled(DesignModel):
    """A design of one file: what others reported, and the same again."""

    takes_reported_effects: ClassVar[bool] = True

    method: Literal["doubled"]
    source: str


def _doubled(spec, files, seed):
    once = DESIGNS["reported"].model(method="reported", source=spec.design.source, rationale="-")
    findings = DESIGNS["reported"].find(spec.model_copy(update={"design": once}), files, seed)
    return tuple(
        replace(
            finding,
            headline=replace(finding.headline, estimate=2 * finding.headline.estimate),
            measured=replace(finding.measured, effect=2 * finding.measured.effect),
        )
        for finding in findings
    )


def test_a_design_is_read_estimated_graded_and_shown(tmp_path):
    register_design(
        DesignKind(
            model=Doubled,
            label="Doubled",
            find=_doubled,
            planned=lambda spec: ((Sentence("Method"), "Twice what others reported."),),
            strength=lambda evidence: Sentence("Not graded: made up for a test."),
            gives_estimates=False,
            reported_by_others=True,
        )
    )
    folder = copy_of("one-service", tmp_path)
    once = pbc.evaluate(pbc.load_evaluation(folder)).primary.headline.estimate
    change(folder / "evaluation.yaml", "method: reported", "method: doubled")
    spec = pbc.load_evaluation(folder)
    evaluation = pbc.evaluate(spec)
    assert evaluation.primary.headline.estimate == 2 * once
    released = pbc.release(evaluation)
    assert "Not graded: made up for a test." in html_of(released)
    assert "Twice what others reported." in str(design_facts(spec))


def test_a_design_that_nobody_registered_is_refused_with_the_methods_there_are(tmp_path):
    folder = copy_of("one-service", tmp_path)
    change(folder / "evaluation.yaml", "method: reported", "method: doubled")
    with pytest.raises(SpecError, match=r"method must be one of .*, got 'doubled'"):
        pbc.load_evaluation(folder)


# --- a payment clause ---


class Bounty(MeasuredClause):
    """A clause of one model: an amount for each unit of the measure, and a present on top."""

    type: Literal["bounty"]
    outcome: str
    each: Money
    present: Money


def _bounty_rule(clause, terms):
    paid = Times((Term("each", clause.each), value_of(clause)))
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=Plus((paid, Term("present", clause.present))),
    )


BOUNTY = Kind(
    _bounty_rule,
    lambda clause, rule, at, currency: f"{at(rule.value)} times {clause.each} and {clause.present}",
    lambda clause, currency: f"{clause.each} for each unit and {clause.present} on top",
)


def test_a_payment_clause_is_read_paid_simulated_and_written_out():
    register_clause(Bounty, BOUNTY)
    terms = pbc.payment_terms_from(
        {
            "currency": "GBP",
            "clauses": [
                {
                    "id": "bounty",
                    "type": "bounty",
                    "label": "A bounty",
                    "reference": "Schedule 1",
                    "source": "made up for a test",
                    "outcome": "jobs",
                    "measure": "effect",
                    "each": 100,
                    "present": 7,
                }
            ],
        }
    )
    jobs = pbc.MeasuredOutcome(
        outcome="jobs", source="estimated", effect=3.0, std_error=1.0, conf_low=1.0, conf_high=5.0
    )
    due = pbc.payment_due(terms, {"jobs": jobs})
    assert due.total == Decimal("307.00")
    assert "100 for each unit and 7 on top" in pbc.schedule_of(terms).to_markdown()
    risk = pbc.payment_risk(terms, {"jobs": jobs}, seed=1)
    assert not risk.to_frame().empty


def test_a_clause_type_in_use_is_refused():
    class AnotherTariff(MeasuredClause):
        type: Literal["tariff"]

    with pytest.raises(SpecError, match="already"):
        register_clause(AnotherTariff, BOUNTY)


# --- a check ---


def _run_odd(examined):
    panel = examined.panel
    rows = [
        {"group": "odd", "units": 40, "share": 0.5},
        {"group": "even", "units": 3, "share": 0.1},
    ]
    return CheckResult(
        name="odd_units",
        status="review",
        sentence=Sentence("{n} units were looked at.", n=Units(sum(panel.cohort_units))),
        null="not a test: made up",
        table=pd.DataFrame(rows),
    )


def test_a_check_is_run_planned_waivable_and_shown_with_its_table():
    register_check(
        CheckKind(
            name="odd_units",
            designs=frozenset({"difference_in_differences"}),
            run=_run_odd,
            planned="Odd units (odd_units): made up for a test.",
            columns={
                "group": ("Group", "text"),
                "units": ("Units", "count"),
                "share": ("Share", "share"),
            },
            caption="Units by the last figure of their number",
        )
    )
    spec = pbc.load_evaluation(DATA / PANEL)
    released = pbc.release(of_people(pbc.evaluate(spec)))
    with_it = page_of(released)
    assert "readmissions-odd-units" in {table.name for table in with_it.tables}
    html = with_it._repr_html_()
    assert "Odd units" in html
    assert "Units by the last figure of their number" in html
    assert "Odd units (odd_units): made up for a test." in planned_checks(spec)
    (shown,) = (t for t in released.findings[0].tables if t.name == "readmissions-odd-units")
    assert list(shown.frame["share"]) == [0.5, "[c]"]  # its counts are protected like any other


def test_a_check_with_the_name_of_another_of_its_design_is_refused():
    row = next(row for row in CHECKS if row.name == "pre_trends")
    with pytest.raises(DesignError, match="already"):
        register_check(row)


# --- a section of a report ---


def test_a_section_is_in_the_contents_on_the_page_and_in_the_files(monkeypatch):
    def parts(released):
        return (Paragraphs(("Made up for a test.",)), *tables_of(released.findings[0].tables[0]))

    row = page.Row("made-up", "A section made up", parts)
    monkeypatch.setattr(page, "IMPACT", (*page.IMPACT, row))
    with_it = page_of(released_of(PANEL))
    assert with_it.section("made-up").title == "A section made up"
    html = with_it._repr_html_()
    assert "Made up for a test." in html
    assert '<a href="#made-up">A section made up</a>' in html


def html_of(released):
    return page_of(released)._repr_html_()


def ask_for(folder, line, instead_of=""):
    """Add lines to the design of the evaluation file, or change one."""
    method = "  method: difference_in_differences\n"
    file = folder / "evaluation.yaml"
    if instead_of:
        change(file, instead_of, line)
    else:
        change(file, method, f"{method}  {line}\n")
