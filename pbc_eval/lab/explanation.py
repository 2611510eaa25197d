"""What a result says of itself: four short lists of sentences, in a prompt and in a notebook."""

import html
from dataclasses import dataclass

from pbc_eval.messages.sentence import Sentence

Sentences = tuple[Sentence, ...]
HEADINGS = (
    ("what", "What this is"),
    ("against", "Against whom or what"),
    ("assumes", "What it assumes"),
    ("overturned_by", "What would overturn it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Four short lists of sentences. ``of`` is the result in one line."""

    of: str
    what: Sentences
    against: Sentences
    assumes: Sentences
    overturned_by: Sentences

    def __str__(self) -> str:
        lines = [self.of]
        for name, heading in HEADINGS:
            lines += ["", heading, *(f"  - {sentence}" for sentence in getattr(self, name))]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{html.escape(self.of)}</strong></p>"]
        for name, heading in HEADINGS:
            items = "".join(f"<li>{html.escape(str(s))}</li>" for s in getattr(self, name))
            parts.append(f"<h4>{heading}</h4><ul>{items}</ul>")
        return "".join(parts)


TRENDS = Sentence(
    "Without the programme, the treated and those they are compared with would have changed alike "
    "(parallel trends)."
)
NO_ANTICIPATION = Sentence("Nobody changed what they did before the start that is stated.")
NO_SPILL = Sentence("The programme did not reach those who are compared with.")
ALIKE = Sentence(
    "Whoever is alike in the covariates would have fared alike without the programme: nothing that "
    "is not among them drives both taking part and the outcome."
)
OVERLAP = Sentence("For each of the treated there is somebody like them outside the programme.")
DIVERGING = Sentence(
    "Trends that diverged: see the effects before the start, and honest_did for how far they may."
)
HIDDEN = Sentence(
    "Something that was not measured: omitted_variable_bounds, e_value and rosenbaum_bounds say "
    "how strong it would have to be."
)
IN_FEW = Sentence("Few treated units or clusters, whose chance the errors understate.")
BOTH_AT_ONCE = Sentence("Something else that began for the treated at the same time.")
