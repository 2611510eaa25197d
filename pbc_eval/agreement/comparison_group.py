"""How an evaluation file says a comparison group is built: the algorithm, and its settings.

    algorithm: nearest ┐
    ratio: 2           ├──▶ ComparisonGroup ── .by ──▶ Nearest(ratio=2, caliper=0.2)
    effect: regression ┘

The settings stand in the file beside the design's other keys. Which there are, and what they mean,
is said once, by the algorithm's options (``agreement.algorithms``).
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from pbc_eval.agreement.algorithm_options import AlgorithmOptions
from pbc_eval.agreement.algorithms import ALGORITHMS, read_options, settings_of
from pbc_eval.agreement.base import Agreed, refuse_what_is_not_meant
from pbc_eval.agreement.matching_options import USUAL_CALIPER
from pbc_eval.agreement.weighting_options import WeightingOptions

Effect = Literal["difference", "regression", "g_computation", "augmented"]
_AFTER_WEIGHTING: tuple[Effect, ...] = ("difference", "augmented")
_AFTER_MATCHING: tuple[Effect, ...] = ("difference", "regression", "g_computation")


def _every_setting() -> dict[str, Any]:
    """Every setting of every algorithm, with the annotation of the first that has it."""
    settings: dict[str, Any] = {"algorithm": str}
    for options in ALGORITHMS.values():
        for name, field in options.model_fields.items():
            settings.setdefault(name, field.annotation)
    return settings


# A file's fingerprint holds all of these, whichever algorithm it names; it must not change because
# an algorithm was added, so that only the built-in ones are among them.
_DEFAULTS: dict[str, Any] = {}
for _options in ALGORITHMS.values():
    for _name, _default in settings_of(_options).items():
        _DEFAULTS.setdefault(_name, _default)
_DEFAULTS["caliper"] = USUAL_CALIPER


class ComparisonGroup(Agreed):
    """An algorithm, its settings, and how outcomes are compared in what it gives."""

    options: AlgorithmOptions
    effect: Effect | None = Field(
        default=None,
        description="How outcomes are compared: difference, regression (the usual after matching) "
        "or g_computation; after weighting difference or augmented (the usual).",
    )

    @property
    def algorithm(self) -> str:
        return self.options.algorithm

    @property
    def by(self) -> AlgorithmOptions:
        """The options in force: as agreed, and where nothing was said the usual ones."""
        written = self.options.model_fields_set
        usual = self.options.usual_in_files
        return self.options.model_copy(
            update={name: value for name, value in usual.items() if name not in written}
        )

    @property
    def weights(self) -> bool:
        """Does everybody stay, with weights, rather than some be matched?"""
        return isinstance(self.options, WeightingOptions)

    @property
    def compared_by(self) -> Effect:
        """How outcomes are compared, where nothing was said the usual way."""
        return self.effect or ("augmented" if self.weights else "regression")

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_is_not_meant(cls, data: Any) -> Any:
        """The base's rule over all keys of the file; then the settings are gathered as options."""
        if not isinstance(data, dict) or isinstance(data.get("options"), AlgorithmOptions):
            return data
        settings = _every_setting()
        own = {name: field.annotation for name, field in cls.model_fields.items()}
        refuse_what_is_not_meant(data, settings | {k: v for k, v in own.items() if k != "options"})
        rest = {key: value for key, value in data.items() if key not in settings}
        return {**rest, "options": {key: data[key] for key in data if key in settings}}

    @field_validator("options", mode="before")
    @classmethod
    def _read_by_the_algorithm(cls, settings: Any, info: ValidationInfo) -> Any:
        if isinstance(settings, AlgorithmOptions):
            return settings
        named = {key: value for key, value in settings.items() if key != "algorithm"}
        options = read_options(settings.get("algorithm", "nearest"), named)
        if "algorithm" in settings:
            options.__pydantic_fields_set__.add("algorithm")
        return options

    @model_validator(mode="after")
    def _refuse_an_effect_that_does_not_follow(self) -> Self:
        usual = _AFTER_WEIGHTING if self.weights else _AFTER_MATCHING
        if self.effect is not None and self.effect not in usual:
            raise ValueError(
                f"effect {self.effect} does not follow algorithm {self.algorithm}; write one of "
                f"{', '.join(usual)}"
            )
        return self

    @model_serializer(mode="wrap")
    def _flat(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """As the file has it: the settings beside the other keys."""
        dumped: dict[str, Any] = handler(self)
        if dumped.pop("options", None) is None:
            return dumped
        settings = self.options.model_dump(mode=info.mode)
        if info.exclude_unset:
            settings = {k: v for k, v in settings.items() if k in self.options.model_fields_set}
        elif info.exclude_defaults:
            plain = {"algorithm": "nearest", **_DEFAULTS, **settings_of(type(self.options))}
            plain |= {"caliper": USUAL_CALIPER} if "caliper" in self.options.usual_in_files else {}
            settings = {k: v for k, v in settings.items() if self._set(k) and v != plain.get(k)}
        else:
            settings = _plain(_DEFAULTS, info.mode) | {
                name: value
                for name, value in settings.items()
                if self._set(name) or name not in _DEFAULTS or name == "algorithm"
            }
        if isinstance(info.include, set) and "algorithm" not in info.include:
            settings.pop("algorithm", None)
        return {**settings, **dumped}

    def _set(self, name: str) -> bool:
        return name in self.options.model_fields_set

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Flat, as the file is: any setting of any algorithm may stand; which mean something to
        the one named is said in its description, and checked when the file is read."""
        described = handler.resolve_ref_schema(handler(schema))
        rest = {k: v for k, v in described["properties"].items() if k != "options"}
        described["properties"] = {**_settings_schema(), **rest}
        required = [name for name in described.get("required", []) if name != "options"]
        described.pop("required", None)
        if required:
            described["required"] = required
        return described


def _plain(values: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Defaults as a dump has them: JSON knows no tuples."""
    if mode != "json":
        return dict(values)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _settings_schema() -> dict[str, Any]:
    kinds: dict[bool, list[str]] = {False: [], True: []}
    properties: dict[str, Any] = {}
    for name, options in ALGORITHMS.items():
        kinds[issubclass(options, WeightingOptions)].append(name)
        for key, field in options.model_json_schema()["properties"].items():
            if key != "algorithm":
                properties.setdefault(key, field)
    properties["caliper"] = {**properties["caliper"], "default": USUAL_CALIPER}
    algorithm = {
        "default": "nearest",
        "description": f"Matching: {', '.join(kinds[False])}. Weighting: {', '.join(kinds[True])}.",
        "enum": list(ALGORITHMS),
        "title": "Algorithm",
        "type": "string",
    }
    return {"algorithm": algorithm, **properties}


class OtherComparisonGroup(ComparisonGroup):
    """Another way to build the comparison group, run beside the agreed one on the same data."""

    name: str = Field(
        min_length=1, max_length=60, description="As the page calls it: 'Full matching'."
    )
    covariates: tuple[str, ...] | None = Field(
        default=None, description="Where they differ from the design's."
    )
