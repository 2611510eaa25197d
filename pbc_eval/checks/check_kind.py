"""What a check is to the rest of the house: one row, with its words and what a page shows of it.

its own file ─ CHECK ─▶ checks/__init__.py ─▶ run where it is for the design, planned in notes,
                                              shown on the page with its table
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.did.averages import Kind
from pbc_eval.did.by_group import GroupEffects
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.honest_did import Diverging
from pbc_eval.did.stated_inference import Inference
from pbc_eval.did.synthetic import SyntheticDid
from pbc_eval.did.wild import WildBootstrap
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.numbers import effect_value
from pbc_eval.messages.sentence import EMPTY, Claim, Sentence, Value
from pbc_eval.messages.values import Size
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus, EffectSeries
from pbc_eval.trials.arms import Trial

ColumnKind = Literal["text", "count", "effect", "p_value", "number", "share"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parted:
    """Effects in parts of the sample: bins of a dose, rings of neighbours, subgroups."""

    by: Literal["dose", "spillover", "subgroup", "negative_control"]
    label: str  # of the column that parts them, for a reader
    effects: GroupEffects
    declared: bool = False  # of subgroups: fixed before outcomes were seen?


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The headline by another way to judge chance, and why by that one."""

    inference: Inference
    reason: Sentence
    estimate: AttEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """What there is to look at for one outcome; a design fills in what it has."""

    headline: AttEstimate | None = None
    panel: Panel | None = None
    effects: GroupTimeEffects | None = None  # with effects before the start, where there are any
    own_effects: GroupTimeEffects | None = None  # those that the headline is an average of,
    average_kind: Kind = "simple"  # and which
    anticipation: int = 0  # periods
    synthetic: SyntheticDid | None = None
    sample: MatchedSample | WeightedSample | EngineSample | None = None
    trial: Trial | None = None
    lost: tuple[int, int] | None = None  # of a trial to missing values: treated, comparison
    outcome: Outcome | None = None  # for its unit in sentences
    currency: str = ""
    column: str = ""  # of the outcome, where the sample is one of people
    event_study: EffectSeries | None = None  # with effects before the start against one reference
    average: Mapping[int, float] | None = None  # the headline's weights of its event times
    diverging: Diverging | None = None
    why_not_diverging: Sentence | None = None  # why it could not be had, where data forbid it
    bootstrap: WildBootstrap | None = None
    protected: bool = True  # may nothing be told that only one unit adds?
    paid_in_per_cent: bool = False  # does a clause pay for the outcome's relative effect?
    starts_at_random: bool = False  # does the design say that starts are as good as random?
    inference: str = "analytic"  # the way that was agreed to count
    inferences: tuple[str, ...] = ()  # that the data allow, where independent units are few
    opinion: Opinion | None = None  # a second one, where they are
    parts: tuple[Parted, ...] = ()  # that the design names
    always_observed: tuple[AttEstimate | None, tuple[int, int]] | None = None  # the effect in units
    # that are, where others are not, and how many: in all, and always observed
    threshold: int = 0  # counts below it are not told, where protected
    analytic: AttEstimate | None = None  # the headline by the estimator's own, where another counts

    @property
    def no_claim(self) -> Claim:
        """Of a sentence that tells sizes of effects and claims none of them."""
        return Claim(kind="none", of="" if self.outcome is None else self.outcome.id)

    def sized(self, value: float) -> Value:
        """A size or an end of an interval with its sign, in the outcome's unit where it is known;
        it stands in a sentence that states its claim."""
        if self.outcome is None or not math.isfinite(value):
            return Size(value)
        return replace(effect_value(value, self.outcome, self.currency), value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """One check. ``run`` gives None where it has nothing to say of what is examined.

    ``columns`` maps the columns of the check's table that a page shows to their headers and to how
    they are written; without any, the page shows its status and its sentence alone. Columns of
    counts take the others of their row with them where the count is too small to be shown.
    """

    name: str  # as waivers name it: "pre_trends"
    designs: frozenset[str]  # methods that it is for
    run: Callable[[Examined], CheckResult | None]
    planned: str  # what will be asked, for a design note
    columns: dict[str, tuple[str, ColumnKind]] = field(default_factory=dict)
    caption: str = ""
    title: Sentence = EMPTY  # for a reader; empty: made of the name
    in_short: Mapping[CheckStatus, Sentence] = field(default_factory=dict)  # for the first screen
    answers: str = ""  # the check whose "review" is answered where this one passes
    of_two_groups: bool = False  # not made for triple differences, which compare four
    refuses_below: float = 0.0  # the p-value below which it fails; 0: it fails by something else
