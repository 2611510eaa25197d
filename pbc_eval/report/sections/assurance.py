"""The last section of every page: limits, who answers for it, its editions, how to rebuild it."""

from collections.abc import Mapping
from typing import Any

from pbc_eval.agreement.contract import SignOff
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.disclosure import ReleasedTable
from pbc_eval.messages.message import Message
from pbc_eval.messages.number_formats import long_date
from pbc_eval.provenance import manifest

ROLES: dict[str, Message] = {
    "commissioner": Message("Commissioner"),
    "analyst": Message("Analyst"),
    "assurer": Message("Assurer"),
    "approver": Message("Approver"),
}


def assurance_facts(
    spec: EvaluationSpec | PortfolioSpec,
    *,
    inputs: Mapping[str, str],
    seed: int,
    disclosure: str,
    review: ReleasedTable | None = None,
    revision: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the template of the section needs; ``inputs`` maps each file read to its SHA-256."""
    built = manifest(evaluation_id=spec.id, edition=spec.edition, inputs=dict(inputs), seed=seed)
    provenance = [(f"SHA-256 of {name}", digest) for name, digest in built["inputs_sha256"].items()]
    provenance += [
        (Message("SHA-256 of the code"), built["code_sha256"]),
        (Message("Code commit"), built["code_commit"] or Message("not under version control")),
        (Message("Versions"), ", ".join(f"{k} {v}" for k, v in built["versions"].items())),
        (Message("Seed"), str(built["seed"])),
    ]
    return {
        "spec": spec,
        "disclosure": disclosure,
        "review": review,
        "revision": revision,
        "currency": spec.contract.currency if isinstance(spec, EvaluationSpec) else spec.currency,
        "signatures": signatures(spec.sign_off),
        "provenance": provenance,
    }


def signatures(sign_off: SignOff) -> list[tuple[str, str]]:
    """Each role, and who signed when."""
    found: list[tuple[str, str]] = []
    for role in type(sign_off).model_fields:
        one = getattr(sign_off, role)
        signed = one and one.date
        text = f"{one.name}, {long_date(one.date)}" if signed else Message("not signed")
        found.append((ROLES[role], text))
    return found
