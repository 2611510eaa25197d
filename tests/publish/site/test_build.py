"""write_site: whole, the same bytes everywhere, nothing stale, quick with five hundred editions."""

import hashlib
import os
import shutil
import subprocess
import sys
import time

import pytest
from editions import HEADLINE, put, write_site_file
from evaluations import PROJECT, files_under

from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.publish.site import build
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.workspace import workspace_of

pytestmark = pytest.mark.slow  # seconds, together


def published(reports) -> dict[str, bytes]:
    """What a web server would get: everything but what is hidden."""
    return {name: data for name, data in files_under(reports).items() if not name.startswith(".")}


@pytest.fixture
def reports(tmp_path):
    """A site with all its files: a contract in two editions, another, and a draft."""
    folder = tmp_path / "reports"
    write_site_file(folder)
    put(folder, edition="2025-1", particulars__publication__release_date="2025-05-01")
    put(folder, edition="2026-1")
    put(folder, "other", particulars__contract__commissioner="Another city")
    put(folder, "other", "2027-1", summary__status="draft")
    return folder


def test_the_checksums_name_every_published_file_and_no_draft(reports):
    write_site(reports)
    lines = (reports / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = published(reports)
    drafts = {name for name in there if name.startswith("other/2027-1/")}
    assert drafts
    assert sums.keys() == there.keys() - drafts - {"SHA256SUMS", "site.yaml"}
    for name, digest in sums.items():
        assert hashlib.sha256(there[name]).hexdigest() == digest
    assert list(sums) == sorted(sums)


BUILD = (
    "import sys, pathlib; from pbc_eval.publish.site.build import write_site; "
    "write_site(pathlib.Path(sys.argv[1]))"
)


@pytest.mark.slow
@pytest.mark.soak
def test_the_same_editions_give_the_same_bytes_in_another_folder_and_process(reports, tmp_path):
    made = []
    for number, seed in enumerate(("1", "2")):
        folder = tmp_path / f"elsewhere-{number}" / "public"
        shutil.copytree(reports, folder)
        subprocess.run(
            [sys.executable, "-c", BUILD, str(folder)], check=True, cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{number}", "PYTHONPATH": "."},
        )  # fmt: skip
        made.append(published(folder))
    first, second = made
    assert first.keys() == second.keys()
    assert {"index.html", "feed.xml", "catalog.jsonld", "winter-shelter/ocds.json"} < first.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_writing_the_site_twice_touches_nothing(reports):
    write_site(reports)
    before = {path: path.stat().st_mtime_ns for path in reports.rglob("*.*") if path.is_file()}
    write_site(reports, trust_memory=True)
    after = {path: path.stat().st_mtime_ns for path in reports.rglob("*.*") if path.is_file()}
    memory = workspace_of(reports) / "checked.json"
    assert {**after, memory: 0} == {**before, memory: 0}


def test_pages_of_contracts_that_are_gone_go_too(reports):
    write_site(reports)
    shutil.rmtree(reports / "winter-shelter" / "2026-1")
    shutil.rmtree(reports / "winter-shelter" / "2025-1")
    write_site(reports)
    assert not (reports / "winter-shelter").exists()
    assert "winter-shelter" not in (reports / "SHA256SUMS").read_text()
    assert (reports / "other" / "index.html").is_file()


def test_a_contract_that_is_only_a_draft_has_no_page_but_keeps_its_draft(reports):
    write_site(reports)
    shutil.rmtree(reports / "other" / "2026-1")
    built = write_site(reports)
    assert [path.name for path in (reports / "other").iterdir()] == ["2027-1"]
    assert built.drafts == ("other/2027-1",)


def test_a_feed_goes_when_its_address_goes(reports):
    write_site(reports)
    (reports / "site.yaml").write_text("title: Reports\n")
    built = write_site(reports)
    left = {"feed.xml", "sitemap.xml", "winter-shelter/ocds.json"}
    assert not left & published(reports).keys()
    assert "need the site's address" in built.left_out[0]


def test_a_site_file_that_cannot_be_used_leaves_the_site_as_it_was(reports):
    write_site(reports)
    before = published(reports)
    (reports / "site.yaml").write_text("title: Reports\naddress: city.example\n")
    with pytest.raises(SpecError, match=r"line 2: address: must be the address of the folder"):
        write_site(reports)
    after = published(reports)
    assert {**after, "site.yaml": b""} == {**before, "site.yaml": b""}


def test_a_link_cannot_lead_the_site_out_of_reports(reports, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (reports / "other" / "2026-1").rename(tmp_path / "elsewhere" / "2026-1")
    shutil.rmtree(reports / "other")
    (reports / "other").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PublicationError, match="leads out of"):
        write_site(reports)
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["2026-1"]


@pytest.mark.soak
@pytest.mark.slow
def test_five_hundred_editions_are_written_in_seconds(tmp_path):
    for number in range(250):
        for edition in ("2025-1", "2026-1"):
            put(tmp_path, f"contract-{number}", edition, summary__title=f"Contract {number}",
                particulars__contract__commissioner=f"City {number % 40}",
                particulars__publication__release_date=f"{edition[:4]}-05-01",
                particulars__headline=HEADLINE if edition == "2026-1" else None)  # fmt: skip
    write_site_file(tmp_path)
    write_site(tmp_path)
    start = time.perf_counter()
    built = write_site(tmp_path, trust_memory=True)
    took = time.perf_counter() - start
    assert built.n_editions == 500
    assert took < 20  # a small fraction of it on a quiet machine
    assert built.index.stat().st_size < 450_000


def test_a_new_edition_makes_the_page_of_its_contract_and_no_other(reports, monkeypatch):
    write_site(reports)
    made, real = [], build.contract_page

    def noted(contract, *words, **more):
        made.append(contract.id)
        return real(contract, *words, **more)

    monkeypatch.setattr(build, "contract_page", noted)
    before = published(reports)
    write_site(reports, trust_memory=True)
    assert made == []
    assert published(reports) == before
    put(reports, "winter-shelter", "2027-1", summary__released="2027-05-01")
    write_site(reports, trust_memory=True)
    assert made == ["winter-shelter"]
    quick = published(reports)
    write_site(reports)
    assert published(reports) == quick


@pytest.mark.parametrize("text", ["x", None])
def test_a_page_of_a_contract_that_was_changed_or_removed_by_hand_comes_back(reports, text):
    write_site(reports)
    before = published(reports)
    page = reports / "winter-shelter" / "index.html"
    page.unlink() if text is None else page.write_text(text)
    write_site(reports, trust_memory=True)
    assert published(reports) == before
