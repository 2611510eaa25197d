"""What is missing next in a file that can be run as it stands, in order, each with its key."""

from collections.abc import Iterator
from typing import Any

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_rates import is_of_card
from pbc_eval.agreement.starter import METHODS, UNIT_UNSAID, UNITS_UNSAID, starter_text
from pbc_eval.agreement.yaml_file import parts_of

FEWEST = 3  # words from which a text that stands in a starter is its own
SHORT = (
    "contract.commissioner",
    "contract.provider",
    "total.unit",
    "value_map.price_base",
)  # told however short
LICENCE = "publication.licence"  # the starter's is the one that most public bodies use
# What their starters say of the design is so for each evaluation of the kind.
SO_FOR_ALL = {"forecast": "design.rationale", "counted": "design.rationale"}
DAYS = (
    ("contract", "start"),
    ("design", "agreed_on"),
    ("value_map", "valued_on"),
    ("publication", "release_date"),
)
NAMED_ALIKE = "reference"  # a place in a contract, which many contracts name alike


def next_steps(spec: EvaluationSpec) -> tuple[str, ...]:
    """One line a key that a final edition needs or a reader will ask for; empty where none is."""
    return tuple(_steps(spec))


def _steps(spec: EvaluationSpec) -> Iterator[str]:
    method = str(getattr(spec.design, "method", ""))
    starter = parts_of(starter_text(method)) if method in METHODS else {}
    for key, text in _of_starter(spec.model_dump(exclude_defaults=True), [starter], ""):
        if key not in (LICENCE, SO_FOR_ALL.get(method)):
            yield f"{key}: still says what the starter says ({text[:40]!r}). Write your own words."
    yield from _drafted(spec)
    if spec.status == "draft" and (days := list(_days_of(starter, spec.model_dump(mode="json")))):
        yield f"{', '.join(days)}: still the starter's. Write the days of this contract."
    yield from _paid_as_in(starter, spec)
    if spec.data is not None and spec.protocol is None:
        yield (
            "protocol: nothing is registered. Publish the design note before outcomes are seen "
            "(pbc-eval note FOLDER), and name it here with its fingerprint."
        )
    publication = spec.publication
    if not publication.limitations:
        yield "publication.limitations: none is stated. Say what must not be concluded."
    for key, asks in (
        ("ethics", "who looked at it, and what was decided"),
        ("funding", "who paid for the evaluation"),
        ("interests", "what ties the authors to the parties"),
    ):
        if not getattr(publication, key):
            yield f"publication.{key}: is empty. Say {asks}."
    if spec.status == "draft":
        yield "status: is draft, which is not listed. Set provisional when others may read it."
    if missing := spec.sign_off.missing():
        yield (
            f"sign_off: not signed by {', '.join(missing)}. A final edition needs each with a name "
            "and a date."
        )


def _drafted(spec: EvaluationSpec) -> Iterator[str]:
    """What a draft from a file leaves to a person: no heading tells it."""
    if spec.data is not None and spec.data.unit_name == UNITS_UNSAID:
        yield (
            "data.unit_name: is [unit, units], and the page says so. Say what one is called, and "
            "many: [school, schools]."
        )
    for at, outcome in enumerate(spec.outcomes, start=1):
        if outcome.unit == UNIT_UNSAID:
            yield f"outcomes[{at}].unit: is not said. Write it: days per pupil, pounds a year."
        if spec.status == "draft" and outcome.direction == "lower_is_better":
            yield (
                f"outcomes[{at}].direction: less of {outcome.label!r} counts as better "
                "(lower_is_better). If more is better, write higher_is_better."
            )


def _days_of(starter: Any, stated: Any) -> Iterator[str]:
    """Each day of the starter that still stands, with its key."""
    for part, key in DAYS:
        day = (starter.get(part) or {}).get(key)
        own = (stated.get(part) or {}).get(key)
        if day is not None and own is not None and str(day) == str(own):
            yield f"{part}.{key} ({own})"


def _paid_as_in(starter: Any, spec: EvaluationSpec) -> Iterator[str]:
    """Clauses and prices that are still those of the starter's example."""
    payment = spec.payment.model_dump(mode="json") if spec.payment is not None else {}
    example = starter.get("payment") or {}
    for name, named in (("clauses", "label"), ("rate_cards", "source")):
        for at, own in enumerate(payment.get(name) or (), start=1):
            for part in example.get(name) or ():
                numbers = dict(_numbers(part))
                same = own.get(named) == part.get(named) and dict(_numbers(own)) | numbers == dict(
                    _numbers(own)
                )
                if same:
                    listed = ", ".join(f"{key} {number:g}" for key, number in numbers.items())
                    yield (
                        f"payment.{name}[{at}]: still pays what the starter's example pays "
                        f"({listed}). Write the contract's terms, or leave payment out where "
                        "nothing is paid by results."
                    )


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a part, with the key under which it stands."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _numbers(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value, start=1):
            yield from _numbers(part, f"{key}[{at}]")
    elif not isinstance(value, bool):
        try:
            yield key, float(value)  # amounts are texts once they are read
        except (TypeError, ValueError):
            return


def texts_by_key(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file with the key under which it stands, as payment.clauses[2].label."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, part in _as_in_the_file(value).items():
            yield from texts_by_key(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value, start=1):
            yield from texts_by_key(part, f"{key}[{at}]")


def _as_in_the_file(value: dict[Any, Any]) -> dict[Any, Any]:
    """Terms without the clauses made from their rate cards: the cards have their texts."""
    if not value.get("rate_cards") or not isinstance(value.get("clauses"), (list, tuple)):
        return value
    own = [clause for clause in value["clauses"] if not is_of_card(clause, value)]
    return {**value, "clauses": own}


def _of_starter(value: Any, starters: list[Any], key: str) -> Iterator[tuple[str, str]]:
    """Texts that stand in ``starters``, what a starter has at the same key (in a list, at any place
    of it), each with its key."""
    if isinstance(value, str):
        text = _plain(value)
        long = len(text.split()) >= FEWEST or key.endswith(SHORT)
        if text and long and text in [_plain(part) for part in starters]:
            yield key, text
    elif isinstance(value, dict):
        parts = [part for part in starters if isinstance(part, dict)]
        for name, own in _as_in_the_file(value).items():
            of_others = [part[name] for part in parts if name in part]
            if name == NAMED_ALIKE and not _says_nothing_else(value, parts):
                continue
            yield from _of_starter(own, of_others, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        items = [item for part in starters if isinstance(part, list) for item in part]
        for at, own in enumerate(value, start=1):
            yield from _of_starter(own, items, f"{key}[{at}]")


def _says_nothing_else(value: dict[str, Any], starters: list[Any]) -> bool:
    """Are all texts beside a reference those of a starter too?"""
    beside = {name: _plain(own) for name, own in value.items() if isinstance(own, str)}
    return any(
        all(text == _plain(part.get(name)) for name, text in beside.items()) for part in starters
    )


def _plain(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
