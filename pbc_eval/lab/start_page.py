"""The workbench's start page: every evaluation with its state, its checks, its editions, and what
to do next. Made anew each time it is looked at; nothing on it is stored.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from pbc_eval._display import counted
from pbc_eval.batch.jobs import Job, find_jobs
from pbc_eval.batch.status import Standing, standings
from pbc_eval.errors import PbcError, SpecError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.report_kinds import OWN_NOTEBOOK, is_portfolio
from pbc_eval.results import CheckStatus

TITLE = "Evaluations"
_CHECK_WORDS: tuple[tuple[CheckStatus, str], ...] = (
    ("pass", "hold"),
    ("review", "to look at"),
    ("fail", "failed"),
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:75rem;margin:0 auto;"
    "padding:1rem}h1{color:#12436d}table{border-collapse:collapse;width:100%}caption{text-align:"
    "left;font-weight:600;padding:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.5rem "
    ".6rem;border-bottom:1px solid #c9ced3}thead th{border-bottom:2px solid #1a1a1a}"
    "a{color:#12436d}code{background:#f3f6f9;padding:.1rem .3rem}"
    "button{font:inherit;padding:.25rem .6rem;border:"
    "1px solid #12436d;background:#fff;color:#12436d;border-radius:4px;cursor:pointer}"
    "a:focus,button:focus{outline:3px solid #f46a25;outline-offset:2px}.work{font-weight:600}"
    "pre{white-space:pre-wrap;background:#f3f6f9;padding:1rem}.skip{position:absolute;left:-99rem}"
    ".skip:focus{position:static}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One evaluation as the start page lists it. ``checks`` is empty before it was published;
    ``links`` are text and address in JupyterLab."""

    name: str
    standing: Standing
    checks: str
    editions: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    next_step: str  # a command, or nothing


def entries_of(
    folder: Path, reports: Path, root: Path, today: dt.date
) -> tuple[tuple[Entry, ...], str]:
    """Every evaluation below ``folder``, those that need work first, and why there is none."""
    try:
        jobs = find_jobs(folder, reports)
    except SpecError as none:
        return (), str(none)
    by_name = {job.name: job for job in jobs}
    every = standings(jobs, reports, today)
    return tuple(_entry(s, by_name[s.name], reports, root) for s in every), ""


def _entry(standing: Standing, job: Job, reports: Path, root: Path) -> Entry:
    home = job.evaluation.resolve().parent
    editions = sorted(
        (path.parent for path in (reports / home.name).glob(f"[!.]*/{MANIFEST}")), reverse=True
    )
    links = [("its file", _in_lab(job.evaluation, root))]
    if (home / OWN_NOTEBOOK).is_file():
        links.append(("its notebook", _in_lab(home / OWN_NOTEBOOK, root)))
    links += [(f"edition {path.name}", _in_lab(path / "index.html", root)) for path in editions[:3]]
    return Entry(
        name=standing.name,
        standing=standing,
        checks=_checks(editions[0]) if editions and not is_portfolio(job.evaluation) else "",
        editions=tuple(path.name for path in editions),
        links=tuple((text, address) for text, address in links if address),
        next_step=next_step(standing, _shown(home, root), _shown(reports, root)),
    )


def next_step(standing: Standing, home: str, reports: str) -> str:
    """The command that comes next for an evaluation that stands so; empty where none does."""
    states = standing.states
    if "unreadable" in states or "failed" in states:
        return f"pbc-eval check {home}"
    if {"late", "due", "changed"} & set(states):
        return f"pbc-eval run {home} --reports {reports}"
    if "planned" in states:
        return f"pbc-eval note {home} --reports {reports}"
    return ""


def _checks(edition: Path) -> str:
    """ "5 checks hold, 1 to look at": of the latest edition, over all outcomes."""
    try:
        outcomes = read_results(edition).outcomes
    except PbcError as problem:
        return str(problem).splitlines()[0]
    every = [status for outcome in outcomes for status in outcome.checks.values()]
    counts = [(every.count(status), word) for status, word in _CHECK_WORDS]
    words = [f"{count} {word}" for count, word in counts if count]
    return ", ".join(words) or "none apply"


def start_page(
    entries: Sequence[Entry], why_none: str, *, base: str, xsrf: str = "", outcome: str = ""
) -> str:
    """The page as HTML. ``base`` is where the server is; ``xsrf`` lets its buttons be pressed;
    ``outcome`` is what the last one did."""
    rows = "".join(_row(entry, base, xsrf) for entry in entries)
    table = (
        f"<table><caption>{counted(len(entries), 'evaluation')}, those that need work first"
        "</caption><thead><tr>"
        '<th scope="col">Evaluation</th><th scope="col">State</th><th scope="col">Checks</th>'
        '<th scope="col">Open</th><th scope="col">Next</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        if entries
        else f"<p>{escape(why_none)}</p>"
    )
    done = (
        f'<section aria-label="What was done"><pre>{escape(outcome)}</pre></section>'
        if outcome
        else ""
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{TITLE}</title>'
        f"<style>{_STYLE}</style></head><body>"
        f'<a class="skip" href="#main">Skip to the evaluations</a><main id="main"><h1>{TITLE}</h1>'
        f"{done}{table}<h2>More</h2><ul>"
        f'<li><a href="{base}lab">JupyterLab</a></li>'
        "<li>A new evaluation: <code>pbc-eval new data/my-evaluation</code>, or from a file: "
        "<code>pbc-eval new data/my-evaluation --from FILE</code></li>"
        "<li>Look at a file: <code>pbc-eval inspect FILE</code></li>"
        "</ul></main></body></html>"
    )


def _row(entry: Entry, base: str, xsrf: str) -> str:
    standing = entry.standing
    needs = ' class="work"' if standing.needs_work else ""
    links = "<br>".join(
        f'<a href="{escape(base + address)}">{escape(text)}</a>' for text, address in entry.links
    )
    make = (
        f'<form method="post"><input type="hidden" name="_xsrf" value="{escape(xsrf)}">'
        f'<input type="hidden" name="name" value="{escape(entry.name)}">'
        f'<button aria-label="Make the report of {escape(entry.name)}">Make the report</button>'
        "</form>"
        if xsrf and "unreadable" not in standing.states
        else ""
    )
    step = f"<code>{escape(entry.next_step)}</code>" if entry.next_step else "nothing to do"
    words = f"<br>{escape(standing.words)}" if standing.words else ""
    return (
        f'<tr><th scope="row">{escape(entry.name)}</th>'
        f"<td{needs}>{escape(', '.join(standing.states))}{words}</td>"
        f"<td>{escape(entry.checks)}</td><td>{links}</td><td>{step}{make}</td></tr>"
    )


def _shown(path: Path, root: Path) -> str:
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(path)


def _in_lab(path: Path, root: Path) -> str:
    """The address of a file in JupyterLab; empty where it lies outside of what is served."""
    whole = path.resolve()
    if not whole.is_relative_to(root):
        return ""
    return "lab/tree/" + quote(whole.relative_to(root).as_posix())
