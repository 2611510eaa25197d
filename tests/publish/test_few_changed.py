"""Editions of the same people but for few are not published beside one another unanswered."""

import json

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolios import members, portfolio

from pbc_eval.agreement.disclosure import DisclosureRule, Reviewed
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import DisclosureError, PublicationError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish import edition as press
from pbc_eval.publish import few_changed
from pbc_eval.publish.few_changed import members_of, refuse_few_changed, remember_members
from pbc_eval.publish.report_kinds import subject_of
from pbc_eval.publish.workspace import workspace_of

ROUNDED = DisclosureRule(rounding=5)
ANSWERED = DisclosureRule(rounding=5, reviewed=(Reviewed(
    output="people@2026-1", by="A", date="2026-01-01", reason="A typing error."),))  # fmt: skip


def named(frame):
    """The people under names that are no running numbers."""
    return frame.assign(id=[f"AB-{(7919 * k) % 104729:06d}x" for k in frame["id"]])


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = invented.people_evaluation(tmp_path_factory.mktemp("people"), FIRST)
    return load_evaluation(folder)


@pytest.fixture
def sketched(loaded, tmp_path, monkeypatch):
    """An edition of some people, and its sketches: ``sketched(frame, edition=..., rule=...)``."""

    def made(frame, rule=ROUNDED, **changes):
        monkeypatch.setattr(few_changed, "frame_of", lambda *_: frame)
        publication = loaded.publication.model_copy(update={"disclosure": rule})
        spec = loaded.model_copy(update={"publication": publication, **changes})
        return subject_of(spec), members_of(tmp_path / "reports", spec)

    return made


def put_there(reports, made, members, status="provisional"):
    folder = reports / made.id / made.edition
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"status": status, "outputs_sha256": {}, "evaluation": made.id, "edition": made.edition}
    (folder / MANIFEST).write_text(json.dumps(facts))
    remember_members(reports, made, members)


FIRST = invented.people(0, n=120)
ONE_MORE = pd.concat([FIRST, FIRST.iloc[[3]].assign(id=500, need=0.123)], ignore_index=True)
ONE_FOR_ANOTHER = pd.concat([FIRST.iloc[1:], FIRST.iloc[[3]].assign(id=500, need=0.123)])


def test_the_attack_two_means_and_a_rounded_count_tell_who_came():
    """Both editions say 120: the difference of the sums is what is said of the one who came."""
    before, after = FIRST["better"].mean(), ONE_MORE["better"].mean()
    fits = [n for n in range(118, 123) if abs(before * n - round(before * n)) < 1e-6]
    later = [n for n in range(118, 123) if abs(after * n - round(after * n)) < 1e-6]
    told = {round(after * b - before * a) for a in fits for b in later if b == a + 1}
    assert told == {ONE_MORE["better"].iloc[-1]}


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize(
    ("after", "is_refused"),
    [
        (FIRST, False),
        (FIRST.sample(frac=1, random_state=3), False),
        (ONE_MORE, True),
        (FIRST.iloc[4:], True),
        (ONE_FOR_ANOTHER, True),  # as many as before: no count differs
        (FIRST.assign(better=FIRST["better"].where(FIRST["id"] != 7, 1 - FIRST["better"])), True),
        (invented.people(0, n=120, seed=9).assign(id=np.arange(120) + 7000), False),  # others
        (
            pd.concat(
                [FIRST.iloc[50:], FIRST.assign(id=FIRST["id"] + 900, need=FIRST["need"] + 1)]
            ),
            False,  # many left, and many came
        ),
    ],
)
def test_few_who_came_left_or_were_corrected_stop_the_edition(
    tmp_path, sketched, after, is_refused, by_name
):
    first, after = (named(FIRST), named(after)) if by_name else (FIRST, after)
    reports = tmp_path / "reports"
    put_there(reports, *sketched(first))
    for changes in ({"edition": "2026-2"}, {"id": "renamed", "title": "Another"}):
        new, members = sketched(after, **changes)
        if is_refused:
            with pytest.raises(DisclosureError, match=r"people@.*2026-1: data: fewer than 10"):
                refuse_few_changed(reports, new, members)
        else:
            refuse_few_changed(reports, new, members)


def test_somebody_may_answer_for_it_and_a_correction_is_none_where_counts_are_told(
    tmp_path, sketched
):
    reports = tmp_path / "reports"
    put_there(reports, *sketched(named(FIRST)))
    refuse_few_changed(reports, *sketched(named(ONE_MORE), ANSWERED, edition="2026-2"))
    corrected = named(FIRST.assign(need=FIRST["need"].where(FIRST["id"] != 7, 0.5)))
    refuse_few_changed(reports, *sketched(corrected, DisclosureRule(), edition="2026-2"))


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [("provisional", "final", True), ("provisional", "provisional", False),
     ("draft", "final", False), ("provisional", "draft", False)],
)  # fmt: skip
def test_a_final_edition_is_held_against_the_provisional_one_that_it_replaces(
    tmp_path, sketched, before, after, is_refused
):
    reports = tmp_path / "reports"
    put_there(reports, *sketched(FIRST), before)
    new, members = sketched(ONE_MORE, status=after)
    if is_refused:
        with pytest.raises(DisclosureError, match="people@2026-1"):
            refuse_few_changed(reports, new, members)
    else:
        refuse_few_changed(reports, new, members)


def test_sketches_tell_nothing_of_a_person_and_others_than_people_have_none(tmp_path, sketched):
    reports = tmp_path / "reports"
    put_there(reports, *sketched(named(FIRST)))
    assert not list(reports.rglob(few_changed.MEMBERS))
    text = (workspace_of(reports) / few_changed.MEMBERS).read_text()
    assert not any(name in text for name in named(FIRST)["id"])
    assert sketched(FIRST, DisclosureRule(counts="bodies"))[1] == {}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**32))
def test_how_many_came_and_left_is_known_while_they_are_few(came, left, seed):
    draw = np.random.default_rng(seed)
    both, one, two = (draw.integers(0, 2**63, n).astype(np.uint64) for n in (300, left, came))
    old, new = (few_changed._sketch(np.concatenate([both, part])) for part in (one, two))
    found = few_changed._apart(new, old)
    assert found is not None
    for seen, truth in zip(found, (came, left), strict=True):
        assert truth - 4 <= seen <= truth  # two may share a bucket; nobody is made up
        assert (seen == 0) == (truth == 0) or truth - seen <= 4


def test_a_member_in_doubt_is_in_no_portfolio_that_is_listed(tmp_path):
    """The attack: results of an edition that is not listed, on a page that is."""
    spec = portfolio(tmp_path / "p", [], extra=members("a", "b"))
    downloads = tmp_path / "a" / "2026-1" / "downloads"
    downloads.mkdir(parents=True)
    doubts = {"outputs": [{"output": "samples", "status": "review"}]}
    (downloads / "disclosure-review.json").write_text(json.dumps(doubts))
    with pytest.raises(PublicationError, match=r"a/2026-1 is not listed"):
        press._refuse_members_in_doubt(subject_of(spec), tmp_path)
    draft = subject_of(spec.model_copy(update={"status": "draft"}))
    press._refuse_members_in_doubt(draft, tmp_path)
    doubts["outputs"][0]["reviewed_by"] = "A. Reader"
    (downloads / "disclosure-review.json").write_text(json.dumps(doubts))
    press._refuse_members_in_doubt(subject_of(spec), tmp_path)


@pytest.mark.parametrize(("small", "large"), [(104, 600), (95, 585), (112, 617), (30, 540)])
def test_files_about_others_are_not_taken_for_the_same_people(small, large):
    """They share nobody, and fill the buckets as if few had come where their sizes differ so."""
    random = np.random.default_rng(small)
    for _ in range(40):
        hashes = random.integers(0, 2**63, small + large, dtype=np.uint64)
        some, others = few_changed._sketch(hashes[:small]), few_changed._sketch(hashes[small:])
        for pair in (few_changed._apart(some, others), few_changed._apart(others, some)):
            assert pair is None or not any(0 < n < 10 for n in pair), pair
