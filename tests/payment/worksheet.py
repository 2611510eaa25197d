"""A small evaluator of spreadsheet formulas, written apart from the product."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal


def _round(value, digits):
    # as spreadsheets do: half away from zero, on the shortest text of the number
    step = Decimal(1).scaleb(-int(digits))
    return float(Decimal(f"{value:.15g}").quantize(step, ROUND_HALF_UP))


def _round_down(value, digits):
    scale = 10 ** int(digits)
    return math.trunc(float(f"{value * scale:.15g}")) / scale


FUNCTIONS = {
    "MIN": min,
    "MAX": max,
    "IF": lambda condition, one, two: one if condition else two,
    "ROUND": _round,
    "ROUNDDOWN": _round_down,
    "ABS": abs,
    "INT": math.floor,
}


def recalculate(lines) -> dict[str, float]:
    """The amount of each line, worked out from its formula in the order given."""
    amounts: dict[str, float] = {}
    for line in lines:
        names = {name: float(number) for name, number in line.inputs}
        names |= {name: amounts[other] for name, other in line.lines}
        assert not names.keys() & FUNCTIONS.keys()
        known = set(names) | set(FUNCTIONS)
        assert set(re.findall(r"[A-Za-z_]\w*", line.formula)) <= known, line.formula
        python = line.formula.replace("<>", "!=")
        amounts[line.line] = eval(python, {"__builtins__": {}}, names | FUNCTIONS)
    return amounts
