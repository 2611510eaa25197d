"""A score of yes and no, and what characteristics explain, do not tell how few found no match."""

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from attacker import people as people_attack
from attacker.public import decimals, is_told, number, publish, read_public

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.matching.propensity import fit_propensity

pytestmark = pytest.mark.slow
UNMATCHED, MOST = 3, 14


def people(seed=7, n=220):
    """Of those in the programme, three live where nobody is to compare them with."""
    rng = np.random.default_rng(seed)
    sex, area = rng.choice(["F", "M"], n), rng.choice(["N", "S"], n)
    treated = (rng.random(n) < 0.3).astype(int)
    area[np.flatnonzero(treated)[:UNMATCHED]] = "W"
    better = (rng.random(n) < np.where(treated == 1, 0.75, 0.4)).astype(int)
    return pd.DataFrame(
        {"id": range(n), "treated": treated, "area": area, "sex": sex, "better": better,
         "need": rng.normal(size=n)}
    )  # fmt: skip


def evaluated(folder, covariates=("sex",)):
    design = {key: value for key, value in invented.DESIGN.items() if key != "caliper"}
    design |= {"covariates": list(covariates), "exact": ["area"]}
    return evaluate(load_evaluation(
        invented.people_evaluation(folder, people(), design=design, payment=None)
    ))  # fmt: skip


def numbers(evaluation):
    """What the page tells in any case: those matched, how many of them have the trait, and all who
    could be compared."""
    groups = evaluation.findings[0].table("groups").frame.set_index("group")
    matched = evaluation.findings[0].headline.n_treated
    balance = evaluation.findings[0].table("balance").frame.set_index("covariate")
    with_trait = round(balance.loc["sex=M", "mean_treated_after"] * matched)
    compared = int(groups["comparison"].iloc[0])
    return matched, with_trait, compared


def by_score(told: float, matched, with_trait, compared) -> set[int]:
    """The attack: the mean score of the matched is that of two shares, each of a few counts."""
    fits = set()
    for left in range(MOST):
        for a in range(left + 1):
            inside = matched + left
            for c in range(compared + 1):
                yes, no = with_trait + a, inside - with_trait - a
                if not (yes + c and no + compared - c):
                    continue
                shares = yes / (yes + c), no / (no + compared - c)
                mean = (with_trait * shares[0] + (matched - with_trait) * shares[1]) / matched
                if abs(mean - told) < 1e-9:
                    fits.add(left)
    return fits


def by_what_is_explained(told: float, matched, with_trait, compared) -> set[int]:
    """The attack: the share of being in the programme that a trait explains is of a table of two by
    two."""
    fits = set()
    for left in range(MOST):
        for a in range(left + 1):
            inside, n = matched + left, matched + left + compared
            for c in range(compared + 1):
                x = with_trait + a + c
                spread = inside * compared * x * (n - x)
                if spread and abs(((with_trait + a) * n - inside * x) ** 2 / spread - told) < 6e-11:
                    fits.add(left)
    return fits


def test_nothing_that_is_fitted_to_everybody_is_told_where_all_is_yes_or_no(tmp_path):
    evaluation = evaluated(tmp_path / "people")
    finding = evaluation.findings[0]
    assert finding.table("groups").frame.set_index("group").loc["Not matched", "treated"] == 3
    public = read_public(publish(release(evaluation), tmp_path / "out"))
    assert public.kind("better", "hidden-bias") is None
    assert public.kind("better", "score-bars") is None
    assert public.kind("better", "score-curves") is None
    assert public.kind("better", "balance")["covariate"].tolist() == ["sex=M"]
    check = next(check for check in finding.checks if check.name == "hidden_bias")
    assert str(released_sentence(check.sentence, evaluation.spec.publication.disclosure))


def test_the_attacks_find_the_number_in_what_was_told(tmp_path):
    """The figures as they were published: each alone leaves 3 and no other number."""
    known = numbers(evaluated(tmp_path / "people"))
    frame = people()
    treated = frame["treated"].to_numpy(bool)
    man = (frame["sex"] == "M").to_numpy(float)
    explained = np.corrcoef(man, treated)[0, 1] ** 2
    assert by_what_is_explained(float(f"{explained:.10g}"), *known) == {UNMATCHED}
    score = fit_propensity(man[:, None], treated, ["sex=M"]).score
    shares = {value: float(score[man == value][0]) for value in (0.0, 1.0)}
    matched, with_trait, _ = known
    mean = (with_trait * shares[1.0] + (matched - with_trait) * shares[0.0]) / matched
    assert by_score(float(f"{mean:.10g}"), *known) == {UNMATCHED}


@pytest.mark.soak
def test_beside_a_number_of_many_values_the_score_is_told(tmp_path):
    evaluation = evaluated(tmp_path / "people", ("sex", "need"))
    public = read_public(publish(release(evaluation), tmp_path / "out"))
    assert public.kind("better", "hidden-bias") is not None
    score = public.kind("better", "balance").set_index("covariate").loc["Propensity score"]
    assert is_told(score["mean_treated_after"])
    assert 0 < number(score["mean_treated_after"]) < 1


def nobody_alike(folder, seed, left_out):
    """A level that ``left_out`` of the programme have, and nobody of those to compare with."""
    rng, n = np.random.default_rng(seed), 400
    frame = pd.DataFrame({
        "id": range(n), "treated": (rng.random(n) < 0.35).astype(int),
        "area": rng.choice(["N", "S"], n), "sex": rng.choice(["F", "M"], n),
    })  # fmt: skip
    frame.loc[np.flatnonzero(frame["treated"])[:left_out], "area"] = "W"
    chance = np.where(frame["treated"] == 1, 0.6, 0.4)
    frame["better"] = (rng.random(n) < chance).astype(int)
    design = {key: value for key, value in invented.DESIGN.items() if key != "caliper"}
    design |= {"covariates": ["area", "sex"], "algorithm": "exact"}
    return invented.people_evaluation(folder, frame, design=design, payment=None)


@pytest.mark.parametrize(("seed", "left_out"), [(0, 3), (1, 1)])
def test_a_level_that_nobody_to_compare_with_has_does_not_tell_how_many_have_it(
    tmp_path, seed, left_out
):
    """Before: all to compare with are in the analysis, and none of them has it; the difference
    before matching is the root of 3 over 130, to two decimals, and of no other number."""
    evaluation = evaluate(load_evaluation(nobody_alike(tmp_path / "people", seed, left_out)))
    public = read_public(publish(release(evaluation), tmp_path / "out"))
    matched = evaluation.findings[0].headline.n_treated
    raw = evaluation.findings[0].table("balance").frame.set_index("covariate")
    gap = round(raw.loc["area=W", "std_diff_before"], 2)
    attack = [u for u in range(1, 10) if abs(np.sqrt(u / matched) - gap) <= 0.005]
    assert attack == [left_out]
    assert {*range(1, 10)} <= {*people_attack.unmatched_by_moments(public, "better")}
    balance = public.kind("better", "balance").set_index("covariate")
    told = balance.loc["area=W", "std_diff_before"]
    if is_told(told):
        off = 0.5 * 10 ** -decimals(told) + 1e-9
        fits = {a for u in range(1, 10) for a in range(u + 1)
                if abs(np.sqrt(a / (matched + u - a)) - number(told)) <= off}  # fmt: skip
        assert len(fits) >= 3
    assert is_told(balance.loc["sex=M", "std_diff_before"])
