"""Attacks on a page of matched people: sums over sections, shares, moments."""

import math
import re

import numpy as np
from attacker.counts import Counts
from attacker.public import Public, Recovered, decimals, is_told, number

ROWS = {
    "Submitted": "sub", "Set aside: outside": "aside", "Set aside: hardly": "trim",
    "Matched": "kept", "Weighted": "kept", "Not matched": "unm",
}  # fmt: skip


STEPS = {"Match": "unm", "Common support": "aside", "Range": "aside", "Discard": "aside",
         "Trim": "trim"}  # fmt: skip


def counts_of(public: Public, outcome: str) -> Counts:
    """All that adds up on the page, in every section."""
    known = Counts()
    for arm in ("T", "C"):
        known.know({f"sub.{arm}": 1, f"aside.{arm}": -1, f"trim.{arm}": -1, f"kept.{arm}": -1,
                    f"unm.{arm}": -1}, 0)  # fmt: skip
    groups = public.kind(outcome, "groups")
    there = set()
    for row in groups.to_dict("records") if groups is not None else ():
        name = next((short for words, short in ROWS.items() if row["group"].startswith(words)), "")
        there.add(name)
        for arm, column in (("T", "treated"), ("C", "comparison")):
            if name and is_told(row.get(column)):
                known.tell(f"{name}.{arm}", number(row[column]))
    for name in {"aside", "trim", "unm"} - there:
        known.most |= {f"{name}.T": 0, f"{name}.C": 0}
    _ledger(public, outcome, known)
    found = next(o for o in public.outcomes() if o["id"] == outcome)
    known.tell("kept.T", found["n_treated"])
    for estimate in found.get("alternatives", []):
        if estimate["n_comparison"] > found["n_comparison"]:  # all who could be compared
            known.tell("sub.C", estimate["n_comparison"])
            if estimate["n_treated"] > found["n_treated"]:
                known.tell("sub.T", estimate["n_treated"])
    _table_of_estimates(public, outcome, known, found)
    _statement(public, outcome, known)
    _bars(public, outcome, known)
    _words(public, known)
    return known


def _ledger(public: Public, outcome: str, known: Counts) -> None:
    ledger = public.kind(outcome, "ledger")
    went_in = False
    if ledger is None:
        return
    for at, row in enumerate(ledger.to_dict("records")):
        known.know({f"in.{at}": 1, f"out.{at}": -1, f"left.{at}": -1}, 0)
        for name, column in (("in", "rows_in"), ("out", "rows_dropped"), ("left", "rows_left")):
            if is_told(row[column]):
                known.tell(f"{name}.{at}", number(row[column]))
        if at:
            known.know({f"left.{at - 1}": 1, f"in.{at}": -1}, 0)
        if missing := re.fullmatch(r"missing values: [^,]*? (fewer than )?(\d[\d,]*)", row["why"]):
            few, n = missing.groups()
            known.know({f"out.{at}": 1}, 1 if few else number(n), number(n) - bool(few))
        step = next((name for words, name in STEPS.items() if row["what"].startswith(words)), "")
        if step and not went_in:
            known.know({f"in.{at}": 1, "sub.T": -1, "sub.C": -1}, 0)
        if step:
            known.know({f"out.{at}": 1, f"{step}.T": -1, f"{step}.C": -1}, 0)
            went_in = True


def _table_of_estimates(public, outcome, known, found) -> None:
    table = public.kind(outcome, "estimates")
    for row in table.to_dict("records") if table is not None else ():
        if row["estimator"].startswith("Not matched") and is_told(row["n_comparison"]):
            known.tell("sub.C", number(row["n_comparison"]))
            if number(row["n_treated"]) != found["n_treated"]:
                known.tell("sub.T", number(row["n_treated"]))


def _statement(public: Public, outcome: str, known: Counts) -> None:
    table = public.tables.get("payment-statement")
    for row in table.to_dict("records") if table is not None else ():
        if row.get("outcome") == outcome and is_told(row.get("denominator")):
            known.tell("kept.T", number(row["denominator"]))


def _bars(public: Public, outcome: str, known: Counts) -> None:
    """Bars add up to a group, and a bar by its share is the group."""
    bars = public.kind(outcome, "score-bars")
    if bars is None:
        return
    group = "sub.T" if "left_out" in bars else "kept.T"
    known.know({**{f"bar.T.{k}": 1 for k in range(len(bars))}, group: -1}, 0)
    beyond = {f"bar.C.{k}": 1 for k in range(len(bars))}
    known.know({**beyond, "bar.C.beyond": 1, "sub.C": -1}, 0)
    if "left_out" in bars:
        known.know({**{f"lost.{k}": 1 for k in range(len(bars))}, "unm.T": -1, "aside.T": -1,
                    "trim.T": -1}, 0)  # fmt: skip
    for k, row in enumerate(bars.to_dict("records")):
        for name, column in (("bar.T", "treated"), ("bar.C", "comparison"), ("lost", "left_out")):
            if is_told(row.get(column)):
                known.tell(f"{name}.{k}", number(row[column]))
        for column, whole in (("treated", group), ("comparison", "sub.C")):
            share, count = number(row.get(f"{column}_before")), number(row.get(column))
            if count > 0 and share > 0:
                off = 0.51 * 10 ** -decimals(row[f"{column}_before"])
                low, high = count / (share + off), count / max(share - off, 1e-12)
                if math.ceil(low - 1e-6) <= math.floor(high + 1e-6):
                    known.know({whole: 1}, math.ceil(low - 1e-6), math.floor(high + 1e-6))


def _words(public: Public, known: Counts) -> None:
    for n in re.findall(r"out of (\d[\d,]*) with", public.text):
        known.tell("sub.C", number(n))
    without = {"unm.T": 1.0, "aside.T": 1.0, "trim.T": 1.0}  # whoever is not in the analysis
    for n in re.findall(
        r"(?<!than )(?<!of )(?<![\d,])(\d[\d,]*)(?: of [\d,]+)? treated units? found no match",
        public.text,
    ):
        known.know(without, number(n))
    for n in re.findall(r"[Ff]ewer than (\d+) treated units? found no match", public.text):
        known.know(without, 1, number(n) - 1)


def few_of_a_trait(public: Public, outcome: str, threshold: int) -> list[Recovered]:
    """A mean of yes and no, times how many, is how many: and with it how many are not."""
    balance = public.kind(outcome, "balance")
    found = next(o for o in public.outcomes() if o["id"] == outcome)
    recovered = []
    for row in balance.to_dict("records") if balance is not None else ():
        if "=" not in row["covariate"]:
            continue
        for column, n in (("mean_treated_after", found["n_treated"]),
                          ("mean_comparison_after", found["n_comparison"])):  # fmt: skip
            count = number(row.get(column)) * n
            off = n * 0.51 * 10 ** -decimals(row.get(column, "0"))
            fits = _whole(count, off)
            rest = sorted(n - k for k in fits)
            for what, numbers in (("with", fits), ("without", rest)):
                few = [k for k in numbers if 0 < k < threshold]
                if few and len(numbers) < 3:
                    recovered.append(Recovered("mean x n", f"{column} {what} {row['covariate']}",
                                               numbers[0], numbers[-1]))  # fmt: skip
    return recovered


def _whole(count: float, off: float) -> list[int]:
    if math.isnan(count):
        return []
    return [k for k in range(math.floor(count - off), math.ceil(count + off) + 1)
            if k >= 0 and abs(k - count) <= off + 1e-6]  # fmt: skip


def unmatched_by_moments(public: Public, outcome: str, most: int = 25) -> tuple[int, ...]:
    """How many in the programme can have been left out, given every difference before matching of
    a yes/no characteristic: the numbers, from 1 to ``most``, that fit all of them."""
    balance = public.kind(outcome, "balance")
    known = counts_of(public, outcome)
    low, high = known.bounds("sub.C")
    if balance is None or "std_diff_before" not in balance or low != high:
        return tuple(range(1, most + 1))
    n, n_comparison = int(known.bounds("kept.T")[0]), int(low)
    unused = sum(known.bounds(f"{step}.C")[1] for step in ("unm", "aside", "trim"))
    fits = set(range(1, most + 1))
    for row in balance.to_dict("records"):
        mean, gap = row.get("mean_treated_after"), row.get("std_diff_before")
        if "=" not in row["covariate"] or not (is_told(mean) and is_told(gap)):
            continue
        kept = _whole(number(mean) * n, n * 0.51 * 10 ** -decimals(mean))
        off = 0.51 * 10 ** -decimals(gap)
        most = n_comparison
        if number(row.get("mean_comparison_after")) == 0:  # none of those in the analysis has it
            most = min(most, int(unused))
        fits = {u for u in fits if _fits(u, n, kept, n_comparison, number(gap), off, most)}
    return tuple(sorted(fits))


def _fits(u, n, kept, n_comparison, gap, off, most) -> bool:
    a = np.add.outer(np.array(kept), np.arange(u + 1)).ravel()
    p = np.unique(a) / (n + u)
    for spread in (np.sqrt(p * (1 - p) * (n + u) / (n + u - 1)), np.sqrt(p * (1 - p))):
        middle, width = n_comparison * (p - gap * spread), n_comparison * off * spread
        b = np.round(middle)
        if ((np.abs(b - middle) <= width + 1e-7) & (b >= 0) & (b <= most)).any():
            return True
    return False
