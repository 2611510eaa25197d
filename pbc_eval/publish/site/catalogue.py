"""catalog.jsonld: all editions in the terms of DCAT-AP 3, for data portals that harvest it.

DCAT-AP 3.0 (SEMIC, European Commission, 2024): a catalogue of one dataset an edition, each in the
series of its contract. Without an address of the site all links are relative to this file.
"""

from collections.abc import Sequence
from typing import Any

from pbc_eval.agreement.site import Site
from pbc_eval.publish.crate import ARCHIVE
from pbc_eval.publish.metadata import media_type
from pbc_eval.publish.site.listed import Contract, Listed, Shelf
from pbc_eval.publish.summary_page import SUMMARY

_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_FILES = {  # of an edition, the ones that a portal offers; the others are in the archive
    "index.html": "The report",
    SUMMARY: "The summary, one page to print",
    "downloads/results.json": "All results, to ten digits",
    "downloads/dictionary.csv": "What the columns of the tables mean",
    f"downloads/{ARCHIVE}": "The archive: page, tables, what was agreed, how it came about",
}


CATALOGUE = "catalog.jsonld"
MOST_IN_ONE = 500  # contracts; beyond them they are in catalogues by year of so many at most


def catalogues(shelf: Shelf, site: Site) -> dict[str, dict[str, Any]]:
    """The catalogue as JSON-LD, by file: one, or where contracts are very many, one that lists
    those of the years (``dcat:catalog``), each contract in that of its newest edition."""
    base = site.address or ""
    whole = _catalogue(site, base or "./", site.title)
    whole["foaf:homepage"] = {"@id": f"{base}index.html"}
    if editions := shelf.editions:
        whole["dct:issued"] = _date(editions[-1])
        whole["dct:modified"] = _date(editions[0])
    if len(shelf.contracts) <= MOST_IN_ONE:
        whole["dcat:dataset"] = _datasets(shelf.contracts, site, base)
        return {CATALOGUE: whole}
    by_year: dict[int, list[Contract]] = {}
    for contract in shelf.contracts:
        by_year.setdefault(contract.newest.released.year, []).append(contract)
    files = {CATALOGUE: whole}
    parts = []
    for year in sorted(by_year, reverse=True):
        contracts = by_year[year]
        for number, first in enumerate(range(0, len(contracts), MOST_IN_ONE), start=1):
            file = f"catalog-{year}.jsonld" if number == 1 else f"catalog-{year}-{number}.jsonld"
            title = f"{site.title}, {year}" if number == 1 else f"{site.title}, {year}, {number}"
            parts.append({"@id": base + file})  # what it is, its own file says, once
            some = contracts[first : first + MOST_IN_ONE]
            files[file] = _catalogue(site, base + file, title)
            files[file]["dcat:dataset"] = _datasets(some, site, base)
    whole["dcat:catalog"] = parts
    return files


def _catalogue(site: Site, at: str, title: str) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "@id": at,
        "@type": "dcat:Catalog",
        "dct:title": _words(title, site),
        "dct:description": _words(site.summary, site),
        "dct:publisher": _agent(site.publisher or site.title),
    }


def _datasets(contracts: Sequence[Contract], site: Site, base: str) -> list[dict[str, Any]]:
    return [node for contract in contracts for node in _contract(contract, site, base)]


def _contract(contract: Contract, site: Site, base: str) -> list[dict[str, Any]]:
    newest = contract.newest
    series = {
        "@id": f"{base}{contract.id}/index.html",
        "@type": "dcat:DatasetSeries",
        "dct:title": _words(newest.title, site),
        "dct:description": _words(newest.summary.contract, site),
        "dct:publisher": _agent(newest.citation.author),
        "dcat:contactPoint": _contact(newest),
        "dct:issued": _date(contract.editions[-1]),
        "dct:modified": _date(newest),
    }
    older = [*contract.editions[1:], None]
    return [
        series,
        *(
            _dataset(listed, before, site, base)
            for listed, before in zip(contract.editions, older, strict=True)
        ),
    ]


def _dataset(listed: Listed, before: Listed | None, site: Site, base: str) -> dict[str, Any]:
    node: dict[str, Any] = {
        "@id": f"{base}{listed.place}",
        "@type": "dcat:Dataset",
        "dct:title": _words(f"{listed.title}, edition {listed.edition}", site),
        "dct:description": _words(
            " ".join([listed.summary.contract, *listed.summary.headlines]), site
        ),
        "dct:identifier": f"{listed.id}/{listed.edition}",
        "dcat:version": listed.edition,
        "adms:versionNotes": _words(listed.status.capitalize(), site),
        "dct:publisher": _agent(listed.citation.author),
        "dcat:contactPoint": _contact(listed),
        "dct:issued": _date(listed),
        "dcat:landingPage": {"@id": base + listed.link, "@type": "foaf:Document"},
        "dcat:inSeries": {"@id": f"{base}{listed.id}/index.html"},
        "dcat:distribution": [
            _distribution(listed, name, words, site, base)
            for name, words in _FILES.items()
            if name in listed.outputs
        ],
    }
    if before is not None:
        node["dcat:prev"] = {"@id": f"{base}{before.place}"}
    return node


def _distribution(listed: Listed, name: str, words: str, site: Site, base: str) -> dict[str, Any]:
    link = {"@id": f"{base}{listed.place}{name}"}
    return {
        "@type": "dcat:Distribution",
        "dct:title": _words(words, site),
        "dcat:accessURL": link,
        "dcat:downloadURL": link,
        "dcat:mediaType": {"@id": _MEDIA_TYPES + media_type(name), "@type": "dct:MediaType"},
        "dct:license": {
            "@type": "dct:LicenseDocument",
            "rdfs:label": listed.particulars.publication.licence,
        },
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": _SHA256},
            "spdx:checksumValue": {"@value": listed.outputs[name], "@type": "xsd:hexBinary"},
        },
    }


def _words(text: str, site: Site) -> dict[str, str]:
    return {"@value": text, "@language": site.language}


def _agent(name: str) -> dict[str, str]:
    return {"@type": "foaf:Agent", "foaf:name": name}


def _contact(listed: Listed) -> dict[str, str]:
    return {"@type": "vcard:Kind", "vcard:fn": listed.particulars.publication.contact}


def _date(listed: Listed) -> dict[str, str]:
    return {"@value": listed.released.isoformat(), "@type": "xsd:date"}
