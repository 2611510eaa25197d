"""The kinds of payment clause: one file each, one row of KINDS."""

from pbc_eval.payment.kinds.bands import BANDS
from pbc_eval.payment.kinds.fixed_fee import FIXED_FEE
from pbc_eval.payment.kinds.tariff import TARIFF
from pbc_eval.payment.kinds.threshold import THRESHOLD
from pbc_eval.payment.rule import Kind
from pbc_eval.spec.payment_terms import Clause

KINDS: dict[str, Kind] = {
    "tariff": TARIFF,
    "threshold": THRESHOLD,
    "bands": BANDS,
    "fixed_fee": FIXED_FEE,
}


def kind_of(clause: Clause) -> Kind:
    return KINDS[clause.type]
