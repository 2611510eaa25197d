"""Social return on investment: a value map in, a present value, a ratio and its weak points out."""

from pbc_eval.sroi.benchmarks import BenchmarkPlace, benchmarks, place_among_reports
from pbc_eval.sroi.present_value import OutcomeValue, SroiResult, social_return
from pbc_eval.sroi.sensitivity import OneWay, one_way
from pbc_eval.sroi.switching import SwitchingValue, switching_values

__all__ = [
    "BenchmarkPlace",
    "OneWay",
    "OutcomeValue",
    "SroiResult",
    "SwitchingValue",
    "benchmarks",
    "one_way",
    "place_among_reports",
    "social_return",
    "switching_values",
]
