"""The first screen of a report as a page of its own, that prints on one sheet and stands alone.

    index.html ─ head, masthead, section "summary" ▶ summary.html, which leads to the whole report

It is cut out of the page that readers see and made of nothing else: the two cannot disagree.
"""

import html
import re

from pbc_eval.messages.catalogue import translations
from pbc_eval.messages.sentence import Sentence

SUMMARY = "summary.html"
_WORDS = (Sentence("Summary"), Sentence("The whole report"))
_BEGIN = re.compile(r'<section\b[^>]*\bid="summary"[^>]*>')
_EDGE = re.compile(r"<(/?)section\b[^>]*>")
_HEADER = re.compile(r'<header class="masthead">.*?</header>', re.DOTALL)
_NOTICE = re.compile(r'<p class="notice draft-notice".*?</p>', re.DOTALL)
_HERE = re.compile(r'href="#([^"]*)"')
_IDS = re.compile(r'\bid="([^"]+)"')
_FOOTER = re.compile(r"<footer>.*?</footer>", re.DOTALL)


def has_summary(page: str) -> bool:
    """Has a page a summary that could stand alone?"""
    return bool(_BEGIN.search(page) and _HEADER.search(page))


def summary_page(page: str, language: str) -> str:
    """The summary of a ``page`` (HTML) that has one; headings of its own are in ``language`` where
    its catalogue has them."""
    own = translations(language)
    mark, whole = map(str, _WORDS)
    mark = own.get(mark, mark)
    if whole in own:
        whole = f'<span lang="{language}">{html.escape(own[whole])}</span>'
    header = _HEADER.search(page)
    assert header is not None
    notice = _NOTICE.search(page)
    footer = _FOOTER.search(page)
    top = page[: page.index("<main")]
    top = re.sub(r"<title>", f"<title>{html.escape(mark)}: ", top, count=1)
    top = re.sub(r'<a class="skip".*?</a>\n?', "", top, count=1, flags=re.DOTALL)
    top = re.sub(r'<body(?: class="([^"]*)")?>', _one_page, top, count=1)
    body = "\n".join(
        (
            '<main id="main">',
            notice[0] if notice else "",
            header[0],
            _section(page),
            f'<p class="whole"><a href="index.html">{whole}</a></p>',
            "</main>",
            footer[0] if footer else "",
            "</body>",
            "</html>",
            "",
        )
    )
    ids = set(_IDS.findall(body))
    return top + _HERE.sub(lambda at: at[0] if at[1] in ids else f'href="index.html#{at[1]}"', body)


def _one_page(body: re.Match[str]) -> str:
    return f'<body class="{" ".join(filter(None, (body[1], "one-page")))}">'


def _section(page: str) -> str:
    begin = _BEGIN.search(page)
    assert begin is not None
    depth = 0
    for edge in _EDGE.finditer(page, begin.start()):
        depth += -1 if edge[1] else 1
        if depth == 0:
            return page[begin.start() : edge.end()]
    raise AssertionError("a section that is not closed")
