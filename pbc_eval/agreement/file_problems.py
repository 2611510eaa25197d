"""Every problem of a YAML file at once, each with its line, its place, the rule and the remedy."""

from typing import Any

from pydantic import ValidationError

from pbc_eval.agreement.payment_rates import place_in_card
from pbc_eval.agreement.problems import in_words, place_of
from pbc_eval.agreement.yaml_file import YamlDocument


def every_problem(invalid: ValidationError, document: YamlDocument, whole: str) -> str:
    """The problems as the text of one error; ``whole`` names what the file describes."""
    problems = []
    for error in invalid.errors(include_url=False):
        if error["type"] == "too_short" and error["input"]:
            continue  # pydantic's echo of the problems inside the list
        lacks_clauses = error["type"] == "missing" and error["loc"] == ("payment", "clauses")
        if lacks_clauses and "rate_cards" in document.data["payment"]:
            continue  # the cards make them, once the cards are right
        location = _as_the_file_has_it(list(place_of(error)), document.data)
        place = _place(location, document.data, whole)
        for sentence in in_words(error).split("\n"):  # a rule of the whole tells all it finds
            stop = "" if sentence.endswith("?") else "."
            problems.append((document.line_of(location), place, sentence.rstrip(".") + stop))
    lines = [
        f"  line {line}: {place}: {sentence}" for line, place, sentence in sorted(set(problems))
    ]
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return f"{document.path}: {count}\n" + "\n".join(lines)


def _as_the_file_has_it(location: list[str | int], data: Any) -> list[str | int]:
    """A clause that was made from a rate card is named by its card and line."""
    match location:
        case ["payment", "clauses", int(at), *rest] if isinstance(data, dict):
            in_card = place_in_card(data.get("payment"), at)
            return location if in_card is None else ["payment", *in_card, *rest]
    return location


def _place(location: list[str | int], data: Any, whole: str) -> str:
    """payment.clauses[1].price: the location as the file has it, without the tags of unions."""
    words: list[str] = []
    here: Any = data
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int):
            words.append(f"[{part + 1}]")
            here = here[part] if isinstance(here, list) and part < len(here) else None
        elif isinstance(here, dict) and part in here:
            words.append(f".{part}")
            here = here[part]
        elif last or not isinstance(here, dict):
            words.append(f".{part}")
            here = None
    return "".join(words).lstrip(".") or whole
