"""A signature holds for every file of an edition, for who signed it, and for nothing else."""

import shutil
import subprocess

import pytest
from editions import put
from typer.testing import CliRunner

from pbc_eval import cli, provenance
from pbc_eval.errors import PublicationError
from pbc_eval.publish.signatures import sign_edition, signature_of
from pbc_eval.publish.site.checked import Checked

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="OpenSSH is not installed")


def key_of(folder, name):
    file = folder / name
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)]
    subprocess.run(words, check=True)
    return file


def signers(folder, **keys):
    file = folder / "signers"
    lines = (f"{who} {key.with_suffix('.pub').read_text()}" for who, key in keys.items())
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture
def edition(tmp_path):
    return put(tmp_path / "reports")


@pytest.fixture
def key(tmp_path):
    return key_of(tmp_path, "ours")


def test_who_signed_is_told_and_the_edition_is_as_it_was(edition, key, tmp_path):
    before = provenance.read_manifest(edition)
    sign_edition(edition, key)
    signature = signature_of(edition, signers(tmp_path, board=key))
    assert (signature.is_there, signature.by, signature.fault) == (True, "board", "")
    assert "ED25519" in signature.key
    assert provenance.changed_files(edition) == ()
    assert Checked(edition.parents[1], trust_memory=False).facts_of(edition) == before


def test_openssh_alone_says_the_same(edition, key, tmp_path):
    file = sign_edition(edition, key)
    allowed = signers(tmp_path, board=key)
    words = ["-Y", "verify", "-f", str(allowed), "-I", "board", "-n", "pbc-eval", "-s", str(file)]
    with (edition / "manifest.json").open("rb") as content:
        done = subprocess.run(["ssh-keygen", *words], stdin=content, check=False)
    assert done.returncode == 0


def test_a_manifest_that_was_changed_is_not_signed(edition, key, tmp_path):
    sign_edition(edition, key)
    manifest = edition / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert "not one of this manifest" in signature_of(edition, signers(tmp_path, board=key)).fault


@pytest.mark.parametrize("spoilt", [b"", b"nothing", b"\x00\xff" * 50])
def test_a_signature_that_is_none_does_not_hold(edition, key, tmp_path, spoilt):
    sign_edition(edition, key).write_bytes(spoilt)
    signature = signature_of(edition, signers(tmp_path, board=key))
    assert signature.fault
    assert not signature.by


def test_anothers_key_is_nobodys(edition, key, tmp_path):
    sign_edition(edition, key_of(tmp_path, "theirs"))
    fault = signature_of(edition, signers(tmp_path, board=key)).fault
    assert fault == "the key is none of the signers'"


def test_a_signature_for_another_purpose_is_none(edition, key, tmp_path):
    manifest = edition / "manifest.json"
    words = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", "file", str(manifest)]
    subprocess.run(words, check=True, capture_output=True)
    assert signature_of(edition, signers(tmp_path, board=key)).fault


def test_an_unsigned_edition_fails_where_signers_are_given_and_is_told_where_none_are(
    edition, key, tmp_path
):
    assert signature_of(edition).sentence == "not signed"
    assert signature_of(edition, signers(tmp_path, board=key)).fault == "there is none"
    sign_edition(edition, key)
    assert "by whom was not checked" in signature_of(edition).sentence


def test_what_was_changed_is_not_signed_and_an_old_signature_does_not_stay(edition, key, tmp_path):
    page = edition / "index.html"
    page.write_text("other", encoding="utf-8")
    with pytest.raises(PublicationError, match=r"index\.html has changed.*Publish it again"):
        sign_edition(edition, key)
    assert not (edition / provenance.SIGNATURE).exists()


def test_a_key_that_is_not_there_is_one_sentence(edition, tmp_path):
    with pytest.raises(PublicationError, match=r"no such key\. Make one with ssh-keygen"):
        sign_edition(edition, tmp_path / "none")
    with pytest.raises(PublicationError, match="no such file of signers"):
        signature_of(edition, tmp_path / "none")


def test_without_openssh_one_sentence_says_what_to_install(edition, key, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PublicationError, match="Install OpenSSH"):
        sign_edition(edition, key)


def test_the_command_signs(edition, key):
    done = CliRunner().invoke(cli.app, ["sign", str(edition), "--key", str(key)])
    assert done.exit_code == 0, done.output
    assert (edition / provenance.SIGNATURE).is_file()
