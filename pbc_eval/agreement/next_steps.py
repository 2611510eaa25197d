"""What is missing next in a file that can be run as it stands, in order, each with its key."""

from collections.abc import Iterator
from typing import Any

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.starter import METHODS, starter_text

FEWEST = 3  # words from which a text that stands in a starter is its own


def next_steps(spec: EvaluationSpec) -> tuple[str, ...]:
    """One line a key that a final edition needs or a reader will ask for; empty where none is."""
    return tuple(_steps(spec))


def _steps(spec: EvaluationSpec) -> Iterator[str]:
    method = str(getattr(spec.design, "method", ""))
    starter = " ".join(starter_text(method).split()) if method in METHODS else ""
    content = spec.model_dump(exclude_defaults=True)
    for key, words in texts_by_key(content):
        text = " ".join(words.split())
        if len(text.split()) >= FEWEST and text in starter:
            yield f"{key}: still says what the starter says ({text[:40]!r}). Write your own words."
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


def texts_by_key(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file with the key under which it stands, as payment.clauses[2].label."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from texts_by_key(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value, start=1):
            yield from texts_by_key(part, f"{key}[{at}]")
