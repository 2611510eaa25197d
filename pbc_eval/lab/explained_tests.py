"""What tests of an average effect say and rest on: how each learns what chance does."""

from pbc_eval.did.conformal import ConformalTest
from pbc_eval.did.few_treated import FewTreatedTest
from pbc_eval.did.randomisation import RandomisationTest
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.did.wild import WildBootstrap
from pbc_eval.lab.explanation import BOTH_AT_ONCE, TRENDS, Explanation
from pbc_eval.messages.sentence import Sentence

_JUDGED: dict[type, tuple[Sentence, Sentence, tuple[Sentence, ...], Sentence]] = {
    FewTreatedTest: (
        Sentence("Chance is learnt from how comparison groups changed, for a few treated ones."),
        Sentence("Changes of comparison groups, drawn in place of the treated groups' own."),
        (
            TRENDS,
            Sentence("All groups err alike, or (ferman_pinto) as their sizes say."),
        ),
        Sentence("Treated groups that vary more than comparison groups of their size."),
    ),
    ConformalTest: (
        Sentence("Chance is learnt from the treated group's own past, its periods reordered."),
        Sentence("Its changes before the start, against those of the comparison groups."),
        (
            TRENDS,
            Sentence("Without the programme, later periods would have varied as earlier ones did."),
        ),
        Sentence("Errors that last over periods, where all orders are taken; too few periods."),
    ),
    RandomisationTest: (
        Sentence("Starts are dealt out anew: how often chance alone gives as much."),
        Sentence("The same units, under other starts than their own."),
        (
            Sentence("Who started when is as good as random."),
            Sentence("Of an interval: that the effect is the same for all."),
        ),
        Sentence("Starts that were chosen for how outcomes stood, or were going to move."),
    ),
    WildBootstrap: (
        Sentence("Signs of clusters' errors are drawn anew, under the null that is tested."),
        Sentence("Clusters that are not treated, or not yet."),
        (
            TRENDS,
            Sentence("Clusters are independent, and enough of them are treated: five at least."),
        ),
        Sentence(
            "Fewer treated clusters, where it misleads: conley_taber, ferman_pinto are for that."
        ),
    ),
}


def of_tested(test: TestedAverage) -> Explanation:
    """How the test judges, against what, what it assumes and what would overturn it."""
    what, against, assumes, overturned = _JUDGED[type(test)]
    return Explanation(
        of=test.summary(),
        what=(Sentence("A test of the average effect, and the effects it does not reject."), what),
        against=(against,),
        assumes=assumes,
        overturned_by=(overturned, BOTH_AT_ONCE),
    )
