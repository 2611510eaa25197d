"""The difference between two editions, split into what data, method and parameters changed."""

import shutil
from itertools import permutations

import pytest
from evaluations import DATA, change, copy_of, evaluation_of
from shown import listed, tables

import pbc_eval as pbc
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.core_results import core_results
from pbc_eval.evaluation.revision import between, earlier_spec, figures_of, shapley
from pbc_eval.evaluation.shown.revision import revision_sentences
from pbc_eval.intake.input_files import InputFiles

pytestmark = pytest.mark.slow  # whole evaluations are run

NAME = "school-attendance"
EARLIER = "earlier/2025-1"


@pytest.fixture(scope="module")
def evaluation():
    return evaluation_of(NAME)


def same_twice(tmp_path):
    """A copy whose earlier edition is the present one, but for its name."""
    folder = copy_of(NAME, tmp_path)
    for file in ("evaluation.yaml", "schools.csv"):
        shutil.copy(folder / file, folder / EARLIER / file)
    file = folder / EARLIER / "evaluation.yaml"
    change(file, "edition: 2026-1\nstatus", "edition: 2025-1\nstatus")
    change(file, "    earlier: earlier/2025-1/evaluation.yaml\n", "")
    return folder


def test_steps_add_up_to_the_difference_of_each_figure(evaluation):
    split = evaluation.revision
    assert split.changed == ("data", "method", "parameters")
    assert [one.figure for one in split.figures] == [
        "headline", "conf_low", "conf_high", "payment", "present_value", "investment",
        "net_present_value", "ratio",
    ]  # fmt: skip
    for one in split.figures:
        assert one.earlier + sum(one.steps.values()) == pytest.approx(one.later, abs=1e-6)


def test_both_ends_are_what_each_edition_gives_on_its_own(evaluation):
    first = figures_of(core_results(load_evaluation(DATA / NAME / EARLIER), InputFiles()))
    for one in evaluation.revision.figures:
        assert one.earlier == pytest.approx(first[one.figure], rel=1e-9)
    last = {one.figure: one.later for one in evaluation.revision.figures}
    assert last["headline"] == evaluation.primary.headline.estimate
    assert last["payment"] == float(evaluation.payment.total)
    assert last["ratio"] == evaluation.sroi.ratio


def test_parameters_never_move_an_estimate(evaluation):
    for one in evaluation.revision.figures[:3]:
        assert one.steps["parameters"] == 0
        assert one.steps["data"] != 0


@pytest.mark.soak
def test_the_same_edition_twice_differs_in_nothing(tmp_path):
    split = pbc.evaluate(load_evaluation(same_twice(tmp_path))).revision
    assert split.changed == ()
    assert all(one.earlier == one.later and one.steps == {} for one in split.figures)


def test_one_change_takes_all_of_the_difference(tmp_path):
    folder = same_twice(tmp_path)
    change(folder / EARLIER / "evaluation.yaml", "      price: 190", "      price: 150")
    split = pbc.evaluate(load_evaluation(folder)).revision
    assert split.changed == ("parameters",)
    paid = next(one for one in split.figures if one.figure == "payment")
    assert paid.steps == {"parameters": pytest.approx(paid.later - paid.earlier)}
    assert paid.later > paid.earlier


@pytest.mark.soak
def test_a_file_counts_by_what_is_in_it(tmp_path):
    folder = same_twice(tmp_path)
    (folder / EARLIER / "schools.csv").rename(folder / EARLIER / "schools-first.csv")
    change(folder / EARLIER / "evaluation.yaml", "file: schools.csv", "file: schools-first.csv")
    assert pbc.evaluate(load_evaluation(folder)).revision.changed == ()


def test_parts_that_do_not_go_together_are_taken_as_one(tmp_path):
    folder = copy_of(NAME, tmp_path)
    file = folder / EARLIER / "evaluation.yaml"
    change(file, "  time: term\n", "  time: term\n  cluster: area\n")
    data = (folder / EARLIER / "schools.csv").read_text().splitlines()
    told = [data[0] + ",area", *(f"{row},{row[:3]}" for row in data[1:])]
    (folder / EARLIER / "schools.csv").write_text("\n".join(told))
    # The design of the earlier edition asks for a covariate that only its data hold.
    change(file, "  headline: simple\n", "  headline: simple\n  covariates: [size]\n")
    told = [told[0] + ",size", *(f"{row},{int(row[1:3]) % 7}" for row in told[1:])]
    (folder / EARLIER / "schools.csv").write_text("\n".join(told))
    split = pbc.evaluate(load_evaluation(folder)).revision
    assert set(split.figures[0].steps) == {"data and method", "parameters"}
    assert "size" in split.inseparable
    for one in split.figures:
        assert one.earlier + sum(one.steps.values()) == pytest.approx(one.later, abs=1e-6)


def test_shapley_is_the_mean_over_all_orders():
    groups = [frozenset({part}) for part in ("data", "method", "parameters")]
    value = {}
    for size in range(8):
        chosen = frozenset(
            p for k, p in enumerate(("data", "method", "parameters")) if size >> k & 1
        )
        value[chosen] = float(size**2 + 3 * len(chosen) ** 3)
    found = shapley(groups, value)
    expected = dict.fromkeys(found, 0.0)
    for order in permutations(groups):
        here = frozenset()
        for group in order:
            (name,) = group
            expected[name] += (value[here | group] - value[here]) / 6
            here |= group
    assert found == pytest.approx(expected)


def test_an_edition_in_between_names_each_part_s_own_files():
    after = load_evaluation(DATA / NAME)
    mixed = between(after, after, ())
    assert mixed.path(mixed.data.file) == after.path(after.data.file)


def test_another_evaluation_or_the_same_edition_is_refused(tmp_path):
    folder = copy_of(NAME, tmp_path)
    change(folder / EARLIER / "evaluation.yaml", "edition: 2025-1", "edition: 2026-1")
    with pytest.raises(SpecError, match="Name an earlier edition of school-attendance"):
        earlier_spec(load_evaluation(folder), InputFiles())


def test_files_of_both_editions_are_hashed(evaluation):
    assert {"schools.csv", f"{EARLIER}/schools.csv", f"{EARLIER}/evaluation.yaml"} < set(
        evaluation.inputs
    )


@pytest.mark.soak
def test_the_page_says_what_changed_in_words(evaluation):
    released = pbc.release(evaluation)
    headline, payment, ratio = revision_sentences(
        released.revision, released.primary.outcome, released.spec.contract.currency
    )
    assert {headline, payment, ratio} < {*listed(released, "assurance")}
    assert headline == (
        "Headline: −1.89 became −2.17 percentage points. Due to: data −0.26, method −0.02, "
        "parameters nothing."
    )
    assert payment.startswith("Payment due: £339,679 became £819,833. Due to: data +£447,813")
    assert ratio.startswith("Ratio: 3.79 became 3.24.")
    shown = [name for name in tables(released, "assurance") if name.startswith("revision")]
    assert shown == ["revision-headline", "revision-money", "revision-ratio"]
