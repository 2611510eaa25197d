"""Drafts and sign-offs: what may be listed, and how a draft shows that it is one."""

import pytest
from evaluations import change, copy_of
from pages import Reader

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import SpecError
from pbc_eval.publish.edition import publish_edition
from pbc_eval.publish.site.build import write_site

ANALYST = "sign_off:\n  analyst: {name: N, date: 2026-06-01}\n"


@pytest.fixture
def source(tmp_path):
    return copy_of("one-service", tmp_path / "data")


def set_status(source, text: str) -> None:
    change(source / "evaluation.yaml", "status: provisional", text)


def require(source, roles: str) -> None:
    change(source / "evaluation.yaml", "  contact:", f"  required_sign_offs: {roles}\n  contact:")


def test_a_draft_needs_no_signature_whatever_is_required(source):
    set_status(source, "status: draft")
    require(source, "[analyst, approver]")
    assert load_evaluation(source).status == "draft"


def test_a_provisional_edition_needs_those_that_are_required(source):
    require(source, "[analyst, approver]")
    with pytest.raises(SpecError, match=r"missing: analyst, approver\. .*or set status to draft"):
        load_evaluation(source)
    set_status(source, f"status: provisional\n{ANALYST}")
    with pytest.raises(SpecError, match=r"missing: approver\."):
        load_evaluation(source)


def test_a_provisional_edition_needs_none_unless_required(source):
    assert load_evaluation(source).publication.required_sign_offs == ()


def test_a_final_edition_needs_all_four_even_if_fewer_are_required(source):
    set_status(source, f"status: final\n{ANALYST}")
    require(source, "[analyst]")
    with pytest.raises(SpecError, match=r"final edition needs .*commissioner, assurer, approver"):
        load_evaluation(source)


def test_a_role_that_does_not_exist_is_refused(source):
    require(source, "[auditor]")
    with pytest.raises(SpecError, match="required_sign_offs"):
        load_evaluation(source)


@pytest.mark.soak
@pytest.mark.usefixtures("forked_kernels")
def test_a_draft_says_so_on_screen_on_paper_and_to_search_engines_and_is_not_listed(
    source, tmp_path
):
    reports = tmp_path / "reports"
    set_status(source, "status: draft")
    made = publish_edition(source, reports)
    page = made.page.read_text(encoding="utf-8")
    reader = Reader(page)
    assert "Draft — not for publication." in reader.text
    assert ("meta", "content", "noindex, nofollow") in reader.attributes
    assert ("body", "class", "draft") in reader.attributes
    assert ".draft::before" in page  # the watermark
    assert "<title>Draft: " in page
    assert "How to cite" not in reader.text
    built = write_site(reports)
    assert built.drafts == ("one-service/2026-1",)
    for file in reports.glob("[!.]*.*"):
        assert "one-service" not in file.read_text(encoding="utf-8")
    assert not (reports / "one-service" / "index.html").exists()

    change(source / "evaluation.yaml", "status: draft", "status: provisional")
    published = Reader(publish_edition(source, reports).page.read_text(encoding="utf-8"))
    assert "Draft — not for publication" not in published.text
    assert ("body", "class", "draft") not in published.attributes
    assert "How to cite" in published.text
    assert ("a", "href", "../index.html") in published.attributes
    write_site(reports)
    assert (reports / "one-service" / "index.html").is_file()
