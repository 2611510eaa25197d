"""The Atom feed of new editions, and the sitemap.

Atom: RFC 4287; entries have tag: URIs (RFC 4151) of the site's host and the edition's own date, so
that they stay the same when the site moves to another folder. Sitemap: Sitemaps XML 0.9. Dates are
the editions' own, never the clock's.
"""

import datetime as dt
from urllib.parse import quote
from xml.etree import ElementTree as ET

from pbc_eval.agreement.site import Site
from pbc_eval.publish.edition_log import LOG
from pbc_eval.publish.site.listed import Listed, Shelf
from pbc_eval.publish.visible import one_line

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_ENTRIES = 100


def tag_uri(site: Site, listed: Listed) -> str:
    """The name of an edition for ever: tag:example.org,2026-06-30:winter-shelter/2026-1."""
    return f"tag:{site.authority},{listed.released.isoformat()}:{listed.id}/{listed.edition}"


def atom_feed(shelf: Shelf, site: Site, *, head: str) -> bytes:
    """The newest editions as an Atom feed, with the ``head`` of the log of editions. The site must
    have an address, and an edition."""
    address = site.address or ""
    editions = shelf.editions[:MOST_ENTRIES]
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": site.language})
    _text(feed, "id", address)
    _text(feed, "title", site.title)
    _text(feed, "subtitle", site.summary)
    _text(feed, "updated", _moment(editions[0].released))
    _person(feed, site.publisher or site.title)
    ET.SubElement(feed, "link", {"rel": "self", "href": f"{address}feed.xml"})
    ET.SubElement(feed, "link", {"rel": "alternate", "href": f"{address}index.html"})
    ET.SubElement(feed, "link", {"rel": "related", "href": f"{address}{LOG}"})
    ET.SubElement(feed, "category", {"scheme": f"{address}{LOG}#head", "term": head})
    for listed in editions:
        entry = ET.SubElement(feed, "entry")
        _text(entry, "id", tag_uri(site, listed))
        _text(entry, "title", f"{listed.title}: edition {listed.edition}, {listed.status}")
        _text(entry, "updated", _moment(listed.released))
        _text(entry, "published", _moment(listed.released))
        _person(entry, listed.citation.author)
        ET.SubElement(entry, "link", {"rel": "alternate", "href": address + quote(listed.link)})
        for kind, term in (
            ("status", listed.status),
            ("data", listed.summary.data_status),
            ("finding", listed.verdict),
        ):
            about = {"scheme": f"{address}#{kind}", "term": one_line(term)}
            ET.SubElement(entry, "category", about)
        _text(entry, "summary", " ".join([listed.summary.contract, *listed.summary.headlines]))
    return _document(feed)


def sitemap(shelf: Shelf, site: Site) -> bytes:
    """Every page of the site with the date of its newest edition. The site must have an address."""
    address = site.address or ""
    root = ET.Element("urlset", {"xmlns": SITEMAP})
    newest = max((listed.released for listed in shelf.editions), default=None)
    pages: list[tuple[str, dt.date | None]] = [("index.html", newest)]
    for contract in shelf.contracts:
        pages.append((f"{contract.id}/index.html", contract.newest.released))
        pages += [(listed.link, listed.released) for listed in contract.editions]
    for link, released in pages:
        url = ET.SubElement(root, "url")
        _text(url, "loc", address + quote(link))
        if released:
            _text(url, "lastmod", released.isoformat())
    return _document(root)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = one_line(text)


def _person(parent: ET.Element, name: str) -> None:
    author = ET.SubElement(parent, "author")
    _text(author, "name", name)


def _moment(day: dt.date) -> str:
    """Editions have a day and no hour; Atom wants both."""
    return f"{day.isoformat()}T00:00:00Z"


def _document(root: ET.Element) -> bytes:
    ET.indent(root, " ")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
