"""What every matched sample must satisfy, a slow obvious matcher, and people to match."""

import numpy as np
import pandas as pd

from pbc_eval import match, weight
from pbc_eval.agreement.algorithms import ALGORITHMS, options_of, settings_of


def people(n=200, seed=0, share=0.3, rounded=None) -> pd.DataFrame:
    """People with an id, two measured covariates, a group, a treatment and an outcome (effect 2).

    ``rounded`` decimals make covariates coarse, so that scores tie.
    """
    rng = np.random.default_rng(seed)
    age, income = rng.normal(size=n), rng.normal(size=n)
    if rounded is not None:
        age, income = age.round(rounded), income.round(rounded)
    group = rng.choice(["north", "south", "west"], n)
    lean = 0.8 * age - 0.5 * income + 0.3 * (group == "south") + np.log(share / (1 - share))
    treated = rng.random(n) < 1 / (1 + np.exp(-lean))
    outcome = 2 * treated + age + 0.5 * income + rng.normal(size=n)
    return pd.DataFrame(
        {
            "id": [f"p{i:05d}" for i in range(n)],
            "treated": treated.astype(int),
            "age": age,
            "income": income,
            "group": group,
            "outcome": outcome,
        }
    )


def by_of(settings, *, weights=False):
    """The rest of a call, and the options that its settings ask for by name."""
    every = frozenset().union(*(settings_of(model) for model in ALGORITHMS.values()))
    asked = {name: value for name, value in settings.items() if name in every}
    rest = {name: value for name, value in settings.items() if name not in every}
    method = rest.pop("method", "ipw" if weights else "nearest")
    return {**rest, "by": options_of(method, asked, weights=weights)}


def match_by(frame, **settings):
    """``match`` with the settings of its algorithm as keywords."""
    return match(frame, **by_of(settings))


def weight_by(frame, **settings):
    """``weight`` with the settings of its algorithm as keywords."""
    return weight(frame, **by_of(settings, weights=True))


def match_people(frame, **changes):
    """A call on ``people``; each test names only what it varies."""
    asked = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}
    return match_by(frame, **(asked | changes))


def expect_good_match(sample, frame, *, treatment="treated", unit="id"):
    """The invariants of a result, each once."""
    asked, pairs, weights = sample.settings, sample.pairs, sample.weights
    treated = frame.set_index(unit)[treatment].astype(bool)
    att = asked.estimand == "ATT"
    focal, other = ("treated", "comparison") if att else ("comparison", "treated")
    is_focal = treated if att else ~treated

    # everybody is on the right side of a pair, and nobody is compared with themselves
    assert treated[pairs["treated"]].all()
    assert not treated[pairs["comparison"]].any()
    assert not pairs.duplicated(["treated", "comparison"]).any()

    # k counts each focal unit's matches from 1, no more than asked for
    counted = pairs.groupby(focal)["k"]
    assert (counted.min() == 1).all()
    assert (counted.max() == counted.size()).all()
    assert counted.size().max() <= asked.ratio

    # distances are those of the scores, and the caliper holds
    apart = (
        sample.scores[pairs["treated"]].to_numpy() - sample.scores[pairs["comparison"]].to_numpy()
    )
    np.testing.assert_allclose(pairs["distance"], np.abs(apart), atol=1e-14)
    if sample.caliper_width is not None:
        assert pairs["distance"].max() <= sample.caliper_width

    # exact means exact
    for column in sample.design.exact:
        values = frame.set_index(unit)[column]
        assert (values[pairs["treated"]].to_numpy() == values[pairs["comparison"]].to_numpy()).all()

    # pairs keep to every other rule, and nobody is paired who was left out beforehand
    by_id = frame.set_index(unit)
    for column, width in sample.design.within:
        gap = (
            by_id.loc[pairs["treated"], column].to_numpy() - by_id.loc[pairs["comparison"], column]
        )
        assert gap.abs().max() <= width
    for column in sample.design.antiexact:
        mine, theirs = by_id.loc[pairs["treated"], column], by_id.loc[pairs["comparison"], column]
        assert (mine.to_numpy() != theirs.to_numpy()).all()
    discarded = pd.Series(sample.discarded, index=weights.index)
    assert not discarded[pairs["treated"]].any()
    assert not discarded[pairs["comparison"]].any()

    # weights follow from the pairs
    part = 1 / pairs.groupby(focal)[focal].transform("size")
    share = part.groupby(pairs[other]).sum()
    expected = pd.Series(0.0, index=weights.index)
    expected[pairs[focal].unique()] = 1.0
    expected[share.index] = share * len(share) / share.sum()
    np.testing.assert_allclose(weights, expected, atol=1e-12)
    assert np.isclose(weights[~is_focal[weights.index]].sum(), pairs[other].nunique())

    subclass = sample.subclass
    if asked.replacement:
        assert subclass.isna().all()
    else:  # nobody is used twice, and weights follow from the subclasses too
        assert not pairs[other].duplicated().any()
        assert (subclass.notna() == (weights > 0)).all()
        both = pd.DataFrame({"set": subclass, "focal": is_focal}).dropna()
        sizes = both.groupby("set")["focal"].agg(["sum", "size"])
        assert (sizes["sum"] == 1).all()
        raw = 1 / (sizes["size"] - 1)
        others = both[~both["focal"]]
        by_set = others["set"].map(raw).astype(float)
        np.testing.assert_allclose(weights[others.index], by_set * len(by_set) / by_set.sum())

    # what is lost is accounted for
    assert set(sample.unmatched.ids) == set(is_focal.index[is_focal]) - set(pairs[focal])
    assert sample.ledger.rows == int((weights > 0).sum())
    assert sample.counts().loc["matched"].sum() == int((weights > 0).sum())


def slow_pairs(score, focal, strata, *, order, ratio, replacement, caliper, forbidden=None):
    """Greedy matching as one would do it by hand: {focal row: [matched rows]}.

    Everyone stands in line by score, equal scores in row order; the nearest free candidate on the
    left and on the right are compared, and the right one must be strictly nearer to win.
    """
    line = sorted(range(len(score)), key=lambda i: (score[i], i))
    place = {row: at for at, row in enumerate(line)}
    taken: set[int] = set()
    found: dict[int, list[int]] = {int(i): [] for i in np.flatnonzero(focal)}

    def free(row, seeker):
        return (
            not focal[row]
            and strata[row] == strata[seeker]
            and row not in found[seeker]
            and not (forbidden is not None and forbidden[seeker, row])
            and (replacement or row not in taken)
        )

    def candidate(seeker):
        left = next((r for r in reversed(line[: place[seeker]]) if free(r, seeker)), None)
        right = next((r for r in line[place[seeker] + 1 :] if free(r, seeker)), None)
        sides = [
            (abs(score[seeker] - score[r]), s, r)
            for s, r in ((0, left), (1, right))
            if r is not None
        ]
        gap, _, row = min(sides, default=(np.inf, 0, None))
        return (gap, row) if row is not None and gap <= caliper else None

    def take(seeker, row):
        found[seeker].append(row)
        taken.add(row)

    for round_number in range(ratio):
        turn = [i for i in found if len(found[i]) == round_number]
        turn.sort(
            key={"largest": lambda i: -score[i], "smallest": lambda i: score[i]}.get(
                order, lambda i: i
            )
        )
        if order != "closest" or replacement:
            for seeker in turn:
                best = candidate(seeker)
                if best:
                    take(seeker, best[1])
            continue
        queue = [(*best, seeker) for seeker in turn if (best := candidate(seeker))]
        queue.sort(key=lambda entry: entry[0])  # stable: equal distances in row order
        while queue:
            _, row, seeker = queue.pop(0)
            if row not in taken:
                take(seeker, row)
            elif best := candidate(seeker):
                at = next((i for i, e in enumerate(queue) if e[0] >= best[0]), len(queue))
                queue.insert(at, (*best, seeker))  # ahead of others at the same distance
    return {seeker: rows for seeker, rows in found.items() if rows}
