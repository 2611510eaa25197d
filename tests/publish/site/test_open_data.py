"""OCDS, INDIGO and DCAT-AP: the fields that each standard asks for, and no payment that is none.

OCDS is held against its own JSON Schemas (1.1.5); the checks of DCAT-AP are written by hand from
its documentation (3.0, mandatory properties). Fields of INDIGO are held against names of its
schema.
"""

import json

import pytest
from editions import put, write_site_file
from evaluations import PROJECT
from hostile import VALUES
from ocds import invalid_in

from pbc_eval.publish.site.build import write_site

pytestmark = pytest.mark.slow  # seconds, together

INDIGO = json.loads(
    (PROJECT / "tests" / "golden" / "site" / "indigo_project_fields.json").read_text()
)


def built(reports, name="winter-shelter"):
    write_site_file(reports)
    write_site(reports)
    folder = reports / name
    return tuple(json.loads((folder / f"{file}.json").read_text()) for file in ("ocds", "indigo"))


def implementation(package) -> dict:
    return package["releases"][-1]["contracts"][0]["implementation"]


# --- Open Contracting ---


def test_a_release_an_edition_the_oldest_first(tmp_path):
    put(tmp_path, edition="2025-1", particulars__publication__release_date="2025-05-01")
    put(tmp_path, edition="2026-1")
    package, _ = built(tmp_path)
    assert invalid_in(package) == []
    first, second = package["releases"]
    assert first["id"] == "ocds-abc123-winter-shelter-2025-1"
    assert first["ocid"] == second["ocid"] == "ocds-abc123-winter-shelter"
    assert (first["tag"], second["tag"]) == (
        ["contract", "implementation"],
        ["implementationUpdate"],
    )
    assert package["publishedDate"] == "2026-05-01T00:00:00Z"
    assert package["uri"] == "https://city.example/impact/winter-shelter/ocds.json"


def test_parties_that_are_referred_to_are_there(tmp_path):
    put(tmp_path)
    package, _ = built(tmp_path)
    (release,) = package["releases"]
    parties = {one["id"]: one for one in release["parties"]}
    assert [parties[key]["name"] for key in parties] == ["The city", "A charity", "A fund"]
    (award,) = release["awards"]
    assert {release["buyer"]["id"], award["suppliers"][0]["id"]} < {*parties}
    assert release["contracts"][0]["awardID"] == award["id"]


def test_outcomes_are_metrics_with_their_interval(tmp_path):
    put(tmp_path)
    package, _ = built(tmp_path)
    (metric,) = implementation(package)["metrics"]
    (seen,) = metric["observations"]
    assert (metric["id"], seen["measure"]) == ("crises", -2.3)
    assert seen["dimensions"]["confLow"] == "-3.1"
    assert seen["unit"] == {"name": "crises per 100 people"}


MADE_UP = {
    "provisional": {},
    "illustrative": {"summary__status": "final", "summary__illustrative": True},
    "synthetic": {"summary__status": "final", "particulars__contract__status": "synthetic"},
}


@pytest.mark.parametrize("changes", MADE_UP.values(), ids=MADE_UP)
def test_money_that_is_not_due_is_no_payment(tmp_path, changes):
    put(tmp_path, **changes)
    package, project = built(tmp_path)
    assert "transactions" not in implementation(package)
    milestone = implementation(package)["milestones"][-1]
    assert milestone["title"] == "Payment under the contract's rule, not a transaction"
    assert milestone["description"].startswith("£1,200.50: ")
    assert "outcome_payments" not in project
    assert "total_outcome_payments_made" not in project["overall_project_finance"]


def test_money_that_is_due_is_a_transaction_to_the_penny(tmp_path):
    put(tmp_path, summary__status="final")
    package, project = built(tmp_path)
    assert invalid_in(package) == []
    (paid,) = implementation(package)["transactions"]
    assert paid["value"] == {"amount": 1200.5, "currency": "GBP"}
    assert (paid["payer"]["name"], paid["payee"]["name"]) == ("The city", "A charity")
    assert project["outcome_payments"][0]["money"]["amount"] == {"value": 1200.5}
    assert not [one for one in implementation(package)["milestones"] if one["type"] == "financing"]


@pytest.mark.parametrize(
    ("end", "status", "stage"),
    [
        ("2026-03-31", "terminated", "Service delivery complete"),
        ("2026-05-01", "active", "Implementation"),
        (None, None, None),
    ],
)
def test_a_contract_has_ended_by_its_dates_or_nothing_is_said(tmp_path, end, status, stage):
    put(tmp_path, particulars__contract__end=end)
    package, project = built(tmp_path)
    assert package["releases"][0]["contracts"][0].get("status") == status
    assert project.get("stage_development", {}).get("value") == stage


def test_no_milestone_claims_to_be_met(tmp_path):
    put(tmp_path)
    package, _ = built(tmp_path)
    assert not any("status" in one for one in implementation(package)["milestones"])


# --- INDIGO ---


def fields(value, path="") -> set[str]:
    if isinstance(value, dict):
        return {found for key in value for found in fields(value[key], f"{path}.{key}".strip("."))}
    if isinstance(value, list):
        return {found for item in value for found in fields(item, f"{path}[]")}
    return {path}


def test_every_field_is_one_of_the_standards(tmp_path):
    put(tmp_path, summary__status="final")
    _, project = built(tmp_path)
    assert fields(project) == {*INDIGO["fields"]}
    assert project["stage_development"]["value"] in INDIGO["stage_development"]
    (metric,) = project["outcome_metrics"]
    assert metric["outcome_validation_method"]["value"] in INDIGO["outcome_validation_method"]


def test_made_up_particulars_say_so(tmp_path):
    put(tmp_path, particulars__contract__status="synthetic")
    _, project = built(tmp_path)
    assert "Particulars of the contract are synthetic." in project["notes"]["value"]


# --- DCAT-AP ---


def test_the_catalogue_has_what_dcat_ap_asks_for(tmp_path):
    put(tmp_path, edition="2025-1", particulars__publication__release_date="2025-05-01")
    put(tmp_path, edition="2026-1")
    put(tmp_path, "other", summary__status="draft")
    built(tmp_path)
    catalogue = json.loads((tmp_path / "catalog.jsonld").read_text())
    for name in ("dct:title", "dct:description", "dct:publisher", "dcat:dataset"):
        assert catalogue[name]
    assert catalogue["dct:issued"]["@value"] == "2025-05-01"
    series, newest, oldest = catalogue["dcat:dataset"]
    assert series["@type"] == "dcat:DatasetSeries"
    for dataset in (series, newest, oldest):
        assert dataset["dct:title"]["@value"]
        assert dataset["dct:description"]["@value"]
    assert newest["dcat:inSeries"]["@id"] == series["@id"]
    assert newest["dcat:prev"]["@id"] == oldest["@id"]
    page, results = newest["dcat:distribution"]
    assert page["dcat:accessURL"]["@id"] == (
        "https://city.example/impact/winter-shelter/2026-1/index.html"
    )
    assert len(results["spdx:checksum"]["spdx:checksumValue"]["@value"]) == 64


def test_without_an_address_links_are_relative_and_nothing_else_is_lost(tmp_path):
    put(tmp_path)
    write_site(tmp_path)
    text = (tmp_path / "catalog.jsonld").read_text()
    (_, dataset) = json.loads(text)["dcat:dataset"]
    assert dataset["dcat:landingPage"]["@id"] == "winter-shelter/2026-1/index.html"
    assert (tmp_path / "winter-shelter" / "indigo.json").is_file()
    assert not (tmp_path / "winter-shelter" / "ocds.json").exists()


@pytest.mark.soak
def test_hostile_words_are_data(tmp_path):
    for number, value in enumerate(VALUES):
        put(tmp_path, f"h{number}", summary__title=value, summary__contract=value,
            summary__headlines=[value], particulars__contract__commissioner=value,
            particulars__contract__provider=value,
            particulars__contract__investors=[value])  # fmt: skip
    built(tmp_path, "h0")
    for number in range(len(VALUES)):
        package = json.loads((tmp_path / f"h{number}" / "ocds.json").read_text())
        assert invalid_in(package) == []
    assert json.loads((tmp_path / "catalog.jsonld").read_text())["dcat:dataset"]


def test_a_report_without_a_contract_has_no_contracting_data(tmp_path):
    put(tmp_path, particulars={})
    write_site_file(tmp_path)
    write_site(tmp_path)
    assert sorted(path.name for path in (tmp_path / "winter-shelter").glob("*.*")) == [
        "editions.csv",
        "index.html",
    ]
