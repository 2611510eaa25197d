"""A check that refuses by a p-value, over the many outcomes of one evaluation.

Of sixty sound outcomes three fall below p = 0.05 by chance, and each would refuse them all. So the
outcomes beside the headline are held together, by Holm's method: what falls below the limit alone
and not together is to be looked at ("review"), and refuses nothing. The headline's own check makes
no allowance: outcomes that are added to an evaluation excuse nothing of it.

Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70 (``adjust_p_values``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pbc_eval.checks import CHECKS
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, PValue, joined
from pbc_eval.numerics.several_tests import adjust_p_values
from pbc_eval.results import CheckResult

Checks = Mapping[str, Sequence[CheckResult]]


def allow_for_several(checks: Checks, headline: str) -> dict[str, tuple[CheckResult, ...]]:
    """The checks of every outcome, by its id, with those that refuse by chance alone taken back to
    "review"; ``headline`` is the id of the outcome that is held by itself.

    The ``p_value`` of each stays its own; the sentence of what failed says the adjusted one, and
    over how many outcomes. With one outcome beside the headline nothing changes.
    """
    held = {outcome: list(results) for outcome, results in checks.items()}
    for kind in CHECKS:
        if not kind.refuses_below:
            continue
        at = [
            (outcome, place)
            for outcome, results in held.items()
            for place, result in enumerate(results)
            if result.name == kind.name and result.p_value is not None and outcome != headline
        ]
        if len(at) < 2:
            continue
        together = adjust_p_values([_p(held[outcome][place]) for outcome, place in at])
        for (outcome, place), p in zip(at, together, strict=True):
            if held[outcome][place].status == "fail":
                held[outcome][place] = _held_together(
                    held[outcome][place], float(p), len(at), refused=p < kind.refuses_below
                )
    return {outcome: tuple(results) for outcome, results in held.items()}


def _p(result: CheckResult) -> float:
    assert result.p_value is not None
    return result.p_value


def _held_together(result: CheckResult, p: float, n: int, *, refused: bool) -> CheckResult:
    if refused:
        how = Sentence(
            "It stands when the {n} outcomes beside the headline are held together, too (Holm's "
            "method, {p}).",
            n=Number(n),
            p=PValue(p),
        )
    else:
        how = Sentence(
            "Of {n} outcomes beside the headline some come to this by chance: held together "
            "(Holm's method) it is {p}, which does not stop the evaluation. Read this outcome with "
            "doubt.",
            n=Number(n),
            p=PValue(p),
        )
    sentence = joined((result.sentence, how), " ")
    return replace(result, status="fail" if refused else "review", sentence=sentence)
