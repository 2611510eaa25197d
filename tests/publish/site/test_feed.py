"""The feed and the sitemap: well-formed, whole by their specifications, dated by the editions."""

from xml.etree import ElementTree as ET

import pytest
from editions import put, write_site_file
from hostile import VALUES

from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.site.feed import ATOM, MOST_ENTRIES, SITEMAP

pytestmark = pytest.mark.slow  # seconds, together

A = f"{{{ATOM}}}"
ADDRESS = "https://city.example/impact/"


@pytest.fixture
def reports(tmp_path):
    write_site_file(tmp_path)
    put(tmp_path, edition="2025-1", particulars__publication__release_date="2025-05-01")
    put(tmp_path, edition="2026-1")
    put(tmp_path, "other", summary__status="draft")
    return tmp_path


def feed_of(reports) -> ET.Element:
    write_site(reports)
    return ET.fromstring((reports / "feed.xml").read_bytes())


def test_the_feed_has_what_rfc_4287_asks_for(reports):
    feed = feed_of(reports)
    assert feed.tag == f"{A}feed"
    for parent in (feed, *feed.iter(f"{A}entry")):
        for name in ("id", "title", "updated"):  # 4.1.1 and 4.1.2: exactly one of each
            assert len(parent.findall(f"{A}{name}")) == 1
        assert parent.find(f"{A}author/{A}name").text
        alternates = [one for one in parent.findall(f"{A}link") if one.get("rel") == "alternate"]
        assert len(alternates) == 1
        assert alternates[0].get("href").startswith(ADDRESS)
    (own,) = [one for one in feed.findall(f"{A}link") if one.get("rel") == "self"]
    assert own.get("href") == f"{ADDRESS}feed.xml"
    identifiers = [one.text for one in feed.iter(f"{A}id")]
    assert len({*identifiers}) == len(identifiers)


def test_entries_are_the_editions_newest_first_under_names_that_last(reports):
    entries = feed_of(reports).findall(f"{A}entry")
    assert [one.find(f"{A}id").text for one in entries] == [
        "tag:city.example,2026-05-01:winter-shelter/2026-1",
        "tag:city.example,2025-05-01:winter-shelter/2025-1",
    ]
    assert entries[0].find(f"{A}updated").text == "2026-05-01T00:00:00Z"
    assert "Crises in winter: 2.3 lower." in entries[0].find(f"{A}summary").text
    assert {one.get("term") for one in entries[0].findall(f"{A}category")} == {
        *("provisional", "real", "improved")
    }


def test_the_feed_was_updated_when_its_newest_edition_was(reports):
    assert feed_of(reports).find(f"{A}updated").text == "2026-05-01T00:00:00Z"


def test_a_long_list_does_not_make_a_long_feed(reports):
    for number in range(MOST_ENTRIES + 5):
        put(reports, f"c{number}")
    assert len(feed_of(reports).findall(f"{A}entry")) == MOST_ENTRIES


def test_the_sitemap_names_every_listed_page_and_no_draft(reports):
    write_site(reports)
    root = ET.fromstring((reports / "sitemap.xml").read_bytes())
    assert root.tag == f"{{{SITEMAP}}}urlset"
    pages = {url[0].text.removeprefix(ADDRESS): url[1].text for url in root}
    assert pages == {
        "index.html": "2026-05-01",
        "winter-shelter/index.html": "2026-05-01",
        "winter-shelter/2026-1/index.html": "2026-05-01",
        "winter-shelter/2025-1/index.html": "2025-05-01",
    }


def test_hostile_words_leave_the_feed_well_formed_and_are_text(tmp_path):
    write_site_file(tmp_path)
    for number, value in enumerate(VALUES):
        put(tmp_path, f"h{number:03}", summary__title=value, summary__headlines=[value],
            particulars__contract__commissioner=value)  # fmt: skip
    feed = feed_of(tmp_path)
    known = {f"{A}{name}" for name in (
        *("feed", "id", "title", "subtitle", "updated", "published", "author", "name", "link"),
        *("entry", "category", "summary"),
    )}  # fmt: skip
    assert {one.tag for one in feed.iter()} == known
    titles = [one.find(f"{A}title").text for one in feed.findall(f"{A}entry")]
    assert "<script>alert(1)</script>: edition 2026-1, provisional" in titles
    assert any("\N{REPLACEMENT CHARACTER}" in title for title in titles)
    ET.fromstring((tmp_path / "sitemap.xml").read_bytes())


def test_without_an_address_there_is_no_feed_and_the_publisher_is_told(tmp_path):
    put(tmp_path)
    built = write_site(tmp_path)
    assert not (tmp_path / "feed.xml").exists()
    assert not (tmp_path / "sitemap.xml").exists()
    assert built.left_out == (
        "feed.xml, sitemap.xml and ocds.json need the site's address; give it in site.yaml.",
    )
