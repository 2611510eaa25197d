"""Many outcomes beside the headline are held together before one of them refuses them all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.checks.several_outcomes import allow_for_several
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.several_tests import adjust_p_values
from pbc_eval.results import CheckResult


def pre_trends(p: float | None) -> CheckResult:
    status = "review" if p is None or 0.05 <= p < 0.10 else "fail" if p < 0.05 else "pass"
    return CheckResult(name="pre_trends", status=status, sentence=Sentence("As found."), p_value=p)


def held(p_values, headline: str = "o0") -> dict[str, str]:
    checks = {f"o{n}": (pre_trends(p),) for n, p in enumerate(p_values)}
    return {name: done[0].status for name, done in allow_for_several(checks, headline).items()}


def test_one_of_sixty_below_the_limit_by_chance_is_looked_at_and_refuses_nothing():
    status = held([0.5] + [0.045] + [0.5] * 58)
    assert status["o1"] == "review"
    assert "fail" not in status.values()


def test_the_headline_makes_no_allowance_however_many_outcomes_are_added():
    assert held([0.045] + [0.9] * 99)["o0"] == "fail"


def test_what_is_far_from_chance_still_refuses_and_says_by_which_p():
    checks = {"o0": (pre_trends(0.5),), "o1": (pre_trends(0.0001),), "o2": (pre_trends(0.7),)}
    done = allow_for_several(checks, "o0")["o1"][0]
    assert done.status == "fail"
    assert done.p_value == 0.0001
    assert "2 outcomes beside the headline are held together, too (Holm's method, p < 0.001)" in (
        str(done.sentence)
    )


def test_with_one_outcome_beside_the_headline_nothing_changes():
    checks = {"o0": (pre_trends(0.5),), "o1": (pre_trends(0.04),)}
    assert allow_for_several(checks, "o0") == checks


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=30))
def test_only_a_failure_is_taken_back_and_by_holm_alone(p_values):
    before = {f"o{n}": pre_trends(p).status for n, p in enumerate(p_values)}
    after = held(p_values)
    beside = [p for p in p_values[1:] if p is not None]
    together = dict(zip(beside, adjust_p_values(beside) if beside else [], strict=True))
    for n, p in enumerate(p_values):
        name = f"o{n}"
        if before[name] != "fail" or n == 0 or len(beside) < 2:
            assert after[name] == before[name]
        else:
            lowest = min(q for other, q in together.items() if other == p)
            assert after[name] == ("fail" if lowest < 0.05 else "review")


@pytest.mark.parametrize("outcomes", [5, 60])
def test_sound_outcomes_are_refused_as_seldom_as_the_limit_says(outcomes):
    rng = np.random.default_rng(60)
    refused = sum("fail" in held(rng.random(outcomes), "none").values() for _ in range(200))
    assert refused <= 0.05 * 200 + 3 * np.sqrt(200 * 0.05 * 0.95)
