"""What was registered before outcomes were seen, and each departure from it, in words."""

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.deviation import Deviation
from pbc_eval.report.words.facts import long_date

PARTS = {
    "contract": "Contract",
    "data": "Data",
    "design": "Design",
    "order of outcomes": "Order of outcomes",
    "outcomes": "Outcome",
    "performance": "Performance measures",
    "payment": "Payment terms",
    "value_map": "Value map",
    "disclosure": "Disclosure rule",
}
NO_REASON = "no reason given"


def protocol_sentence(evaluation: ReleasedEvaluation) -> str:
    """Whether anything was registered beforehand, where, and whether it was compared."""
    protocol = evaluation.spec.protocol
    if protocol is None:
        return (
            "No design note was registered before outcomes were seen. Nothing shows which of these "
            "choices were made before the results were known."
        )
    said = f"A design note was registered on {long_date(protocol.registered_on)}"
    if protocol.reference:
        said += f" ({protocol.reference})"
    if protocol.file is None:
        return (
            f"{said}. It stands in an outside registry and was not compared with this report by "
            "program; departures from it are as the authors state them."
        )
    return (
        f"{said}, as edition {protocol.edition} of this contract. Every agreed part was compared "
        f"with what was done (fingerprint {evaluation.fingerprint[:16]}…)."
    )


def protocol_link(evaluation: ReleasedEvaluation) -> tuple[str, str] | None:
    """Where the note can be read: text and address."""
    protocol = evaluation.spec.protocol
    if protocol is None:
        return None
    if protocol.url:
        return "The registration", protocol.url
    if protocol.edition:
        return "The design note", f"../{protocol.edition}/index.html"
    return None


def deviation_sentences(evaluation: ReleasedEvaluation) -> tuple[str, ...]:
    """Each part that was not kept: what was agreed, what was done, why; then those by hand."""
    found = tuple(deviation_in_words(one) for one in evaluation.deviations)
    return (*found, *evaluation.spec.design.deviations)


def deviation_in_words(one: Deviation) -> str:
    part, *rest = one.of.split(".")
    place = PARTS.get(part, part)
    if rest:
        place += ", " + ", ".join(word.replace("_", " ") for word in rest)
    reason = one.reason.rstrip(".") if one.reason else NO_REASON
    return f"{place}: agreed was {one.agreed}; done was {one.done}. Reason: {reason}."
