"""The ledger tells how many of both arms were lost, so no sentence tells how many of one were where
few of the other are."""

import re

import numpy as np
import pytest
from attacker import invented
from attacker.public import number, publish, read_public

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.checks.attrition import check_attrition
from pbc_eval.disclosure import release
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.evaluation.evaluate import evaluate

OTHERS = 40
TRIAL = {"method": "randomised", "rationale": "Lots.", "treatment": "treated",
         "drawn_by": "The team", "agreed_on": "2024-03-01", "covariates": ["need"]}  # fmt: skip


def page(folder, lost, **changes):
    """People of whom ``lost`` of the programme, and many others, lack the outcome."""
    frame = invented.people(0, n=300, seed=4)
    frame["better"] = frame["better"].astype(float)
    treated = np.flatnonzero(frame["treated"] == 1)
    others = np.flatnonzero(frame["treated"] == 0)
    frame.loc[[*treated[5 : 5 + lost], *others[60 : 60 + OTHERS]], "better"] = np.nan
    made = invented.people_evaluation(folder / "a", frame, payment=None, **changes)
    return read_public(publish(release(evaluate(load_evaluation(made))), folder / "out"))


def lost_by_difference(public):
    """The attack: rows without an outcome, less those of the arm of which a sentence tells."""
    ledger = public.kind("better", "ledger")
    rows = ledger.loc[ledger["what"] == "Known outcomes", "rows_dropped"].map(number).item()
    told = re.search(r"Lost to missing values: .{1,60} (\d+) of \d+ for comparison", public.text)
    return None if told is None else rows - int(told.group(1))


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"design": TRIAL}, {}])
def test_few_lost_of_one_arm_do_not_follow_from_the_ledger_and_the_other(tmp_path, changes):
    assert lost_by_difference(page(tmp_path / "few", 3, **changes)) is None
    assert (
        lost_by_difference(page(tmp_path / "many", 14, **changes)) == 14
    )  # no more than is needed


@pytest.mark.parametrize(("lost", "words"), [(3, "values; "), (20, ": 20 of 110 treated")])
def test_the_sentence_is_whole_with_and_without_its_numbers(lost, words):
    sentence = check_attrition(lost, 40, 90, 160).sentence
    assert words in str(released_sentence(sentence, DisclosureRule()))


def test_numbers_of_the_sentence_are_rounded_as_others_are():
    sentence = check_attrition(22, 43, 90, 160).sentence
    told = str(released_sentence(sentence, DisclosureRule(rounding=5)))
    assert "20 of 110 treated" in told
    assert "45 of 205" in told
