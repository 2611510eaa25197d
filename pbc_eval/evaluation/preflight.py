"""Everything that is wrong with the files of an evaluation, before anything is estimated.

A file with problems is corrected once: the value map, the KPIs, counts by person and the data each
say what is wrong with them, whatever is wrong with the others.
"""

from collections.abc import Callable
from functools import partial

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import PbcError
from pbc_eval.evaluation.core_results import claims_of, counts_by_person
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.performance_measured import performance_of
from pbc_eval.evaluation.social_value import read_value_inputs
from pbc_eval.intake.input_files import InputFiles


def problems_of(spec: EvaluationSpec, files: InputFiles) -> tuple[str, ...]:
    """What each part of the evaluation says is wrong with its files; each problem once."""
    parts: list[Callable[[], object]] = [lambda: read_value_inputs(spec, files)]
    parts += [partial(read, spec, files) for read in design_kind(spec.design).reads]
    parts.append(lambda: performance_of(spec, files))
    parts += [partial(counts_by_person, spec, count, files) for count in spec.counts]
    parts.append(lambda: claims_of(spec, files))
    problems: list[str] = []
    for read in parts:
        try:
            read()
        except PbcError as problem:
            problems.append(str(problem))
    return tuple(dict.fromkeys(problems))
