"""What is published passes the validators of its standards, offline.

CSV on the Web by `csvw`; INDIGO by its own JSON Schema 4.1.0; the catalogue by SHACL; OCDS by its
own JSON Schemas 1.1.5 and by the check of `libcoveocds` that needs no network. Archives (RO-Crate)
are looked at by `make crates`, whose validator needs an environment of its own.
"""

import json
import tempfile
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from csvw import CSVW
from editions import put, write_site_file
from evaluations import PROJECT, released_of
from hypothesis import given, settings
from hypothesis import strategies as st
from libcoveocds.lib.additional_checks import CHECKS, run_additional_checks
from ocds import invalid_in, unknown_in
from pyshacl import validate
from rdflib import Graph, URIRef

from pbc_eval.agreement.site import load_site
from pbc_eval.publish.formats.csv_files import csv_text
from pbc_eval.publish.formats.dictionary import described_table, metadata_of
from pbc_eval.publish.formats.write import write
from pbc_eval.publish.site import catalogue
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.site.checked import Checked
from pbc_eval.publish.site.listed import Shelf, read_shelf
from pbc_eval.report.page import page_of

pytestmark = pytest.mark.slow  # seconds, together

DCAT = "http://www.w3.org/ns/dcat#"
GOLDEN = PROJECT / "tests" / "golden" / "standards"
INDIGO = json.loads((GOLDEN / "indigo_project_schema_4.1.0.json").read_text(encoding="utf-8"))
ACCOUNT = {
    "years": [
        {
            "year": "2025-26", "start": "2025-04-01", "end": "2026-03-31", "claims": "12",
            "due": "1200.50", "to_pay": "1200.50", "accrued": "0", "forecast": "0",
            "planned": "1500",
        }
    ],
    "claims": [
        {
            "clause": "nights", "label": "Nights inside", "price": "100.04", "claims": "12",
            "people": 11, "amount": "1200.50",
        }
    ],
}  # fmt: skip
RATED = [
    {"id": "timely", "label": "Visits on time", "target": 0.9, "overall": 0.8,
     "rating": "Approaching target", "not_reported": []},
    {"id": "kept", "label": "Files kept", "target": 0.9, "overall": 0.95, "rating": "Good",
     "not_reported": []},
]  # fmt: skip


def invalid_rows(folder: Path) -> list[str]:
    """What the validator of CSV on the Web says is wrong."""
    checked = CSVW(str(folder / "csv-metadata.json"), validate=True)
    return [] if checked.is_valid else [str(w.message) for w in checked.warnings] or ["invalid"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one-service", "timebank", "coaching-contract"])
def test_tables_are_csv_on_the_web(name: str, tmp_path: Path) -> None:
    released = released_of(name)
    assert not invalid_rows(write(page_of(released), released, tmp_path))


CELLS = st.one_of(
    st.lists(st.booleans(), min_size=2, max_size=4),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=4),
    st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=4),
    st.lists(st.text("ab,\"'=+é ", max_size=6), min_size=2, max_size=4),
    st.lists(st.sampled_from([1.5, "[c]", None]), min_size=2, max_size=4),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4))
def test_any_table_is_csv_on_the_web(columns: list[list[object]]) -> None:
    """Booleans, numbers, texts with commas and quotes, blanks, and cells that are held back."""
    rows = min(map(len, columns))
    frame = pd.DataFrame({f"c{n}": column[:rows] for n, column in enumerate(columns)})
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "t.csv").write_text(csv_text(frame), encoding="utf-8")
        described = metadata_of([described_table("t", "A table", frame)])
        (here / "csv-metadata.json").write_bytes(described)
        assert not invalid_rows(here)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of one contract in two editions, with an account, ratings and a final payment."""
    reports = tmp_path_factory.mktemp("reports")
    dated = {"particulars__publication__release_date": "2025-05-01"}
    put(reports, edition="2025-1", payment__account=ACCOUNT, **dated)
    put(reports, summary__status="final", payment__account=ACCOUNT, performance=RATED)
    write_site_file(reports)
    write_site(reports)
    return reports


def test_indigo_passes_its_own_schema_with_results_pricings_and_plans(site: Path) -> None:
    project = json.loads((site / "winter-shelter" / "indigo.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(INDIGO)
    errors = [str(e.message) for e in jsonschema.Draft7Validator(INDIGO).iter_errors(project)]
    assert not errors
    assert not set(project) - set(INDIGO["properties"])
    for part in ("outcome_metrics", "outcome_pricings", "results", "outcome_payment_plans"):
        for entry in project[part]:
            known = INDIGO["properties"][part]["items"]["properties"]
            assert not set(entry) - set(known), part
    (price,) = project["outcome_pricings"]
    assert price["price_per_unit"]["amount"]["value"] == 100.04
    kinds = [payment["type"]["value"] for payment in project["outcome_payments"]]
    assert kinds == ["Planned", "Actual"]
    assert [r["outcome_metric_id"]["value"] for r in project["results"]] == ["crises", "nights"]


def test_what_was_recorded_as_paid_is_an_actual_payment_of_its_metric(tmp_path: Path) -> None:
    """Also of a provisional edition: it was paid, whatever this page finds."""
    (claims,) = ACCOUNT["claims"]
    recorded = {"years": [], "claims": [{**claims, "paid": "1200.50"}]}
    put(tmp_path, payment__account=recorded)
    write_site_file(tmp_path)
    write_site(tmp_path)
    project = json.loads((tmp_path / "winter-shelter" / "indigo.json").read_text("utf-8"))
    assert not list(jsonschema.Draft7Validator(INDIGO).iter_errors(project))
    (paid,) = project["outcome_payments"]
    assert (paid["outcome_metric_id"]["value"], paid["type"]["value"]) == ("nights", "Actual")
    assert paid["money"]["amount"]["value"] == 1200.5


def test_open_contracting_data_hold_claims_and_failures_and_no_empty_field(site: Path) -> None:
    package = json.loads((site / "winter-shelter" / "ocds.json").read_text(encoding="utf-8"))
    assert invalid_in(package) == []
    assert not run_additional_checks(package, CHECKS["all"])
    named = [address.split("/")[-3] for address in package["extensions"]]
    assert named == ["ocds_metrics_extension", "ocds_performance_failures_extension"]
    extended = ["metrics", "performanceFailures"]  # the schema knows every field but theirs
    within = "/contracts/implementation"
    assert unknown_in(package) == {f"{within}/{name}" for name in extended}


@pytest.mark.parametrize(
    ("place", "value"),
    [(("uri",), 1), (("releases", 0, "date"), "May 2026"), (("releases", 0, "tag"), ["paid"]),
     (("releases", 0, "contracts", 0, "value", "amount"), "5000"), (("version",), "1.1.5")],
)  # fmt: skip
def test_the_schema_would_tell_what_is_wrong_with_open_contracting_data(site, place, value):
    package = json.loads((site / "winter-shelter" / "ocds.json").read_text(encoding="utf-8"))
    *path, last = place
    here = package
    for step in path:
        here = here[step]
    here[last] = value
    assert any(line.startswith("/".join(map(str, place))) for line in invalid_in(package))


def test_open_contracting_data_name_what_was_measured_and_what_failed(site: Path) -> None:
    package = json.loads((site / "winter-shelter" / "ocds.json").read_text(encoding="utf-8"))
    done = package["releases"][-1]["contracts"][0]["implementation"]
    assert [metric["id"] for metric in done["metrics"]] == ["crises", "nights"]
    assert [failure["id"] for failure in done["performanceFailures"]] == ["timely-2026-1"]


def test_the_catalogue_holds_what_dcat_ap_asks_for(site: Path) -> None:
    data = Graph().parse(site / "catalog.jsonld", format="json-ld")
    shapes = Graph().parse(GOLDEN / "dcat_ap_mandatory.ttl", format="turtle")
    conforms, _, words = validate(data, shacl_graph=shapes)
    assert conforms, words
    assert len(data) > 40


def test_catalogues_by_year_hold_it_too_and_the_whole_leads_to_them(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "MOST_IN_ONE", 1)
    shelf = read_shelf(site, Checked(site, trust_memory=False))
    shelf = Shelf(shelf.contracts * 2, ())
    shapes = Graph().parse(GOLDEN / "dcat_ap_mandatory.ttl", format="turtle")
    files = catalogue.catalogues(shelf, load_site(site))
    graphs = {
        name: Graph().parse(data=json.dumps(w), format="json-ld") for name, w in files.items()
    }
    for data in graphs.values():
        conforms, _, words = validate(data, shacl_graph=shapes)
        assert conforms, words
    # Who follows the links has each catalogue said once, by its own file.
    both = graphs.pop("catalog.jsonld") + next(iter(graphs.values()))
    assert validate(both, shacl_graph=shapes)[0]
    parts = list(both.objects(predicate=URIRef(f"{DCAT}catalog")))
    assert len(parts) == 2
    held = [len(set(both.objects(part, URIRef(f"{DCAT}dataset")))) for part in parts]
    assert sorted(held) == [0, 3]  # the series and its two editions, of the one that was followed
