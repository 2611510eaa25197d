"""The kinds of payment clause: how each is priced and what it says, one row of KINDS each."""

from pbc_eval.payment.kinds.bands import BANDS
from pbc_eval.payment.kinds.deductions import KPI_DEDUCTION, SERVICE_CREDIT
from pbc_eval.payment.kinds.fixed_fee import FIXED_FEE
from pbc_eval.payment.kinds.holding import CLAWBACK, RELEASE, WITHHOLD
from pbc_eval.payment.kinds.scorecard import SCORECARD
from pbc_eval.payment.kinds.sharing import GAINSHARE, PROFIT_SHARE
from pbc_eval.payment.kinds.slide import SLIDE
from pbc_eval.payment.kinds.tariff import TARIFF
from pbc_eval.payment.kinds.threshold import THRESHOLD
from pbc_eval.payment.kinds.triggers import TRIGGERS
from pbc_eval.payment.rule import Kind
from pbc_eval.spec.payment_terms import Clause

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


def kind_of(clause: Clause) -> Kind:
    return KINDS[clause.type]
