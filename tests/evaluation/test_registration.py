"""What was agreed: its fingerprint, and every departure from it, explained or not."""

import pytest
from evaluations import DATA, change, copy_of, evaluation_of
from shown import html_of

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.registration import agreed_parts, deviations_of, fingerprint
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.report.words.deviations import NO_REASON, deviation_sentences

pytestmark = pytest.mark.slow  # whole evaluations are run

NAME = "hospital-readmissions"


@pytest.fixture
def registered(tmp_path):
    """The example whose design note is registered; the fingerprint is that of its kept file."""
    return copy_of(NAME, tmp_path)


def changed(folder, old, new):
    change(folder / "evaluation.yaml", old, new)
    return load_evaluation(folder)


def of(spec):
    return {one.of: (one.agreed, one.done, one.reason) for one in deviations_of(spec, InputFiles())}


def test_the_example_departs_in_one_part_and_says_why():
    (one,) = deviations_of(load_evaluation(DATA / NAME), InputFiles())
    assert (one.of, one.agreed, one.done) == ("data.missing", "refuse", "complete units")
    assert one.reason.startswith("Two hospitals failed to report")


def test_each_agreed_part_that_differs_is_found_and_named(registered):
    file = registered / "evaluation.yaml"
    change(file, "control_group: never_treated", "control_group: not_yet_treated")
    change(file, "important_change: 1", "important_change: 0.5")
    change(file, "    price: 450", "    price: 500")
    change(file, "{from: 0.12, to: null, pay: 600000}", "{from: 0.12, to: null, pay: 700000}")
    change(file, "proxy_value: 2100", "proxy_value: 2600")
    found = of(load_evaluation(registered))
    assert found["design.control_group"][:2] == ("never treated", "not yet treated")
    assert found["outcomes.readmissions.important_change"][:2] == ("1.0", "0.5")
    assert found["payment.clauses.avoided-readmissions.price"][:2] == ("450", "500")
    assert "pay 700000" in found["payment.clauses.success.bands"][1]
    assert found["value_map.outcomes.bed-days.proxy_value"][:2] == ("2100.0", "2600.0")
    assert set(found) - {"data.missing"} == {key for key in found if not found[key][2]}
    assert len(found) == 6


def test_words_sources_and_the_way_things_are_shown_are_free(registered):
    file = registered / "evaluation.yaml"
    change(file, "label: Readmissions within 30 days", "label: Back in hospital within 30 days")
    change(file, "    decimals: 2", "    decimals: 1")
    change(file, "agreed_on: 2024-05-01", "agreed_on: 2024-05-02")
    change(
        file, "The change in readmissions at hospitals", "The change of readmissions at hospitals"
    )
    assert list(of(load_evaluation(registered))) == ["data.missing"]


def test_a_clause_that_came_or_went_is_one_deviation(registered):
    start = "    - id: delivery\n"
    text = (registered / "evaluation.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition(start)
    after = rest[rest.index("    - id: late-visits") :]
    (registered / "evaluation.yaml").write_text(before + after, encoding="utf-8")
    found = of(load_evaluation(registered))
    assert found["payment.clauses.delivery"][:2] == ("there, as delivery", "nothing")
    assert len(found) == 2


def test_a_waiver_that_was_not_agreed_is_a_deviation(registered):
    spec = changed(
        registered,
        "  headline: simple\n",
        "  headline: simple\n  waivers: [{check: pre_trends, reason: It failed. We are sorry.}]\n",
    )
    assert "pre trends" in of(spec)["design.waivers"][1]


def test_a_value_map_in_a_file_is_agreed_row_by_row(tmp_path):
    folder = copy_of("wheels-to-meals", tmp_path)
    before = agreed_parts(load_evaluation(folder), InputFiles())
    change(folder / "value_map.csv", "inpatient stays avoided,7,1", "inpatient stays avoided,8,1")
    after = agreed_parts(load_evaluation(folder), InputFiles())
    assert before["value_map"]["outcomes"]["res-geri-assess"]["quantity"] == 7
    assert fingerprint(before) != fingerprint(after)


def test_an_unexplained_deviation_is_printed_on_a_provisional_edition(registered):
    changed(registered, "important_change: 1", "important_change: 0.5")
    evaluation = evaluate(load_evaluation(registered))
    said = deviation_sentences(evaluation)
    assert said[1] == (
        "Outcome, readmissions, important change: agreed was 1.0; done was 0.5. "
        f"Reason: {NO_REASON}."
    )
    html = html_of(release(evaluation), "design")
    assert NO_REASON in html
    assert 'href="../design-1/index.html"' in html


def test_an_unexplained_deviation_stops_a_final_edition(registered):
    file = registered / "evaluation.yaml"
    change(file, "status: provisional", "status: final")
    text = file.read_text(encoding="utf-8")
    roles = ("commissioner", "analyst", "assurer", "approver")
    signed = "".join(f"  {role}: {{name: N, date: 2026-06-01}}\n" for role in roles)
    file.write_text(text + f"\nsign_off:\n{signed}", encoding="utf-8")
    assert len(deviations_of(load_evaluation(registered), InputFiles())) == 1  # it has its reason
    change(file, "important_change: 1", "important_change: 0.5")
    with pytest.raises(SpecError, match=r"outcomes\.readmissions\.important_change differs from"):
        evaluate(load_evaluation(registered))


def test_a_reason_for_a_whole_part_covers_all_of_it_and_one_for_nothing_is_refused(registered):
    file = registered / "evaluation.yaml"
    change(file, "    price: 450", "    price: 500")
    change(file, "    - of: data.missing", "    - of: payment.clause")
    with pytest.raises(SpecError, match=r"reason for 'payment\.clause', which does not differ"):
        deviations_of(load_evaluation(registered), InputFiles())
    change(file, "    - of: payment.clause\n", "    - of: payment.clauses\n")
    found = of(load_evaluation(registered))
    assert found["payment.clauses.avoided-readmissions.price"][2]
    assert not found["data.missing"][2]


def test_what_was_registered_cannot_be_changed_afterwards(registered):
    change(registered / "design-note.yaml", "    price: 450", "    price: 500")
    with pytest.raises(SpecError, match=r"has the fingerprint .* agreed must not be chang"):
        evaluate(load_evaluation(registered))
    change(registered / "design-note.yaml", f"id: {NAME}", "id: another")
    with pytest.raises(SpecError, match="is of another"):
        evaluate(load_evaluation(registered))


def test_without_a_protocol_the_page_says_that_none_was_registered():
    html = html_of(release(evaluation_of("one-service")), "design")
    assert "No design note was registered before outcomes were seen" in html


def test_the_fingerprint_does_not_depend_on_the_order_of_keys(registered):
    file = registered / "evaluation.yaml"
    one = fingerprint(agreed_parts(load_evaluation(registered), InputFiles()))
    text = file.read_text(encoding="utf-8")
    swapped = text.replace("  unit: hospital\n", "", 1).replace(
        "  missing: complete_units\n", "  missing: complete_units\n  unit: hospital\n", 1
    )
    assert swapped != text
    file.write_text(swapped, encoding="utf-8")
    assert fingerprint(agreed_parts(load_evaluation(registered), InputFiles())) == one


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  edition: design-1\n", "", "edition and file belong together"),
        ("  edition: design-1\n", "  edition: 2026-1\n", "the edition of the report itself"),
        ('  fingerprint: "', '  fingerprint: "x', "must be the 64 digits and letters a to f"),
        ("  registered_on: 2024-06-01\n", "  registered_on: 45444\n", "Write 2024-06-01"),
        ("    - of: data.missing\n", "    - of: data.missing\n      why: x\n", "unknown key"),
        (
            "  registered_on: 2024-06-01\n",
            "  registered_on: 2024-06-01\n  url: javascript:alert(1)\n",
            "must be an address that begins with https://",
        ),
    ],
)
def test_a_protocol_that_cannot_be_meant_is_refused(registered, old, new, said):
    text = (registered / "evaluation.yaml").read_text(encoding="utf-8")
    head, mark, tail = text.rpartition("\nprotocol:")
    assert old in tail
    (registered / "evaluation.yaml").write_text(head + mark + tail.replace(old, new), "utf-8")
    with pytest.raises(SpecError, match=said):
        load_evaluation(registered)
