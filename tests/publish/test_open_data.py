"""Data in an archive: rows of people never by default, and never where they could be known."""

import csv
import zipfile

import pytest
from evaluations import change, copy_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure.open_data import open_files
from pbc_eval.errors import DisclosureError

pytestmark = pytest.mark.slow  # seconds, together

NAME = "supported-work"


def evaluation(folder, rows="", status="real"):
    place = copy_of(NAME, folder)
    file = place / "evaluation.yaml"
    spec = load_evaluation(place)
    change(file, f"data_status: {spec.publication.data_status}", f"data_status: {status}")
    change(file, "publication:\n", f"publication:\n  data_open: true\n{rows}")
    return place


def data_file(folder, rows, columns=("age_group", "area", "outcome")):
    with (folder / "shared.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])


def test_a_file_of_which_nothing_is_said_is_refused(tmp_path):
    with pytest.raises(DisclosureError, match=r"nothing says what the rows of .* are"):
        open_files(load_evaluation(evaluation(tmp_path)))


def test_every_problem_is_told_at_once(tmp_path):
    rows = "  data_rows:\n    nowhere.csv: {are: totals}\n"
    with pytest.raises(DisclosureError) as problem:
        open_files(load_evaluation(evaluation(tmp_path, rows)))
    assert "nothing says" in str(problem.value)
    assert "file 'nowhere.csv' is not in the folder" in str(problem.value)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("{are: people}", False),
        ("{are: people, published_at: 'https://example.org/data'}", True),
        ("{are: bodies}", False),  # data.unit_name says that they are people
        ("{are: totals}", False),
    ],
)
def test_rows_of_people_need_more_than_data_open(tmp_path, said, passes):
    place = evaluation(tmp_path)
    name = load_evaluation(place).data.file
    change(
        place / "evaluation.yaml",
        "data_open: true\n",
        f"data_open: true\n  data_rows: {{{name}: {said}}}\n",
    )
    spec = load_evaluation(place)
    if passes:
        assert open_files(spec) == (name,)
    else:
        with pytest.raises(DisclosureError, match=r"its rows are (about )?people"):
            open_files(spec)


def with_people(folder, rows, quasi="[age_group, area]", columns=("age_group", "area", "outcome")):
    place = evaluation(folder)
    data_file(place, rows, columns)
    name = load_evaluation(place).data.file
    said = (
        f"data_open: true\n  data_rows:\n    {name}: {{are: people, published_at: a library}}\n"
        f"    shared.csv: {{are: people, quasi_identifiers: {quasi}}}\n"
    )
    change(place / "evaluation.yaml", "data_open: true\n", said)
    return load_evaluation(place)


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(1, 14), min_size=1, max_size=4))
def test_no_combination_of_few_people_is_passed_on(tmp_path_factory, sizes):
    rows = [(f"{k}0-{k}9", "north", n % 2) for k, size in enumerate(sizes) for n in range(size)]
    spec = with_people(tmp_path_factory.mktemp("open"), rows)
    least = max(spec.publication.disclosure.threshold, 3)
    if min(sizes) >= least:
        assert "shared.csv" in open_files(spec)
    else:
        with pytest.raises(DisclosureError, match=f"fewer than {least} rows"):
            open_files(spec)


@pytest.mark.parametrize(
    "column",
    [
        "name",
        "Surname",
        "NHS number",
        "e-mail",
        "postcode",
        "date_of_birth",
        "id",
        "case ref",
        "UPN",
    ],
)
def test_a_column_that_may_tell_who_somebody_is_stops_the_file(tmp_path, column):
    rows = [("20-29", "north", 1, 5)] * 20
    spec = with_people(tmp_path, rows, columns=("age_group", "area", "outcome", column))
    with pytest.raises(DisclosureError, match="may tell who a person is"):
        open_files(spec)


def test_a_column_that_hardly_two_share_stops_the_file(tmp_path):
    rows = [("20-29", "north", 1, f"x{k}") for k in range(20)]
    spec = with_people(tmp_path, rows, columns=("age_group", "area", "outcome", "remark"))
    with pytest.raises(DisclosureError, match="remark may tell who a person is"):
        open_files(spec)


@pytest.mark.soak
def test_the_archive_of_an_edition_holds_no_file_that_is_not_named(every_page):
    for archive in every_page.glob("*/*/downloads/ro-crate.zip"):
        held = {n for n in zipfile.ZipFile(archive).namelist() if n.startswith("inputs/")}
        of = archive.parts[-4]
        known = {"inputs/evaluation.json"}
        if of == "hospital-readmissions":
            known |= {f"inputs/{n}.csv" for n in ("hospitals", "performance", "survey")}
        if of == "coaching-contract":  # invented people: the file says so
            known |= {"inputs/claims.csv"}
        assert held <= known
