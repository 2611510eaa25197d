"""Social return on investment: a value map in, a present value, a ratio and its weak points out.

``global_sensitivity`` is not loaded with the room: it needs SALib.
"""

from pbc_eval.sroi.assumption_grid import AssumptionGrid, assumption_grid, widest_pair
from pbc_eval.sroi.benchmarks import BenchmarkPlace, benchmarks, place_among_reports
from pbc_eval.sroi.effect_draws import effect_draws
from pbc_eval.sroi.present_value import OutcomeValue, SroiResult, social_return
from pbc_eval.sroi.sensitivity import OneWay, one_way
from pbc_eval.sroi.simulate import Simulation, simulate
from pbc_eval.sroi.switching import SwitchingValue, switching_values
from pbc_eval.sroi.value_of_information import ValueOfInformation, value_of_information

__all__ = [
    "AssumptionGrid",
    "BenchmarkPlace",
    "OneWay",
    "OutcomeValue",
    "Simulation",
    "SroiResult",
    "SwitchingValue",
    "ValueOfInformation",
    "assumption_grid",
    "benchmarks",
    "effect_draws",
    "one_way",
    "place_among_reports",
    "simulate",
    "social_return",
    "switching_values",
    "value_of_information",
    "widest_pair",
]
