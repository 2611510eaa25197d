"""Rate ratios: closed forms, other people's packages, and refusals."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_people, people, weight_by

from pbc_eval.errors import DataError
from pbc_eval.matching.counts import rate_effects

pytestmark = pytest.mark.slow  # seconds, together

ASKED = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}


def with_events(frame, seed=0):
    rng = np.random.default_rng(seed)
    years = rng.uniform(0.5, 2, len(frame))
    rate = np.exp(-0.2 + 0.4 * frame["treated"] + 0.3 * frame["age"])
    return frame.assign(events=rng.poisson(rate * years), years=years, none=0)


PEOPLE = with_events(people(300, seed=5))


def test_a_rate_ratio_is_that_of_a_weighted_poisson_regression():
    models = pytest.importorskip("statsmodels.api")
    sample = match_people(PEOPLE, ratio=2, caliper=0.5)
    found = rate_effects(sample, "events", "years")
    frame = sample.to_frame()
    fitted = models.GLM(
        frame["events"],
        models.add_constant(frame[["treated"]]),
        family=models.families.Poisson(),
        offset=np.log(frame["years"]),
        freq_weights=frame["weight"],
    ).fit()
    assert np.log(found.rate_ratio.estimate) == pytest.approx(fitted.params["treated"], abs=1e-8)


@pytest.mark.parametrize("method", ["ipw", "entropy"])
def test_the_clustered_and_the_weighted_error_are_those_of_many_samples(method):
    """The mean standard error of the logarithm against the spread of its estimates."""
    matched, weighted = [], []
    for seed in range(120):
        frame = with_events(people(300, seed=seed, share=0.2), seed)
        for found, sample in (
            (matched, match_people(frame)),
            (weighted, weight_by(frame, method=method, **ASKED)),
        ):
            ratio = rate_effects(sample, "events", "years").rate_ratio
            width = np.log(ratio.conf_high / ratio.conf_low)
            found.append((np.log(ratio.estimate), width / (2 * 1.98)))
    for found in (matched, weighted):
        estimates, errors = np.array(found).T
        assert 0.8 < errors.mean() / estimates.std() < 1.25
    assert abs(np.mean(weighted, axis=0)[0] - 0.4) < 0.05


def test_without_weights_the_rates_are_sums_over_sums():
    frame = pd.DataFrame(
        {"t": [1, 1, 0, 0], "x": [0, 1, 0, 1], "n": [3, 1, 1, 1], "years": [1.0, 3.0, 2.0, 2.0]}
    )
    sample = match_people(frame, treatment="t", covariates=["x"], unit=None, method="exact")
    found = rate_effects(sample, "n", "years")
    assert (found.treated_rate, found.comparison_rate) == (1.0, 0.5)
    assert found.rate_ratio.estimate == 2
    assert found.per_hundred.startswith(
        "100.0 events for every 100 units of years, against 50.0 without: 50.0 more events"
    )


def test_a_count_without_exposure_is_a_mean():
    sample = match_people(PEOPLE)
    found, mean = rate_effects(sample, "events"), sample.effect("events")
    assert found.difference == pytest.approx(mean.estimate)
    assert found.std_error == pytest.approx(mean.std_error)
    assert "for every 100 people" in found.per_hundred
    assert list(found.to_frame()["measure"]) == ["rate difference", "rate ratio"]


def test_no_event_at_all_has_no_ratio_and_says_why():
    ratio = rate_effects(match_people(PEOPLE), "none").rate_ratio
    assert np.isnan(ratio.estimate)
    assert ratio.reason == "a group has no event: no such ratio"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"events": -1.0}, r"must be 0 or above; 'events' has \d+ others \(-1"),
        ({"years": 0.0}, r"an exposure must be above 0; 'years' has"),
        ({"years": "two"}, "must be numbers"),
    ],
    ids=str,
)
def test_what_is_no_count_or_exposure_is_refused(changes, message):
    with pytest.raises(DataError, match=message):
        rate_effects(match_people(PEOPLE.assign(**changes)), "events", "years")


def test_the_error_of_a_rate_ratio_is_that_of_a_clustered_poisson_regression():
    models = pytest.importorskip("statsmodels.api")
    sample = match_people(PEOPLE)  # pairs: every weight is 1
    frame = sample.to_frame()
    fitted = models.GLM(
        frame["events"],
        models.add_constant(frame[["treated"]]),
        family=models.families.Poisson(),
        offset=np.log(frame["years"]),
    ).fit(cov_type="cluster", cov_kwds={"groups": frame["subclass"].astype(int)})
    found = rate_effects(sample, "events", "years")
    ratio = found.rate_ratio
    error = np.log(ratio.conf_high / ratio.conf_low) / (2 * found.critical)
    assert error == pytest.approx(fitted.bse["treated"], rel=1e-6)
