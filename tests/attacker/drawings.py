"""Attacks on drawings: the coordinates of bars are numbers to two decimals."""

import re

from attacker.public import Public, is_told, number

_BAR = re.compile(
    r"M (-?[\d.]+) (-?[\d.]+)\s+L (-?[\d.]+) \2\s+L \3 (-?[\d.]+)\s+L \1 \4\s+L \1 \2\s+z"
)


def bars(drawing: str) -> dict[str, list[float]]:
    """Heights of the bars of a drawing, upwards and downwards from their common line."""
    found = [m.groups() for m in _BAR.finditer(drawing)]
    lines = [base for _, base, _, _ in found]
    if not lines:
        return {}
    common = max(set(lines), key=lines.count)
    heights = [float(common) - float(top) for _, base, _, top in found if base == common]
    return {
        "up": [height for height in heights if height > 0],
        "down": [-height for height in heights if height < 0],
    }


def bars_of_what_is_held_back(public: Public, outcome: str) -> list[float]:
    """Bars of the score whose height is that of no published share, as shares."""
    table = public.kind(outcome, "score-bars")
    extra: list[float] = []
    for drawing in public.drawings:
        drawn = bars(drawing)
        if table is None or len(drawn.get("up", [])) < 2 or len(drawn.get("down", [])) < 2:
            continue
        for side, name in (("up", "treated"), ("down", "comparison")):
            shares = [number(v) for column in table for v in table[column]
                      if column.startswith(f"{name}_") and is_told(v)]  # fmt: skip
            tall = max(drawn[side])
            scale = max(shares) / tall
            off = 0.01 * max(shares)
            sizes = [height * scale for height in drawn[side]]
            extra += [s for s in sizes if min(abs(s - share) for share in shares) > off]
    return extra


def has_bars(public: Public) -> bool:
    return any(len(bars(drawing).get("up", [])) > 1 for drawing in public.drawings)
