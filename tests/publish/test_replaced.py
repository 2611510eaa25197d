"""A provisional edition that readers had is compared with the one that replaces it."""

import json
import shutil

import pandas as pd
import pytest
from attacker import invented
from editions import put, write_site_file

from pbc_eval import provenance
from pbc_eval.agreement.disclosure import DisclosureRule, Reviewed
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.errors import DisclosureError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish import few_changed
from pbc_eval.publish.edition import publish_edition
from pbc_eval.publish.few_changed import members_of, refuse_few_changed, remember_members
from pbc_eval.publish.replaced import had_by_readers, keep_replaced, was_listed
from pbc_eval.publish.report_kinds import subject_of
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.workspace import workspace_of

RULE = DisclosureRule()
NAME = "winter-shelter"


def with_counts(folder, units):
    """An edition's folder with one table of counts, and the record of its review."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{group},{n}\n" for group, n in units.items())
    (downloads / "y-groups.csv").write_text(f"group,units\n{rows}", encoding="utf-8", newline="\n")
    shape = {"labels": ["group"], "counts": ["units"], "totals": {}, "threshold": 10}
    record = {"edition": folder.name, "base": 1, "outputs": [], "tables": {"y-groups": shape}}
    (downloads / "disclosure-review.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    write_site_file(folder)
    return folder


def published(reports, units, *, listed):
    """An edition with these counts; ``listed`` by an index that was written over it."""
    folder = with_counts(reports / NAME / "2026-1", units)
    (folder / "downloads" / "results.json").unlink(missing_ok=True)
    shutil.rmtree(reports.parent / "made", ignore_errors=True)
    made = put(reports.parent / "made")
    for file in ("downloads/results.json", "index.html"):
        (folder / file).write_bytes((made / file).read_bytes())
    facts = json.loads((made / MANIFEST).read_text(encoding="utf-8"))
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    provenance.write_manifest(folder, {k: facts[k] for k in ("evaluation", "edition")}, files)
    if listed:
        assert not write_site(reports).damaged
    return folder


def run_of(tmp_path, units):
    return with_counts(tmp_path / "run" / "2026-1", units)


@pytest.mark.parametrize("listed", [True, False])
def test_counts_of_a_provisional_edition_that_was_listed_are_held_against_the_next(
    reports, tmp_path, listed
):
    """The attack: 482 and 480 of the same group, from a copy and from the page that replaced it."""
    target = published(reports, {"a": 482, "b": 300}, listed=listed)
    assert was_listed(reports, target) is listed
    had = had_by_readers(reports, target)
    run = run_of(tmp_path, {"a": 480, "b": 300})
    if not listed:
        refuse_differencing(run, target.parent, RULE, (), had)
        return
    with pytest.raises(DisclosureError, match=r"y-groups@2026-1: a, units differs by fewer"):
        refuse_differencing(run, target.parent, RULE, (), had)
    answered = Reviewed(output="y-groups@2026-1", by="A", date="2026-01-01", reason="Known.")
    refuse_differencing(run, target.parent, DisclosureRule(reviewed=(answered,)), (), had)


@pytest.mark.parametrize(
    ("units", "is_refused"),
    [({"a": 482, "b": "[c]"}, False), ({"a": 482, "b": 300, "c": 20}, True), ({"a": 482}, False)],
)  # fmt: skip
def test_to_hold_more_back_is_no_harm_to_tell_what_was_held_back_is(
    reports, tmp_path, units, is_refused
):
    target = published(reports, {"a": 482, "b": 300, "c": "[c]"}, listed=True)
    had = had_by_readers(reports, target)
    if is_refused:
        with pytest.raises(DisclosureError, match=r"c, units is published in this run and held"):
            refuse_differencing(run_of(tmp_path, units), target.parent, RULE, (), had)
    else:
        refuse_differencing(run_of(tmp_path, units), target.parent, RULE, (), had)


def test_what_was_replaced_is_kept_beside_the_reports_and_compared_ever_after(reports, tmp_path):
    """Two steps of many people each come back to the first but for two."""
    target = published(reports, {"a": 482}, listed=True)
    first = keep_replaced(reports, target)
    assert first
    published(reports, {"a": 300}, listed=True)
    assert keep_replaced(reports, target) not in ("", first)
    assert len(had_by_readers(reports, target)) == 3  # what is there, and what was twice replaced
    assert keep_replaced(reports, target) != first
    with pytest.raises(DisclosureError, match=r"a, units differs by fewer than 10"):
        refuse_differencing(
            run_of(tmp_path, {"a": 480}), target.parent, RULE, (), had_by_readers(reports, target)
        )
    kept = workspace_of(reports) / "replaced"
    assert not kept.is_relative_to(reports)
    assert not [*kept.rglob("index.html")]


def test_what_no_index_listed_is_not_kept(reports):
    assert keep_replaced(reports, published(reports, {"a": 482}, listed=False)) == ""
    assert keep_replaced(reports, reports / NAME / "2027-1") == ""


FIRST = invented.people(0, n=120)
ONE_MORE = pd.concat([FIRST, FIRST.iloc[[3]].assign(id=500, need=0.123)], ignore_index=True)


@pytest.fixture
def sketched(tmp_path, monkeypatch, reports):
    loaded = load_evaluation(invented.people_evaluation(tmp_path / "people", FIRST))
    loaded = loaded.model_copy(update={"id": NAME})

    def made(frame):
        monkeypatch.setattr(few_changed, "frame_of", lambda *_: frame)
        return subject_of(loaded), members_of(reports, loaded)

    return made


def test_people_of_a_listed_edition_are_compared_and_of_one_that_was_not_are_not(reports, sketched):
    published(reports, {"a": 482}, listed=False)
    remember_members(reports, *sketched(FIRST))
    refuse_few_changed(reports, *sketched(ONE_MORE))  # nobody had it
    write_site(reports)
    with pytest.raises(DisclosureError, match=r"people@2026-1: data: fewer than 10"):
        refuse_few_changed(reports, *sketched(ONE_MORE))
    refuse_few_changed(reports, *sketched(FIRST))  # the same people again


def test_people_are_compared_with_every_state_that_readers_had(reports, sketched):
    target = published(reports, {"a": 482}, listed=True)
    remember_members(reports, *sketched(FIRST))
    mark = keep_replaced(reports, target)
    others = invented.people(0, n=120, seed=9).assign(id=range(7000, 7120))
    refuse_few_changed(reports, *sketched(others))
    remember_members(reports, *sketched(others), replaced=mark)
    published(reports, {"a": 300}, listed=True)
    with pytest.raises(DisclosureError, match=r"people@2026-1: data"):
        refuse_few_changed(reports, *sketched(ONE_MORE))


@pytest.mark.soak
@pytest.mark.usefixtures("forked_kernels")
def test_a_run_over_a_listed_edition_is_refused_with_what_to_answer(tmp_path):
    reports = tmp_path / "reports"
    folder = invented.people_evaluation(tmp_path / "people", FIRST)
    publish_edition(folder / "evaluation.yaml", reports)
    publish_edition(invented.people_evaluation(folder, ONE_MORE) / "evaluation.yaml", reports)
    write_site(reports)
    before = (reports / "people" / "2026-1" / MANIFEST).read_bytes()
    with pytest.raises(DisclosureError, match=r"better-groups@2026-1: Submitted"):
        publish_edition(invented.people_evaluation(folder, FIRST) / "evaluation.yaml", reports)
    assert (reports / "people" / "2026-1" / MANIFEST).read_bytes() == before
    answer = {"by": "A", "date": "2026-01-01", "reason": "A typing error."}
    outputs = ("people@2026-1", "results@2026-1", "better-groups@2026-1", "better-ledger@2026-1",
               "better-estimates@2026-1", "better-all-outcomes@2026-1",
               "better-side-by-side@2026-1", "better-score-bars@2026-1")  # fmt: skip
    reviewed = {"disclosure": {"reviewed": [{"output": name, **answer} for name in outputs]}}
    publication = invented.PUBLICATION | reviewed
    invented.people_evaluation(folder, FIRST, publication=publication)
    publish_edition(folder / "evaluation.yaml", reports)
    assert (reports / "people" / "2026-1" / MANIFEST).read_bytes() != before
