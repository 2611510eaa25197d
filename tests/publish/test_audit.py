"""The audit finds each kind of fault on a page that has it, and none on one that has none."""

import json
import shutil

import pytest
from browser import NEEDS_CHROMIUM, chromium
from typer.testing import CliRunner

from pbc_eval import cli
from pbc_eval.errors import SpecError
from pbc_eval.publish.audit import browser as audited
from pbc_eval.publish.audit.faults import (
    BASELINE,
    Fault,
    by_cause,
    known_in,
    write_baseline,
)
from pbc_eval.publish.audit.look import faults_of
from pbc_eval.publish.audit.site import pages_of

FIT = """<!DOCTYPE html><html lang="en"><head><title>T</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
</head><body><main id="main"><h1>One</h1></main></body></html>"""
LINKS = '<p><a href="#a" id="a">One</a> <a href="#b" id="b">Two</a></p>'
STYLE = "<style>a:focus{outline:3px solid #12436D}</style>"
FAULTS = {  # what is put onto a page: the rule that it breaks
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">': "image-alt",
    '<p style="color:#bbb;background:#fff">Pale words that nobody can read.</p>': "color-contrast",
    '<p style="width:900px">A wide paragraph</p>': "reflow",
    '<p style="height:1.3em;overflow:hidden">Words that are cut off when they need more room than '
    "they were given here.</p>": "text-spacing",
    '<p><a href="#a" style="outline:none">Unseen</a></p>': "focus-visible",
    '<p><a href="#a" tabindex="3">First, though last</a></p>': "focus-order",
    "<style>@media print{table{display:none}}</style><table><caption>A</caption><tr>"
    '<th scope="col">a</th></tr><tr><td>1</td></tr></table>': "print",
}


def page_with(folder, part: str):
    file = folder / "index.html"
    file.write_text(FIT.replace("</main>", f"{STYLE}{LINKS}{part}</main>"), encoding="utf-8")
    return file


def test_the_same_fault_on_many_pages_is_one_cause():
    faults = [
        Fault(f"{n}/index.html", "image-alt", f'<img id="a{n}" src="x{n}.png">', "alt", 1280)
        for n in range(5)
    ]
    other = Fault("1/index.html", "image-alt", '<img class="logo">', "alt", 390)
    first, second = by_cause([other, *faults])
    assert (first.times, len(first.pages), first.where) == (5, 5, "<img>")
    assert second.where == '<img class="logo">'


def test_a_baseline_is_read_as_it_was_written_and_nothing_else_is_one(tmp_path):
    causes = by_cause([Fault("a", "reflow", "<html>", "wide", 320)])
    write_baseline(tmp_path / BASELINE, causes)
    assert known_in(tmp_path / BASELINE) == {causes[0].key}
    assert known_in(tmp_path / "none.json") == frozenset()
    (tmp_path / BASELINE).write_text("[1]")
    with pytest.raises(SpecError, match="is no baseline of an audit"):
        known_in(tmp_path / BASELINE)


def test_hidden_folders_are_no_pages_and_a_folder_without_any_is_told(tmp_path):
    (tmp_path / ".reports-work").mkdir()
    (tmp_path / ".reports-work" / "a.html").write_text("")
    with pytest.raises(SpecError, match="holds no page"):
        pages_of(tmp_path)


def test_without_the_browser_tool_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text(FIT, encoding="utf-8")

    def missing():
        raise ModuleNotFoundError("No module named 'playwright'", name="playwright")

    monkeypatch.setattr("pbc_eval.publish.audit.site.chromium", missing)
    done = CliRunner().invoke(cli.app, ["audit", str(tmp_path)])
    assert done.exit_code == 1
    assert "'pbc-eval[audit]'" in done.output


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_each_kind_of_fault_is_found_where_it_is_and_nowhere_else(tmp_path):
    with chromium() as browser, audited.window(browser) as window:
        for part, rule in FAULTS.items():
            rules = {fault.rule for fault in faults_of(window, page_with(tmp_path, part), "a")}
            assert rule in rules, (part, rules)
            assert faults_of(window, page_with(tmp_path, ""), "a") == ()


GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
ON_A_PHONE = {  # what is wrong on a phone alone: the rule that it breaks
    # shown there only, without words for those who do not see it
    "<style>.p{display:none}@media(max-width:400px){.p{display:block}}</style>"
    f'<div class="p"><img src="{GIF}"></div>': "image-alt",
    "<style>.p{visibility:hidden}@media(max-width:400px){.p{visibility:visible}}</style>"
    f'<div class="p"><img src="{GIF}"></div>': "image-alt",
    # shown at each width, too small and too close there
    "<style>@media(max-width:400px){.p a{display:inline-block;width:9px;height:9px;"
    "overflow:hidden;font-size:6px;margin:0;line-height:9px}}</style>"
    '<div class="p"><a href="#a">Onward</a><a href="#b">Homeward</a></div>': "target-size",
}


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_what_is_wrong_on_a_phone_alone_is_found_there(tmp_path):
    with chromium() as browser, audited.window(browser) as window:
        for part, rule in ON_A_PHONE.items():
            faults = faults_of(window, page_with(tmp_path, part), "a")
            assert {fault.width for fault in faults if fault.rule == rule} == {390}, (part, faults)


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_rules_left_out_on_a_phone_say_there_what_they_say_on_a_desk(tmp_path):
    """On a page that shows the same at both widths, with a fault of each kind that does not depend
    on where things stand."""
    faults = "".join(part for part, rule in FAULTS.items() if rule == "image-alt")
    faults += '<h4>Skipped</h4><div role="nothing">A</div><a href="#c"></a><ul><p>B</p></ul>'
    faults += '<button aria-label=""></button><table><tr><th></th></tr></table><p id="a">C</p>'
    page = page_with(tmp_path, faults)
    with chromium() as browser, audited.window(browser) as window:
        asked = {}
        for width in (1280, 390):
            audited.show(window, page, width)
            every = audited.axe_violations(window, without=(audited.COLOURS,))
            asked[width] = {v["id"]: len(v["nodes"]) for v in every}
            asked[width] = {k: n for k, n in asked[width].items() if k not in audited.OF_LAYOUT}
        assert asked[1280] == asked[390]
        assert len(asked[1280]) > 4


PALE = """() => [...document.querySelectorAll('td, p, a, summary')].forEach(
  (one, at) => { if (at % 7 === 3) one.style.color = '#999'; })"""


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_colours_looked_at_on_some_texts_of_each_kind_find_every_cause_that_all_texts_have(
    tmp_path,
):
    cells = "".join(f"<tr><td>Words {n}</td><td class='num'>{n}</td></tr>" for n in range(60))
    lines = "".join(f"<p class='k{n % 3}'>Line {n} <a href='#a'>there</a></p>" for n in range(40))
    table = f'<div tabindex="0"><table>{cells}</table></div>'
    dark = '<div style="background:#222"><p>On dark</p><p style="color:#eee">Light</p></div>'
    page_of_all = page_with(tmp_path, lines + table + dark)
    with chromium() as browser, audited.opened(browser, page_of_all, bypass_csp=True) as page:
        page.evaluate(PALE)
        some = [v for v in audited.axe_violations(page) if v["id"] == audited.COLOURS]
        every = page.evaluate("() => axe.run({runOnly: ['color-contrast']})")["violations"]
    causes = [
        {
            cause.key
            for cause in by_cause(
                Fault("a", violation["id"], node["html"], "", 1280)
                for violation in violations
                for node in violation["nodes"]
            )
        }
        for violations in (some, every)
    ]
    assert causes[0] == causes[1]
    assert len(causes[1]) > 3
    assert len(some[0]["nodes"]) < len(every[0]["nodes"])


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_a_new_fault_is_an_exit_code_and_an_accepted_one_is_none(tmp_path):
    page_with(tmp_path, '<p style="width:900px">A wide paragraph</p>')
    run = CliRunner()
    first = run.invoke(cli.app, ["audit", str(tmp_path)])
    assert first.exit_code == 1
    assert "new: reflow: the page scrolls sideways" in first.output
    assert run.invoke(cli.app, ["audit", str(tmp_path), "--accept"]).exit_code == 0
    assert json.loads((tmp_path / BASELINE).read_text())["known"]
    assert run.invoke(cli.app, ["audit", str(tmp_path)]).exit_code == 0
    page_with(tmp_path, "")
    assert "gone: reflow" in run.invoke(cli.app, ["audit", str(tmp_path)]).output


def test_the_browser_is_looked_for_where_systems_put_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if "-b" in name else None)
    assert audited.chromium_on_this_machine() == "/bin/chromium-browser"
