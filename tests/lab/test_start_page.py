"""The workbench's start page: every evaluation, its state, what comes next; behind a token."""

import datetime as dt
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import chromium, violations
from bs4 import BeautifulSoup
from editions import put
from evaluations import copy_of
from jupyter import lab_in
from typer.testing import CliRunner

from pbc_eval.batch.status import Standing, State
from pbc_eval.cli import app, work
from pbc_eval.errors import SpecError
from pbc_eval.lab.server import command_of, write_cards
from pbc_eval.lab.start_page import entries_of, next_step, start_page
from pbc_eval.publish.own_notebook import write_own_notebook

TODAY = dt.date(2026, 11, 30)


@pytest.fixture
def project(tmp_path):
    """Two evaluations, one of them published, and one that cannot be read."""
    copy_of("training-grants", tmp_path / "data")
    copy_of("wheels-to-meals", tmp_path / "data")
    (tmp_path / "data" / "broken").mkdir()
    (tmp_path / "data" / "broken" / "evaluation.yaml").write_text("id: broken\n")
    put(tmp_path / "reports", "training-grants", "2026-1")
    return tmp_path.resolve()


def test_each_evaluation_is_listed_with_its_state_its_editions_and_its_next_step(project):
    entries, why = entries_of(project / "data", project / "reports", project, TODAY)
    assert why == ""
    by_name = {entry.name: entry for entry in entries}
    assert by_name.keys() == {"broken", "training-grants", "wheels-to-meals"}
    assert by_name["broken"].next_step == "pbc-eval check data/broken"
    assert by_name["wheels-to-meals"].next_step == (
        "pbc-eval run data/wheels-to-meals --reports reports"
    )
    made = by_name["training-grants"]
    assert made.editions == ("2026-1",)
    assert ("edition 2026-1", "lab/tree/reports/training-grants/2026-1/index.html") in made.links


def test_the_page_is_one_a_screen_reader_can_read_and_no_name_becomes_markup(project):
    entries, _ = entries_of(project / "data", project / "reports", project, TODAY)
    html = start_page(entries, "", base="/b/", xsrf="x<y", outcome="<script>alert(1)</script>")
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find("script") is None
    assert soup.html["lang"] == "en"
    assert len(soup.find_all("h1")) == 1
    assert [th["scope"] for th in soup.thead.find_all("th")] == ["col"] * 5
    assert [tr.th["scope"] for tr in soup.tbody.find_all("tr")] == ["row"] * 3
    buttons = [button["aria-label"] for button in soup.find_all("button")]
    assert len(buttons) == len(set(buttons)) == 2  # what cannot be read cannot be made
    assert all(a["href"].startswith("/b/lab") for a in soup.main.find_all("a"))


def test_a_folder_without_evaluations_says_what_to_do(tmp_path):
    entries, why = entries_of(tmp_path, tmp_path / "reports", tmp_path, TODAY)
    assert entries == ()
    assert "pbc-eval new" in start_page(entries, why, base="/")


@pytest.mark.parametrize(
    ("states", "step"),
    [
        (("failed", "changed", "published"), "check"),
        (("late", "unsigned"), "run"),
        (("due",), "run"),
        (("planned",), "note"),
        (("unsigned", "published"), ""),
        (("published",), ""),
    ],
)
def test_the_next_step_follows_from_the_state(states: tuple[State, ...], step):
    standing = Standing(name="a", edition="1", release=TODAY, states=states, words="")
    assert next_step(standing, "data/a", "reports").split()[1:2] == ([step] if step else [])


def test_it_listens_on_this_machine_alone_and_keeps_its_token(tmp_path):
    command = command_of(tmp_path, tmp_path / "data", tmp_path / "reports", port=8900,
                         browser=False)  # fmt: skip
    assert "--ip=127.0.0.1" in command
    assert not [word for word in command if "token" in word or "password" in word]
    with pytest.raises(SpecError, match="lies outside"):
        command_of(tmp_path / "here", tmp_path, tmp_path, port=1, browser=False)


@pytest.mark.parametrize("system", ["posix", "nt"])
def test_the_command_hands_over_to_jupyter_as_the_system_can(project, monkeypatch, system):
    """Where a process can be replaced, signals reach Jupyter; on Windows it is waited for."""
    handed = []
    monkeypatch.chdir(project)
    monkeypatch.setattr(
        work, "os",
        SimpleNamespace(name=system, environ={}, execv=lambda _, words: handed.append(words)),
    )  # fmt: skip
    ended = SimpleNamespace(returncode=3)
    waited = SimpleNamespace(run=lambda words, **_: handed.append(words) or ended)
    monkeypatch.setattr(work, "subprocess", waited)
    done = CliRunner().invoke(app, ["lab", "--no-browser", "--port", "8900"])
    assert done.exit_code == 3, done.output  # on posix nothing comes back; here it does
    assert (
        handed[0]
        == handed[-1]
        == command_of(project, Path("data"), Path("reports"), port=8900, browser=False)
    )
    assert len(handed) == (2 if system == "posix" else 1)
    assert (project / ".reports-work" / "lab" / "jp_app_launcher.yaml").is_file()


def test_cards_name_commands_that_there_are(tmp_path):
    cards = json.loads(
        write_cards(tmp_path, tmp_path / "data", tmp_path / "reports", tmp_path).read_text()
    )
    named = [card["source"].split("-m pbc_eval ")[1].split()[0] for card in cards[1:]]
    known = CliRunner().invoke(app, ["--help"]).output
    assert all(re.search(rf"\b{name}\b", known) for name in named)
    assert {card["catalog"] for card in cards} == {"pbc-eval"}


@pytest.mark.soak
def test_axe_finds_nothing_wrong_at_a_desk_and_on_a_phone(project):
    entries, _ = entries_of(project / "data", project / "reports", project, TODAY)
    file = project / "start.html"
    file.write_text(start_page(entries, "", base="/", xsrf="x", outcome="Done."), "utf-8")
    with chromium() as browser:
        assert violations(browser, file, 1280) == []
        assert violations(browser, file, 390) == []


@pytest.mark.soak
def test_in_a_browser_it_opens_shows_its_cards_makes_a_report_and_runs_a_notebook(project):
    write_own_notebook(project / "data" / "training-grants")
    with lab_in(project, 8941) as (address, base), chromium() as browser:
        stranger = browser.new_context().new_page()
        stranger.goto(f"{base}/pbc-eval/start")
        assert "/login" in stranger.url
        page = browser.new_context().new_page()
        page.set_default_timeout(180_000)
        page.goto(address)
        assert page.title() == "Evaluations"
        page.goto(f"{base}/lab?reset")
        page.wait_for_selector(".jp-LauncherCard-label >> text=Start page")
        labels = page.locator(".jp-LauncherCard-label").all_inner_texts()
        assert {"New evaluation", "Inspect a file", "Check", "State of all"} <= {*labels}
        page.goto(f"{base}/pbc-eval/start")
        page.get_by_role("button", name="Make the report of wheels-to-meals").click()
        page.wait_for_selector("pre")
        assert (project / "reports" / "wheels-to-meals").is_dir(), page.inner_text("pre")
        page.get_by_role("link", name="its notebook").click()
        page.wait_for_selector(".jp-Notebook")
        time.sleep(3)
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.wait_for_selector("text=Limits, sign-off and source")
