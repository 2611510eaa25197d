"""Pages for tests: a fit one to spoil, a reader of pages, and editions without kernels."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from pbc_eval import provenance
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.publish import edition

FIT = """<!DOCTYPE html>
<html lang="en"><head><title>T</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">
<link rel="icon" href="data:,"><style>p { color: red }</style></head>
<body><a href="#main">Skip</a><main id="main"><h1>One</h1><h2>Two</h2><h3>Three</h3><h2>Two</h2>
<img src="data:image/png;base64,AA==" alt="A line that falls.">
<table><caption>C</caption><thead><tr><th scope="col">H</th></tr></thead></table>
<p><a href="https://example.org/">out</a></p></main></body></html>"""


class Reader(HTMLParser):
    """Elements, attributes and text of a page, as a browser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.pieces.append(data)


@pytest.fixture
def without_kernels(monkeypatch):
    """Editions made at once, of what ``made.words`` says: the folder work without the notebook."""

    class Made:
        words = "first"
        more: ClassVar[dict[str, object]] = {}  # further parts of results.json
        runs = 0
        problem: Exception | None = None

        def execute(self, notebook, parameters, run_dir, cell_deadline=600):
            self.runs += 1
            if self.problem:
                raise self.problem
            spec = load_evaluation(parameters["evaluation"])
            summary = {
                "id": spec.id, "title": spec.title, "edition": spec.edition,
                "status": spec.status, "contract": "C", "release_date": "1 May 2026",
                "released": "2026-05-01",
                "data_status": "real", "data_badge": "Real data", "illustrative": False,
                "headlines": [self.words],
            }  # fmt: skip
            facts = {
                "evaluation": spec.id, "edition": spec.edition, "inputs_sha256": {}, "seed": 1,
                "versions": {"python": "3"}, "code_sha256": "0", "code_commit": "",
            }  # fmt: skip
            results = {
                "format": "pbc-eval-results", "version": 1,
                "summary": summary, "provenance": facts, **self.more,
            }  # fmt: skip
            downloads = Path(parameters["run_dir"]) / "downloads"
            (downloads / "results.json").write_text(json.dumps(results))
            return None

    made = Made()
    monkeypatch.setattr(edition, "execute", made.execute)
    monkeypatch.setattr(edition, "to_page", lambda *_, **__: FIT.replace("falls", made.words))
    return made


def intact(folder: Path) -> bool:
    """Is this a whole edition, as its manifest says?"""
    return provenance.changed_files(folder) == ()
