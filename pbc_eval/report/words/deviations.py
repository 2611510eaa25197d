"""What was registered before outcomes were seen, and each departure from it, in words."""

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.deviation import Deviation
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Date, Name, as_typed

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
NO_REASON = Sentence("no reason given")


def protocol_sentence(evaluation: ReleasedEvaluation) -> Sentence:
    """Whether anything was registered beforehand, where, and whether it was compared."""
    protocol = evaluation.spec.protocol
    if protocol is None:
        return Sentence(
            "No design note was registered before outcomes were seen. Nothing shows which of these "
            "choices were made before the results were known."
        )
    reference = (
        Sentence(" ({reference})", reference=Name(protocol.reference))
        if protocol.reference
        else EMPTY
    )
    if protocol.file is None:
        return Sentence(
            "A design note was registered on {day}{reference}. It stands in an outside registry "
            "and was not compared with this report by program; departures from it are as the "
            "authors state them.",
            day=Date(protocol.registered_on),
            reference=reference,
        )
    return Sentence(
        "A design note was registered on {day}{reference}, as edition {edition} of this contract. "
        "Every agreed part was compared with what was done (fingerprint {fingerprint}…).",
        day=Date(protocol.registered_on),
        reference=reference,
        edition=Name(str(protocol.edition)),
        fingerprint=Name(evaluation.fingerprint[:16]),
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


def deviation_sentences(evaluation: ReleasedEvaluation) -> tuple[Sentence, ...]:
    """Each part that was not kept: what was agreed, what was done, why; then those by hand."""
    compared = map(deviation_in_words, evaluation.deviations)
    return (*compared, *map(as_typed, evaluation.spec.design.deviations))


def deviation_in_words(deviation: Deviation) -> Sentence:
    part, *rest = deviation.of.split(".")
    place = PARTS.get(part, part)
    if rest:
        place += ", " + ", ".join(word.replace("_", " ") for word in rest)
    return Sentence(
        "{place}: agreed was {agreed}; done was {done}. Reason: {reason}.",
        place=Name(place),
        agreed=Name(deviation.agreed),
        done=Name(deviation.done),
        reason=Name(deviation.reason.rstrip(".")) if deviation.reason else NO_REASON,
    )
