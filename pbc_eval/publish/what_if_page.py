"""The what-if page of an edition: its assumptions, terms and results as fields, and what they give.

    ReleasedEvaluation ── what_if_page ──▶ what-if.html: one script, allowed by its hash

The page asks for nothing and keeps nothing. Without scripts it shows what was agreed.
"""

import json
from decimal import Decimal
from typing import Any

from pbc_eval.agreement.money import number_text
from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.what_if_settings import Setting
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.catalogue import translations
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Money
from pbc_eval.payment.term_numbers import TermNumber
from pbc_eval.publish.page import refuse_an_unfit_page, script_source
from pbc_eval.publish.page_templates import page_templates
from pbc_eval.publish.what_if_model import SHOWN, WhatIfModel, assumption_words, what_if_model
from pbc_eval.report.html import TEMPLATES
from pbc_eval.report.sections.payment import WHAT_IF
from pbc_eval.sroi.assumption_names import row_name

SCRIPT = (TEMPLATES / "site" / "what_if.js").read_text(encoding="utf-8")
WORDS = {
    "agreed": Sentence("as agreed"),
    "as_agreed": Sentence("Everything is as agreed: these are the published results."),
    "not_published": Sentence("Not the published result."),
    "refused": Sentence("Nothing is worked out: a value cannot be."),
    "nothing": Sentence("nothing"),
    "payment": Sentence("Payment"),
    "ratio": Sentence("Return for each unit invested"),
    "to": Sentence("to"),
    "and": Sentence("and"),
    "number": Sentence("must be a number of at most 15 digits"),
    "between": Sentence("must lie between"),
    "least": Sentence("must be at least"),
    "most": Sentence("must be at most"),
    "above": Sentence("must be above"),
    "below": Sentence("must be below"),
    "whole": Sentence("must be a whole number of years"),
    "step": Sentence("must be a multiple of what payments are rounded to:"),
    "inside": Sentence("must keep the effect within its interval"),
    "invested": Sentence("leaves nothing invested, and a return needs something put in"),
}
__all__ = ["SCRIPT", "WHAT_IF", "what_if_page"]


def what_if_page(released: ReleasedEvaluation) -> str:
    """The page as HTML. Raises PublicationError where it is not fit to be published."""
    model = what_if_model(released)
    language = released.spec.publication.language
    words: dict[str, Any] = {name: _in(language, text) for name, text in WORDS.items()}
    words["assumptions"] = assumption_words()
    page = (
        page_templates(language)
        .get_template("what_if.html.j2")
        .render(
            spec=released.spec,
            is_draft=released.spec.status == "draft",
            script=SCRIPT,
            script_source=script_source(SCRIPT),
            data=json.dumps({**model.data, "words": words}, ensure_ascii=False, allow_nan=False),
            groups=_groups(model),
            fixed=[_named(number) for number in model.fixed],
            outcomes=_outcomes(released),
            moves=_moves(released),
            illustrative=released.payment is not None and released.payment.illustrative,
            forecast=released.payment is not None and released.payment.is_forecast,
        )
    )
    refuse_an_unfit_page(page, script=SCRIPT)
    return page


def _in(language: str, text: Sentence) -> str:
    return translations(language).get(str(text), str(text))


def _groups(model: WhatIfModel) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "settings": [_field(f"s{n}-{at}", each) for at, each in enumerate(settings)],
        }
        for n, (name, settings) in enumerate(model.groups.items())
    ]


def _named(number: TermNumber) -> str:
    return f"{number.owner}: {number.label}" if number.owner else number.label


def _field(name: str, setting: Setting) -> tuple[str, Setting, str, str, bool]:
    """The id of a field, its setting, what it holds and how that is written out, and whether a
    slider stands beside it: where its range has both ends."""
    whole = setting.agreed.is_integer()
    text = str(int(setting.agreed)) if whole else repr(setting.agreed)
    shown = number_text(Decimal(text))
    return name, setting, text, shown, setting.least == 0 and setting.most == 1


def _outcomes(released: ReleasedEvaluation) -> list[tuple[str, Sentence, str]]:
    """What comes out as agreed, as the report writes it: the script's name of each, its words and
    its number."""
    currency, payment, sroi = released.spec.contract.currency, released.payment, released.sroi
    rows: list[tuple[str, Sentence, str]] = []
    if payment is not None:
        label = Sentence("Payment expected") if payment.is_forecast else Sentence("Payment due")
        rows.append(("payment", label, fmt.money(float(payment.total), currency, payment.decimals)))
    if sroi is not None:
        per_unit = Sentence("Social return per {unit} invested", unit=Money(1, currency))
        rows += [
            ("ratio", per_unit, fmt.money(sroi.ratio, currency, 2)),
            ("present", Sentence("Present value"), fmt.money(sroi.present_value, currency)),
            ("investment", Sentence("Investment"), fmt.money(sroi.investment, currency)),
            ("net", Sentence("Net present value"), fmt.money(sroi.net_present_value, currency)),
        ]  # fmt: skip
    return rows


def _moves(released: ReleasedEvaluation) -> list[tuple[str, str]]:
    """What moves the ratio most, as agreed: for readers without scripts."""
    analysis, sroi = released.value_analysis, released.sroi
    if analysis is None or sroi is None:
        return []
    currency, named = sroi.currency, assumption_words()
    rows = []
    for move in analysis.one_way[:SHOWN]:
        low, high = sorted((move.ratio_low, move.ratio_high))
        row = next((each for each in sroi.outcomes if each.id == move.outcome), None)
        where = move.outcome if row is None else row_name(sroi, move.outcome)
        words = named.get(move.assumption, named["lead"])
        span = f"{fmt.money(low, currency, 2)} to {fmt.money(high, currency, 2)}"
        rows.append((f"{words}: {where}", span))
    return rows
