"""What tests add to the registries of the package, taken out again afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from pbc_eval.agreement.design import DESIGNS_OF_FILES
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_terms import CLAUSES_OF_FILES, PaymentTerms
from pbc_eval.checks import CHECKS
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.evaluation.designs import DESIGNS
from pbc_eval.payment.clauses import KINDS


@contextmanager
def as_they_were() -> Iterator[None]:
    """Registries are afterwards what they were before."""
    models = (DESIGNS_OF_FILES.models, CLAUSES_OF_FILES.models, CHECKS)
    tables = (ESTIMATORS, DESIGNS, KINDS)
    lists, rows = [list(one) for one in models], [dict(one) for one in tables]
    try:
        yield
    finally:
        for models_now, before in zip(models, lists, strict=True):
            models_now[:] = before
        for table, kept in zip(tables, rows, strict=True):
            table.clear()
            table.update(kept)
        PaymentTerms.model_rebuild(force=True)
        EvaluationSpec.model_rebuild(force=True)
