"""Dated variations since the registration explain what they moved, and nothing else."""

import pytest
from evaluations import change, copy_of

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.registration import deviations_of
from pbc_eval.intake.input_files import InputFiles

DEED = "Deed of variation 1, in force from 2024-07-01: Fewer people"


@pytest.fixture
def contract(tmp_path):
    """The coaching contract, registered as it was before both of its variations."""
    folder = copy_of("coaching-contract", tmp_path)
    file = folder / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  variations:\n"), text.index("  rate_cards:")
    (folder / "registered.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    protocol = "protocol: {edition: design-1, file: registered.yaml, registered_on: 2023-03-20}\n\n"
    change(file, "publication:\n", f"{protocol}publication:\n")
    return folder


def deviations(folder):
    return {d.of: d for d in deviations_of(load_evaluation(folder), InputFiles())}


def test_every_part_that_variations_moved_has_their_reference_as_its_reason(contract):
    moved = deviations(contract)
    assert set(moved) == {
        "payment.variations",
        "payment.clauses.held-back.of",
        "payment.clauses.thirteen-weeks.claimed_until",
        "payment.clauses.thirteen-weeks-from-2024-07-01",
        "payment.clauses.qualification.claimed_until",
    }
    assert all(deviation.reason for deviation in moved.values())
    assert moved["payment.clauses.held-back.of"].reason.startswith(DEED)
    until = moved["payment.clauses.qualification.claimed_until"].reason
    assert until.startswith("Deed of variation 2, in force from 2025-04-01")
    both = moved["payment.variations"].reason
    assert "Deed of variation 1" in both
    assert "Deed of variation 2" in both


def test_a_final_edition_is_not_asked_again_for_what_variations_moved(contract):
    spec = load_evaluation(contract).model_copy(update={"status": "final"})
    assert deviations_of(spec, InputFiles())  # and none is without a reason, which it would refuse
    change(contract / "evaluation.yaml", "      minimum: 15", "      minimum: 12")
    spec = load_evaluation(contract).model_copy(update={"status": "final"})
    with pytest.raises(SpecError, match=r"payment\.clauses\.released\.minimum differs"):
        deviations_of(spec, InputFiles())


def test_what_no_variation_moved_still_asks_for_its_reason(contract):
    change(contract / "evaluation.yaml", "      minimum: 15", "      minimum: 12")
    bare = [of for of, deviation in deviations(contract).items() if not deviation.reason]
    assert bare == ["payment.clauses.released.minimum"]


def test_a_variation_from_before_the_registration_explains_nothing(contract):
    change(contract / "evaluation.yaml", "registered_on: 2023-03-20", "registered_on: 2024-08-01")
    moved = deviations(contract)
    assert not moved["payment.clauses.thirteen-weeks-from-2024-07-01"].reason
    assert not moved["payment.variations"].reason


def test_the_authors_own_reason_stands_before_that_of_a_variation(contract):
    own = "[{of: payment.variations, reason: As the authors tell it here}]"
    protocol = f"registered_on: 2023-03-20, deviations: {own}}}"
    change(contract / "evaluation.yaml", "registered_on: 2023-03-20}", protocol)
    assert deviations(contract)["payment.variations"].reason.startswith("As the authors")
