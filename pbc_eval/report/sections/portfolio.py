"""The sections of a portfolio's page: all contracts of a year, with chance kept in view."""

from typing import Any

from pbc_eval.evaluation.portfolio.record import Portfolio
from pbc_eval.evaluation.portfolio.release import ReleasedPortfolio
from pbc_eval.messages.message import Message
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.values import Period
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.league import Funnel, funnel, league_ranks
from pbc_eval.report.figures.portfolio import forest, small_multiples, spending
from pbc_eval.report.sections.assurance import assurance_facts
from pbc_eval.report.sections.blocks import TEMPLATE, Part, block
from pbc_eval.report.sections.impact import Row, contents
from pbc_eval.report.sections.portfolio_tables import (
    heterogeneity_table,
    league_table,
    money_table,
    results_table,
)
from pbc_eval.report.words import facts
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.portfolio_words import (
    contracts,
    funnel_sentence,
    headline_sentences,
    league_sentences,
    money_sentence,
    pooled_sentences,
)

SHRINKING = (
    "An estimate far from the others is partly luck, the more so the fewer people are behind it. "
    "Each is drawn towards the mean of all by the share of its distance that chance explains "
    "(empirical Bayes; Morris 1983). Ranks come from {draws} draws of all true effects at once "
    "(seed {seed})."
)
ALL_AT_ONCE = (
    "Contracts differ in whom they served, where and when. Differences between them are not "
    "effects of how they were run."
)


def portfolio_figures(portfolio: Portfolio) -> tuple[Figure, ...]:
    """Every figure of the page that there is, in reading order."""
    drawn: list[Figure | None] = []
    if portfolio.on_scale:
        drawn.append(forest(portfolio, name="portfolio-forest"))
    drawn.append(_panels(portfolio))
    drawn.append(found.figure if (found := _funnel(portfolio)) else None)
    if portfolio.league is not None:
        drawn.append(league_ranks(portfolio, portfolio.league, name="portfolio-ranks"))
    drawn.append(spending(portfolio, name="portfolio-spending") if portfolio.on_scale else None)
    return tuple(figure for figure in drawn if figure is not None)


def _panels(portfolio: Portfolio) -> Figure | None:
    """Small multiples where effects are of several kinds."""
    measured = any(one.effect is not None for one in portfolio.contracts)
    if portfolio.scale == "own_unit" or not measured:
        return None
    return small_multiples(portfolio, name="portfolio-panels")


def _funnel(portfolio: Portfolio) -> Funnel | None:
    return funnel(portfolio, name="portfolio-funnel") if portfolio.compared else None


def has_illustrative_amounts(portfolio: Portfolio) -> bool:
    return any("illustrative" in text for one in portfolio.contracts for text in one.remarks)


def _masthead(released: ReleasedPortfolio) -> dict[str, Any]:
    spec = released.portfolio.spec
    publication = spec.publication
    notices = (
        [(Message("Please note."), publication.data_notice)] if publication.data_notice else []
    )
    return {
        "series": Message("Contracts of {year}", year=Period(spec.year)),
        "spec": spec,
        "summary": spec.summary,
        "status": facts.STATUS_WORDS[spec.status],
        "data_badge": facts.DATA_BADGES[publication.data_status],
        "illustrative": has_illustrative_amounts(released.portfolio),
        "notices": notices,
        "facts": [
            (Message("Released"), long_date(publication.release_date)),
            (Message("Contracts"), str(len(released.portfolio.contracts))),
            (Message("Contact"), publication.contact),
            (Message("Licence"), publication.licence),
        ],
        "contents": contents(released, SECTIONS),
    }


def _summary(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio = released.portfolio
    boxes = [
        {
            "figure": str(len(portfolio.contracts)),
            "label": Message("Contracts"),
            "text": portfolio.spec.chosen,
        },
        {
            "figure": f"{portfolio.counted('improved')} improved, "
            f"{portfolio.counted('uncertain')} cannot tell",
            "label": Message("What they can show"),
            "text": headline_sentences(portfolio)[0],
        },
    ]
    paid = [one for one in portfolio.contracts if one.paid is not None and not one.made_up]
    currencies = {one.currency for one in paid}
    figure = f"{len(currencies)} currencies" if currencies else "Not known"
    if len(currencies) == 1:
        figure = fmt.money(sum(one.paid or 0.0 for one in paid), paid[0].currency)
    boxes.append(
        {"figure": figure, "label": Message("Paid or due"), "text": money_sentence(portfolio)}
    )
    return {"boxes": boxes, "said": [*headline_sentences(portfolio)[1:], ALL_AT_ONCE]}


def _forest(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio = released.portfolio
    parts = []
    if portfolio.scale == "own_unit":
        said = pooled_sentences(portfolio)
        tables = heterogeneity_table(portfolio)
        drawn = forest(portfolio, name="portfolio-forest")
        parts.append(Part(text=said, figures=(drawn,)))
        if tables is not None:
            parts.append(Part(tables=(tables,), folded=True))
        return block("effects", Message("Effects side by side"), *parts)
    left = [one for one in portfolio.contracts if one not in portfolio.on_scale]
    if portfolio.on_scale:
        text = (
            "These contracts have different outcomes. The only footing on which their effects can "
            "stand side by side is the effect that each was promised to have.",
            portfolio.why_not_pooled,
        )
        parts.append(Part(text=text, figures=(forest(portfolio, name="portfolio-forest"),)))
    else:
        parts.append(Part(text=(portfolio.why_not_pooled,)))
    if left:
        names = ", ".join(one.label for one in left)
        parts.append(
            Part(notes=(f"Not on that footing, for no promised effect or none measured: {names}.",))
        )
    panels = _panels(portfolio)
    if panels is not None:
        parts.append(Part(heading=Message("Each in its own unit"), figures=(panels,)))
    return block("effects", Message("Effects side by side"), *parts)


def _league(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio = released.portfolio
    found = portfolio.league
    if found is None:
        return block(
            "league", Message("Can contracts be ranked?"), Part(text=league_sentences(portfolio))
        )
    table = league_table(portfolio)
    how = SHRINKING.format(draws=f"{found.draws:,}", seed=found.seed)
    return block(
        "league",
        Message("Can contracts be ranked?"),
        Part(
            text=league_sentences(portfolio),
            figures=(league_ranks(portfolio, found, name="portfolio-ranks"),),
            notes=(how,),
        ),
        Part(tables=(table,) if table else (), folded=True),
    )


def _chance(released: ReleasedPortfolio) -> dict[str, Any]:
    found = _funnel(released.portfolio)
    assert found is not None
    text = funnel_sentence(found.outside, found.far, found.contracts)
    return block(
        "chance", Message("What chance alone would do"), Part(text=(text,), figures=(found.figure,))
    )


def _money(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio = released.portfolio
    drawn = spending(portfolio, name="portfolio-spending") if portfolio.on_scale else None
    currency = portfolio.currencies[0]
    several = len(portfolio.currencies) > 1
    note = ("Amounts are in their own currencies; they are neither converted nor added up.",)
    return block(
        "money",
        Message("Money"),
        Part(text=(money_sentence(portfolio),), tables=(money_table(portfolio),)),
        Part(figures=() if drawn is None else (drawn,), notes=note if several else ()),
        currency=currency,
    )


def _contracts(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio = released.portfolio
    links = tuple((one.source, one.link) for one in portfolio.contracts if one.link)
    return block(
        "contracts",
        Message("The contracts"),
        Part(
            text=(portfolio.spec.chosen,),
            tables=(results_table(portfolio),),
        ),
        Part(
            heading=Message("Their own pages") if links else "",
            links=links,
        ),
        currency=portfolio.currencies[0],
    )


def _assurance(released: ReleasedPortfolio) -> dict[str, Any]:
    portfolio, rule = released.portfolio, released.rule
    said = f"Results of the table that rest on fewer than {rule.threshold} people are refused. "
    said += "Editions of contracts were released by their own rule."
    if rule.threshold <= 1:
        said = f"No number was held back as too small. {rule.reason}"
    return assurance_facts(
        portfolio.spec, inputs=portfolio.inputs, seed=portfolio.seed, disclosure=said
    )


def _always(released: ReleasedPortfolio) -> bool:
    return True


def _has_funnel(released: ReleasedPortfolio) -> bool:
    return len(released.portfolio.compared) >= 3


def _measured(released: ReleasedPortfolio) -> bool:
    return any(one.effect is not None for one in released.portfolio.contracts)


SECTIONS: dict[str, Row] = {
    "masthead": Row("", _always, _masthead),
    "summary": Row(Message("What the contracts achieved"), _always, _summary, "portfolio_summary"),
    "effects": Row(Message("Effects side by side"), _measured, _forest, TEMPLATE),
    "chance": Row(Message("What chance alone would do"), _has_funnel, _chance, TEMPLATE),
    "league": Row(Message("Can contracts be ranked?"), _measured, _league, TEMPLATE),
    "money": Row(Message("Money"), _always, _money, TEMPLATE),
    "contracts": Row(Message("The contracts"), _always, _contracts, TEMPLATE),
    "assurance": Row(Message("Limits, sign-off and source"), _always, _assurance),
}


def summary_words(released: ReleasedPortfolio) -> list[str]:
    """The headlines that the site lists."""
    portfolio = released.portfolio
    said = [headline_sentences(portfolio)[0], money_sentence(portfolio)]
    if portfolio.pooled is not None:
        said.append(pooled_sentences(portfolio)[0])
    return [f"{contracts(len(portfolio.contracts))} of {portfolio.spec.year}.", *said]
