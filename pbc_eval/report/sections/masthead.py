"""The top of every page: what it is, how far to trust it, and what is on it."""

from collections.abc import Sequence
from typing import Any

from pbc_eval.agreement.contract import Contract, Publication
from pbc_eval.disclosure import ReleasedDesignNote, ReleasedEvaluation, ReleasedPortfolio
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Period
from pbc_eval.report.parts import LaidOut, Section
from pbc_eval.report.sections.payment import illustrative_notice
from pbc_eval.report.words import facts

SERIES = {
    "impact_report": Sentence("Impact report"),
    "sroi_report": Sentence("Social return report"),
    "design_note": Sentence("Design note"),
}
BEFORE_OUTCOMES = (
    "This note says what will be done. It was made from what was agreed and, at most, from data "
    "before anybody was treated; it holds no result."
)


def masthead(
    released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio,
    kind: str,
    sections: Sequence[Section],
) -> Section:
    """The masthead of a page that has these sections."""
    spec = released.spec
    publication = spec.publication
    if isinstance(released, ReleasedEvaluation):
        own = _of_evaluation(released)
    elif isinstance(released, ReleasedDesignNote):
        own = _of_note(released)
    else:
        own = _of_portfolio(released)
    shared = {
        "series": SERIES.get(kind, ""),
        "title": spec.title,
        "edition": spec.edition,
        "status": spec.status,
        "status_words": facts.STATUS_WORDS[spec.status],
        "data_status": publication.data_status,
        "data_badge": facts.DATA_BADGES[publication.data_status],
        "contents": [(section.name, section.heading) for section in sections],
    }
    part = LaidOut("masthead", {**shared, **own})
    return Section(name="masthead", heading="", title="", currency="", parts=(part,))


def _data_notice(publication: Publication) -> list[tuple[str, str]]:
    return [(Sentence("Please note."), publication.data_notice)] if publication.data_notice else []


def _parties(contract: Contract, publication: Publication) -> list[tuple[str, str]]:
    return [
        (Sentence("Commissioner"), contract.commissioner),
        (Sentence("Provider"), contract.provider),
        (Sentence("Contact"), publication.contact),
        (Sentence("Licence"), publication.licence),
    ]


def _of_evaluation(released: ReleasedEvaluation) -> dict[str, Any]:
    spec, publication = released.spec, released.spec.publication
    notices = _data_notice(publication)
    illustrative = facts.is_illustrative(released)
    if illustrative and spec.payment:
        notices.append((Sentence("Illustrative amounts."), illustrative_notice(released)))
    return {
        "summary": spec.contract.summary,
        "illustrative": illustrative,
        "notices": notices,
        "facts": [
            (Sentence("Released"), long_date(publication.release_date)),
            *_parties(spec.contract, publication),
        ],
    }


def _of_note(released: ReleasedDesignNote) -> dict[str, Any]:
    spec, protocol = released.spec, released.spec.protocol
    registered = (
        Sentence("not registered") if protocol is None else long_date(protocol.registered_on)
    )
    return {
        "summary": spec.contract.summary,
        "illustrative": bool(spec.payment and spec.payment.illustrative),
        "notices": [
            (Sentence("Before outcomes."), BEFORE_OUTCOMES),
            *_data_notice(spec.publication),
        ],
        "facts": [
            (Sentence("Registered"), registered),
            *_parties(spec.contract, spec.publication),
            (Sentence("Fingerprint"), f"{released.fingerprint[:16]}…"),
        ],
    }


def _of_portfolio(released: ReleasedPortfolio) -> dict[str, Any]:
    spec, publication = released.spec, released.spec.publication
    return {
        "series": Sentence("Contracts of {year}", year=Period(spec.year)),
        "summary": spec.summary,
        "illustrative": any(contract.illustrative for contract in released.contracts),
        "notices": _data_notice(publication),
        "facts": [
            (Sentence("Released"), long_date(publication.release_date)),
            (Sentence("Contracts"), str(len(released.contracts))),
            (Sentence("Contact"), publication.contact),
            (Sentence("Licence"), publication.licence),
        ],
    }
