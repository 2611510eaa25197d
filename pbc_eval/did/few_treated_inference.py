"""The interval of an average effect by ways made for few treated units (few_treated.py,
conformal.py)."""

from pbc_eval.did.asked_inference import Asked, with_interval
from pbc_eval.did.behind_average import MOST_GROUPS, refuse_incomplete, refused, regression_behind
from pbc_eval.did.conformal import ALL_BEFORE, ConformalTest, conformal_of, conformal_test
from pbc_eval.did.few_treated import DRAWS, By, few_treated_test
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.results import AttEstimate, StatedInterval

_RESCALED = {
    "conley_taber": Sentence("errors of all groups alike (Conley and Taber)"),
    "ferman_pinto": Sentence("errors rescaled to the size of each group (Ferman and Pinto)"),
}


def conley_taber_inference(asked: Asked, draws: int | None = None) -> AttEstimate:
    """Errors of comparison groups in place of those of the treated."""
    return _few_treated(asked, "conley_taber", draws)


def ferman_pinto_inference(asked: Asked, draws: int | None = None) -> AttEstimate:
    """The same, rescaled to the sizes of the treated."""
    return _few_treated(asked, "ferman_pinto", draws)


def _few_treated(asked: Asked, by: By, draws: int | None) -> AttEstimate:
    _, whole = regression_behind(
        asked.panel, asked.estimate, asked.kind, asked.anticipation, MOST_GROUPS
    )
    made = few_treated_test(
        asked.panel, whole, by=by, level=asked.level, draws=draws or DRAWS, seed=asked.seed
    )
    words = Sentence(
        "the changes of {compared} comparison groups, put in the place of {treated} treated in {n} "
        "combinations; {how}",
        compared=Number(made.compared),
        treated=Number(made.treated),
        n=Number(made.combinations),
        how=_RESCALED[by],
    )
    return with_interval(
        asked,
        StatedInterval(conf_low=made.conf_low, conf_high=made.conf_high, p_value=made.p_value),
        made.std_error,
        words=words,
        seed=made.seed,
        known_to=made.known_to,
    )


def conformal_inference(asked: Asked, draws: int | None = None) -> AttEstimate:
    """Periods changing places, for one start and all periods after it against all before."""
    made = _conformal(asked)
    return with_interval(
        asked,
        StatedInterval(conf_low=made.conf_low, conf_high=made.conf_high, p_value=made.p_value),
        made.std_error,
        words=Sentence(
            "periods changing places, {how}, in {n} orders (Chernozhukov, Wüthrich and Zhu); the "
            "interval holds effects, the same in every period after the start, that are not "
            "rejected",
            how=Sentence("a block moving on")
            if made.permutations == "moving_block"
            else Sentence("each by itself"),
            n=Number(made.orders),
        ),
        seed=made.seed,
        known_to=made.known_to,
    )


def _conformal(asked: Asked) -> ConformalTest:
    refuse_incomplete(asked.panel)
    _, whole = regression_behind(
        asked.panel, asked.estimate, asked.kind, asked.anticipation, MOST_GROUPS
    )
    try:
        return conformal_of(
            asked.panel,
            whole,
            permutations=asked.permutations,
            level=asked.level,
            seed=asked.seed,
        )
    except DesignError as not_this:
        if not_this.rule != ALL_BEFORE:
            raise
    conformal_test(asked.panel, permutations=asked.permutations, level=asked.level)
    raise refused(
        Sentence(
            "It holds all periods after the start against all before, which this estimate does "
            "not, and that of the estimator extended_two_way does."
        )
    )
