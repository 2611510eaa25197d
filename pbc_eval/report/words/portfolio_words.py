"""Sentences about many contracts, made from their results. Nobody types these.

Counts come in threes, improved, not certain, worsened, so that none stands alone; what chance
would do is said beside them; and no share of contracts is ever called a rate of success.
"""

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedPortfolio
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.portfolio.contract_words import better
from pbc_eval.messages import numbers as fmt

NOT_SAID = (
    ("success rate", "contracts that cannot tell are not failures"),
    ("failure rate", "contracts that cannot tell are not failures"),
    ("no effect on", "an interval that includes zero does not show no effect"),
    ("proves", "an estimate does not prove"),
    ("best contract", "ranks are uncertain"),
    ("worst contract", "ranks are uncertain"),
)
FALSE_ALARM = 0.025  # an interval of 95 % lies wholly above zero by chance this often
LEAST_FOR_CHANCE = 10  # contracts, below which what chance would do is not worth a sentence


def share_of_promise(value: float) -> str:
    return f"{fmt.percent(value)} of what was promised"


def span(low: float, high: float, outcome: Outcome, currency: str) -> str:
    """'1.9 to 2.7', in the unit of the outcome."""
    return f"{fmt.amount(low, outcome, currency)} to {fmt.amount(high, outcome, currency)}"


def money_sentence(portfolio: ReleasedPortfolio) -> str:
    """What was paid of what could be paid, by currency; amounts are never converted."""
    said = []
    for currency in portfolio.currencies:
        here = [one for one in portfolio.contracts if one.currency == currency]
        paid = [one.paid for one in here if one.paid is not None and not one.made_up]
        if not paid:
            continue
        both = [one for one in here if one.unpaid is not None and not one.made_up]
        text = f"{fmt.money(sum(paid), currency)} is due or was paid under {contracts(len(paid))}"
        if both:
            agreed = sum(one.agreed or 0.0 for one in both)
            part = sum(one.paid or 0.0 for one in both)
            if len(both) == len(paid):
                text += f", of {fmt.money(agreed, currency)} that could be paid"
            else:
                text += (
                    f"; under {contracts(len(both))} that state the most they could pay, "
                    f"{fmt.money(part, currency)} of {fmt.money(agreed, currency)}"
                )
        said.append(text)
    made_up = sum(one.made_up for one in portfolio.contracts)
    text = "; ".join(said) + "." if said else "No payment is known."
    if made_up:
        text += (
            f" The amounts of {contracts(made_up)} were made up to show a rule: nobody agreed or "
            "paid them, and they are not added up."
        )
    return text


def contracts(count: int) -> str:
    return "1 contract" if count == 1 else f"{count:,} contracts"


def headline_sentences(portfolio: ReleasedPortfolio) -> tuple[str, ...]:
    """How many can show an improvement, how many cannot tell, and what chance would do."""
    n = len(portfolio.contracts)
    improved, unsure, worse, bare, never = (
        portfolio.counted(v)
        for v in ("improved", "uncertain", "worsened", "no_interval", "not_measured")
    )
    parts = [
        f"{improved or 'none'} can show an improvement",
        f"{unsure or 'none'} cannot tell (the interval holds zero)",
        f"{worse or 'none'} got worse beyond chance",
    ]
    said = f"Of {contracts(n)}, {parts[0]}, {parts[1]} and {parts[2]}."
    if bare:
        said += f" For {bare} no measure of chance was reported."
    if never:
        said += f" For {never} nothing was measured."
    sentences = [said]
    told = improved + unsure + worse
    if told >= LEAST_FOR_CHANCE:
        sentences.append(
            f"If none of these {told} contracts had changed anything, about "
            f"{fmt.number(FALSE_ALARM * told, 1)} of them would still show an improvement by "
            "chance, and as many the opposite."
        )
    if unsure:
        sentences.append(
            "A contract that cannot tell has not failed: its numbers are too few to know, and the "
            "true effect may be good, small or none."
        )
    return tuple(checked(text) for text in sentences)


def pooled_sentences(portfolio: ReleasedPortfolio) -> tuple[str, ...]:
    """The mean, how much true effects differ, and where the next one would lie; or why not."""
    pooled, outcome = portfolio.pooled, portfolio.shared_outcome
    if pooled is None or outcome is None:
        return (portfolio.why_not_pooled,)
    currency = portfolio.currencies[0]
    interval = span(pooled.conf_low, pooled.conf_high, outcome, currency)
    level = fmt.percent(pooled.level)
    said = [
        f"On average over {contracts(pooled.contracts)}: {better(pooled.mean, outcome, currency)} "
        f"({level} confidence interval, as improvements: {interval})."
    ]
    found = pooled.heterogeneity
    if found.tau2 == 0:
        said.append(
            "The estimates differ no more than chance alone would make them: nothing shows that "
            "the contracts' true effects differ."
        )
    else:
        spread = fmt.size(found.tau2**0.5, outcome, currency)
        ends = [found.tau2_low**0.5, found.tau2_high**0.5]
        between = (
            f"{fmt.amount(ends[0], outcome, currency)} to {fmt.amount(ends[1], outcome, currency)}"
        )
        said.append(
            f"True effects differ from contract to contract by about {spread} (their standard "
            f"deviation; {level} interval {between}). {fmt.percent(found.i_squared)} of the spread "
            "of the estimates is more than chance."
        )
    if pooled.prediction is not None:
        ends = [fmt.amount(end, outcome, currency) for end in pooled.prediction]
        said.append(
            f"The true effect of another contract like these would lie between {ends[0]} and "
            f"{ends[1]} in {level.removesuffix('%')} of 100 such portfolios (prediction interval)."
        )
    return tuple(checked(text) for text in said)


def league_sentences(portfolio: ReleasedPortfolio) -> tuple[str, ...]:
    """How far ranks can be told apart at all."""
    found = portfolio.league
    if found is None:
        return (portfolio.why_no_league,)
    k, above, below = len(found.rank), found.surely_above, found.surely_below
    if not above and not below:
        said = (
            f"The ranks of these {k} contracts cannot be told apart: every one of them could lie "
            "in the better or in the worse half. Do not read this list as an order."
        )
    else:
        verb = "ranks" if above == 1 else "rank"
        said = (
            f"Of {k} contracts, {above or 'none'} {verb} in the better "
            f"half and {below or 'none'} in the worse half with all of their interval; for the "
            f"other {k - above - below} the half cannot be told."
        )
    width = sum(found.rank_high - found.rank_low + 1) / k
    return (
        checked(said),
        checked(
            f"On average a contract's rank is known to within {fmt.number(width, 0)} places of {k}."
        ),
    )


def funnel_sentence(outside: int, far: int, k: int) -> str:
    """A plain reading of the funnel."""
    said = (
        "Small contracts vary more by chance, so the funnel is wide where the standard error is "
        f"large. Of {contracts(k)}, {outside or 'none'} {'lies' if outside == 1 else 'lie'} "
        f"outside the 95% limits (chance alone: about {fmt.number(0.05 * k, 1)}) and "
        f"{far or 'none'} outside the 99.8% limits (by chance about {fmt.number(0.002 * k, 2)})."
    )
    if far:
        said += (
            " What lies outside differs from the others by more than chance; the funnel does not "
            "say why."
        )
    return checked(said)


def checked(text: str) -> str:
    """The sentence, unless it claims too much. Raises PublicationError."""
    plain = text.casefold()
    for phrase, why in NOT_SAID:
        if phrase in plain:
            raise PublicationError(f"portfolio: the page says {phrase!r}, but {why}. Reword it.")
    return text
