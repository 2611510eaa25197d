"""The editions of a site as its pages, feed and catalogues see them: by contract, newest first."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence
from pbc_eval.provenance import MANIFEST, open_doubts
from pbc_eval.publish.citation import Citation, citation_of
from pbc_eval.publish.edition_log import LOG, Entry, finals_of, read_log
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.site.checked import Checked
from pbc_eval.results_file import (
    ContractFacts,
    HeadlineFacts,
    Particulars,
    PaymentResult,
    ResultsFile,
    Summary,
)

NO_OUTCOME = Sentence("No outcome measured")


@dataclass(frozen=True, slots=True)
class Listed:
    """One edition. ``results`` is its results.json, ``outputs`` the SHA-256 of each of its files
    by path within the edition."""

    results: ResultsFile
    outputs: dict[str, str]

    @property
    def summary(self) -> Summary:
        return self.results.summary

    @property
    def particulars(self) -> Particulars:
        return self.results.particulars

    @property
    def contract(self) -> ContractFacts:
        return self.particulars.contract

    @property
    def id(self) -> str:
        return self.summary.id

    @property
    def edition(self) -> str:
        return self.summary.edition

    @property
    def place(self) -> str:
        """The folder within the site, with a slash at its end."""
        return f"{self.id}/{self.edition}/"

    @property
    def link(self) -> str:
        return f"{self.place}index.html"

    @property
    def kind(self) -> str:
        """Of report, as readers know it: 'Impact report', 'Design note'."""
        return self.results.report_label

    @property
    def status(self) -> str:
        return self.summary.status

    @property
    def title(self) -> str:
        return self.summary.title

    @property
    def released(self) -> dt.date:
        return self.results.released

    @property
    def released_long(self) -> str:
        return long_date(self.released)

    @property
    def headline(self) -> HeadlineFacts | None:
        return self.particulars.headline

    @property
    def verdict(self) -> str:
        return self.headline.verdict if self.headline else "none"

    @property
    def verdict_words(self) -> str:
        return self.headline.verdict_words if self.headline else NO_OUTCOME

    @property
    def payment(self) -> PaymentResult | None:
        return self.results.payment

    @property
    def payment_words(self) -> str:
        """'£1,234.50', with the decimals of the contract's rule, or an en dash."""
        if self.payment is None:
            return fmt.MISSING
        total = self.payment.total
        decimals = len(total.partition(".")[2])
        words = fmt.money(float(total), self.payment.currency, decimals)
        return f"{words} expected, not due" if self.payment.expected else words

    @property
    def is_paid(self) -> bool:
        """May the amount stand as money that is due? Not while provisional, nor if made up."""
        made_up = self.contract.status != "published" or self.summary.illustrative
        due = self.payment is not None and not self.payment.expected
        return self.status == "final" and due and not made_up

    @property
    def contract_ended(self) -> bool:
        """Had the contract's last day passed when the edition was released?"""
        return self.contract.end is not None and self.contract.end < self.released

    @property
    def ratio(self) -> float | None:
        returned = self.results.social_return
        return None if returned is None else returned.ratio

    @property
    def ratio_words(self) -> str:
        return fmt.number(self.ratio, 2)

    @property
    def citation(self) -> Citation:
        return citation_of(self.results)


@dataclass(frozen=True, slots=True)
class Contract:
    """All listed editions of one evaluation, the newest first; there is at least one."""

    editions: tuple[Listed, ...]

    @property
    def id(self) -> str:
        return self.newest.id

    @property
    def newest(self) -> Listed:
        return self.editions[0]

    @property
    def years(self) -> tuple[int, ...]:
        """In which an edition was released, the latest first."""
        return tuple(sorted({listed.released.year for listed in self.editions}, reverse=True))

    def changes_in(self, edition: str) -> tuple[str, ...]:
        """What an edition changed, and why, as it or a later edition says."""
        reasons = (
            revision.reason
            for listed in self.editions
            for revision in listed.particulars.revisions
            if revision.edition == edition
        )
        return tuple(dict.fromkeys(reasons))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is under reports: contracts by their newest edition; drafts, and editions whose
    disclosure review has doubts that nobody answers for, are not listed."""

    contracts: tuple[Contract, ...]
    drafts: tuple[str, ...]  # their folders: winter-shelter/2026-1
    in_doubt: tuple[str, ...] = ()  # likewise: nobody answered for what the review doubted
    damaged: tuple[str, ...] = ()  # a sentence on each edition that cannot be listed

    @property
    def editions(self) -> tuple[Listed, ...]:
        """Every listed edition, the newest first."""
        every = [listed for contract in self.contracts for listed in contract.editions]
        return tuple(sorted(every, key=_by_date_and_name))


def read_shelf(reports: Path, checked: Checked) -> Shelf:
    """Every whole edition under ``reports``, each checked against its manifest.

    One of which a published file is not the one that its manifest names, a final one that lacks a
    sign-off, and one that the log knows as another final one, are not listed: the others are, and
    ``damaged`` says why it is not.
    """
    by_id: dict[str, list[Listed]] = {}
    drafts, in_doubt, damaged = [], [], []
    finals = finals_of(read_log(reports))
    for manifest in sorted(reports.glob(f"[!.]*/[!.]*/{MANIFEST}")):
        folder = manifest.parent
        try:
            facts = checked.facts_of(folder)
            results = read_results(folder)
            if results.summary.status == "draft":
                drafts.append(f"{folder.parent.name}/{folder.name}")
                continue
            if open_doubts(folder):
                in_doubt.append(f"{folder.parent.name}/{folder.name}")
                continue
            outputs = {**facts["outputs_sha256"], MANIFEST: provenance.sha256(manifest)}
            listed = Listed(results, outputs)
            _refuse_unsigned(listed)
            _refuse_another_final(listed, finals.get((listed.id, listed.edition)))
        except PublicationError as problem:
            damaged.append(str(problem))
            continue
        by_id.setdefault(folder.parent.name, []).append(listed)
    contracts = [
        Contract(tuple(sorted(editions, key=_by_date_and_name))) for editions in by_id.values()
    ]
    contracts.sort(
        key=lambda contract: (
            -contract.newest.released.toordinal(),
            contract.newest.title,
            contract.id,
        )
    )
    return Shelf(tuple(contracts), tuple(drafts), tuple(in_doubt), tuple(damaged))


def _refuse_another_final(listed: Listed, final: Entry | None) -> None:
    """A final edition whose folder is not the one that became final."""
    if final and final.manifest_sha256 != listed.outputs[MANIFEST]:
        raise PublicationError(
            f"{listed.id}, edition {listed.edition}: became final in line {final.n} of {LOG}, "
            "and its folder holds another one now. Restore it from a copy."
        )


def _refuse_unsigned(listed: Listed) -> None:
    """Final editions are listed only with every sign-off that their evaluation file asks for."""
    signed = listed.particulars.sign_off
    missing = [role for role, by in signed.items() if by is None or by.date is None]
    if listed.status == "final" and missing:
        raise PublicationError(
            f"{listed.id}, edition {listed.edition}: is final without the dated sign-off of "
            f"{', '.join(missing)} and cannot be listed. Publish it again with the sign-offs."
        )


def _by_date_and_name(listed: Listed) -> tuple[Any, ...]:
    """The newest first, editions of one day as people count them: 2026-10 before 2026-9."""
    return (-listed.released.toordinal(), listed.id, _Backwards(in_order(listed.edition)))


def in_order(edition: str) -> list[tuple[int, str]]:
    """Editions as people count them: 2026-10 comes after 2026-9."""
    return [(int(p), "") if p.isdigit() else (0, p) for p in re.split(r"(\d+)", edition) if p]


@dataclass(frozen=True, slots=True)
class _Backwards:
    """A sort key the other way round."""

    key: Sequence[tuple[int, str]]

    def __lt__(self, other: "_Backwards") -> bool:
        return list(other.key) < list(self.key)
