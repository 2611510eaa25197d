"""The kinds of payment clause: how each is priced and what it says, one row of KINDS each."""

from pbc_eval.agreement.evaluation import add_clause_model
from pbc_eval.agreement.payment_base import ClauseBase
from pbc_eval.agreement.payment_terms import CLAUSES_OF_FILES, Clause
from pbc_eval.payment.clauses.bands import BANDS
from pbc_eval.payment.clauses.deductions import KPI_DEDUCTION, SERVICE_CREDIT
from pbc_eval.payment.clauses.fixed_fee import FIXED_FEE
from pbc_eval.payment.clauses.holding import CLAWBACK, RELEASE, WITHHOLD
from pbc_eval.payment.clauses.scorecard import SCORECARD
from pbc_eval.payment.clauses.sharing import GAINSHARE, PROFIT_SHARE
from pbc_eval.payment.clauses.slide import SLIDE
from pbc_eval.payment.clauses.tariff import TARIFF
from pbc_eval.payment.clauses.threshold import THRESHOLD
from pbc_eval.payment.clauses.triggers import TRIGGERS
from pbc_eval.payment.rule import Kind

KINDS: dict[str, Kind] = {
    "tariff": TARIFF,
    "threshold": THRESHOLD,
    "bands": BANDS,
    "slide": SLIDE,
    "fixed_fee": FIXED_FEE,
    "scorecard": SCORECARD,
    "triggers": TRIGGERS,
    "service_credit": SERVICE_CREDIT,
    "kpi_deduction": KPI_DEDUCTION,
    "gainshare": GAINSHARE,
    "profit_share": PROFIT_SHARE,
    "withhold": WITHHOLD,
    "release": RELEASE,
    "clawback": CLAWBACK,
}


def register_clause(model: type[ClauseBase], kind: Kind) -> None:
    """One more kind of clause, from outside the package: terms may then hold it, and it is priced,
    simulated, written out and checked like any other. Raises SpecError for a type that there is.
    """
    add_clause_model(model)
    KINDS[CLAUSES_OF_FILES.word_of(model)] = kind


def kind_of(clause: Clause) -> Kind:
    return KINDS[clause.type]
