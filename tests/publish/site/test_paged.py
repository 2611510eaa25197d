"""An index of many reports: every one is on one page of the list and on one search page."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from editions import put
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Reader

from pbc_eval.agreement.site import Site
from pbc_eval.publish.page import refuse_an_unfit_page, script_source
from pbc_eval.publish.site import catalogue, paged
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.site.checked import Checked
from pbc_eval.publish.site.listed import Contract, Listed, Shelf, read_shelf
from pbc_eval.publish.site.pages import SEARCH, index_pages


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> Listed:
    reports = tmp_path_factory.mktemp("reports")
    put(reports)
    (edition,) = read_shelf(reports, Checked(reports, trust_memory=False)).editions
    return edition


def shelf_of(listed: Listed, years: list[int]) -> Shelf:
    """A made-up contract for each year, the newest first."""
    contracts = []
    for n, year in enumerate(sorted(years, reverse=True)):
        results = listed.results
        particulars = results.particulars
        buyer = particulars.contract.model_copy(update={"commissioner": f"Council {n % 7}"})
        made = results.model_copy(
            update={
                "summary": results.summary.model_copy(
                    update={"id": f"contract-{n}", "title": f"Contract {n}"}
                ),
                "particulars": particulars.model_copy(update={"contract": buyer}),
                "released": dt.date(year, 6, 30),
            }
        )
        contracts.append(Contract((Listed(made, listed.outputs),)))
    return Shelf(tuple(contracts), ())


def links_of(page: str) -> list[str]:
    return [value for tag, name, value in Reader(page).attributes if (tag, name) == ("a", "href")]


def test_few_reports_are_on_one_page_as_ever(listed):
    pages = index_pages(shelf_of(listed, [2026] * 3), Site(), has_feed=False)
    assert list(pages) == ["index.html"]
    assert Reader(pages["index.html"]).tags.count("script") == 1


@settings(max_examples=6, deadline=None)
@given(years=st.lists(st.integers(2020, 2026), min_size=13, max_size=45))
def test_each_report_is_once_in_the_list_and_once_in_search_and_all_links_lead_somewhere(
    listed, years
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pbc_eval.publish.site.pages.MOST_LISTED", 12)
        patch.setattr(paged, "MOST_LISTED", 12)
        patch.setattr(paged, "MOST_FOUND", 9)
        shelf = shelf_of(listed, years)
        pages = index_pages(shelf, Site(), has_feed=False)
    reports = [contract.newest.link for contract in shelf.contracts]
    inside = re.compile(r"contract-\d+/2026-1/index\.html")
    in_list = [
        link
        for name, page in pages.items()
        if name.startswith("index")
        for link in links_of(page)
        if inside.fullmatch(link)
    ]
    searched = [
        link
        for name, page in pages.items()
        if name.startswith("find")
        for link in links_of(page)
        if inside.fullmatch(link)
    ]
    assert in_list == reports  # the newest first over all pages
    assert sorted(searched) == sorted(reports)
    for page in pages.values():
        others = [link for link in links_of(page) if re.match(r"(index|find)-?.*\.html$", link)]
        assert others
        assert set(others) <= pages.keys()
    for number in range(1, -(-len(reports) // 12) + 1):  # from page to page by plain links
        links = links_of(pages[paged.file_of(number)])
        assert paged.file_of(1) in links or number == 1
        assert (paged.file_of(number + 1) in links) == (number * 12 < len(reports))


def test_pages_of_the_list_run_nothing_and_search_pages_one_script(listed, monkeypatch):
    monkeypatch.setattr("pbc_eval.publish.site.pages.MOST_LISTED", 5)
    monkeypatch.setattr(paged, "MOST_LISTED", 5)
    pages = index_pages(shelf_of(listed, [2025] * 4 + [2026] * 4), Site(), has_feed=False)
    for name, page in pages.items():
        if name.startswith("find"):
            refuse_an_unfit_page(page, script=SEARCH)
            assert f"script-src '{script_source(SEARCH)}'" in page
            assert "default-src 'none'" in page
        else:
            refuse_an_unfit_page(page)
            assert "script" not in Reader(page).tags
    titles = re.findall(r">(Contract \d+)</a>, (Council \d)", pages["find-2026.html"])
    assert all(before[1] <= after[1] for before, after in pairwise(titles))


@pytest.mark.slow
def test_pages_go_when_the_list_is_short_again(tmp_path, monkeypatch):
    monkeypatch.setattr("pbc_eval.publish.site.pages.MOST_LISTED", 1)
    monkeypatch.setattr(paged, "MOST_LISTED", 1)
    monkeypatch.setattr(catalogue, "MOST_IN_ONE", 1)
    put(tmp_path, "a")
    put(tmp_path, "b")
    write_site(tmp_path)
    made = {path.name for path in tmp_path.glob("*.html")}
    assert {"index.html", "index-2.html", "find-2026.html"} == made
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert all(name in sums for name in made)
    catalogues = {path.name for path in tmp_path.glob("*.jsonld")}
    assert catalogues == {"catalog.jsonld", "catalog-2026.jsonld", "catalog-2026-2.jsonld"}
    assert all(name in sums for name in catalogues)
    monkeypatch.undo()
    write_site(tmp_path)
    assert {path.name for path in tmp_path.glob("*.html")} == {"index.html"}
    assert [path.name for path in tmp_path.glob("*.jsonld")] == ["catalog.jsonld"]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(2019, 2026), min_size=1, max_size=30), st.integers(1, 12))
def test_every_edition_is_in_one_catalogue_which_the_whole_lists(listed, years, most):
    shelf = shelf_of(listed, years)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "MOST_IN_ONE", most)
        files = catalogue.catalogues(shelf, Site())
    whole = files.pop("catalog.jsonld")
    assert bool(files) == (len(years) > most)
    parts = files or {"catalog.jsonld": whole}
    identifiers = [
        node["dct:identifier"]
        for part in parts.values()
        for node in part["dcat:dataset"]
        if node["@type"] == "dcat:Dataset"
    ]
    assert sorted(identifiers) == sorted(f"{e.id}/{e.edition}" for e in shelf.editions)
    assert all(len(part["dcat:dataset"]) <= 2 * most for part in files.values())
    assert [part["@id"] for part in whole.get("dcat:catalog", [])] == list(files)
    assert ("dcat:dataset" in whole) != bool(files)
