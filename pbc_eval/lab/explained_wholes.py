"""The words of results that hold several: all measures of a contract, and draws of what may be."""

from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.lab.explanation import Explanation
from pbc_eval.messages.sentence import Sentence


def of_performance(performance: PerformanceResult) -> Explanation:
    """What a contract's measures say together, and what they do not."""
    return Explanation(
        of=performance.summary(),
        what=(
            Sentence("How the service was run, measure by measure; not what it achieved."),
            *performance.notes,
        ),
        against=(Sentence("The target of each measure."),),
        assumes=(Sentence("What was reported is complete and counted alike in each period."),),
        overturned_by=(Sentence("A change of a definition or of who is counted."),),
    )


def of_simulation(simulation: JointSimulation) -> Explanation:
    """What is drawn, and what is not."""
    return Explanation(
        of=simulation.summary(),
        what=(
            Sentence("Payment and value worked out again for each draw of what is uncertain."),
            *simulation.notes,
        ),
        against=(Sentence("The same figures with everything at its best estimate."),),
        assumes=(
            Sentence("Estimates err as their standard errors say."),
            Sentence("Assumptions vary as the file states; what it does not state stays fixed."),
        ),
        overturned_by=(
            Sentence("Assumptions that have no range in the file and are far off."),
            Sentence("A comparison that does not hold: draws know nothing of bias."),
        ),
    )
