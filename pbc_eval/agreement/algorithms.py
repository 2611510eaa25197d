"""Every algorithm that an agreement may name, each with the model of its options.

    ALGORITHMS["nearest"] ▶ Nearest        options_of("nearest", {"ratio": 2}) ▶ Nearest(ratio=2)

The built-in ones stand in the tuple below. Further ones enter through ``add_algorithm`` of
``matching.methods`` or ``matching.weighting``, with the function that carries them out.
"""

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from pbc_eval._validate import check_choice, did_you_mean
from pbc_eval.agreement.algorithm_options import AlgorithmOptions
from pbc_eval.agreement.matching_options import (
    Cardinality,
    Coarsened,
    Exact,
    Full,
    Nearest,
    Optimal,
    Subclass,
)
from pbc_eval.agreement.weighting_options import (
    CovariateBalancing,
    Entropy,
    InversePropensity,
    Overlap,
    WeightingOptions,
)
from pbc_eval.errors import DesignError

_BUILT_IN: tuple[type[AlgorithmOptions], ...] = (
    *(Nearest, Optimal, Full, Subclass, Coarsened, Exact, Cardinality),
    *(InversePropensity, Overlap, Entropy, CovariateBalancing),
)
ALGORITHMS: dict[str, type[AlgorithmOptions]] = {}


def name_of(options: type[AlgorithmOptions]) -> str:
    """The word that evaluation files use."""
    return str(options.model_fields["algorithm"].default)


def know_algorithm(options: type[AlgorithmOptions]) -> None:
    """Let agreements name an algorithm. Raises DesignError where another one has its name."""
    name = name_of(options)
    known = ALGORITHMS.setdefault(name, options)
    if known is not options:
        raise DesignError(
            f"the algorithm {name!r} is {known.__name__} already. Rename the new one."
        )


def settings_of(options: type[AlgorithmOptions]) -> dict[str, Any]:
    """The settings that mean something to an algorithm, each with its plain default."""
    fields = options.model_fields
    return {
        name: fields[name].get_default(call_default_factory=True)
        for name in fields
        if name != "algorithm"
    }


def options_of(algorithm: str, settings: Mapping[str, Any], *, weights: bool) -> AlgorithmOptions:
    """The options of the algorithm of that name: what a keyword of ``match`` or ``weight`` builds.

    Raises DesignError for a name that is not known, and for a setting that the algorithm would
    ignore.
    """
    owner = "weight" if weights else "match"
    choices = [name for name, o in ALGORITHMS.items() if issubclass(o, WeightingOptions) == weights]
    check_choice(owner, "method", algorithm, choices, DesignError)
    model = ALGORITHMS[algorithm]
    known = settings_of(model)
    for name, value in settings.items():
        if name not in known and not _is_plain(name, value):
            listed = ", ".join(sorted(known)) or "none beyond the covariates"
            raise DesignError(
                f"{owner}: {name}={value!r} means nothing to method={algorithm!r}. Leave it out, "
                f"or choose another method. Options of this one: {listed}."
            )
    return model(**{name: value for name, value in settings.items() if name in known})


def read_options(algorithm: Any, settings: Mapping[str, Any]) -> AlgorithmOptions:
    """The options as a file states them.

    Raises pydantic's errors, each at its key. A setting that the algorithm would ignore is refused
    unless it says what is so anyway: an agreement must not say one thing while another is done.
    """
    if algorithm not in ALGORITHMS:
        *most, last = [repr(name) for name in ALGORITHMS]
        problem = (
            f"Input should be {', '.join(most)} or {last}, got {algorithm!r}."
            f"{did_you_mean(algorithm, ALGORITHMS)}"
        )
        raise PydanticCustomError("at_key", "{problem}", {"key": "algorithm", "problem": problem})
    model = ALGORITHMS[algorithm]
    known = settings_of(model)
    for name, value in settings.items():
        if name not in known and not _is_plain(name, value):
            homes = [home for home, other in ALGORITHMS.items() if name in settings_of(other)]
            problem = (
                f"{name} means nothing to algorithm {algorithm}; it belongs to {', '.join(homes)}. "
                "Remove it, or choose another algorithm"
            )
            raise PydanticCustomError("at_key", "{problem}", {"key": name, "problem": problem})
    return model.read({name: value for name, value in settings.items() if name in known})


def _is_plain(name: str, value: Any) -> bool:
    """Does a setting say no more than its default, in some algorithm that has it?"""
    if not isinstance(value, (str, int, float, tuple, list, dict, type(None))):
        return False
    value = tuple(value) if isinstance(value, list) else value
    defaults = [settings_of(other).get(name) for other in ALGORITHMS.values()]
    return value is None or value in ((), {}, "") or any(value == plain for plain in defaults)


for _options in _BUILT_IN:
    know_algorithm(_options)
