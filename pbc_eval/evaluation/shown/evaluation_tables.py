"""Every table that belongs to no one outcome, in the order in which a reader would want them."""

from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.evaluation.shown.claims import claim_tables
from pbc_eval.evaluation.shown.effects import all_outcomes_table
from pbc_eval.evaluation.shown.payment import payment_tables, risk_tables
from pbc_eval.evaluation.shown.revision import revision_tables
from pbc_eval.evaluation.shown.social_value import value_tables
from pbc_eval.evaluation.shown.uncertainty import uncertainty_tables
from pbc_eval.evaluation.shown.value_account import account_tables


def tables_of(evaluation: Evaluation) -> tuple[OutputTable, ...]:
    """The tables of the evaluation itself; those of an outcome are in its finding, and those of a
    KPI are made when it is released, since they tell of each other."""
    tables: list[OutputTable] = []
    if any(finding.tables for finding in evaluation.findings):
        tables.append(all_outcomes_table(evaluation))
    tables += payment_tables(evaluation)
    tables += claim_tables(evaluation.account)
    tables += risk_tables(evaluation.spec, evaluation.payment_risk, evaluation.payment_analysis)
    tables += value_tables(evaluation)
    tables += account_tables(evaluation)
    tables += uncertainty_tables(evaluation)
    tables += revision_tables(evaluation)
    return tuple(tables)
