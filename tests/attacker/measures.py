"""Attacks on performance measures: complements, values, limits of charts, all periods together."""

import math

from attacker.public import Public, Recovered, decimals, is_told, number


def few_behind_measures(public: Public, threshold: int) -> list[Recovered]:
    """Counts of those who met a target, did not, or were asked, that are small and follow."""
    recovered = []
    for kpi in public.results.get("performance") or ():
        table = public.tables.get(f"performance-{kpi['id']}")
        if table is None or "count" not in table:
            continue
        known: list[tuple[float, float]] = []
        for row in table.to_dict("records"):
            count, among = _of_row(row, kpi)
            known.append((count, among))
            recovered += _few(f"{kpi['id']} {row['period']}", count, among, threshold)
        recovered += _the_one_left(kpi, known, threshold)
    return recovered


def _of_row(row, kpi) -> tuple[float, float]:
    count, among = number(row["count"]), number(row.get("among"))
    value = number(row["value"])
    if is_told(row.get("conf_low")) and math.isnan(among):  # a survey: yes among those who answered
        yes = value * count
        return (round(yes), count) if abs(yes - round(yes)) < 1e-5 else (math.nan, math.nan)
    centre = (number(row["low"]) + number(row["high"])) / 2  # of a chart whose limits are not cut
    if math.isnan(among) and 0 < centre < 1 and number(row["low"]) > 0 and number(row["high"]) < 1:
        half = (number(row["high"]) - number(row["low"])) / 2
        among = round(9 * centre * (1 - centre) / half**2) if half else math.nan
    if math.isnan(count) and not math.isnan(among):
        count = round(value * among) if is_told(row["value"]) else math.nan
    if math.isnan(among) and is_told(row["value"]) and not math.isnan(count) and value:
        among = round(count / value) if value < 1 else math.nan
    return count, among


def _few(what, count, among, threshold):
    found = []
    if 0 < count < threshold:
        found.append(Recovered("measure", f"{what}: counted", count, count))
    if 0 < among - count < threshold:
        found.append(Recovered("complement", f"{what}: not met", among - count, among - count))
    return found


def _the_one_left(kpi, known, threshold):
    """All periods together, less every period but one."""
    overall = kpi.get("overall")
    hidden = [pair for pair in known if math.isnan(pair[0])]
    if overall is None or len(hidden) != 1 or any(math.isnan(among) for _, among in known):
        return []
    scale = 1.0 if overall <= 1 else 1000.0
    whole = sum(among for _, among in known)
    count = overall / scale * whole - sum(c for c, _ in known if not math.isnan(c))
    off = whole * 0.51 * 10 ** -decimals(repr(overall)) / scale
    fits = range(math.ceil(count - off - 1e-6), math.floor(count + off + 1e-6) + 1)
    if len(fits) < 3 and any(0 < k < threshold or 0 < hidden[0][1] - k < threshold for k in fits):
        return [Recovered("all but one", f"{kpi['id']}: the period held back", fits[0], fits[-1])]
    return []
