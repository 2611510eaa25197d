"""reports/site.yaml: what the site calls itself, where it will be found, who publishes it.

Everything has a default, so that a site can be built without the file. What needs the address
(feed, sitemap, Open Contracting data) is left out until it is given.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.problems import in_words, place_of
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError

SITE_FILE = "site.yaml"


def _refuse_another_address(text: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?", text):
        raise ValueError(
            "must be the address of the folder on the web, such as https://example.org/reports/, "
            f"got {text!r}"
        )
    return text if text.endswith("/") else f"{text}/"


def _matching(pattern: str, rule: str) -> AfterValidator:
    def refuse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{rule}, got {text!r}")
        return text

    return AfterValidator(refuse)


class Site(Agreed):
    """The site of all reports."""

    title: str = Field(default="Impact reports", min_length=1, max_length=120)
    summary: str = Field(
        default="What performance-based contracts achieved, what they paid, and how sure we can "
        "be.",
        min_length=1,
    )
    address: Annotated[str, AfterValidator(_refuse_another_address)] | None = None
    publisher: str = Field(default="", description="Who answers for the site.")
    contact: str = Field(default="", description="Whom readers may ask: an address or a name.")
    language: Annotated[
        str,
        _matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "must be a language tag such as en or cy"),
    ] = "en"
    country: (
        Annotated[str, _matching(r"[A-Z]{2}", "must be a country of ISO 3166 such as GB")] | None
    ) = None
    ocds_prefix: (
        Annotated[
            str,
            _matching(
                r"ocds-[a-z0-9]{6}",
                "must be the prefix that the Open Contracting Partnership gave the publisher, such "
                "as ocds-213czf",
            ),
        ]
        | None
    ) = None

    served: str | None = Field(
        default=None,
        min_length=1,
        description="The folder that a web server reads, as seen from the folder of reports, such "
        "as ../public: what is published and nothing else, changed in one step.",
    )

    @property
    def authority(self) -> str:
        """The host of the address, for tag: URIs. Asked for only where there is an address."""
        return (self.address or "").split("/")[2].partition(":")[0]


def load_site(reports: Path) -> Site:
    """Read reports/site.yaml; all defaults where there is none.

    Raises SpecError that names each problem with its line, the value, the rule and the remedy.
    """
    file = reports / SITE_FILE
    if not file.exists():
        return Site()
    document = read_yaml(file)
    try:
        return Site.model_validate(document.data)
    except ValidationError as invalid:
        lines = []
        for error in invalid.errors(include_url=False):
            location = list(place_of(error))
            place = ".".join(str(part) for part in location if part in document.data) or "site"
            lines.append(f"  line {document.line_of(location)}: {place}: {in_words(error)}")
        raise SpecError(f"{file}:\n" + "\n".join(sorted(set(lines)))) from None
