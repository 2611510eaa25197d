"""Documents for tests: a small edition with one of each thing, and what reviewers do to it."""

import base64
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
from editions import put

from pbc_eval import provenance
from pbc_eval.report.figures.drawing import finish

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEXT = "word/document.xml"
BODY = """
<p class="notice draft-notice"><strong>Draft — not for publication.</strong> Wait.</p>
<header class="masthead"><p class="series">Impact report, edition 2026-1</p>
<h1>A winter shelter</h1>
<ul class="badges"><li>Provisional</li><li>Synthetic data</li></ul>
<p class="notice"><strong>Synthetic.</strong> These data are invented: 40 people.</p></header>
<nav class="contents"><ul><li><a href="#summary">What was found</a></li></ul></nav>
<section id="summary"><h2>What was found</h2>
<div class="headline"><h3>Crises in winter</h3><p class="figure">2.3 lower</p></div>
<p>Crises fell by 2.3 per 100 people (95% interval: 1.5 to 3.1), and £1.2 million is due.</p>
<p>Nothing else was <a href="https://example.org/a">published</a> of it.</p>
<ol><li>Pays £1,200.50 once.</li><li>Pays nothing else.</li></ol>
<ul><li>A first thing</li><li>A second of 12</li></ul></section>
<section id="value"><h2>Social value</h2>
<div class="table-block"><table><caption id="t-value-map">Value map, in 2026</caption>
<thead><tr><th scope="col">Outcome</th><th scope="col" class="num">Value 2026</th></tr></thead>
<tbody><tr><th scope="row">Nights</th><td class="num">£850</td></tr>
<tr><th scope="row">Total</th><td class="num">£850</td></tr></tbody></table>
<p class="download"><a href="downloads/value-map.csv">Download this table (CSV)</a></p></div>
<figure><img alt="A bar of 3." src="data:image/svg+xml;base64,DRAWING">
<figcaption>How much. <a href="downloads/x.csv">Data</a></figcaption></figure>
<dl class="facts"><div><dt>Contact</dt><dd lang="cy">Swyddfa 7</dd></div></dl></section>
"""


def edition(reports: Path, body: str = BODY) -> Path:
    """A whole edition with that page, which is small."""
    folder = put(reports)
    drawn = finish(
        lambda axes: axes.bar([0], [3]),
        name="bar",
        caption="How much.",
        alt="A bar of 3.",
        data=pd.DataFrame({"x": [3]}),
        height=1.5,
        width=3,
    )
    body = body.replace("DRAWING", base64.b64encode(drawn.svg).decode())
    page = (
        '<!DOCTYPE html><html lang="en"><head><title>A winter shelter: report</title>'
        f"</head><body><main>{body}</main><footer><p>CC BY 4.0.</p></footer></body></html>"
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != provenance.MANIFEST]
    facts = {"evaluation": "winter-shelter", "edition": "2026-1"}
    provenance.write_manifest(folder, facts, files)
    return folder


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def changed(
    content: bytes, *changes: tuple[str, str], more: dict[str, bytes] | None = None
) -> bytes:
    """A document with its text changed as a program would write it; each change must take hold."""
    parts = parts_of(content)
    text = parts[TEXT].decode()
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    parts[TEXT] = text.encode()
    return packed({**parts, **(more or {})})


def unlocked(content: bytes) -> bytes:
    """As a program leaves it that knows no content controls."""
    parts = parts_of(content)
    text = re.sub(rb"<w:sdt><w:sdtPr>.*?</w:sdtPr><w:sdtContent>", b"", parts[TEXT])
    parts[TEXT] = text.replace(b"</w:sdtContent></w:sdt>", b"")
    return packed(parts)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def inserted(text: str, who: str = "Ann") -> str:
    return f'<w:ins w:id="901" w:author="{who}" w:date="2026-11-30T10:00:00Z">{run(text)}</w:ins>'


def deleted(text: str, who: str = "Ben") -> str:
    letters = run(text).replace("w:t>", "w:delText>").replace("<w:t ", "<w:delText ")
    return f'<w:del w:id="902" w:author="{who}" w:date="2026-11-30T11:00:00Z">{letters}</w:del>'


def commented(name: str, text: str) -> str:
    """Letters with a comment on them."""
    return (
        f'<w:commentRangeStart w:id="{name}"/>{text}<w:commentRangeEnd w:id="{name}"/>'
        f'<w:r><w:commentReference w:id="{name}"/></w:r>'
    )


def comments(*each: tuple[str, str, str], content: bytes) -> dict[str, bytes]:
    """The part that holds comments (id, author, text), and the link that leads to it."""
    listed = "".join(
        f'<w:comment w:id="{name}" w:author="{who}" w:date="2026-11-30T09:00:00Z"><w:p>{run(text)}'
        "</w:p></w:comment>"
        for name, who, text in each
    )
    links = "word/_rels/document.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
    link = f'<Relationship Id="rIdC" Type="{kind}" Target="comments.xml"/></Relationships>'
    return {
        "word/comments.xml": f"<w:comments {NAMESPACE}>{listed}</w:comments>".encode(),
        links: parts_of(content)[links].replace(b"</Relationships>", link.encode()),
    }


def text_runs(content: bytes) -> list[tuple[str, bool, str]]:
    """Text of each run, whether a lock is around it, and the key of that."""
    root = ElementTree.fromstring(parts_of(content)[TEXT])
    runs = []

    def walk(element, key):
        for child in element:
            if child.tag == f"{W}sdt":
                about = child.find(f"{W}sdtPr")
                lock, tag = (about.find(f"{W}{name}") for name in ("lock", "tag"))
                assert lock.get(f"{W}val") == "sdtContentLocked"
                walk(child.find(f"{W}sdtContent"), tag.get(f"{W}val"))
            elif child.tag == f"{W}t":
                runs.append((child.text or "", bool(key), key))
            else:
                walk(child, key)

    walk(root, "")
    return runs
