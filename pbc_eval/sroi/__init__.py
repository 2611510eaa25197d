"""Social return on investment: a value map in, a present value, a ratio and its weak points out.

``global_sensitivity`` is not loaded with the room: it needs SALib.
"""

from pbc_eval.sroi.benchmarks import BenchmarkPlace, benchmarks, place_among_reports
from pbc_eval.sroi.effect_draws import effect_draws
from pbc_eval.sroi.present_value import OutcomeValue, SroiResult, social_return
from pbc_eval.sroi.sensitivity import OneWay, one_way
from pbc_eval.sroi.simulate import Simulation, simulate
from pbc_eval.sroi.switching import SwitchingValue, switching_values
from pbc_eval.sroi.two_way import TwoWay, two_way, widest_pair
from pbc_eval.sroi.value_of_information import ValueOfInformation, value_of_information

__all__ = [
    "BenchmarkPlace",
    "OneWay",
    "OutcomeValue",
    "Simulation",
    "SroiResult",
    "SwitchingValue",
    "TwoWay",
    "ValueOfInformation",
    "benchmarks",
    "effect_draws",
    "one_way",
    "place_among_reports",
    "simulate",
    "social_return",
    "switching_values",
    "two_way",
    "value_of_information",
    "widest_pair",
]
