"""The pages of the site: the index of all contracts, and one page a contract.

The index carries one script, for search and filters, that its content security policy allows by
hash; without scripts the whole list is there. A contract's page needs none.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pbc_eval.agreement.site import Site
from pbc_eval.intake.formula_text import harmless
from pbc_eval.messages.catalogue import SOURCE, languages
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence
from pbc_eval.publish.page import refuse_an_unfit_page, script_source
from pbc_eval.publish.page_templates import page_templates
from pbc_eval.publish.site.drawn import Drawer, editions_figure
from pbc_eval.publish.site.listed import Contract, Listed, Shelf
from pbc_eval.publish.site.paged import (
    MOST_LISTED,
    Finder,
    Pager,
    file_of,
    finders_of,
    pages_of,
)
from pbc_eval.report.html import TEMPLATES
from pbc_eval.results_file import ResultsPart

SEARCH = (TEMPLATES / "site" / "search.js").read_text(encoding="utf-8")
_COLUMNS = (
    *("edition", "released", "status", "outcome", "unit", "estimate", "conf_low", "conf_high"),
    *("payment", "currency", "payment_illustrative", "social_return_ratio", "changes"),
)


def index_pages(shelf: Shelf, site: Site, *, has_feed: bool) -> dict[str, str]:
    """The index by file: every contract by its newest edition, the newest first, on one page with
    search or, where they are many, on pages of the list and search pages."""
    names = {_commissioner(contract) for contract in shelf.contracts}
    numbers = {name: f"c{number}" for number, name in enumerate(sorted(names), start=1)}
    if len(shelf.contracts) <= MOST_LISTED:
        return {file_of(1): _list_page(shelf.contracts, site, numbers, has_feed=has_feed)}
    finders = finders_of(shelf, numbers)
    pages = {finder.file: _find_page(finder, finders, site) for finder in finders}
    return pages | {
        file_of(pager.number): _list_page(
            contracts, site, numbers, has_feed=has_feed, pager=pager, finders=finders
        )
        for pager, contracts in pages_of(shelf)
    }


def _list_page(
    contracts: Sequence[Contract],
    site: Site,
    numbers: dict[str, str],
    *,
    has_feed: bool,
    pager: Pager | None = None,
    finders: Sequence[Finder] = (),
) -> str:
    script = SEARCH if contracts and pager is None else ""
    page = _render(
        "index.html.j2",
        site,
        script=script,
        contracts=[
            {"contract": contract, "commissioner": numbers[_commissioner(contract)]}
            for contract in contracts
        ],
        choices=_choices(contracts, numbers) if script else [],
        has_feed=has_feed,
        pager=pager,
        finders=finders,
    )
    refuse_an_unfit_page(page, script=script)
    return page


def _find_page(finder: Finder, finders: Sequence[Finder], site: Site) -> str:
    here = {row.name: row.commissioner for row in finder.rows}
    choices = _choices([Contract((row.newest,)) for row in finder.rows], here)
    page = _render(
        "find.html.j2",
        site,
        script=SEARCH,
        finder=finder,
        finders=finders,
        choices=[choice for choice in choices if choice["name"] != "year"],
    )
    refuse_an_unfit_page(page, script=SEARCH)
    return page


def contract_page(
    contract: Contract, site: Site, drawer: Drawer, *, has_ocds: bool, has_indigo: bool
) -> str:
    """One contract: its editions over time, how to cite it, its data."""
    figure = editions_figure(contract)
    page = _render(
        "contract.html.j2",
        site,
        script="",
        contract=contract,
        particulars=_particulars(contract.newest),
        rows=[
            {"listed": listed, "changes": _changes(contract, listed)}
            for listed in contract.editions
        ],
        figure=figure,
        figure_uri=drawer.data_uri(figure) if figure else "",
        address=site.address,
        has_ocds=has_ocds,
        has_indigo=has_indigo,
    )
    refuse_an_unfit_page(page)
    return page


def editions_csv(contract: Contract) -> str:
    """The table of a contract's page, unrounded, the newest edition first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for listed in contract.editions:
        cells = (
            *(listed.edition, listed.released.isoformat(), listed.status),
            *_fields(listed.headline, "label", "unit", "estimate", "conf_low", "conf_high"),
            *_fields(listed.payment, "total", "currency", "illustrative"),
            *(listed.ratio, _changes(contract, listed)),
        )
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return stream.getvalue()


def _fields(part: ResultsPart | None, *names: str) -> list[Any]:
    """Those fields of a part of the results; nothing for a part that there is not."""
    return [None if part is None else getattr(part, name) for name in names]


def _render(template: str, site: Site, *, script: str, **facts: Any) -> str:
    return (
        page_templates(_language_of(site))
        .get_template(template)
        .render(
            site=site,
            script=script,
            script_source=script_source(script),
            own_lang=_own_lang(site),
            **facts,
        )
    )


def _language_of(site: Site) -> str:
    """Of headings and labels: the site's language, or English where it has no catalogue."""
    code = site.language.partition("-")[0]
    return code if code in languages() else SOURCE


def _own_lang(site: Site) -> Markup:
    """For the site's own title and summary, which are in its language on a page in English."""
    is_source = site.language.partition("-")[0] == SOURCE
    return Markup("") if is_source else Markup(' lang="{}"').format(site.language)


def _choices(contracts: Sequence[Contract], commissioners: dict[str, str]) -> list[dict[str, Any]]:
    """The filters, each with the values that occur; one value is no choice."""
    newest = [contract.newest for contract in contracts]
    years = sorted({year for contract in contracts for year in contract.years}, reverse=True)
    choices = {
        ("year", Sentence("Year of release")): [(str(year), str(year)) for year in years],
        ("verdict", Sentence("What was found")): _sorted(
            {(listed.verdict, listed.verdict_words) for listed in newest}
        ),
        ("method", Sentence("Method")): _sorted(
            {
                (listed.particulars.method, listed.particulars.method_label or "Other")
                for listed in newest
            }
        ),
        ("report", Sentence("Kind of report")): _sorted(
            {(listed.summary.report, listed.kind) for listed in newest}
        ),
        ("commissioner", Sentence("Commissioner")): [
            (number, name or "Not stated") for name, number in commissioners.items()
        ],
        ("status", Sentence("Status")): _sorted(
            {(listed.status, listed.status.capitalize()) for listed in newest}
        ),
        ("data", Sentence("Data")): _sorted(
            {(listed.summary.data_status, listed.summary.data_badge) for listed in newest}
        ),
    }
    return [
        {"name": name, "label": label, "options": options}
        for (name, label), options in choices.items()
        if len(options) > 1
    ]


def _sorted(options: set[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(options, key=lambda option: option[1])


def _commissioner(contract: Contract) -> str:
    return contract.newest.contract.commissioner


def _changes(contract: Contract, listed: Listed) -> str:
    changes = " ".join(contract.changes_in(listed.edition))
    return changes or ("First edition." if listed is contract.editions[-1] else "Not stated.")


def _particulars(newest: Listed) -> list[tuple[str, str]]:
    contract, publication = newest.contract, newest.particulars.publication
    period = f"from {long_date(contract.start)}" if contract.start else ""
    if contract.end:
        period = f"{period} to {long_date(contract.end)}".strip()
    facts = [
        (Sentence("Commissioner"), contract.commissioner),
        (Sentence("Provider"), contract.provider),
        (Sentence("Investors"), ", ".join(contract.investors)),
        (Sentence("Contract"), period),
        (Sentence("Method"), newest.particulars.method_label),
        (Sentence("Data"), newest.summary.data_badge),
        (Sentence("Contact"), publication.contact),
        (Sentence("Licence"), publication.licence),
    ]
    return [(term, text) for term, text in facts if text]
