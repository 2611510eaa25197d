"""From the editions under reports to the site: every file that stands over them, and no stale one.

    editions ─ checked against their manifests ─ shelf ─┬ contracts' pages, OCDS, INDIGO
                                                        ├ feed, sitemap, catalogue
                                                        ├ index
                                                        └ checksums (last)

Static and deterministic: the same editions and the same site.yaml give the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pbc_eval.agreement.site import SITE_FILE, Site, load_site
from pbc_eval.errors import PublicationError
from pbc_eval.publish.checksums import SUMS, sums_text
from pbc_eval.publish.edition import put_all_back, site_lock
from pbc_eval.publish.edition_log import LOG, add_to_log
from pbc_eval.publish.site.catalogue import CATALOGUE, catalogues
from pbc_eval.publish.site.checked import Checked
from pbc_eval.publish.site.drawn import Drawer
from pbc_eval.publish.site.feed import atom_feed, sitemap
from pbc_eval.publish.site.indigo import project
from pbc_eval.publish.site.kept import Kept
from pbc_eval.publish.site.listed import Contract, Shelf, read_shelf
from pbc_eval.publish.site.ocds import release_package
from pbc_eval.publish.site.pages import contract_page, editions_csv, index_pages
from pbc_eval.publish.site.served import put_where_served

INDEX = "index.html"
OF_THE_SITE = (INDEX, CATALOGUE, "feed.xml", "sitemap.xml", SUMS)  # LOG only grows
PAGED = ("index-*.html", "find-*.html", "catalog-*.jsonld")  # where reports are many
OF_A_CONTRACT = (INDEX, "editions.csv", "indigo.json", "ocds.json")


@dataclass(frozen=True, slots=True)
class Built:
    """A site that was written, and what a publisher should know of it."""

    index: Path
    n_editions: int
    drafts: tuple[str, ...]  # folders of editions that are not listed
    in_doubt: tuple[str, ...]  # likewise: doubts of the disclosure review that nobody answers for
    left_out: tuple[str, ...]  # sentences: what was not written, and what it takes
    damaged: tuple[str, ...] = ()  # sentences: editions that are not listed, and why


def write_site(reports: Path, *, trust_memory: bool = False) -> Built:
    """Write the site over the editions under ``reports``.

    An edition that is not what was published is not listed, and told as damaged; the others are.
    Raises PublicationError for a log of editions that was changed, and SpecError for a site.yaml
    that cannot be used; the site that was there then stays as it is. Where site.yaml names a
    served folder, it then holds what is published, and nothing else of ours. With
    ``trust_memory`` files whose size and time of change are those of the last check are not read
    again.
    """
    reports.mkdir(parents=True, exist_ok=True)
    site = load_site(reports)
    with site_lock(reports.resolve()):
        put_all_back(reports)
        checked = Checked(reports, trust_memory=trust_memory)
        shelf = read_shelf(reports, checked)
        drawer = Drawer(reports)
        log = add_to_log(reports, [reports / listed.place for listed in shelf.editions])
        kept = Kept(reports, site, trust_memory=trust_memory)
        files, digests = _files(shelf, site, drawer, kept, head=log[-1].sha256 if log else "")
        if log:
            digests[LOG] = hashlib.sha256((reports / LOG).read_bytes()).hexdigest()
        files[SUMS] = _sums(shelf, digests).encode()
        for name, content in files.items():
            _write(reports, name, content)
        _remove_stale(reports, shelf, {*files, *digests})
        if site.served:
            put_where_served(reports, reports / site.served, anew=not trust_memory)
        if not trust_memory:  # every page was made, and every drawing asked for
            drawer.forget_the_rest()
        kept.remember()
        checked.remember()
    return Built(
        index=reports / INDEX,
        n_editions=len(shelf.editions),
        drafts=shelf.drafts,
        in_doubt=shelf.in_doubt,
        left_out=_left_out(site, shelf),
        damaged=shelf.damaged,
    )


def _files(
    shelf: Shelf, site: Site, drawer: Drawer, kept: Kept, *, head: str
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Every file of the site but the checksums that has to be written, by path, the index last; and
    the SHA-256 of all of them. ``head``: of the log."""
    files: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    for contract in shelf.contracts:
        made, known = kept.files_of(contract, partial(_contract_files, contract, site, drawer))
        files |= made
        digests |= known
    of_contracts = len(files)
    has_feed = site.address is not None and bool(shelf.contracts)
    if has_feed:
        files["feed.xml"] = atom_feed(shelf, site, head=head)
        files["sitemap.xml"] = sitemap(shelf, site)
    files |= {name: _json(whole) for name, whole in catalogues(shelf, site).items()}
    pages = index_pages(shelf, site, has_feed=has_feed)
    files |= {name: page.encode() for name, page in pages.items()}
    for name in list(files)[of_contracts:]:
        digests[name] = hashlib.sha256(files[name]).hexdigest()
    return files, digests


def _contract_files(contract: Contract, site: Site, drawer: Drawer) -> dict[str, bytes]:
    is_contract = bool(contract.newest.contract.commissioner)  # a portfolio has none
    has_ocds = is_contract and bool(site.address and site.ocds_prefix)
    page = contract_page(contract, site, drawer, has_ocds=has_ocds, has_indigo=is_contract)
    files = {INDEX: page.encode(), "editions.csv": editions_csv(contract).encode()}
    if has_ocds:
        files["ocds.json"] = _json(release_package(contract, site))
    if is_contract:
        files["indigo.json"] = _json(project(contract, site))
    return {f"{contract.id}/{name}": content for name, content in files.items()}


def _sums(shelf: Shelf, of_the_site: Mapping[str, str]) -> str:
    """Of every file that is published, no draft among them: the list of what to copy, too."""
    digests = dict(of_the_site)
    for listed in shelf.editions:
        digests |= {f"{listed.place}{name}": digest for name, digest in listed.outputs.items()}
    return sums_text(digests)


def _write(reports: Path, name: str, content: bytes) -> None:
    """Whole or not at all, within ``reports``, and not when nothing changed."""
    target = reports / name
    if not target.parent.resolve().is_relative_to(reports.resolve()):
        raise PublicationError(
            f"{target.parent}: leads out of {reports}. Remove the link; the site is written below "
            "the folder of reports only."
        )
    if target.is_file() and target.read_bytes() == content:
        return
    fresh = target.parent / f".{target.name}.new"
    fresh.write_bytes(content)
    fresh.replace(target)


def _remove_stale(reports: Path, shelf: Shelf, written: set[str]) -> None:
    """What an earlier site had and this one has not: pages of contracts that are gone, a feed."""
    ids = {path.name for path in reports.glob("[!.]*") if path.is_dir() and not path.is_symlink()}
    paged = [path.name for pattern in PAGED for path in reports.glob(pattern)]
    candidates = [
        *OF_THE_SITE,
        *paged,
        *(f"{name}/{file}" for name in ids for file in OF_A_CONTRACT),
    ]
    for name in candidates:
        if name not in written:
            (reports / name).unlink(missing_ok=True)
    listed = {contract.id for contract in shelf.contracts}
    for name in ids - listed:
        if not any((reports / name).iterdir()):
            (reports / name).rmdir()


def _left_out(site: Site, shelf: Shelf) -> tuple[str, ...]:
    sentences = []
    if site.address is None:
        sentences.append(
            f"feed.xml, sitemap.xml and ocds.json need the site's address; give it in {SITE_FILE}."
        )
    elif site.ocds_prefix is None and shelf.contracts:
        sentences.append(f"ocds.json needs ocds_prefix in {SITE_FILE}.")
    return tuple(sentences)


def _json(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
