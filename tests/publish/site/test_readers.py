"""What readers find while editions are replaced: by path, in any order, with copies kept.

    by path, each file on its own          the next request may be of the next moment
    a file read before and again after     the same both times: what lies between is of that moment

In the folder of reports the second holds within an edition (by its manifest); in the served folder
it holds for all of the site (by its checksums).
"""

import hashlib
import json
import os
import re
import shutil
import threading

import pytest
from editions import put, write_site_file

from pbc_eval import provenance
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition import put_in_place, site_lock
from pbc_eval.publish.site.build import write_site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="folders change places on Linux"),
]
PLACE = "winter-shelter/2026-1"
TURNS = 12


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    write_site_file(folder)
    with (folder / "site.yaml").open("a", encoding="utf-8") as file:
        file.write("served: ../public\n")
    replaced(folder, 0)
    write_site(folder)
    return folder


def replaced(reports, turn):
    """The edition as ``publish_edition`` replaces it: made whole elsewhere, then put in place."""
    made = reports.parent / "made"
    shutil.rmtree(made, ignore_errors=True)
    folder = put(made, summary__title=f"Shelter number {turn}")
    page = folder / "index.html"
    words = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"(</h1>)", rf" number {turn}\1", words, count=1), encoding="utf-8")
    facts = {"evaluation": "winter-shelter", "edition": "2026-1"}
    provenance.write_manifest(
        folder, facts, [p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST]
    )
    with site_lock(reports):
        put_in_place(folder, reports / PLACE, is_final=False)


def hammered(read, reports, *, with_site):
    """What ``read`` returned each time, while the edition is replaced again and again."""
    seen, failed, done = [], [], threading.Event()

    def look():
        while not done.is_set():
            try:
                seen.append(read())
            except Exception as problem:
                failed.append(problem)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, TURNS + 1):
        replaced(reports, turn)
        if with_site:
            write_site(reports, trust_memory=True)
    done.set()
    for reader in readers:
        reader.join()
    assert not failed, failed[0]
    return seen


def digests(folder, names):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def named(sums: str) -> dict[str, str]:
    return {line.partition("  ")[2]: line.partition("  ")[0] for line in sums.splitlines()}


def test_what_the_index_links_exists_at_every_moment(reports):
    def read():
        index = (reports / "index.html").read_text(encoding="utf-8")
        links = {link for link in re.findall(r'href="([^"#:]+)"', index) if link}
        return len(links), [link for link in links if not (reports / link).is_file()]

    seen = hammered(read, reports, with_site=True)
    assert all(n > 0 for n, _ in seen)
    assert [gone for _, gone in seen if gone] == []


def test_an_edition_is_of_one_moment_where_its_manifest_is_the_same_before_and_after(reports):
    folder = reports / PLACE

    def read():
        before = (folder / MANIFEST).read_bytes()
        found = digests(folder, ("index.html", "downloads/results.json"))
        return before, found, (folder / MANIFEST).read_bytes()

    seen = hammered(read, reports, with_site=False)
    of_one_moment = 0
    for before, found, after in seen:
        if before == after:
            of_one_moment += 1
            facts = json.loads(before)["outputs_sha256"]
            assert found == {name: facts[name] for name in found}
    assert of_one_moment > 0


def test_the_served_folder_is_of_one_moment_where_its_checksums_are(reports):
    """Index, edition, download and checksums, by path: nothing else holds them together."""
    public = reports.parent / "public"
    names = ("index.html", f"{PLACE}/index.html", f"{PLACE}/downloads/results.json")

    def read():
        try:
            before = (public / "SHA256SUMS").read_text(encoding="utf-8")
            found = digests(public, names)
            return before, found, (public / "SHA256SUMS").read_text(encoding="utf-8")
        except FileNotFoundError:  # removed with the folder in which it was looked for
            return None

    seen = [each for each in hammered(read, reports, with_site=True) if each]
    same = [(before, found) for before, found, after in seen if before == after]
    assert len(same) > 0
    for before, found in same:
        assert found == {name: named(before)[name] for name in names}


def test_in_the_folder_of_reports_an_edition_is_there_before_the_index_tells_of_it(reports):
    """What cannot be had in a plain folder: until the index is written, and no longer, the edition
    is newer than index and checksums; the log of editions tells it at once."""
    sums = (reports / "SHA256SUMS").read_text(encoding="utf-8")
    index = (reports / "index.html").read_text(encoding="utf-8")
    replaced(reports, 77)
    name = f"{PLACE}/downloads/results.json"
    assert digests(reports, [name])[name] != named(sums)[name]
    assert "number 77" not in index
    assert "number 77" in (reports / PLACE / "index.html").read_text(encoding="utf-8")
    public = reports.parent / "public"
    assert digests(public, [name])[name] == named(sums)[name]  # its readers see none of it
    write_site(reports)
    after = named((reports / "SHA256SUMS").read_text(encoding="utf-8"))
    assert all(digests(reports, [each])[each] == digest for each, digest in after.items())
    assert "number 77" in (reports / "index.html").read_text(encoding="utf-8")
