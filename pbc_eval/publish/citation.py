"""How to cite an edition: as a sentence, for CITATION.cff readers and for BibTeX.

CFF: Druskat et al., Citation File Format 1.2.0 (2021). The commissioner is the author: it is the
commissioner that answers for the report.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass

from pbc_eval.messages.number_formats import long_date
from pbc_eval.publish.visible import one_line
from pbc_eval.results_file import ResultsFile

_TEX = {
    **{mark: f"\\{mark}" for mark in "{}%&$#_"},
    "\\": "\\textbackslash{}",
    "^": "\\textasciicircum{}",
    "~": "\\textasciitilde{}",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation of one edition is made of."""

    key: str  # evaluation and edition: winter-shelter-2026-1
    author: str
    title: str
    kind: str  # "Impact report"
    edition: str
    status: str
    released: dt.date
    licence: str

    @property
    def sentence(self) -> str:
        """Author (year). Title. Impact report, edition 2026-1 (provisional), 30 June 2026."""
        return (
            f"{self.author} ({self.released.year}). {self.title.rstrip('.')}. {self.kind}, edition "
            f"{self.edition} ({self.status}), {long_date(self.released)}."
        )

    @property
    def cff(self) -> str:
        """The text of CITATION.cff; every value is a JSON string, which YAML reads as it is."""
        author = [f"  - name: {_quoted(self.author)}"]
        own = [
            f"title: {_quoted(self.title)}",
            "authors:",
            *author,
            f"date-released: {self.released.isoformat()}",
        ]
        preferred = [
            "type: report",
            f"notes: {_quoted(f'{self.kind}, {self.status}. Licence: {self.licence}')}",
            f"edition: {_quoted(self.edition)}",
            *own,
        ]
        lines = [
            "cff-version: 1.2.0",
            'message: "Please cite this edition as below."',
            "type: dataset",
            f"version: {_quoted(self.edition)}",
            *own,
            "preferred-citation:",
            *(f"  {line}" for line in preferred),
        ]
        return "\n".join(lines) + "\n"

    @property
    def bibtex(self) -> str:
        fields = {
            "author": f"{{{_tex(self.author)}}}",
            "title": f"{{{_tex(self.title)}}}",
            "institution": _tex(self.author),
            "type": _tex(self.kind),
            "number": _tex(f"edition {self.edition}"),
            "year": str(self.released.year),
            "note": _tex(f"{self.status.capitalize()}, {long_date(self.released)}"),
        }
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@techreport{{{self.key},\n{body}\n}}\n"


def citation_of(results: ResultsFile) -> Citation:
    """The citation of an edition, from its results.json."""
    summary, particulars = results.summary, results.particulars
    publication = particulars.publication
    return Citation(
        key=f"{summary.id}-{summary.edition}",
        author=one_line(particulars.contract.commissioner or publication.contact),
        title=one_line(summary.title),
        kind=one_line(results.report_label),
        edition=summary.edition,
        status=summary.status,
        released=results.released,
        licence=one_line(publication.licence),
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _tex(text: str) -> str:
    return re.sub(r"[{}%&$#_\\^~]", lambda mark: _TEX[mark[0]], text)
