"""What the what-if page works out in a browser, held against Python: random settings for both."""

import random
from decimal import Decimal

from pbc_eval.errors import PbcError
from pbc_eval.publish.what_if_model import MOST_YEARS, what_if_model

ASK = "cases => cases.map(changes => window.whatIf.at(changes))"
PART = 250  # settings asked in one call


def settings_drawn(model, n, seed):
    """``n`` random changes: a few settings each, within their ranges and now and then beyond."""
    draw = random.Random(seed)
    settings = [*model.settings]
    return [
        {
            each.key: value_drawn(draw, each)
            for each in draw.sample(settings, min(len(settings), draw.choice((0, 1, 1, 2, 3, 6))))
        }
        for _ in range(n)
    ]


def value_drawn(draw, setting):
    agreed, wild = setting.agreed, draw.random() < 0.05
    if wild:
        return draw.choice((-1.0, 0.0, 1.0, 2.5, agreed))
    if setting.whole:
        return float(draw.randint(1, min(MOST_YEARS, 12)))
    if setting.most == 1.0 and setting.least == 0.0:
        return draw.choice((draw.random(), round(draw.random(), 2), 0.0))
    size = abs(agreed) or 1.0
    number = agreed + draw.uniform(-0.6, 0.9) * size
    if setting.key.endswith(("cap", "floor", "pay", "count")) or ".year_caps." in setting.key:
        return float(round(number)) if draw.random() < 0.7 else round(number, 2)
    return draw.choice((number, round(number, 3), round(number, 1)))


def disagreements(page, what_if, released, n, seed):
    """Settings of which the page and Python do not say the same, with both answers, and how many
    of the settings both refuse. Payments must be equal to the penny, line by line; the rest to a
    part in 10^9."""
    model = what_if_model(released)
    cases = settings_drawn(model, n, seed)
    answers = []
    for at in range(0, n, PART):
        answers += page.evaluate(ASK, cases[at : at + PART])
    wrong, refused = [], 0
    for changes, answer in zip(cases, answers, strict=True):
        try:
            expected = what_if.at(changes)
        except PbcError as why:
            refused += 1
            if not answer["problems"]:
                wrong.append((changes, answer, str(why)))
            continue
        if answer["problems"]:
            wrong.append((changes, answer, expected))
        elif problem := differs(answer, expected):
            wrong.append((changes, problem, answer))
    return wrong, refused


def differs(answer, expected):
    """What differs between an answer of the page and one of Python; '' for nothing."""
    if expected.payment is not None:
        total = expected.payment.total
        if Decimal(answer["payment"]) != total:
            return f"payment {answer['payment']} instead of {total}"
        for line in expected.payment.lines:
            if Decimal(answer["lines"][line.clause]) != line.amount:
                return f"{line.clause}: {answer['lines'][line.clause]} instead of {line.amount}"
    value = expected.value
    if value is None:
        return ""
    for name, number in (
        ("ratio", value.ratio),
        ("present", value.present_value),
        ("investment", value.investment),
        ("net", value.net_present_value),
    ):
        if not near(answer[name], number, abs(value.present_value) if name == "net" else 0):
            return f"{name} {answer[name]} instead of {number}"
    moves = {(move["row"], move["name"]): move for move in answer["tornado"]}
    if len(moves) != len(expected.tornado):
        return f"{len(moves)} moves instead of {len(expected.tornado)}"
    for move in expected.tornado:
        name = "lead" if move.assumption.startswith("times") else move.assumption
        mine = moves[move.outcome, name]
        scale = abs(value.ratio)
        if not (
            near(mine["low"], move.ratio_low, scale) and near(mine["high"], move.ratio_high, scale)
        ):
            return f"{move} is {mine}"
    return ""


def near(a, b, scale=0.0):
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b), scale) + 1e-12
