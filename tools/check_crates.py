"""Do archives of editions pass the validator of RO-Crate 1.1?

    make crates                                        three examples
    python tools/check_crates.py ARCHIVE.zip ...       in an environment with crate-requirements.txt

The validator is `roc-validator`, which fetches the specification's context from the web; here it is
given the copy that the package `rocrate` carries, and everything else it asks for is refused. Ends
with 1 for an archive that breaks a requirement. Recommendations are told.
"""

import email.message
import io
import sys
import urllib.request
import urllib.response
from importlib import resources

import requests
import urllib3
from rocrate_validator import models, services

PROFILE = "ro-crate-1.1"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
KNOWN = (resources.files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()
KIND = "application/ld+json"


class _Kept(urllib.request.HTTPSHandler):
    """Answers for the context alone, without a network."""

    def https_open(self, request: urllib.request.Request) -> urllib.response.addinfourl:
        if request.full_url != CONTEXT:
            raise OSError(f"no network: {request.full_url}")
        headers = email.message.Message()
        headers["Content-Type"] = KIND
        answer = urllib.response.addinfourl(io.BytesIO(KNOWN), headers, request.full_url, 200)
        answer.msg = "OK"
        return answer


def _answer(
    adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **_: object
) -> requests.Response:
    known = request.url == CONTEXT
    raw = urllib3.HTTPResponse(
        body=io.BytesIO(KNOWN if known else b""),
        status=200 if known else 504,
        headers={"Content-Type": KIND},
        preload_content=False,
        request_url=request.url,
        version=11,
        reason="OK" if known else "no network",
    )
    return adapter.build_response(request, raw)


def broken_requirements(archive: str) -> list[str]:
    """What the validator says is wrong with an archive; recommendations are printed."""
    found = services.validate(
        services.ValidationSettings(
            rocrate_uri=archive,
            profile_identifier=PROFILE,
            requirement_severity=models.Severity.RECOMMENDED,
        )
    )
    broken = []
    for issue in found.get_issues():
        line = f"{archive}: {issue.check.identifier}: {issue.message}"
        if issue.severity == models.Severity.REQUIRED:
            broken.append(line)
        else:
            print(f"recommended: {line}")
    return broken


def main(archives: list[str]) -> int:
    if not archives:
        print("no archive: give the paths of ro-crate.zip files")
        return 2
    urllib.request.install_opener(urllib.request.build_opener(_Kept()))
    requests.adapters.HTTPAdapter.send = _answer  # type: ignore[method-assign, assignment]
    broken = [line for archive in archives for line in broken_requirements(archive)]
    for line in broken:
        print(f"required: {line}")
    print(f"{len(archives)} archives, {len(broken)} broken requirements")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
