"""An estimator by its name elsewhere is refused with what to write, which is then read."""

import re

import pytest
from evaluations import DATA

import pbc_eval as pbc
from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.designs.difference_agreed import headline_estimator
from pbc_eval.evaluation.designs.other_names import KNOWN_AS

DESIGN = pbc.load_evaluation(DATA / "training-grants").design


def asked(**keys) -> DifferenceInDifferences:
    return DifferenceInDifferences.model_validate({**DESIGN.model_dump(), **keys})


@pytest.mark.parametrize("name", sorted(KNOWN_AS))
def test_what_is_to_be_written_is_read(name):
    with pytest.raises(SpecError, match="must be one of") as refused:
        headline_estimator("x", asked(estimator=name))
    remedy = re.search(r"Write ([a-z_]+)(.*)\.$", str(refused.value))
    assert remedy, refused.value
    keys = dict(re.findall(r"\b(headline|inference|control_group): (\w+)", remedy[2]))
    if "starts_at_random" in remedy[2]:
        keys["starts_at_random"] = "Drawn by lot on 2 March 2020, in public."
    assert headline_estimator("x", asked(estimator=remedy[1], **keys)).name == remedy[1]


@pytest.mark.parametrize("name", ["Callaway-SantAnna", "DID2S", "sun and abraham", "Stacked DiD"])
def test_names_are_known_however_they_are_written(name):
    with pytest.raises(SpecError, match=r"got '.*'\. Write [a-z_]+"):
        headline_estimator("x", asked(estimator=name))


def test_no_name_here_is_a_name_from_elsewhere():
    for name in KNOWN_AS:
        with pytest.raises(SpecError):
            headline_estimator("x", asked(estimator=name))
