"""The site over a batch's editions: built once, last, and not again while nothing changed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pbc_eval.batch.done import Made, all_looks
from pbc_eval.publish.workspace import workspace_of

NOTE = "site.json"


@dataclass(frozen=True, slots=True)
class Site:
    """The site as it was built: where, and what a publisher should know of it."""

    index: Path
    left_out: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()  # doubts of the disclosure review that nobody answered for
    damaged: tuple[str, ...] = ()


def build_site(reports: Path, *, check_all: bool = False) -> Site:
    """Write the site over the editions under ``reports``. Raises what ``write_site`` raises."""
    from pbc_eval.publish.site.build import write_site  # noqa: PLC0415 heavy: the caller forks it

    before = _manifests(all_looks(reports))
    built = write_site(reports, trust_memory=not check_all)
    site = Site(
        index=built.index.resolve(),
        left_out=built.left_out,
        drafts=built.drafts,
        in_doubt=built.in_doubt,
        damaged=built.damaged,
    )
    after = all_looks(reports)
    if before == _manifests(after):  # no edition came meanwhile
        _write_note(reports, site, after)
    return site


def built_before(reports: Path, made: Made) -> Site | None:
    """The site that stands, where it is whole and would be built the same; else None."""
    try:
        note = json.loads((workspace_of(reports) / NOTE).read_text(encoding="utf-8"))
        same = note["code"] == made.code and note["versions"] == made.versions
        if not same or note["site"]["damaged"] or note["looks"] != all_looks(reports):
            return None
        parts = note["site"]
        return Site(
            Path(parts["index"]),
            tuple(parts["left_out"]),
            tuple(parts["drafts"]),
            tuple(parts["in_doubt"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_note(reports: Path, site: Site, looks: dict[str, Any]) -> None:
    made = Made.now()
    parts = asdict(site) | {"index": str(site.index)}
    note = {"code": made.code, "versions": made.versions, "site": parts, "looks": looks}
    target = workspace_of(reports) / NOTE
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(note), encoding="utf-8", newline="\n")
    fresh.replace(target)


def _manifests(looks: dict[str, Any]) -> dict[str, Any]:
    return {name: seen for name, seen in looks.items() if name.endswith("/manifest.json")}
