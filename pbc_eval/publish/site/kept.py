"""Files of a contract that stand as they would be written: not made again, only counted in.

What a contract's page, tables and registers show follows from its editions, the site's own file and
the code. While those are the same, and the files are on disk as they were left, they stay; one new
edition among ten thousand costs the page of one contract.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.agreement.site import Site
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.site.listed import Contract
from pbc_eval.publish.workspace import workspace_of

MEMORY = "contracts.json"


class Kept:
    """Files of contracts by what they are made from, remembered beside the reports."""

    def __init__(self, reports: Path, site: Site, *, trust_memory: bool) -> None:
        self._reports = reports
        self._file = workspace_of(reports) / MEMORY
        self._before: Mapping[str, Any] = _read(self._file) if trust_memory else {}
        self._now: dict[str, Any] = {}
        code = provenance.running_code()
        self._made_by = [code.sha256, code.versions, site.model_dump_json()]

    def files_of(
        self, contract: Contract, make: Callable[[], dict[str, bytes]]
    ) -> tuple[dict[str, bytes], dict[str, str]]:
        """Files that must be written, by name, and the SHA-256 of every file of the contract."""
        key = self._key(contract)
        before = self._before.get(contract.id, {})
        if before.get("key") == key and self._stand(before["files"]):
            self._now[contract.id] = before
            return {}, {name: digest for name, (digest, _) in before["files"].items()}
        files = make()
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self._now[contract.id] = {"key": key, "files": {n: [d, []] for n, d in digests.items()}}
        return files, digests

    def remember(self) -> None:
        """Keep what stands for the next time. Call when everything has been written."""
        for kept in self._now.values():
            kept["files"] = {
                name: [digest, _looks(self._reports / name)]
                for name, (digest, _) in kept["files"].items()
            }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._now, sort_keys=True), encoding="utf-8", newline="\n")
        fresh.replace(self._file)

    def _stand(self, files: Mapping[str, Any]) -> bool:
        return all(_looks(self._reports / name) == looks for name, (_, looks) in files.items())

    def _key(self, contract: Contract) -> str:
        editions = [[listed.place, listed.outputs[MANIFEST]] for listed in contract.editions]
        return hashlib.sha256(json.dumps([self._made_by, editions]).encode()).hexdigest()


def _looks(file: Path) -> list[int]:
    try:
        state = file.stat()
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def _read(file: Path) -> Mapping[str, Any]:
    """What was remembered; nothing, where it cannot be read."""
    try:
        remembered = json.loads(file.read_text(encoding="utf-8"))
        whole = all({"key", "files"} <= kept.keys() for kept in remembered.values())
    except (OSError, ValueError, AttributeError):
        return {}
    return remembered if whole else {}
