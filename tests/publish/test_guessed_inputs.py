"""What a measure holds back is not found by trying small numbers until the file's hash fits."""

import hashlib
from types import SimpleNamespace

import pytest
from attacker import invented

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import SUPPRESSED, release
from pbc_eval.disclosure.stated import review_of_counts
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.publish.guessed_inputs import refuse_guessed_inputs
from pbc_eval.publish.report_kinds import subject_of

pytestmark = pytest.mark.slow
PEOPLE = ("number_in_group", "number_involved", "sample_size")
FEW = invented.measures([311, 407, 293], [402, 411, 399])  # in February four did not meet it


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """An evaluation with a measure, the folder of its edition, and what its page tells."""
    folder = tmp_path_factory.mktemp("measured")
    spec = load_evaluation(invented.measured_evaluation(folder / "data", FEW))
    (kpi,) = release(evaluate(spec)).kpis
    downloads = folder / "edition" / "downloads"
    downloads.mkdir(parents=True)
    kpi.table.frame.to_csv(downloads / "performance-visits.csv", index=False)
    return spec, folder / "edition", kpi


def with_file(spec, frame, **changes):
    frame.to_csv(spec.folder / "measures.csv", index=False)
    publication = spec.publication.model_validate(invented.PUBLICATION | changes)
    return subject_of(spec.model_copy(update={"publication": publication}))


def tried(told, overall: float, digest: str) -> list[tuple[int, ...]]:
    """The attack: each number that the one count may be; the other is what is left of all."""
    among = told["among"].astype(int).tolist()
    known = [None if count == SUPPRESSED else int(count) for count in told["count"]]
    first, second = (at for at, count in enumerate(known) if count is None)
    left = round(overall * sum(among)) - sum(count for count in known if count is not None)
    fits = []
    for count in range(among[first] + 1):
        met = [*known]
        met[first], met[second] = count, left - count
        text = "month,met,due\n" + "".join(
            f"{month},{m},{n}\n" for month, m, n in zip(told["period"], met, among, strict=True)
        )
        if hashlib.sha256(text.encode()).hexdigest() == digest:
            fits.append((*met,))
    return fits


def digest_of(spec) -> str:
    return hashlib.sha256((spec.folder / "measures.csv").read_bytes()).hexdigest()


def test_a_file_that_can_be_guessed_is_refused_and_a_column_of_salt_is_the_remedy(measured):
    spec, edition, kpi = measured
    subject = with_file(spec, FEW)
    assert tried(kpi.table.frame, kpi.overall_value, digest_of(spec)) == [(311, 407, 293)]
    with pytest.raises(DisclosureError, match=r"measures\.csv: counts of it are held back.*salt"):
        refuse_guessed_inputs(edition, subject)
    salted = with_file(spec, FEW.assign(salt=["kq7vX2bLw9TnR4eZ", "", ""]))
    refuse_guessed_inputs(edition, salted)
    assert tried(kpi.table.frame, kpi.overall_value, digest_of(spec)) == []
    short = with_file(spec, FEW.assign(salt="1"))
    with pytest.raises(DisclosureError, match="16 or more random letters"):
        refuse_guessed_inputs(edition, short)


def test_somebody_may_answer_for_it_and_nothing_is_asked_where_all_is_told(measured, tmp_path):
    spec, edition, _ = measured
    answer = {"output": "inputs-hash", "by": "A", "date": "2026-01-01", "reason": "R"}
    refuse_guessed_inputs(edition, with_file(spec, FEW, disclosure={"reviewed": [answer]}))
    refuse_guessed_inputs(edition, with_file(spec, FEW, data_status="synthetic", data_notice="N"))
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / "performance-visits.csv").write_text("period,count\n2025-01,311\n")
    refuse_guessed_inputs(tmp_path, with_file(spec, FEW))


def test_a_file_of_which_counts_are_held_back_is_not_passed_on(measured):
    spec, edition, _ = measured
    rows = {"measures.csv": {"are": "totals"}}
    subject = with_file(spec, FEW.assign(salt="k" * 16), data_open=True, data_rows=rows)
    with pytest.raises(DisclosureError, match=r"data_rows: measures\.csv is passed on"):
        refuse_guessed_inputs(edition, subject)


@pytest.mark.parametrize("name", ["number_in_group", "number_involved", "sample_size"])
def test_a_group_of_few_in_a_value_map_is_in_no_copy_of_the_file(measured, name):
    """The attack: the table held it back, and evaluation.json in the archive told it."""
    spec, _, _ = measured
    told, some = (SimpleNamespace(id="pride", **dict.fromkeys(PEOPLE, n)) for n in (None, 40))
    few = SimpleNamespace(id="calm", **{**dict.fromkeys(PEOPLE, 40), name: 4})
    rule = spec.publication.disclosure
    assert not review_of_counts(spec, rule, {}, valued=(told, some))
    (review,) = review_of_counts(spec, rule, {}, valued=(told, few))
    assert (review.status, review.cells) == ("fail", (f"value_map, calm: {name}",))
