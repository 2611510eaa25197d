"""Sentences about many contracts, made from their results. Nobody types these.

Counts come in threes, improved, not certain, worsened, so that none stands alone; what chance
would do is said beside them; and no share of contracts is ever called a rate of success.
"""

from collections.abc import Sequence
from dataclasses import replace

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedPortfolio
from pbc_eval.evaluation.portfolio.contract_words import better_or_worse
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import EMPTY, Claim, Part, Sentence
from pbc_eval.messages.values import Effect, Money, Noun, Number, Share, as_typed, joined
from pbc_eval.report.words.claims import refuse_portfolio_over_claims

CONTRACTS = Noun(Sentence("contract"), Sentence("contracts"))
FALSE_ALARM = 0.025  # an interval of 95 % lies wholly above zero by chance this often
COUNTS = Claim(kind="none")  # of contracts, by what their intervals say
LEAST_FOR_CHANCE = 10  # contracts, below which what chance would do is not worth a sentence


def share_of_promise(value: float) -> str:
    return f"{fmt.percent(value)} of what was promised"


def span(low: float, high: float, outcome: Outcome, currency: str) -> str:
    """'1.9 to 2.7', in the unit of the outcome."""
    return f"{fmt.amount(low, outcome, currency)} to {fmt.amount(high, outcome, currency)}"


def money_sentence(portfolio: ReleasedPortfolio) -> Sentence:
    """What was paid of what could be paid, by currency; amounts are never converted."""
    by_currency = [
        sentence
        for currency in portfolio.currencies
        if (sentence := _paid_in(portfolio, currency)) is not None
    ]
    paid = joined(by_currency) if by_currency else Sentence("No payment is known")
    made_up = sum(contract.made_up for contract in portfolio.contracts)
    if not made_up:
        return Sentence("{paid}.", paid=paid)
    return Sentence(
        "{paid}. The amounts of {contracts} were made up to show a rule: nobody agreed or paid "
        "them, and they are not added up.",
        paid=paid,
        contracts=contracts(made_up),
    )


def _paid_in(portfolio: ReleasedPortfolio, currency: str) -> Sentence | None:
    here = [contract for contract in portfolio.contracts if contract.currency == currency]
    paid = [
        contract.paid for contract in here if contract.paid is not None and not contract.made_up
    ]
    if not paid:
        return None
    both = [contract for contract in here if contract.unpaid is not None and not contract.made_up]
    ceiling: Part = EMPTY
    agreed = Money(sum(contract.agreed or 0.0 for contract in both), currency)
    if both and len(both) == len(paid):
        ceiling = Sentence(", of {agreed} that could be paid", agreed=agreed)
    elif both:
        ceiling = Sentence(
            "; under {contracts} that state the most they could pay, {part} of {agreed}",
            contracts=contracts(len(both)),
            part=Money(sum(contract.paid or 0.0 for contract in both), currency),
            agreed=agreed,
        )
    return Sentence(
        "{paid} is due or was paid under {contracts}{ceiling}",
        paid=Money(sum(paid), currency),
        contracts=contracts(len(paid)),
        ceiling=ceiling,
    )


def contracts(count: int) -> Number:
    return Number(count, noun=CONTRACTS)


def _or_none(count: int) -> Part:
    return Number(count) if count else Sentence("none")


def headline_sentences(portfolio: ReleasedPortfolio) -> tuple[Sentence, ...]:
    """How many can show an improvement, how many cannot tell, and what chance would do."""
    improved, unsure, worse, bare, never = (
        portfolio.counted(v)
        for v in ("improved", "uncertain", "worsened", "no_interval", "not_measured")
    )
    if never == len(portfolio.contracts):
        none = Sentence(
            "For none of {contracts} is an effect known: this page tells of money, not of what "
            "was achieved.",
            COUNTS,
            contracts=contracts(never),
        )
        return _checked([none], portfolio)
    sentences = [
        Sentence(
            "Of {contracts}, {improved} can show an improvement, {unsure} cannot tell (the "
            "interval holds zero) and {worse} got worse beyond chance.{bare}{never}",
            COUNTS,
            contracts=contracts(len(portfolio.contracts)),
            improved=_or_none(improved),
            unsure=_or_none(unsure),
            worse=_or_none(worse),
            bare=Sentence(" For {n} no measure of chance was reported.", n=Number(bare))
            if bare
            else EMPTY,
            never=Sentence(" For {n} nothing was measured.", n=Number(never)) if never else EMPTY,
        )
    ]
    measured = improved + unsure + worse
    if measured >= LEAST_FOR_CHANCE:
        sentences.append(
            Sentence(
                "If none of these {measured} contracts had changed anything, about {by_chance} of "
                "them would still show an improvement by chance, and as many the opposite.",
                COUNTS,
                measured=Number(measured),
                by_chance=Number(FALSE_ALARM * measured, 1),
            )
        )
    if unsure:
        sentences.append(
            Sentence(
                "A contract that cannot tell has not failed: its numbers are too few to know, and "
                "the true effect may be good, small or none.",
                COUNTS,
            )
        )
    return _checked(sentences, portfolio)


def pooled_sentences(portfolio: ReleasedPortfolio) -> tuple[Sentence, ...]:
    """The mean, how much true effects differ, and where the next one would lie; or why not."""
    pooled, outcome = portfolio.pooled, portfolio.shared_outcome
    if pooled is None or outcome is None:
        return (as_typed(portfolio.why_not_pooled),)
    currency = portfolio.currencies[0]
    level, claim = Share(pooled.level), _pooled_claim(portfolio)
    size = fmt.effect_value(pooled.mean, outcome, currency)
    sentences = [
        Sentence(
            "On average over {contracts}: {effect} ({level} confidence interval, as improvements: "
            "{low} to {high}).",
            claim,
            contracts=contracts(pooled.contracts),
            effect=better_or_worse(size, pooled.mean),
            level=level,
            low=_signed(pooled.conf_low, outcome, currency),
            high=_signed(pooled.conf_high, outcome, currency),
        )
    ]
    spread = pooled.heterogeneity
    if spread.tau2 == 0:
        sentences.append(
            Sentence(
                "The estimates differ no more than chance alone would make them: nothing shows "
                "that the contracts' true effects differ.",
                Claim(kind="association"),
            )
        )
    else:
        sentences.append(
            Sentence(
                "True effects differ from contract to contract by about {size} (their standard "
                "deviation; {level} interval {low} to {high}). {share} of the spread of the "
                "estimates is more than chance (I-squared, from Cochran's Q).",
                Claim(kind="association"),
                size=fmt.effect_value(spread.tau2**0.5, outcome, currency),
                level=level,
                low=_signed(spread.tau2_low**0.5, outcome, currency),
                high=_signed(spread.tau2_high**0.5, outcome, currency),
                share=Share(spread.i_squared),
            )
        )
    if pooled.prediction is not None:
        low, high = (_signed(end, outcome, currency) for end in pooled.prediction)
        sentences.append(
            Sentence(
                "The true effect of another contract like these would lie between {low} and {high} "
                "in {times} of {all} such portfolios (prediction interval).",
                Claim(kind="association"),
                low=low,
                high=high,
                times=Number(100 * pooled.level),
                all=Number(100),
            )
        )
    return _checked(sentences, portfolio)


def _pooled_claim(portfolio: ReleasedPortfolio) -> Claim:
    """What the mean says: a difference beyond chance where its interval excludes zero."""
    pooled = portfolio.pooled
    beyond = pooled is not None and (pooled.conf_low > 0 or pooled.conf_high < 0)
    return Claim(kind="association", certainty="beyond_chance" if beyond else "open")


def _signed(value: float, outcome: Outcome, currency: str) -> Effect:
    """An effect with its sign: an improvement is positive."""
    return replace(fmt.effect_value(value, outcome, currency, with_unit=False), value=value)


def league_sentences(portfolio: ReleasedPortfolio) -> tuple[Sentence, ...]:
    """How far ranks can be told apart at all."""
    league = portfolio.league
    if league is None:
        return (as_typed(portfolio.why_no_league),)
    k, above, below = len(league.rank), league.surely_above, league.surely_below
    if not above and not below:
        ranked = Sentence(
            "The ranks of these {k} contracts cannot be told apart: every one of them could lie in "
            "the better or in the worse half. Do not read this list as an order.",
            Claim(kind="ranking"),
            k=Number(k),
        )
    else:
        ranked = Sentence(
            "Of {k} contracts, {above} in the better half and {below} in the worse half with all "
            "of their interval; for the other {rest} the half cannot be told.",
            Claim(kind="ranking", certainty="beyond_chance"),
            k=Number(k),
            above=Sentence("{n} ranks", n=Number(above))
            if above == 1
            else Sentence("{n} rank", n=_or_none(above)),
            below=_or_none(below),
            rest=Number(k - above - below),
        )
    width = sum(league.rank_high - league.rank_low + 1) / k
    places = Sentence(
        "On average a contract's rank is known to within {width} places of {k}.",
        Claim(kind="ranking"),
        width=Number(width),
        k=Number(k),
    )
    return _checked([ranked, places], portfolio)


def funnel_sentence(outside: int, far: int, k: int) -> Sentence:
    """A plain reading of the funnel."""
    lies = (
        Sentence("{n} lies", n=Number(outside))
        if outside == 1
        else Sentence("{n} lie", n=_or_none(outside))
    )
    beyond = (
        Sentence(
            " What lies outside differs from the others by more than chance; the funnel does not "
            "say why."
        )
        if far
        else EMPTY
    )
    return Sentence(
        "Small contracts vary more by chance, so the funnel is wide where the standard error is "
        "large. Of {contracts}, {lies} outside the {inner} limits (chance alone: about "
        "{by_chance}) and {far} outside the {outer} limits (by chance about {far_by_chance})."
        "{beyond}",
        COUNTS,
        contracts=contracts(k),
        lies=lies,
        inner=Share(0.95),
        by_chance=Number(0.05 * k, 1),
        far=_or_none(far),
        outer=Share(0.998, 1),
        far_by_chance=Number(0.002 * k, 2),
        beyond=beyond,
    )


def _checked(sentences: Sequence[Sentence], portfolio: ReleasedPortfolio) -> tuple[Sentence, ...]:
    for sentence in sentences:
        refuse_portfolio_over_claims(sentence, portfolio)
    return tuple(sentences)
