"""The sections of a portfolio: all contracts of a year, with chance kept in view."""

from collections.abc import Sequence

from pbc_eval.disclosure import ReleasedPortfolio
from pbc_eval.messages.sentence import Sentence
from pbc_eval.report.figures.league import funnel, league_ranks
from pbc_eval.report.figures.portfolio import forest, small_multiples, spending
from pbc_eval.report.parts import Heading, Links, Paragraphs, Part, tables_of
from pbc_eval.report.words.portfolio_words import (
    funnel_sentence,
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
DIFFERENT = (
    "These contracts have different outcomes. The only footing on which their effects can stand "
    "side by side is the effect that each was promised to have."
)


def effect_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """Effects side by side, on the one footing that they have; nothing where none was measured."""
    if not _measured(released):
        return ()
    if released.scale == "own_unit":
        return (
            Paragraphs(pooled_sentences(released)),
            forest(released, name="portfolio-forest"),
            *tables_of(released.table("portfolio-heterogeneity"), folded=True),
        )
    parts: list[Part] = []
    if released.on_scale:
        parts += [
            Paragraphs((DIFFERENT, released.why_not_pooled)),
            forest(released, name="portfolio-forest"),
        ]
    else:
        parts.append(Paragraphs((released.why_not_pooled,)))
    left = [contract for contract in released.contracts if contract not in released.on_scale]
    if left:
        names = ", ".join(contract.label for contract in left)
        note = f"Not on that footing, for no promised effect or none measured: {names}."
        parts.append(Paragraphs((note,), style="note"))
    return [
        *parts,
        Heading(Sentence("Each in its own unit")),
        small_multiples(released, name="portfolio-panels"),
    ]


def chance_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """The funnel: what chance alone would do; nothing for too few contracts."""
    drawn = funnel(released, name="portfolio-funnel")
    if drawn is None:
        return ()
    text = funnel_sentence(drawn.outside, drawn.far, drawn.contracts)
    return Paragraphs((text,)), drawn.figure


def league_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """How far contracts can be ranked at all, and their ranks where they can."""
    if not _measured(released):
        return ()
    league = released.league
    text = Paragraphs(league_sentences(released))
    if league is None:
        return (text,)
    how = SHRINKING.format(draws=f"{league.draws:,}", seed=league.seed)
    return (
        text,
        league_ranks(released, league, name="portfolio-ranks"),
        Paragraphs((how,), style="note"),
        *tables_of(released.table("portfolio-league"), folded=True),
    )


def money_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """What was agreed, paid and not paid, and what was spent beside what was achieved."""
    parts: list[Part] = [
        Paragraphs((money_sentence(released),)),
        *_plan_parts(released),
        *tables_of(released.table("portfolio-money"), folded=released.plans is not None),
    ]
    drawn = spending(released, name="portfolio-spending") if released.on_scale else None
    if drawn is not None:
        parts.append(drawn)
    if len(released.currencies) > 1:
        note = "Amounts are in their own currencies; they are neither converted nor added up."
        parts.append(Paragraphs((note,), style="note"))
    return parts


def _plan_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """What plans, variations and payments each moved, where plans are given."""
    if released.plans is None:
        return ()
    return (
        Heading(Sentence("From plan to payment")),
        Paragraphs(released.plans.sentences),
        *tables_of(released.table("portfolio-plans")),
    )


def contract_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """Every contract with its result, and its own page where it has one."""
    parts: list[Part] = [
        Paragraphs((released.spec.chosen,)),
        *tables_of(released.table("portfolio-results")),
    ]
    links = tuple((contract.source, contract.link) for contract in released.contracts)
    if linked := tuple((text, address) for text, address in links if address):
        parts += [Heading(Sentence("Their own pages")), Links(linked)]
    return parts


def _measured(released: ReleasedPortfolio) -> bool:
    return any(contract.effect is not None for contract in released.contracts)
