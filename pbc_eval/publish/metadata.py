"""metadata.jsonld: one edition in the terms of schema.org, for search engines and catalogues.

A file beside the page, not a script inside it: the page stays without anything that could run.
"""

from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.publish.citation import citation_of
from pbc_eval.results_file import ContractFacts, ResultsFile, Summary

MEDIA_TYPES = {
    ".html": "text/html",
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
    ".cff": "application/yaml",
    ".yaml": "application/yaml",
    ".bib": "application/x-bibtex",
    ".txt": "text/plain",
    ".parquet": "application/vnd.apache.parquet",
}


def media_type(name: str) -> str:
    """The media type of a published file, by its ending."""
    return MEDIA_TYPES.get(Path(name).suffix.casefold(), "application/octet-stream")


def schema_org(results: ResultsFile, folder: Path) -> dict[str, Any]:
    """A Report about a contract and the Dataset of its tables, with a hash of each file.

    Addresses are relative to the edition, so that they hold wherever the site is put.
    """
    summary, particulars = results.summary, results.particulars
    contract, publication = particulars.contract, particulars.publication
    author = {"@type": "Organization", "name": contract.commissioner}
    shared = {
        "name": summary.title,
        "description": summary.contract,
        "datePublished": results.released.isoformat(),
        "version": summary.edition,
        "creativeWorkStatus": summary.status.capitalize(),
        "inLanguage": "en",
        "license": publication.licence,
        "author": author,
        "publisher": author,
        "isAccessibleForFree": True,
    }
    return {
        "@context": "https://schema.org/",
        "@graph": [
            {
                "@id": "#report",
                "@type": "Report",
                **shared,
                "url": "index.html",
                "reportNumber": f"{summary.id}, edition {summary.edition}",
                "abstract": " ".join(summary.headlines),
                "citation": citation_of(results).sentence,
                "about": _contract(summary, contract),
                "encodingFormat": "text/html",
                "isBasedOn": {"@id": "#dataset"},
            },
            {
                "@id": "#dataset",
                "@type": "Dataset",
                **shared,
                "measurementTechnique": particulars.method_label,
                "variableMeasured": [
                    {"@type": "PropertyValue", "name": outcome.label, "unitText": outcome.unit}
                    for outcome in results.outcomes
                ],
                "distribution": [
                    _download(path, folder) for path in sorted((folder / "downloads").iterdir())
                ],
            },
        ],
    }


def _contract(summary: Summary, contract: ContractFacts) -> dict[str, Any]:
    about: dict[str, Any] = {
        "@type": "GovernmentService",
        "name": summary.title,
        "description": summary.contract,
        "serviceOperator": {"@type": "Organization", "name": contract.commissioner},
        "provider": {"@type": "Organization", "name": contract.provider},
    }
    if contract.investors:
        about["funder"] = [{"@type": "Organization", "name": n} for n in contract.investors]
    return about


def _download(path: Path, folder: Path) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": path.name,
        "contentUrl": path.relative_to(folder).as_posix(),
        "encodingFormat": media_type(path.name),
        "contentSize": f"{path.stat().st_size} B",
        "sha256": provenance.sha256(path),
    }
