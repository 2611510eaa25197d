"""Who stands behind an edition: its manifest signed with a key that people have.

    manifest.json   names every file by its SHA-256
    manifest.json.sig   the signature, as ``ssh-keygen -Y sign -n pbc-eval`` writes it

A signature is over the manifest, so that it holds for every file, and it is checked by a reader
with OpenSSH alone: who may sign stands in a file of names and public keys (``ssh-keygen``,
ALLOWED SIGNERS) that comes from the publisher by another way than the edition.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST, SIGNATURE

NAMESPACE = "pbc-eval"
PATIENCE = 300  # seconds, for who must type a passphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What was found of a signature. ``by`` is who signed, where that is known; ``fault`` why it
    does not hold; neither where there was nobody to check it against."""

    is_there: bool
    by: str = ""
    key: str = ""
    fault: str = ""

    @property
    def sentence(self) -> str:
        if self.fault:
            return f"signature: {self.fault}"
        if self.by:
            return f"signed by {self.by} ({self.key})"
        if self.is_there:
            return "signed; by whom was not checked (give the file of signers: --signers)"
        return "not signed"


def sign_edition(edition: Path, key: Path) -> Path:
    """Sign the manifest of a published edition with an SSH key; the file of the signature.

    Raises PublicationError for an edition whose files are not those of its manifest, for a draft,
    for a key that cannot be used and where OpenSSH is not installed.
    """
    facts = provenance.read_manifest(edition)
    name = f"{facts['evaluation']}, edition {facts['edition']}"
    if changed := provenance.changed_files(edition):
        raise PublicationError(
            f"{name}: {first_few(changed)} since it was published, and is not signed. Publish it "
            "again, then sign it."
        )
    if facts.get("status") == "draft":
        raise PublicationError(f"{name}: is a draft, and drafts are not signed.")
    if not key.is_file():
        raise PublicationError(
            f"{key}: no such key. Make one with ssh-keygen -t ed25519, or name the file of yours."
        )
    target = edition / SIGNATURE
    target.unlink(missing_ok=True)
    words = ["-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(edition / MANIFEST)]
    done = _ssh_keygen(words)
    if done.returncode or not target.is_file():
        raise PublicationError(f"{name}: was not signed: {_last(done.stderr)}.")
    return target


def signature_of(edition: Path, signers: Path | None = None) -> Signature:
    """What the signature of an edition is worth, checked against a file of allowed signers.

    Raises PublicationError where there is no such file, and where OpenSSH is not installed.
    """
    file = edition / SIGNATURE
    if signers is None:
        return Signature(is_there=file.is_file())
    if not signers.is_file():
        raise PublicationError(
            f"{signers}: no such file of signers (a name and a public key each)."
        )
    if not file.is_file():
        return Signature(is_there=False, fault="there is none")
    asked = ["-s", str(file), "-n", NAMESPACE]
    who = _ssh_keygen(["-Y", "find-principals", "-s", str(file), "-f", str(signers)])
    names = [name for line in who.stdout.splitlines() for name in line.split(",") if name.strip()]
    content = (edition / MANIFEST).read_bytes()
    if who.returncode or not names:
        alone = _ssh_keygen(["-Y", "check-novalidate", *asked], content)
        why = "the key is none of the signers'" if not alone.returncode else _broken(alone.stderr)
        return Signature(is_there=True, fault=why)
    words = ["-Y", "verify", "-f", str(signers), "-I", names[0].strip(), *asked]
    done = _ssh_keygen(words, content)
    if done.returncode:
        return Signature(is_there=True, fault=_broken(done.stderr))
    shown = re.search(r"with (\S+ key \S+)", done.stdout)
    return Signature(is_there=True, by=names[0].strip(), key=shown.group(1) if shown else "")


def _broken(words: str) -> str:
    return f"it is not one of this manifest ({_last(words)})"


def _last(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "ssh-keygen gave no reason"


def _ssh_keygen(words: list[str], content: bytes | None = None) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(  # noqa: S603 fixed words and paths, no shell
            ["ssh-keygen", *words],  # noqa: S607 it is found on the user's own path
            input=content,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except FileNotFoundError:
        raise PublicationError(
            "ssh-keygen is not installed, and signatures are made and checked by it. Install "
            "OpenSSH (the package openssh-client on Debian and Ubuntu)."
        ) from None
    except subprocess.TimeoutExpired:
        raise PublicationError(f"ssh-keygen did not answer within {PATIENCE} seconds.") from None
    out, err = (raw.decode("utf-8", "replace") for raw in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)
