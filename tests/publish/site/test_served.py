"""A served folder: what is published and nothing else, editions and index of one moment."""

import os
import shutil
import threading

import pytest
from editions import put, write_site_file
from evaluations import files_under

from pbc_eval.errors import PublicationError
from pbc_eval.publish.site import served as served_module
from pbc_eval.publish.site.build import write_site

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    write_site_file(folder)
    with (folder / "site.yaml").open("a", encoding="utf-8") as file:
        file.write("served: ../public\n")
    put(folder)
    put(folder, "other", "2027-1", summary__status="draft")
    return folder


@pytest.fixture
def public(reports):
    return reports.parent / "public"


def replaced(reports, title):
    shutil.rmtree(reports / "winter-shelter" / "2026-1", ignore_errors=True)
    return put(reports, summary__title=title)


def named(folder):
    return {line.partition("  ")[2] for line in (folder / "SHA256SUMS").read_text().splitlines()}


def test_it_holds_what_the_checksums_name_and_no_draft(reports, public):
    write_site(reports)
    there = files_under(public)
    assert there.keys() == named(reports) | {"SHA256SUMS", "editions.log"}
    assert not [name for name in there if name.startswith("other/")]
    assert "winter-shelter/2026-1/index.html" in there
    assert all((reports / name).read_bytes() == content for name, content in there.items())


def test_what_is_no_longer_published_or_was_found_damaged_is_no_longer_served(reports, public):
    put(reports, "second")
    write_site(reports)
    assert (public / "second" / "2026-1" / "index.html").is_file()
    page = reports / "second" / "2026-1" / "index.html"
    words = page.read_text(encoding="utf-8").replace("</title>", " better</title>")
    page.unlink()
    page.write_text(words, encoding="utf-8")
    assert write_site(reports).damaged
    assert not (public / "second").exists()


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_reader_of_one_moment_finds_index_and_edition_of_that_moment(
    reports, public, monkeypatch, in_one_step
):
    if not in_one_step:
        monkeypatch.setattr(served_module, "exchange", lambda *_: False)
    write_site(reports)
    apart, looked, done = [], [], threading.Event()

    def read(folder, name):
        with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder), encoding="utf-8") as file:
            return file.read()

    def look():
        while not done.is_set():
            try:
                folder = os.open(public, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                assert not in_one_step
                continue
            try:
                index = read(folder, "index.html")
                edition = read(folder, "winter-shelter/2026-1/downloads/results.json")
            except FileNotFoundError:  # the folder was replaced, and what it held removed
                continue
            finally:
                os.close(folder)
            title = edition.partition('"title": "')[2].partition('"')[0]
            looked.append(title)
            if title not in index:
                apart.append(title)

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(6):
        replaced(reports, f"Shelter number {turn}")
        write_site(reports)
    done.set()
    reader.join()
    assert apart == []
    assert len(set(looked)) > 1


def test_files_that_no_site_wrote_stay_and_one_with_the_name_of_a_page_is_refused(reports, public):
    public.mkdir()
    (public / "robots.txt").write_text("User-agent: *\n")
    write_site(reports)
    replaced(reports, "Another title")
    write_site(reports)
    assert (public / "robots.txt").read_text() == "User-agent: *\n"
    (public / "second" / "2026-1").mkdir(parents=True)
    (public / "second" / "2026-1" / "index.html").write_text("somebody's")
    before = files_under(public)
    put(reports, "second")
    with pytest.raises(PublicationError, match=r"second/2026-1/index\.html, which no site of ours"):
        write_site(reports)
    assert files_under(public) == before


@pytest.mark.parametrize("place", [".", "within", ".."])
def test_a_folder_in_or_around_the_reports_is_refused(reports, place):
    text = (reports / "site.yaml").read_text(encoding="utf-8")
    (reports / "site.yaml").write_text(text.replace("../public", place), encoding="utf-8")
    with pytest.raises(PublicationError, match="must lie beside the folder of reports"):
        write_site(reports)
    assert (reports / "winter-shelter" / "2026-1" / "index.html").is_file()


def test_what_a_crash_left_in_between_is_put_right(reports, public):
    write_site(reports)
    before = files_under(public)
    public.rename(public.parent / ".public.old")  # the new one had not come yet
    (public.parent / ".public.new").mkdir()
    write_site(reports)
    assert files_under(public) == before
    shutil.copytree(public, public.parent / ".public.old")  # the new one had come
    write_site(reports)
    assert {path.name for path in reports.parent.iterdir() if "public" in path.name} == {"public"}


def test_where_nothing_can_be_linked_files_are_copied(reports, public, monkeypatch):
    def no_links(*_, **__):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_links)
    write_site(reports)
    assert files_under(public).keys() == named(reports) | {"SHA256SUMS", "editions.log"}


def test_nothing_is_done_where_nothing_changed(reports, public):
    write_site(reports)
    before = public.stat().st_ino
    write_site(reports, trust_memory=True)
    assert public.stat().st_ino == before
    (public / "index.html").unlink()
    write_site(reports, trust_memory=True)
    assert (public / "index.html").is_file()
