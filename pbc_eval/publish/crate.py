"""The archive of an edition: an RO-Crate, one zip file that says what is in it and how it came.

RO-Crate Metadata Specification 1.1 (Sefton et al. 2020), with a CreateAction that is a W3C PROV
activity: what was used, with which software, and what came out. Parts are stored as they are,
sorted, with one date and one mode, so that the bytes depend on the contents alone.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from pbc_eval.publish.citation import citation_of
from pbc_eval.publish.metadata import media_type
from pbc_eval.results_file import PublicationFacts, ResultsFile

ARCHIVE = "ro-crate.zip"
DESCRIPTOR = "ro-crate-metadata.json"
AGREED = "inputs/evaluation.json"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold
_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {
        "creditText": "https://schema.org/creditText",
        "sha256": "https://schema.org/sha256",
        "prov": "http://www.w3.org/ns/prov#",
    },
]


def crate_bytes(
    files: Mapping[str, bytes],
    inputs: Mapping[str, bytes],
    *,
    agreed: bytes,
    results: ResultsFile,
    facts: dict[str, Any],
) -> bytes:
    """The archive as bytes.

    ``files`` are the edition's own, by path; ``inputs`` the data files that may be passed on, by
    name; ``agreed`` is what evaluation.yaml says, without its comments. ``facts`` are those of the
    manifest: inputs that are not passed on are named there with their hashes, and in the archive.
    """
    parts = {**files, AGREED: agreed}
    parts |= {f"inputs/{name}": content for name, content in inputs.items()}
    graph = _graph(parts, results, facts, passed_on=set(inputs))
    text = json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False)
    parts[DESCRIPTOR] = text.encode() + b"\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, parts[name])
    return stream.getvalue()


def _graph(
    parts: Mapping[str, bytes],
    results: ResultsFile,
    facts: dict[str, Any],
    *,
    passed_on: set[str],
) -> list[dict[str, Any]]:
    summary, publication = results.summary, results.particulars.publication
    citation = citation_of(results)
    made = [name for name in sorted(parts) if not name.startswith("inputs/")]
    used = [f"inputs/{name}" for name in sorted(passed_on)] + [AGREED]
    withheld = sorted(name for name in facts["inputs_sha256"] if name not in passed_on)
    software = [
        {"@id": f"#package-{name}", "@type": "SoftwareApplication", "name": name, "version": v}
        for name, v in sorted(facts["versions"].items())
        if name != "pbc-eval"
    ]
    return [
        {
            "@id": DESCRIPTOR,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{citation.title}, edition {citation.edition}",
            "description": summary.contract,
            "datePublished": citation.released.isoformat(),
            "version": citation.edition,
            "identifier": f"{summary.id}/{summary.edition}",
            "license": {"@id": "#licence"},
            "author": {"@id": "#commissioner"},
            "publisher": {"@id": "#commissioner"},
            "creditText": citation.sentence,
            "hasPart": [{"@id": name} for name in sorted(parts)],
            "mentions": {"@id": "#run"},
        },
        {
            "@id": "#licence",
            "@type": "CreativeWork",
            "name": publication.licence,
            "description": "What others may do with text and data, in the words of the report.",
        },
        {"@id": "#commissioner", "@type": "Organization", "name": citation.author},
        *(_file(name, parts[name], made=name in made) for name in sorted(parts)),
        *(_withheld(name, facts["inputs_sha256"][name], publication) for name in withheld),
        {
            "@id": "#run",
            "@type": ["CreateAction", "prov:Activity"],
            "name": "Run of the evaluation",
            "description": f"Random draws start from the seed {facts['seed']}.",
            "agent": {"@id": "#commissioner"},
            "instrument": {"@id": "#pbc-eval"},
            "object": [{"@id": name} for name in used] + [{"@id": _ref(n)} for n in withheld],
            "prov:used": [{"@id": name} for name in used] + [{"@id": _ref(n)} for n in withheld],
            "prov:wasAssociatedWith": {"@id": "#commissioner"},
            "result": [{"@id": name} for name in made],
        },
        {
            "@id": "#pbc-eval",
            "@type": "SoftwareApplication",
            "name": "pbc-eval",
            "version": facts["versions"].get("pbc-eval", ""),
            "identifier": facts["code_commit"] or "not under version control",
            "sha256": facts["code_sha256"],
            "softwareRequirements": [{"@id": package["@id"]} for package in software],
        },
        *software,
    ]


def _file(name: str, content: bytes, *, made: bool) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "@id": name,
        "@type": ["File", "prov:Entity"],
        "name": name.rpartition("/")[2],
        "encodingFormat": media_type(name),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if name == AGREED:
        entity["description"] = "What was agreed: evaluation.yaml as it was read, without comments."
    if made:
        entity["prov:wasGeneratedBy"] = {"@id": "#run"}
    return entity


def _withheld(name: str, digest: str, publication: PublicationFacts) -> dict[str, Any]:
    why = (
        "its contents are in inputs/evaluation.json"
        if publication.data_open
        else "the data are not open"
    )
    return {
        "@id": _ref(name),
        "@type": ["CreativeWork", "prov:Entity"],
        "name": name,
        "description": f"Not in this archive: {why}. Its hash tells whether a copy is the same.",
        "sha256": digest,
    }


def _ref(name: str) -> str:
    return f"#input-{name}"
