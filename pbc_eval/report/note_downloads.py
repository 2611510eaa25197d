"""What a reader of a design note can download: what was agreed, and every table."""

import json
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.evaluation.note.release import ReleasedDesignNote
from pbc_eval.messages.number_formats import long_date
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.report.downloads import plain, write_all
from pbc_eval.report.sections.design_note_tables import note_figures, note_tables
from pbc_eval.report.words import facts
from pbc_eval.report.words import numbers as fmt


def write_note(released: ReleasedDesignNote, run_dir: str | Path) -> Path:
    """Write the downloads of a design note to ``run_dir``/downloads; return that folder.

    agreed.json is the text of which the fingerprint is the hash, but for its line breaks.
    """
    note = released.note
    folder = write_all(
        run_dir,
        tuple(note_tables(released)),
        tuple(note_figures(released)),
        note_results(released),
        outcomes=note.spec.outcomes,
        currency=note.spec.contract.currency,
    )
    text = json.dumps(note.agreed, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "agreed.json").write_text(text + "\n", encoding="utf-8")
    if note.spec.payment is not None:
        schedule = schedule_of(note.spec.payment).to_markdown()
        (folder / "payment-schedule.md").write_text(schedule, encoding="utf-8")
    return folder


def note_results(released: ReleasedDesignNote) -> dict[str, Any]:
    """Everything that the page states in numbers; there is no result in it."""
    note = released.note
    spec, protocol = note.spec, note.spec.protocol
    return {
        "summary": {
            "id": spec.id,
            "title": spec.title,
            "edition": spec.edition,
            "report": "design_note",
            "status": spec.status,
            "contract": spec.contract.summary,
            "release_date": long_date(
                protocol.registered_on if protocol else spec.publication.release_date
            ),
            "data_status": spec.publication.data_status,
            "data_badge": facts.DATA_BADGES[spec.publication.data_status],
            "illustrative": bool(spec.payment and spec.payment.illustrative),
            "headlines": _headlines(released),
        },
        "fingerprint": note.fingerprint,
        "expected": [
            {
                "outcome": one.outcome.id,
                "unit": one.outcome.unit,
                "std_error": plain(one.std_error),
                "smallest_effect": plain(one.smallest),
                "promised": plain(one.promised),
                "rests_on": one.rests_on,
            }
            for one in note.expected
        ],
        "provenance": provenance.manifest(
            evaluation_id=spec.id, edition=spec.edition, inputs=note.inputs, seed=note.seed
        ),
    }


def _headlines(released: ReleasedDesignNote) -> list[str]:
    note = released.note
    spec = note.spec
    said = ["What will be done, written before outcomes were seen; no result."]
    lead = next((one for one in note.expected if one.outcome is spec.primary), None)
    if lead is not None and lead.smallest is not None:
        smallest = fmt.size(lead.smallest, lead.outcome, spec.contract.currency)
        said.append(f"{lead.outcome.label}: effects of {smallest} or more could be told apart.")
    return said
