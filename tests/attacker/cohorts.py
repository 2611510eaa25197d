"""Attacks on a page of staggered groups: sizes by sums, effects by what averages leave."""

import numpy as np
from attacker.counts import Counts
from attacker.public import Public, is_told, number

NEVER = "Never"


def counts_of(public: Public, outcome: str) -> Counts:
    """All that adds up: groups, event times, denominators, what is told of the ledger."""
    known = Counts()
    found = next(o for o in public.outcomes() if o["id"] == outcome)
    cells, groups = public.kind(outcome, "cells"), public.kind(outcome, "groups")
    cohorts = list(dict.fromkeys(cells["cohort"])) if cells is not None else []
    known.know({f"n.{g}": 1 for g in cohorts}, found["n_treated"])
    treated = groups[~groups["group"].str.startswith(NEVER)] if groups is not None else None
    if treated is not None and len(treated) == len(cohorts):
        for g, units in zip(cohorts, treated["units"], strict=True):
            if is_told(units):
                known.tell(f"n.{g}", number(units))
    for kind in ("cohort", "cells"):
        table = public.kind(outcome, kind)
        for row in table.to_dict("records") if table is not None else ():
            if is_told(row["n_treated"]):
                known.tell(f"n.{row['cohort']}", number(row["n_treated"]))
    means = public.kind(outcome, "means")
    if means is not None and treated is not None:
        label = dict(zip(treated["group"], cohorts, strict=False))
        for row in means.to_dict("records"):
            if row["group"] in label and is_told(row["units"]):
                known.tell(f"n.{label[row['group']]}", number(row["units"]))
    _events(public, outcome, known, cells)
    _denominators(public, outcome, known, cells)
    return known


def _events(public, outcome, known, cells) -> None:
    event = public.kind(outcome, "event")
    for row in event.to_dict("records") if event is not None else ():
        there = cells.loc[cells["event_time"] == row["event_time"], "cohort"]
        if is_told(row["n_treated"]) and len(there):
            known.know({f"n.{g}": 1 for g in set(there)}, number(row["n_treated"]))


def periods_after(cells) -> dict[str, int]:
    after = cells[cells["event_time"].map(number) >= 0]
    return after.groupby("cohort", sort=False).size().to_dict()


def _denominators(public, outcome, known, cells) -> None:
    table = public.tables.get("payment-statement")
    if table is None or cells is None:
        return
    after = periods_after(cells)
    for row in table.to_dict("records"):
        if row.get("outcome") == outcome and is_told(row.get("denominator")):
            whole = number(row["denominator"])
            if row["measure"] == "total" and whole == int(whole):
                known.know({f"n.{g}": t for g, t in after.items()}, whole)


def effects_told(public: Public, outcome: str, sizes: dict[str, int]) -> list[str]:
    """Groups whose own effect is held back and follows from the averages that are published.

    ``sizes`` are taken as known, the worst case: what is asked is whether the average effect of a
    group that is held back is a sum of published figures.
    """
    cells = public.kind(outcome, "cells")
    after = cells[cells["event_time"].map(number) >= 0].reset_index(drop=True)
    n = len(after)
    size = np.array([sizes[g] for g in after["cohort"]], dtype=float)
    of = {g: (after["cohort"] == g).to_numpy() for g in dict.fromkeys(after["cohort"])}
    rows = [_at(k, n) for k in range(n) if is_told(after["estimate"][k])]
    means = {g: mask / mask.sum() for g, mask in of.items()}
    cohort = public.kind(outcome, "cohort")
    held = []
    for row in cohort.to_dict("records"):
        if is_told(row["estimate"]):
            rows.append(means[row["cohort"]])
        elif row["cohort"] in means:
            held.append(row["cohort"])
    event = public.kind(outcome, "event")
    by_event = []
    for row in event.to_dict("records"):
        mask = (after["event_time"] == row["event_time"]).to_numpy()
        if mask.any():
            line = mask * size / (mask * size).sum()
            by_event.append(line)
            if is_told(row["estimate"]):
                rows.append(line)
    whole = {
        "average over treated unit-periods": size / size.sum(),
        "average over periods since the start": np.mean(by_event, axis=0),
        "average over groups": sum(sizes[g] * means[g] for g in of) / sum(sizes[g] for g in of),
        "average over periods": np.mean(
            [m * size / (m * size).sum()
             for m in ((after["time"] == t).to_numpy() for t in dict.fromkeys(after["time"]))],
            axis=0),
    }  # fmt: skip
    for row in public.kind(outcome, "estimates").to_dict("records"):
        name = row["estimator"].removeprefix("Headline: ").lower()
        if name in whole and is_told(row["estimate"]):
            rows.append(whole[name])
    known = np.array(rows)
    return [g for g in held if _follows(known, means[g])]


def paths_told(
    public: Public, outcome: str, sizes: dict[str, int], moved_back: list[float]
) -> list[str]:
    """Groups whose path before the start, held back, follows from effects by group and period that
    are told and from ``moved_back``, the effects of a start moved back by 1, 2, ...: NaN where they
    are not told. Each is told by what it is a sum of: what each group did in each period."""
    cells = public.kind(outcome, "cells")
    start = {g: int(g) for g in dict.fromkeys(cells["cohort"])}
    first = min(int(t) for t in cells["base"])
    points = [(g, t) for g in start for t in range(first, int(cells["time"].map(int).max()) + 1)]
    place = {point: at for at, point in enumerate(points)}

    def line(*terms):
        made = np.zeros(len(points))
        for g, t, factor in terms:
            made[place[g, t]] += factor
        return made

    rows = [
        line((row["cohort"], int(row["time"]), 1), (row["cohort"], int(row["base"]), -1))
        for row in cells.to_dict("records")
        if is_told(row["estimate"])
    ]
    for k, effect in enumerate(moved_back, start=1):
        seen = [g for g in start if start[g] - 1 - k >= first]
        whole = sum(sizes[g] for g in seen)
        if not np.isnan(effect):  # the average of the k periods before the start, less their base
            rows.append(sum(
                sizes[g] / whole * (sum(line((g, start[g] - j, 1 / k)) for j in range(1, k + 1))
                                    - line((g, start[g] - 1 - k, 1)))
                for g in seen
            ))  # fmt: skip
    held = {g for g in start if not is_told(cells.loc[cells["cohort"] == g, "estimate"].iloc[0])}
    known = np.array(rows) if rows else np.zeros((0, len(points)))
    return [g for g in sorted(held) if _alone(known, np.array([of == g for of, _ in points]))]


def _alone(known, own) -> bool:
    """Is some combination of what is known about the points ``own`` and no others?"""
    left, size, _ = np.linalg.svd(known[:, ~own])
    rank = int((size > 1e-9).sum())
    return bool((np.abs(left[:, rank:].T @ known[:, own]) > 1e-9).any())


def _at(k: int, n: int):
    line = np.zeros(n)
    line[k] = 1.0
    return line


def _follows(known, asked) -> bool:
    if not len(known):
        return False
    solved = np.linalg.lstsq(known.T, asked, rcond=None)[0]
    return bool(np.abs(known.T @ solved - asked).max() < 1e-8)


def tells_weights(public: Public, outcome: str) -> bool:
    """The weights of the two-way coefficient are ratios of the groups' sizes: with all sizes but
    one known, they are an equation for that one."""
    table = public.kind(outcome, "two-way")
    return table is not None and any(
        is_told(row["weight"]) and number(row["weight"]) not in (0.0, 1.0)
        for row in table.to_dict("records")
    )
