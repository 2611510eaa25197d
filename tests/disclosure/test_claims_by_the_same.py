"""Two numbers of claims by the same people tell no few who are in one of them alone."""

import pandas as pd
import pytest
from attacker import invented
from attacker.public import number, publish, read_public

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
CARD = {"reference": "S", "source": "Invented",
        "in_force_from": "2024-04-01", "in_force_until": "2026-03-31",
        "prices": [{"id": "starts", "label": "Starts work", "price": 1200},
                   {"id": "stays", "label": "Stays in work", "price": 1800}]}  # fmt: skip
ANSWER = {"output": "verified-counts", "by": "R. Reader", "date": "2026-05-01",
          "reason": "To see the attack succeed."}  # fmt: skip


def claims(folder, starts, stays, *, others=0, twice=0, a_person=1, reviewed=()):
    """``starts`` people start and ``stays`` of them stay; ``others`` stay who started before, and
    ``twice`` of those who start do so again."""
    made = [("starts", f"P{k}") for k in range(starts)]
    made += [("starts", f"P{k}") for k in range(twice)]
    made += [("stays", f"P{k}") for k in range(stays)] + [("stays", f"Q{k}") for k in range(others)]
    frame = pd.DataFrame(made, columns=["what", "person"])
    frame.insert(0, "claim", [f"C{k}" for k in range(len(frame))])
    frame["achieved_on"] = "2024-08-15"
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": list(reviewed)}}
    spec = {
        "id": "claims", "title": "Claims", "publication": publication,
        "design": {"method": "counted", "rationale": "Counted and paid."},
        "claims": {"file": "data.csv", "claims_of": "what", "as_of": "2025-03-31",
                   "source": "Invented", "status": "INVENTED", "claim": "claim",
                   "person": "person", "achieved_on": "achieved_on"},
        "payment": {"currency": "GBP", "year": "2024-25", "clauses": [],
                    "rate_cards": [CARD | {"claims_per_person": a_person}],
                    "years": [{"year": "2024-25", "start": "2024-04-01", "end": "2025-03-31"}]},
    }  # fmt: skip
    return evaluate(load_evaluation(invented.write_evaluation(folder, spec, data=frame)))


def told(evaluation, out):
    """Claims and people of the statement and of the account, by what is claimed."""
    public = read_public(publish(release(evaluation), out))
    table = public.tables["payment-claims"].set_index("clause")
    return {name: (number(table.loc[name, "claims"]), number(table.loc[name, "people"]))
            for name in ("starts", "stays")}  # fmt: skip


def test_few_who_started_and_did_not_stay_are_refused(tmp_path):
    whole = claims(tmp_path / "a", 33, 30, reviewed=[ANSWER])
    known = told(whole, tmp_path / "out")
    assert known["starts"][0] - known["stays"][0] == 3  # the attack
    with pytest.raises(DisclosureError, match=r"verified-counts.*starts less stays"):
        release(claims(tmp_path / "b", 33, 30))


def test_few_who_claimed_twice_are_refused(tmp_path):
    whole = claims(tmp_path / "a", 40, 20, twice=4, a_person=2, reviewed=[ANSWER])
    known = told(whole, tmp_path / "out")
    assert known["starts"][0] - known["starts"][1] == 4  # the attack
    with pytest.raises(DisclosureError, match=r"starts, claims less people \(2024-25\)"):
        release(claims(tmp_path / "b", 40, 20, twice=4, a_person=2))


@pytest.mark.parametrize(
    ("starts", "stays", "others", "twice"),
    [(40, 20, 0, 0), (30, 30, 0, 0), (33, 25, 5, 0), (40, 20, 0, 12)],
)
def test_differences_of_many_none_or_of_others_pass(tmp_path, starts, stays, others, twice):
    assert release(claims(tmp_path / "a", starts, stays, others=others, twice=twice, a_person=2))
