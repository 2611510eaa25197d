"""The last section of every page: limits, who answers for it, its editions, how to rebuild it."""

import datetime as dt
from collections.abc import Mapping, Sequence

from pbc_eval.agreement.contract import Publication, SignOff
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.disclosure import (
    OutputReview,
    ReleasedDesignNote,
    ReleasedEvaluation,
    ReleasedPortfolio,
    ReleasedTable,
    reviews_table,
)
from pbc_eval.evaluation.shown.revision import revision_sentences
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Date, Name
from pbc_eval.provenance import REVIEW_RECORD, manifest
from pbc_eval.report.parts import (
    Downloads,
    Facts,
    Heading,
    Labelled,
    Listed,
    Paragraphs,
    Part,
    tables_of,
)
from pbc_eval.report.words import facts

RESULTS = "results.json"
REGISTRY = "evaluation-registry.json"
NOTICE = "performance-notice.json"
TWELVE_WEEKS = dt.timedelta(weeks=12)
REVISION_TABLES = ("revision-headline", "revision-money", "revision-ratio")
AGREED = "agreed.json"
DICTIONARY = ("dictionary.csv", "dictionary.json", "csv-metadata.json")
ROLES: dict[str, Sentence] = {
    "commissioner": Sentence("Commissioner"),
    "analyst": Sentence("Analyst"),
    "assurer": Sentence("Assurer"),
    "approver": Sentence("Approver"),
}
_NOT_STATED = Sentence("Not stated.")


def assurance_parts(
    released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio,
    reviews: Sequence[OutputReview],
) -> Sequence[Part]:
    """The last section; ``reviews`` are those of every output of the page."""
    spec = released.spec
    provenance = _provenance(spec.id, spec.edition, released.inputs, released.seed)
    files = [(RESULTS, Sentence("All results, to ten digits (JSON)"))]
    review: ReleasedTable | None = None
    changes: list[Part] = []
    if isinstance(released, ReleasedEvaluation):
        review = reviews_table(reviews, released.rule) if reviews else None
        changes = _changes(released)
        files.append(
            (REVIEW_RECORD, Sentence("The disclosure review, for comparing editions (JSON)"))
        )
    elif isinstance(released, ReleasedDesignNote):
        fingerprint = (Sentence("Fingerprint of what was agreed"), released.fingerprint)
        provenance = [fingerprint, *provenance]
        files.append((AGREED, Sentence("What was agreed, of which the fingerprint is (JSON)")))
    files += [(DICTIONARY[0], Sentence("What the columns mean"))]
    files += [
        (name, Sentence("What the columns mean, as {format}", format=Name(words)))
        for name, words in zip(DICTIONARY[1:], ("JSON", "CSV on the Web"), strict=True)
    ]
    files += _drafts(released)
    revisions = tuple((revision.edition, revision.reason) for revision in spec.revisions)
    return [
        *_limits(spec.publication, _small_numbers(released, reviews)),
        *tables_of(review, folded=True),
        Heading(Sentence("Sign-off")),
        Labelled(tuple(signatures(spec.sign_off))),
        *_twelve_weeks(released),
        Heading(Sentence("Editions")),
        Labelled(revisions) if revisions else Paragraphs((Sentence("This is the first edition."),)),
        *changes,
        Heading(Sentence("How to rebuild this page")),
        Paragraphs((Sentence("The same files, code and versions give these numbers again."),)),
        Facts(tuple(provenance), fold=Sentence("Hashes, versions and seed")),
        Downloads(tuple(files)),
    ]


def _drafts(
    released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio,
) -> list[tuple[str, Sentence]]:
    """Drafts for the registers that the file names, as far as this kind of report has them."""
    asked = released.spec.publication.registers
    drafts = []
    if "uk_evaluation_registry" in asked and not isinstance(released, ReleasedPortfolio):
        drafts.append((REGISTRY, Sentence("Draft entry for the UK Evaluation Registry (JSON)")))
    if "uk_contract_performance" in asked and isinstance(released, ReleasedEvaluation):
        drafts.append((NOTICE, Sentence("Draft of a contract performance notice (JSON)")))
    return drafts


def publish_by(spec: EvaluationSpec) -> tuple[dt.date | None, dt.date | None]:
    """The day of the approver's signature, and the day twelve weeks later; None without one."""
    approver = spec.sign_off.approver
    if approver is None or approver.date is None:
        return None, None
    return approver.date, approver.date + TWELVE_WEEKS


def _twelve_weeks(
    released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio,
) -> list[Part]:
    """By when the registry asks for the report; nothing where the file does not name it."""
    asked = "uk_evaluation_registry" in released.spec.publication.registers
    if not asked or not isinstance(released, ReleasedEvaluation):
        return []
    signed, latest = publish_by(released.spec)
    if signed is None or latest is None:
        waiting = Sentence(
            "The UK Evaluation Registry asks for publication within twelve weeks of sign-off; they "
            "begin with the approver's signature."
        )
        return [Paragraphs((waiting,))]
    day = released.spec.publication.release_date
    text = Sentence(
        "Signed off on {signed}; the UK Evaluation Registry asks for publication by {latest}. It "
        "was published on {day}, {how}.",
        signed=Date(signed),
        latest=Date(latest),
        day=Date(day),
        how=Sentence("in time") if day <= latest else Sentence("late"),
    )
    return [Paragraphs((text,))]


def _limits(publication: Publication, small_numbers: str) -> list[Part]:
    parts: list[Part] = []
    if publication.limitations:
        parts += [Heading(Sentence("Limitations")), Listed(tuple(publication.limitations))]
    stated = (
        (Sentence("Ethics and data protection"), publication.ethics or _NOT_STATED),
        (Sentence("Funding"), publication.funding or _NOT_STATED),
        (Sentence("Interests"), publication.interests or _NOT_STATED),
        (Sentence("Small numbers"), small_numbers),
    )
    return [*parts, Facts(stated)]


def _small_numbers(
    released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio,
    reviews: Sequence[OutputReview],
) -> str:
    """The disclosure rule in words, and what it did here."""
    rule = released.rule
    if isinstance(released, ReleasedEvaluation):
        return f"{facts.disclosure_sentence(released)} {_review_sentence(released, reviews)}"
    if isinstance(released, ReleasedDesignNote):
        sentence = (
            f"Counts of fewer than {rule.threshold} will not be published."
            if rule.threshold > 1
            else "No number will be held back as too small."
        )
        return f"{sentence} {rule.reason}".strip()
    if rule.threshold <= 1:
        return f"No number was held back as too small. {rule.reason}"
    return (
        f"Results of the table that rest on fewer than {rule.threshold} people are refused. "
        "Editions of contracts were released by their own rule."
    )


def _review_sentence(released: ReleasedEvaluation, reviews: Sequence[OutputReview]) -> str:
    """The review in one sentence."""
    if not reviews:
        return "This report holds no figures about people."
    doubtful = [review for review in reviews if review.status == "review"]
    if not doubtful:
        if len(reviews) == 1:
            return "The one output passed the disclosure review."
        return f"All {len(reviews)} outputs passed the disclosure review."
    answered = [review for review in doubtful if released.rule.reviewer_of(review.output)]
    rest = len(doubtful) - len(answered)
    passed = len(reviews) - len(doubtful)
    sentence = f"{passed} of {len(reviews)} outputs passed the disclosure review"
    if answered:
        were = "was" if len(answered) == 1 else "were"
        sentence += f"; {len(answered)} {were} looked at by hand and released"
    if rest:
        sentence += f"; {rest} {'is' if rest == 1 else 'are'} still to be looked at by hand"
    return sentence + "."


def _changes(released: ReleasedEvaluation) -> list[Part]:
    """What changed since the edition before, in sentences and tables; nothing without one."""
    split = released.revision
    if split is None:
        return []
    heading = Sentence("What changed since edition {edition}", edition=Name(split.earlier_edition))
    primary = released.primary
    sentences = revision_sentences(
        split, primary.outcome if primary else None, released.spec.contract.currency
    )
    tables = (released.table(name) for name in REVISION_TABLES)
    return [
        Heading(heading, 4),
        Listed(sentences),
        *tables_of(*tables, folded=True),
    ]


def signatures(sign_off: SignOff) -> list[tuple[str, str]]:
    """Each role, and who signed when."""
    signed: list[tuple[str, str]] = []
    for role in type(sign_off).model_fields:
        by = getattr(sign_off, role)
        text = f"{by.name}, {long_date(by.date)}" if by and by.date else Sentence("not signed")
        signed.append((ROLES[role], text))
    return signed


def _provenance(
    name: str, edition: str, inputs: Mapping[str, str], seed: int
) -> list[tuple[str, str]]:
    built = manifest(evaluation_id=name, edition=edition, inputs=dict(inputs), seed=seed)
    return [
        *((f"SHA-256 of {file}", digest) for file, digest in built["inputs_sha256"].items()),
        (Sentence("SHA-256 of the code"), built["code_sha256"]),
        (Sentence("Code commit"), built["code_commit"] or Sentence("not under version control")),
        (Sentence("Versions"), ", ".join(f"{k} {v}" for k, v in built["versions"].items())),
        (Sentence("Seed"), str(built["seed"])),
    ]
