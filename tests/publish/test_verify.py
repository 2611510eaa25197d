"""A published edition is run again: identical, or what differs and because of what."""

import base64
import io
import json
import re
import shutil
import zipfile

import pytest
from evaluations import copy_of, files_under
from typer.testing import CliRunner

from pbc_eval import provenance
from pbc_eval.cli import app
from pbc_eval.errors import PublicationError
from pbc_eval.publish.checksums import sums_text
from pbc_eval.publish.edition import Edition
from pbc_eval.publish.retold import compare_words
from pbc_eval.publish.verify import verify_edition
from pbc_eval.results_file import RESULTS

# Editions are run, and run again.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_kernels")]
NAME = "wheels-to-meals"


@pytest.fixture
def once(few_pages, tmp_path):
    """An edition and what it was made from, side by side as in the project."""
    (tmp_path / "once" / "data").mkdir(parents=True)
    copy_of(NAME, tmp_path / "once" / "data")
    shutil.copytree(few_pages / NAME, tmp_path / "once" / "reports" / NAME)
    return tmp_path / "once"


@pytest.fixture
def place(once):
    """The same, to spoil."""
    return once


def edition(place):
    return place / "reports" / NAME / "2026-1"


def rewrite_manifest(folder, **facts):
    """The manifest of an edition that was made by other code, and says so."""
    known = provenance.read_manifest(folder)
    outputs = [folder / name for name in known.pop("outputs_sha256")]
    provenance.write_manifest(folder, known | facts, outputs)


@pytest.mark.soak
def test_an_untouched_edition_is_identical_to_the_byte_and_left_as_it_is(once):
    before = files_under(once / "reports")
    said = CliRunner().invoke(app, ["verify", str(edition(once))])
    assert said.exit_code == 0
    files = len(provenance.read_manifest(edition(once))["outputs_sha256"])
    told = " ".join(said.output.split())
    assert f"{NAME}, edition 2026-1: identical: {files} files, byte for byte." in told
    assert "because" not in told
    assert files_under(once / "reports") == before


def test_a_file_changed_by_hand_is_named_and_nothing_is_run(place, monkeypatch):
    page = edition(place) / "index.html"
    page.write_text(page.read_text("utf-8").replace("£", "€", 1), "utf-8")
    (edition(place) / "downloads" / "extra.csv").write_text("a\n1\n")
    monkeypatch.setattr("pbc_eval.publish.verify.publish_edition", None)
    found = verify_edition(edition(place))
    assert found.verdict == "tampered"
    assert found.differences == ("index.html has changed", "downloads/extra.csv is new")
    assert not found.holds


@pytest.mark.soak
def test_other_data_give_other_numbers_which_are_named(place):
    file = next((place / "data" / NAME).glob("*.csv"))
    text = file.read_text("utf-8")
    digit = next(k for k, c in enumerate(text) if c in "23456" and k > text.index("\n"))
    file.write_text(text[:digit] + "7" + text[digit + 1 :], "utf-8")
    found = verify_edition(edition(place))
    assert found.causes == (f"input {file.name} changed",)
    assert found.verdict in ("different", "cannot_run")
    assert found.differences


@pytest.mark.soak
def test_other_parameters_give_other_numbers_which_are_named(place):
    results = json.loads((edition(place) / RESULTS).read_text("utf-8"))
    before = results["social_return"]["investment"]
    file = place / "data" / NAME / "evaluation.yaml"
    text = file.read_text("utf-8")
    discount = "first_year_discounted: " + (
        "false" if "first_year_discounted: false" in text else "true"
    )
    assert discount in text
    other = discount.replace("false", "x").replace("true", "false").replace("x", "true")
    file.write_text(text.replace(discount, other), "utf-8")
    found = verify_edition(edition(place))
    assert found.verdict == "different"
    assert found.causes == ("input evaluation.yaml changed",)
    assert any(line.startswith("social_return.present_value was ") for line in found.differences)
    assert not any("investment" in line.split(" was ")[0] for line in found.differences) or before


@pytest.mark.soak
def test_other_code_that_gives_the_same_numbers_holds_and_says_why_bytes_differ(place):
    folder = edition(place)
    page = folder / "index.html"
    page.write_text(page.read_text("utf-8").replace("</footer>", " </footer>"), "utf-8")
    versions = provenance.versions() | {"numpy": "1.0"}
    rewrite_manifest(folder, code_sha256="0" * 64, code_commit="abc", versions=versions)
    found = verify_edition(folder)
    assert found.verdict == "same_numbers"
    assert found.holds
    assert found.causes[0] == "the code of pbc_eval differs (published from abc)"
    assert found.causes[1].startswith("numpy was 1.0, is ")
    assert found.differences == ("index.html differs",)


def forge(folder, name, change, **facts):
    """Change a file and make manifest and checksums fit, as whoever replaces an edition would."""
    file = folder / name
    file.write_bytes(change(file.read_bytes()))
    digests = {
        path.relative_to(folder).as_posix(): provenance.sha256(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "SHA256SUMS")
    }
    (folder / "SHA256SUMS").write_text(sums_text(digests), encoding="utf-8")
    rewrite_manifest(folder, **facts)


def other_amounts(content):
    return re.sub(rb"(\d),(\d)(\d\d)", lambda m: m[1] + b"," + m[3][:1] + m[2] + m[3][1:], content)


def in_drawings(content):
    """Another number written in the first drawing of a page that holds one."""

    def redrawn(found):
        svg = base64.b64decode(found[1])
        changed = re.sub(rb"(>[^<]*)(\d)([^<]*</text>)", rb"\g<1>8\g<2>\g<3>", svg, count=1)
        return b"data:image/svg+xml;base64," + base64.b64encode(changed)

    return re.sub(rb"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", redrawn, content)


def in_archive(content):
    """The page inside the archive changed, everything else as it was."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.infolist():
            inside = old.read(entry)
            changed = other_amounts(inside) if entry.filename == "index.html" else inside
            new.writestr(entry, changed)
    return stream.getvalue()


def in_coordinates(content):
    """A bar or a line of the first drawing elsewhere, and no letter changed."""

    def redrawn(found):
        svg = base64.b64decode(found[1])
        changed = re.sub(rb'(<path[^>]* d="M )\d+', rb"\g<1>9", svg)
        return b"data:image/svg+xml;base64," + base64.b64encode(changed)

    return re.sub(rb"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", redrawn, content)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("index.html", in_coordinates),
        ("index.html", lambda content: content.replace(b"<p>", b'<p style="display:none">', 1)),
        (
            "index.html",
            lambda content: re.sub(
                rb"<h2",
                b'<img alt="" src="data:image/png;base64,iVBORw0KGgo="><h2',
                content,
                count=1,
            ),
        ),
    ],
    ids=["coordinates", "hidden words", "a picture"],
)
def test_what_shows_without_letters_does_not_hold_either(
    place, few_pages, monkeypatch, name, change
):
    def made_again(source, folder, *, report):
        shutil.copytree(few_pages / NAME / "2026-1", folder / NAME / "2026-1")
        return Edition(NAME, "2026-1", folder / NAME / "2026-1")

    monkeypatch.setattr("pbc_eval.publish.verify.publish_edition", made_again)
    before = (edition(place) / name).read_bytes()
    forge(edition(place), name, change)
    assert (edition(place) / name).read_bytes() != before
    result = verify_edition(edition(place))
    assert result.verdict == "retold"
    assert any(line.startswith(f"{name}: ") for line in result.differences)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('formatCode="#,##0"', 'formatCode="#,##0,"'),
        ('<sheet name="a"/>', '<sheet name="a" state="hidden"/>'),
    ],
)
def test_how_a_cell_is_written_and_what_is_hidden_is_compared_in_a_workbook(tmp_path, was, now):
    part = '<book><numFmt formatCode="#,##0"/><sheet name="a"/><c r="A1"><v>12000</v></c></book>'
    for folder, text in (("a", part), ("b", part.replace(was, now)), ("c", part + " ")):
        (tmp_path / folder).mkdir()
        with zipfile.ZipFile(tmp_path / folder / "book.xlsx", "w") as archive:
            archive.writestr("xl/workbook.xml", text)
    forged = compare_words(tmp_path / "a", tmp_path / "b", ("book.xlsx",), set())
    assert forged.marks
    assert not forged.words
    assert not compare_words(tmp_path / "a", tmp_path / "c", ("book.xlsx",), set()).marks


@pytest.mark.parametrize("facts", [{}, {"code_sha256": "0" * 64, "code_commit": "abc"}])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("index.html", other_amounts),
        ("index.html", in_drawings),
        ("downloads/ro-crate.zip", in_archive),
        ("downloads/citation.txt", lambda content: content.replace(b"20", b"19", 1)),
        ("metadata.jsonld", lambda content: content.replace(b"20", b"19", 1)),
    ],
)
def test_a_forged_file_with_a_manifest_that_fits_does_not_hold(
    place, few_pages, monkeypatch, name, change, facts
):
    def made_again(source, folder, *, report):
        """What an untouched edition gives, byte for byte, by the test above."""
        shutil.copytree(few_pages / NAME / "2026-1", folder / NAME / "2026-1")
        return Edition(NAME, "2026-1", folder / NAME / "2026-1")

    monkeypatch.setattr("pbc_eval.publish.verify.publish_edition", made_again)
    forge(edition(place), name, change, **facts)
    assert not provenance.changed_files(edition(place))
    result = verify_edition(edition(place))
    assert result.verdict == "retold"
    assert not result.holds
    assert any(line.startswith(f"{name}: ") for line in result.differences)
    assert "when it is made again" in result.differences[0]


@pytest.mark.soak
def test_inputs_that_lie_elsewhere_are_found_by_their_id(place, monkeypatch):
    monkeypatch.chdir(place)
    (place / "data" / NAME).rename(place / "kept-apart")
    assert verify_edition(edition(place)).verdict == "identical"


def test_inputs_that_are_gone_are_asked_for(place, monkeypatch):
    monkeypatch.chdir(place)
    shutil.rmtree(place / "data" / NAME)
    with pytest.raises(PublicationError, match="--evaluation FOLDER"):
        verify_edition(edition(place))


def test_an_evaluation_that_cannot_be_run_any_more_says_why(place, monkeypatch):
    def refuse(*_, report):
        raise PublicationError("no kernel")

    monkeypatch.setattr("pbc_eval.publish.verify.publish_edition", refuse)
    (place / "data" / NAME).rename(place / "elsewhere")
    found = verify_edition(edition(place), place / "elsewhere")
    assert (found.verdict, found.differences) == ("cannot_run", ("no kernel",))
    assert not found.holds


def test_a_folder_that_is_no_edition_is_refused(tmp_path):
    with pytest.raises(PublicationError, match="cannot be read"):
        verify_edition(tmp_path)


def test_the_command_names_a_tampered_edition_and_ends_with_code_1(place):
    (edition(place) / "index.html").write_text("<p>other</p>")
    said = CliRunner().invoke(app, ["verify", str(edition(place))])
    assert said.exit_code == 1
    assert "CHANGED since it was published" in " ".join(said.output.split())
    assert "index.html has changed" in said.output


def test_an_edition_before_is_found_below_the_present_one(tmp_path, monkeypatch):
    asked = []

    def refuse(evaluation, reports, report):
        asked.append(evaluation)
        raise PublicationError("no kernel")

    monkeypatch.setattr("pbc_eval.publish.verify.publish_edition", refuse)
    (tmp_path / "data").mkdir()
    source = copy_of("school-attendance", tmp_path / "data")
    folder = tmp_path / "reports" / "school-attendance" / "2025-1"
    folder.mkdir(parents=True)
    provenance.write_manifest(folder, {"evaluation": folder.parent.name, "edition": "2025-1"}, [])
    assert verify_edition(folder).verdict == "cannot_run"
    assert asked == [source / "earlier" / "2025-1" / "evaluation.yaml"]
