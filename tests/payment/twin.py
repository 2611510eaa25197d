"""What each kind of clause pays before its limits, the slow obvious way: plain ifs and fractions.

Written from the contract words, apart from the product's formulas, which payment, draws and
workbook share. ``of`` gives a measure of an outcome; ``paid`` the amounts of other clauses.
"""

from fractions import Fraction


def number(value) -> Fraction:
    return Fraction(str(value))


def tariff(clause, of, paid, sample):
    units = of(clause.outcome, clause.measure)
    if clause.verification:
        wrong = sample(clause.verification)
        if wrong > number(clause.verification.allowance):
            units *= 1 - wrong
    if clause.deadweight:
        units *= 1 - number(clause.deadweight)
    if clause.baseline_count:
        units -= number(clause.baseline_count)
    if units < 0 and not clause.negative_allowed:
        units = Fraction(0)
    amount = number(clause.price) * units
    if clause.max_units and units > number(clause.max_units):
        amount = number(clause.price) * number(clause.max_units)
    if clause.cap_per_person is not None:
        amount = min(amount, number(clause.cap_per_person) * of(clause.outcome, "persons"))
    return amount


def threshold(clause, of, paid, sample):
    if of(clause.outcome, clause.measure) < number(clause.minimum):
        return Fraction(0)
    if clause.amount is not None:
        return number(clause.amount)
    return number(clause.price) * max(of(clause.outcome, clause.paid_on or clause.measure), 0)


def bands(clause, of, paid, sample):
    value, amount = of(clause.outcome, clause.measure), Fraction(0)
    for band in clause.bands:
        low = number(band.lower)
        if value < low:
            break
        if clause.mode == "retroactive":
            amount = Fraction(0)
        if band.pay is not None:
            amount += number(band.pay)
        elif clause.mode == "retroactive":
            amount += number(band.rate) * value
        else:
            high = value if band.upper is None else min(value, number(band.upper))
            amount += number(band.rate) * (high - low)
    return amount


def slide(clause, of, paid, sample):
    value = of(clause.outcome, clause.measure)
    (low, first), (high, last) = (
        (number(point.at), number(point.pay)) for point in (clause.start, clause.end)
    )
    if value < low:
        return Fraction(0)
    if value >= high:
        return last
    return first + (value - low) / (high - low) * (last - first)


def fixed_fee(clause, of, paid, sample):
    times = number(clause.times) if clause.times else of(clause.outcome, "count")
    return number(clause.amount) * times


def scorecard(clause, of, paid, sample):
    score = Fraction(0)
    for metric in clause.metrics:
        achieved = of(metric.outcome, metric.measure, metric.estimate_used) / number(metric.target)
        achieved = max(achieved, Fraction(0))
        if metric.most is not None and achieved > number(metric.most):
            achieved = number(metric.most)
        score += number(metric.weight) * achieved
    if clause.minimum_score is not None and score < number(clause.minimum_score):
        return Fraction(0)
    return number(clause.amount) * score


def triggers(clause, of, paid, sample):
    sizes = {cohort: of(cohort, "persons") for cohort in clause.cohorts}
    effects = sum(of(cohort, "effect") * size for cohort, size in sizes.items())
    if clause.measure == "effect":
        together = effects / sum(sizes.values())
    else:
        together = effects / sum(of(c, "counterfactual") * size for c, size in sizes.items())
    amount = Fraction(0)
    for cohort in clause.cohorts:
        if of(cohort, clause.measure) >= number(clause.early_minimum) or together >= number(
            clause.pooled_minimum
        ):
            amount += number(clause.amount)
    return amount


def gainshare(clause, of, paid, sample):
    gain = number(clause.value) * of(clause.outcome, clause.measure)
    if gain > number(clause.hurdle):
        return number(clause.share) * (gain - number(clause.hurdle))
    if gain < 0 and clause.loss_share is not None:
        loss = number(clause.loss_share) * -gain
        if clause.loss_cap is not None and loss > number(clause.loss_cap):
            loss = number(clause.loss_cap)
        return -loss
    return Fraction(0)


def _price(clause, paid):
    if clause.rate is not None:
        return number(clause.rate)
    return number(clause.share) * max(sum(number(paid[one]) for one in clause.of), 0)


def service_credit(clause, of, paid, sample):
    beyond = of(clause.outcome, "count") - number(clause.free_allowance)
    return _price(clause, paid) * beyond if beyond > 0 else Fraction(0)


def kpi_deduction(clause, of, paid, sample):
    short = number(clause.target) - of(clause.outcome, "count")
    if clause.better == "lower":
        short = -short
    points = (short - number(clause.tolerance)) / number(clause.point)
    if points <= 0:
        return Fraction(0)
    return _price(clause, paid) * (int(points) if clause.whole_points else points)


def profit_share(clause, of, paid, sample):
    beyond = of(clause.outcome, "count") - number(clause.allowed_profit)
    return number(clause.share) * beyond if beyond > 0 else Fraction(0)


def withhold(clause, of, paid, sample):
    return number(clause.share) * max(sum(number(paid[one]) for one in clause.of), 0)


def clawback(clause, of, paid, sample):
    value, minimum = of(clause.outcome, clause.measure), number(clause.minimum)
    if value >= minimum:
        return Fraction(0)
    amount = number(clause.share) * max(sum(number(paid[one]) for one in clause.of), 0)
    return amount * (1 - max(value, 0) / minimum) if clause.proportional else amount
