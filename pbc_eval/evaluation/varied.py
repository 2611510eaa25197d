"""What dated variations of a contract moved since it was registered: lawful, and explained by them.

    agreed ─ + variation-1 ─ + variation-2 ▶ the agreement as it was varied, in steps

A variation that was in force already when the design note was registered should stand in it: it
explains nothing.
"""

from collections.abc import Iterator

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_rates import Variation
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.agreement.yaml_file import read_yaml


def added_variations(agreed: EvaluationSpec, spec: EvaluationSpec) -> tuple[Variation, ...]:
    """Variations since the registration; those that are registered already are not among them."""
    if agreed.payment is None or spec.payment is None or spec.protocol is None:
        return ()
    known = {variation.id for variation in agreed.payment.variations}
    since = spec.protocol.registered_on
    return tuple(v for v in spec.payment.variations if v.id not in known and v.on > since)


def as_varied(
    agreed: EvaluationSpec, spec: EvaluationSpec
) -> Iterator[tuple[Variation, EvaluationSpec]]:
    """The agreement after each variation since, with all before it. Rate cards are priced anew, as
    they are when a file with these variations is read.

    Raises what the terms say where a variation does not fit what was agreed.
    """
    added = added_variations(agreed, spec)
    if not added or agreed.payment is None:
        return
    stated = read_yaml(agreed.folder / agreed.file).data["payment"]
    changes = [v.model_dump(mode="json") for v in agreed.payment.variations]
    for variation in added:
        changes.append(variation.model_dump(mode="json"))
        terms = PaymentTerms.model_validate({**stated, "variations": list(changes)})
        yield variation, agreed.model_copy(update={"payment": terms})


def in_words(variation: Variation) -> str:
    """The reason that a variation gives: where it is recorded, from when, and why."""
    return f"{variation.reference}, in force from {variation.on:%Y-%m-%d}: {variation.reason}"
