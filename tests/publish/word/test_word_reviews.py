"""What comes back: every remark, and every number that differs, whatever was done to the file."""

import contextlib
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner
from word_files import (
    NAMESPACE,
    TEXT,
    changed,
    commented,
    comments,
    deleted,
    edition,
    inserted,
    packed,
    parts_of,
    run,
    unlocked,
)

import pbc_eval as pbc
from pbc_eval import cli
from pbc_eval.errors import PublicationError
from pbc_eval.publish.word import file_parts

pytestmark = pytest.mark.slow  # seconds, together

FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
OFFICE = shutil.which("soffice")
PUBLISHED = "Nothing else was "


class _Short(bytes):
    """What a failing test need not print."""

    def __repr__(self) -> str:
        return "a document"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return edition(tmp_path_factory.mktemp("word"))


@pytest.fixture(scope="module")
def content(folder):
    return _Short(pbc.word_report(folder))


@pytest.fixture
def review(folder, tmp_path):
    def review(content: bytes, **options):
        file = tmp_path / "back.docx"
        file.write_bytes(content)
        return pbc.review_word(file, **({"edition": folder} | options))

    return review


def test_a_document_that_nobody_touched_says_what_was_published(review, content):
    back = review(content)
    assert back.holds
    assert back.remarks == ()
    assert back.unlocked == 0
    assert not back.note
    assert (back.evaluation, back.edition) == ("winter-shelter", "2026-1")


def test_a_comment_an_insertion_and_a_deletion_come_back_with_who_and_where(review, content):
    back = review(
        changed(
            content,
            (run(PUBLISHED), commented("7", run(PUBLISHED)) + inserted("ever ")),
            (run("A first thing"), run("A ") + deleted("first ") + run("thing")),
            more=comments(("7", "Cat", "By whom?"), content=content),
        )
    )
    assert [(r.kind, r.author, r.date, r.section, r.text) for r in back.remarks] == [
        ("comment", "Cat", "2026-11-30T09:00:00Z", "Crises in winter", "By whom?"),
        ("insertion", "Ann", "2026-11-30T10:00:00Z", "Crises in winter", "ever "),
        ("deletion", "Ben", "2026-11-30T11:00:00Z", "Crises in winter", "first "),
    ]
    assert [r.at for r in back.remarks] == [
        PUBLISHED.strip(),
        "Nothing else was published of it.",
        "A first thing",
    ]
    assert back.holds  # words may be changed where it is told


def test_moves_and_resolved_comments_are_told(review, content):
    moved = (
        deleted("first ").replace("w:del ", "w:moveFrom ").replace("w:del>", "w:moveFrom>")
        + run("thing")
        + inserted(" first").replace("w:ins", "w:moveTo")
    )
    more = comments(("3", "Cat", "Agreed"), content=content)
    w14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    more["word/comments.xml"] = more["word/comments.xml"].replace(
        b"<w:p>", f'<w:p {w14} w14:paraId="0A">'.encode()
    )
    w15 = "http://schemas.microsoft.com/office/word/2012/wordml"
    more["word/commentsExtended.xml"] = (
        f'<x:commentsEx xmlns:x="{w15}"><x:commentEx x:paraId="0A" x:done="1"/></x:commentsEx>'
    ).encode()
    links = "word/_rels/document.xml.rels"
    more[links] = more[links].replace(
        b"</Relationships>",
        b'<Relationship Id="rIdE" Type="http://schemas.microsoft.com/office/2011/relationships/'
        b'commentsExtended" Target="commentsExtended.xml"/></Relationships>',
    )
    text = (run("A first thing"), commented("3", run("A ")) + moved)
    back = review(changed(content, text, more=more))
    assert [(r.kind, r.text, r.done) for r in back.remarks] == [
        ("comment", "Agreed", True),
        ("moved away", "first ", False),
        ("moved here", " first", False),
    ]


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_number_that_was_changed_is_told_with_what_was_published(review, content, is_locked):
    back = review(
        changed(
            content if is_locked else unlocked(content), (run("£1.2 million"), run("£1.9 million"))
        )
    )
    (entry,) = back.differences
    assert entry.kind == "number"
    assert entry.numbers == (("£1.2 million", "£1.9 million"),)
    assert entry.section == "Crises in winter"
    assert "£1.9 million is due" in entry.now
    assert not back.holds
    assert (back.unlocked == 0) == is_locked


def test_a_change_of_a_number_counts_though_it_is_tracked(review, content):
    (entry,) = review(
        changed(content, (run("£1,200.50"), deleted("£1,200.50") + inserted("£1,300.50")))
    ).differences
    assert entry.numbers == (("£1,200.50", "£1,300.50"),)


def test_locks_that_a_program_lost_are_counted_and_are_no_difference(review, content):
    back = review(unlocked(content))
    assert back.holds
    assert back.unlocked == back.numbers > 15


def test_words_that_were_changed_without_a_track_are_told(review, content):
    (entry,) = review(changed(content, (run(PUBLISHED), run("Everything was ")))).differences
    assert entry.kind == "words"
    assert entry.numbers == ()
    assert entry.published == "Nothing else was published of it."
    assert entry.now == "Everything was published of it."


def test_a_line_that_is_gone_and_one_that_was_added_are_told(review, content):
    text = parts_of(content)[TEXT].decode()
    (line,) = [p for p in re.findall(r"<w:p>.*?</w:p>", text) if "£1,200.50" in p]
    added = f"<w:p>{run('It pays £5 more.')}</w:p>"
    gone, extra = (
        review(changed(content, (line, ""))),
        review(changed(content, (line, line + added))),
    )
    (entry,) = gone.differences
    assert entry.kind == "gone"
    assert entry.numbers == (("£1,200.50", ""),)
    (entry,) = extra.differences
    assert entry.kind == "added"
    assert entry.numbers == (("", "£5"),)
    assert entry.section == "Crises in winter"


def test_a_paragraph_that_was_split_with_a_track_is_none_that_differs(review, content):
    mark = '<w:pPr><w:rPr><w:ins w:id="5" w:author="A" w:date=""/></w:rPr></w:pPr>'
    text = run("A first thing")
    style = '<w:pPr><w:pStyle w:val="ListBullet"/></w:pPr>'
    split = f"<w:p>{mark}{run('A first')}</w:p><w:p>{style}{run(' thing')}"
    back = review(changed(content, (f"<w:p>{style}{text}", split)))
    assert back.differences == ()


def test_a_document_is_held_by_its_own_locks_where_there_is_no_edition(review, content, tmp_path):
    options = {"edition": None, "reports": tmp_path / "none"}
    assert review(content, **options).holds
    back = review(changed(content, (run("£1.2 million"), run("£1.9 million"))), **options)
    assert "--edition" in back.note
    assert [entry.numbers for entry in back.differences] == [(("", "£1.9 million"),)]


def test_the_edition_is_found_below_the_reports_and_never_elsewhere(review, content, folder):
    reports = folder.parent.parent
    assert not review(content, edition=None, reports=reports).note
    for name in ("../winter-shelter", "/etc", "winter-shelter/2026-1/downloads/.."):
        moved = changed(content, (">winter-shelter, edition", f">{name}, edition"))
        assert "words were not compared" in review(moved, edition=None, reports=reports / "x").note


def test_an_edition_that_changed_since_is_told(review, content, tmp_path):
    other = edition(tmp_path / "r")
    (other / "manifest.json").write_text((other / "manifest.json").read_text() + " ")
    assert "is not the state of the edition" in review(content, edition=other).note


@FUZZ
@given(data=st.data())
def test_whatever_digit_is_changed_wherever_it_stands_it_is_told(content, folder, review, data):
    """With or without locks, in text, table, list, caption or notice."""
    sent = unlocked(content) if data.draw(st.booleans()) else content
    parts = parts_of(sent)
    text = parts[TEXT].decode()
    text, end = text[: text.index("Made from ")], text[text.index("Made from ") :]
    places = [
        (t.start(1) + d.start())
        for t in re.finditer(r"<w:t [^>]*>([^<]*)</w:t>", text)
        for d in re.finditer(r"\d", t[1])
    ]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    parts[TEXT] = (text[:at] + digit + text[at + 1 :] + end).encode()
    back = review(packed(parts))
    assert not back.holds
    assert [entry.kind for entry in back.differences] == ["number"]


# --- files that mean harm, or are none ---


def _with_text(content: bytes, text: bytes) -> bytes:
    return packed({**parts_of(content), TEXT: text})


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 100 + b'">]>'
HOSTILE = {
    "no archive": lambda content: b"Dear all, see attached.",
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "another archive": lambda content: packed({"a.txt": b"a"}),
    "a workbook": lambda content: packed({TEXT: b"<workbook/>"}),
    "no XML": lambda content: _with_text(content, b"\x00\x01<"),
    "entities": lambda content: _with_text(content, BOMB + b"<a>&b;</a>"),
    "entities after a comment": lambda content: _with_text(
        content, b"<!--" + b" " * 9000 + b"-->" + BOMB + b"<a>&b;</a>"
    ),
    "entities in another encoding": lambda content: _with_text(
        content, '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16")
    ),
    "bottomless": lambda content: _with_text(
        content, f"<w:document {NAMESPACE}>".encode() + b"<w:body>" * 100_000
    ),
    "much text": lambda content: _with_text(content, b" " * 6_100_000),
    "a bomb": lambda content: packed(
        parts_of(content) | {f"{n}": b"0" * 9_000_000 for n in range(5)}
    ),
    "nobody's": lambda content: changed(content, (", SHA-256 of its manifest: ", " of ")),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_one_sentence_with_a_remedy(review, content, kind, monkeypatch):
    monkeypatch.setattr(file_parts, "MOST", 40_000_000)
    monkeypatch.setattr(file_parts, "MOST_TEXT", 6_000_000)
    with pytest.raises(PublicationError) as refused:
        review(HOSTILE[kind](content))
    words = str(refused.value)
    assert words.startswith("back.docx: ")
    assert "\n" not in words
    assert any(verb in words for verb in ("Open it", "Take pictures", "Review a copy", "Restore"))


@FUZZ
@given(at=st.floats(0, 1), byte=st.binary(min_size=1, max_size=4))
def test_a_damaged_file_is_told_or_read_and_never_a_foreign_error(review, content, at, byte):
    place = int(at * (len(content) - 5))
    with contextlib.suppress(PublicationError):
        review(content[:place] + byte + content[place + len(byte) :])


def test_nothing_that_a_document_points_to_is_opened(review, content):
    links = "word/_rels/document.xml.rels"
    outside = (
        b'<Relationship Id="rIdX" TargetMode="External" Target="http://localhost:1/comments.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"/>'
        b'<Relationship Id="rIdY" Target="../../../../etc/passwd" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"/>'
    )
    parts = parts_of(content)
    parts[links] = parts[links].replace(b"</Relationships>", outside + b"</Relationships>")
    assert review(packed(parts)).remarks == ()


# --- the command ---


def test_the_command_lists_it_and_its_exit_code_says_whether_numbers_hold(
    content, folder, tmp_path
):
    file = tmp_path / "back.docx"
    reports = ["--reports", str(folder.parent.parent)]
    call = CliRunner().invoke
    file.write_bytes(changed(content, (run(PUBLISHED), run(PUBLISHED) + inserted("ever "))))
    done = call(cli.app, ["review", str(file), *reports], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert "insertion" in done.stdout
    assert "Ann" in done.stdout
    assert "ever" in done.stdout
    file.write_bytes(changed(content, (run("£1,200.50"), run("£9,200.50"))))
    done = call(cli.app, ["review", str(file), *reports])
    assert done.exit_code == 1
    assert "£1,200.50 is £9,200.50 now" in done.stdout
    done = call(cli.app, ["review", str(file), "--json", *reports])
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["holds"] is False
    assert told["differences"][0]["numbers"] == [{"published": "£1,200.50", "now": "£9,200.50"}]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PublicationError, match="no such file"):
        pbc.review_word(tmp_path / "none.docx")


# --- another word processor ---


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="needs LibreOffice")
def test_libreoffice_opens_it_makes_a_pdf_of_it_and_loses_no_letter(review, content, tmp_path):
    """It drops the locks when it saves; what is written is held all the same."""
    file = tmp_path / "sent.docx"
    file.write_bytes(content)
    profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    for kind in ("pdf", "docx:MS Word 2007 XML"):
        words = [OFFICE, "--headless", profile, "--convert-to", kind, "--outdir"]
        done = subprocess.run(
            [*words, str(tmp_path / "out"), str(file)], capture_output=True, check=True, timeout=300
        )
        assert done.returncode == 0
    pdf = (tmp_path / "out" / "sent.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 10_000
    assert review((tmp_path / "out" / "sent.docx").read_bytes()).holds
