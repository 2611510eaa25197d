"""The index of very many reports, from made-up entries: CPU seconds, and what its pages weigh.

    python benchmarks/index.py EDITION [ENTRIES]

EDITION is one published folder (reports/one-service/2026-1); each entry is a copy of it with its
own id, title, commissioner and year. Also: one line added to a log of as many editions.
"""

import datetime as dt
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from pbc_eval.agreement.site import Site
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition_log import Entry, add_one, add_to_log, read_log
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.site.catalogue import catalogues
from pbc_eval.publish.site.listed import Contract, Listed, Shelf
from pbc_eval.publish.site.pages import index_pages


def made_up(listed: Listed, n: int) -> Contract:
    """A contract that differs from the others in what lists and filters look at."""
    results = listed.results
    particulars = results.particulars
    buyer = particulars.contract.model_copy(update={"commissioner": f"Council {n % 150}"})
    update = {"id": f"contract-{n}", "title": f"{results.summary.title}, contract {n}"}
    made = results.model_copy(
        update={
            "summary": results.summary.model_copy(update=update),
            "particulars": particulars.model_copy(update={"contract": buyer}),
            "released": dt.date(2026 - n % 5, 6, 30),
        }
    )
    return Contract((Listed(made, listed.outputs),))


def log_of_many(reports: Path, edition: Path, n: int) -> float:
    """CPU seconds to add one edition to a log of ``n`` lines."""
    entries: list[Entry] = []
    for k in range(n):
        previous = entries[-1].sha256 if entries else "0" * 64
        entries.append(
            Entry(
                n=k + 1,
                evaluation=f"contract-{k}",
                edition="2026-1",
                status="provisional",
                manifest_sha256="0" * 64,
                previous=previous,
            )
        )
    (reports / "editions.log").write_text("".join(f"{entry.line}\n" for entry in entries))
    add_to_log(reports, [])
    start = time.process_time()
    add_one(reports, edition)
    taken = time.process_time() - start
    assert len(read_log(reports)) == n + 1
    return taken


def main() -> None:
    edition, n = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    outputs = json.loads((edition / MANIFEST).read_text())["outputs_sha256"]
    listed = Listed(read_results(edition), outputs)
    contracts = sorted(
        (made_up(listed, k) for k in range(n)), key=lambda contract: -contract.newest.released.year
    )
    shelf = Shelf(tuple(contracts), ())
    start = time.process_time()
    pages = index_pages(shelf, Site(), has_feed=False)
    taken = time.process_time() - start
    sizes = {name: len(page.encode()) / 1000 for name, page in pages.items()}
    whole = sum(sizes.values()) / 1000
    print(f"{n:,} entries: {len(pages)} pages in {taken:.1f} CPU s, {whole:.1f} MB")
    for kind in ("index", "find"):
        of_kind = [size for name, size in sizes.items() if name.startswith(kind)]
        if of_kind:
            print(f"{kind}: {len(of_kind)} pages, {min(of_kind):.0f} to {max(of_kind):.0f} kB")
    start = time.process_time()
    listings = catalogues(shelf, Site())
    weights = [len(json.dumps(listing, indent=1)) / 1e6 for listing in listings.values()]
    used = time.process_time() - start
    print(f"catalogue: {used:.1f} CPU s, {len(weights)} files, the largest {max(weights):.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        print(f"a line added to the log: {1000 * log_of_many(Path(folder), edition, n):.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
