"""What stands beside a page: citation, metadata, archive, checksums; whole, harmless, the same."""

import hashlib
import io
import json
import re
import zipfile

import pytest
from editions import model_of
from evaluations import DATA, EVERY, change, copy_of, files_under
from hostile import VALUES

from pbc_eval import provenance
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.disclosure.open_data import open_files
from pbc_eval.evaluation.evaluate import input_hashes
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.publish.citation import citation_of
from pbc_eval.publish.crate import AGREED, DESCRIPTOR, crate_bytes
from pbc_eval.publish.edition_files import agreed_text, open_inputs, write_companions

pytestmark = pytest.mark.slow  # whole evaluations are run

OPEN = "data_status: synthetic\n  data_open: true"


def facts_of(spec) -> dict:
    return provenance.manifest(
        evaluation_id=spec.id, edition=spec.edition, inputs=input_hashes(spec, InputFiles()), seed=7
    )


def edition_of(folder, source, **changes):
    """A folder as it is before its companions are written, and then with them."""
    spec = load_evaluation(source)
    (folder / "downloads").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "downloads" / "a.csv").write_text("x\n1\n")
    facts = facts_of(spec)
    write_companions(
        folder,
        agreed=agreed_text(spec),
        inputs=open_inputs(spec.folder, facts["inputs_sha256"], open_files(spec)),
        results=model_of(**changes),
        facts=facts,
    )
    return folder


@pytest.fixture
def source(tmp_path):
    """An evaluation whose data are not open, as they are unless somebody says so."""
    folder = copy_of("hospital-readmissions", tmp_path / "data")
    change(folder / "evaluation.yaml", "  data_open: true\n", "")
    return folder


@pytest.fixture
def edition(tmp_path, source):
    return edition_of(tmp_path / "edition", source)


def archive_of(edition) -> dict[str, bytes]:
    with zipfile.ZipFile(edition / "downloads" / "ro-crate.zip") as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def crate_of(edition) -> dict[str, dict]:
    graph = json.loads(archive_of(edition)[DESCRIPTOR])["@graph"]
    entities = {one["@id"]: one for one in graph}
    assert len(entities) == len(graph)
    return entities


# --- citation ---


def test_the_citation_says_who_what_which_and_when():
    assert citation_of(model_of()).sentence == (
        "The city (2026). A winter shelter. Impact report, edition 2026-1 (provisional), "
        "1 May 2026."
    )


def test_the_citation_file_is_what_cff_asks_for(edition):
    cff = read_yaml(edition / "downloads" / "citation.cff").data
    assert {"cff-version", "message", "title", "authors"} <= cff.keys()
    assert cff["cff-version"] == "1.2.0"
    assert cff["authors"] == [{"name": "The city"}]
    assert cff["preferred-citation"]["type"] == "report"
    assert str(cff["date-released"]) == "2026-05-01"


@pytest.mark.parametrize("value", VALUES)
def test_hostile_words_cannot_break_out_of_a_citation(tmp_path, value):
    changes = {"summary__title": value, "particulars__contract__commissioner": value}
    citation = citation_of(model_of(**changes))
    file = tmp_path / "citation.cff"
    file.write_text(citation.cff, encoding="utf-8")
    cff = read_yaml(file).data
    assert cff.keys() == {
        *("cff-version", "message", "type", "version", "title", "authors", "date-released"),
        "preferred-citation",
    }
    assert cff["title"] == citation.title
    assert "\n" not in citation.sentence
    bare = re.sub(r"\\[{}%&$#_\\]", "", citation.bibtex)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"\\(?!text)", bare)


# --- schema.org ---


def test_the_metadata_names_each_download_with_its_hash(edition):
    report, dataset = json.loads((edition / "metadata.jsonld").read_text())["@graph"]
    assert (report["@type"], dataset["@type"]) == ("Report", "Dataset")
    assert report["datePublished"] == "2026-05-01"
    files = {one["contentUrl"]: one for one in dataset["distribution"]}
    csv = files["downloads/a.csv"]
    assert csv["encodingFormat"] == "text/csv"
    assert csv["sha256"] == hashlib.sha256(b"x\n1\n").hexdigest()
    assert dataset["variableMeasured"][0]["name"] == "Crises in winter"


# --- the archive ---


def test_the_archive_describes_exactly_what_is_in_it(edition):
    parts, crate = archive_of(edition), crate_of(edition)
    described = {one["@id"] for one in crate["./"]["hasPart"]}
    assert described == parts.keys() - {DESCRIPTOR}
    for name in described:
        assert "File" in crate[name]["@type"]
        assert crate[name]["sha256"] == hashlib.sha256(parts[name]).hexdigest()
        assert crate[name]["contentSize"] == str(len(parts[name]))
    assert parts["index.html"] == (edition / "index.html").read_bytes()


def test_the_crate_is_what_ro_crate_asks_for(edition):
    crate = crate_of(edition)
    assert crate[DESCRIPTOR]["about"] == {"@id": "./"}
    assert crate[DESCRIPTOR]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = crate["./"]
    assert root["@type"] == "Dataset"
    assert all(root[name] for name in ("name", "description", "datePublished", "license"))

    def references(value):
        if isinstance(value, dict):
            if value.keys() == {"@id"}:
                yield value["@id"]
            for part in value.values():
                yield from references(part)
        if isinstance(value, list):
            for part in value:
                yield from references(part)

    wanted = {ref for one in crate.values() for ref in references(one)}
    assert wanted - {"https://w3id.org/ro/crate/1.1"} <= crate.keys()


def test_the_crate_says_how_the_report_came_about(edition, source):
    crate = crate_of(edition)
    run = crate["#run"]
    assert run["@type"] == ["CreateAction", "prov:Activity"]
    assert {"@id": "index.html"} in run["result"]
    assert run["prov:used"] == run["object"]
    assert crate["index.html"]["prov:wasGeneratedBy"] == {"@id": "#run"}
    assert "seed 7" in run["description"]
    software = crate[run["instrument"]["@id"]]
    assert software["sha256"] == provenance.code_hash()
    assert crate["#package-numpy"]["version"] == provenance.versions()["numpy"]


def test_data_that_are_not_open_are_named_with_their_hash_and_not_in_the_archive(edition, source):
    parts, crate = archive_of(edition), crate_of(edition)
    assert [name for name in parts if name.startswith("inputs/")] == [AGREED]
    hospitals = crate["#input-hospitals.csv"]
    assert hospitals["sha256"] == provenance.sha256(source / "hospitals.csv")
    assert "not open" in hospitals["description"]
    raw = (source / "hospitals.csv").read_bytes()
    assert not any(raw[:2000] in content for content in parts.values())


def test_open_data_are_in_the_archive_as_they_were_read(tmp_path, source):
    change(source / "evaluation.yaml", "data_status: synthetic", OPEN)
    edition = edition_of(tmp_path / "edition", source, particulars__publication__data_open=True)
    parts = archive_of(edition)
    for name in ("hospitals.csv", "performance.csv"):
        assert parts[f"inputs/{name}"] == (source / name).read_bytes()
    assert "inputs/evaluation.yaml" not in parts  # its comments may not be meant for readers
    assert "#input-hospitals.csv" not in crate_of(edition)


def test_comments_in_the_evaluation_file_are_not_published(tmp_path, source):
    file = source / "evaluation.yaml"
    file.write_text(file.read_text() + "\n# a remark that is nobody's business\n")
    parts = archive_of(edition_of(tmp_path / "edition", source))
    assert not any(b"nobody's business" in content for content in parts.values())


@pytest.mark.parametrize("name", EVERY)
def test_what_was_agreed_can_be_read_back_from_the_archive(tmp_path, name):
    edition = edition_of(tmp_path / "edition", DATA / name)
    file = copy_of(name, tmp_path) / "evaluation.yaml"
    spec = load_evaluation(file)
    file.write_bytes(archive_of(edition)[AGREED])
    assert load_evaluation(file) == spec


def test_the_archive_is_the_same_to_the_byte_and_depends_on_contents_alone(tmp_path, source):
    first = edition_of(tmp_path / "one", source)
    second = edition_of(tmp_path / "two" / "deeper", source)
    assert files_under(first) == files_under(second)
    with zipfile.ZipFile(first / "downloads" / "ro-crate.zip") as archive:
        entries = archive.infolist()
    assert [one.filename for one in entries] == sorted(one.filename for one in entries)
    assert {one.date_time for one in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {one.compress_type for one in entries} == {zipfile.ZIP_STORED}
    assert {one.external_attr >> 16 for one in entries} == {0o100644}


@pytest.mark.parametrize("value", VALUES)
def test_hostile_words_stay_words_in_the_archive(value):
    results = model_of(summary__title=value, particulars__publication__licence=value,
                         particulars__contract__commissioner=value)  # fmt: skip
    facts = {"inputs_sha256": {"a.csv": "0"}, "versions": {}, "seed": 1, "code_commit": value,
             "code_sha256": "0"}  # fmt: skip
    made = crate_bytes({"index.html": b"x"}, {}, agreed=b"{}", results=results, facts=facts)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["index.html", AGREED, DESCRIPTOR]
        json.loads(archive.read(DESCRIPTOR))


# --- checksums ---


def test_the_checksums_name_every_file_of_the_edition(edition):
    lines = (edition / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    there = files_under(edition)
    assert sums.keys() == there.keys() - {"SHA256SUMS"}
    assert all(hashlib.sha256(there[name]).hexdigest() == digest for name, digest in sums.items())


def test_a_data_file_that_changed_meanwhile_or_lies_elsewhere_is_not_passed_on(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("1")
    (tmp_path / "b.csv").write_text("2")
    hashes = {
        "a.csv": hashlib.sha256(b"1").hexdigest(),
        "../b.csv": hashlib.sha256(b"2").hexdigest(),
    }
    assert open_inputs(tmp_path / "in", hashes, [*hashes]) == {"a.csv": b"1"}
    (tmp_path / "in" / "a.csv").write_text("3")
    assert open_inputs(tmp_path / "in", hashes, [*hashes]) == {}
