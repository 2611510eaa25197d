"""Are there enough independent units on both sides for a large-sample standard error?

fail    fewer than 5 treated or comparison clusters: errors come out far too small
review  fewer than 10 on either side, or fewer than 50 in all: "few" starts between 20 and 50
pass    otherwise

Sources: Cameron and Miller (2015), Journal of Human Resources 50, section VI (few clusters: fewer
than 20 to 50); MacKinnon and Webb (2018), Econometrics Journal 21 (few treated clusters).
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import CLUSTERS, UNITS, Number, Units
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult, CheckStatus

FAIL_BELOW = 5  # clusters on either side
REVIEW_BELOW = 10  # clusters on either side
REVIEW_BELOW_TOTAL = 50

NULL = "not a test: counts of independent units against rules of thumb"


def check_few_clusters(panel: Panel) -> CheckResult:
    """Count clusters (units when there is no cluster) with treated and with comparison units.

    Table: side, clusters. Without never-treated units, those treated last are the comparison.
    """
    total, treated, compared = panel.cluster_counts()
    fewest = min(treated, compared)
    status: CheckStatus = "pass"
    if fewest < FAIL_BELOW:
        status = "fail"
    elif fewest < REVIEW_BELOW or total < REVIEW_BELOW_TOTAL:
        status = "review"
    noun = CLUSTERS.plural if panel.roles.cluster else UNITS.plural
    verdict = {
        "pass": Sentence("enough for large-sample standard errors."),
        "review": Sentence(
            "standard errors may be too small; report a wild cluster bootstrap "
            "(wild_cluster_bootstrap) or a permutation test beside them."
        ),
        "fail": Sentence(
            "fewer than {least} on one side, so standard errors cannot be trusted; use a "
            "permutation test, such as placebos in space.",
            least=Number(FAIL_BELOW),
        ),
    }[status]
    sentence = Sentence(
        "{treated} treated and {compared} comparison {noun}, {total} in all: {verdict}",
        treated=Units(treated),
        compared=Units(compared),
        noun=noun,
        total=Units(total),
        verdict=verdict,
    )
    return CheckResult(
        name="few_clusters",
        status=status,
        sentence=sentence,
        null=NULL,
        table=pd.DataFrame(
            {"side": ["treated", "comparison", "all"], "clusters": [treated, compared, total]}
        ),
    )


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.panel is None else check_few_clusters(examined.panel)


CHECK = CheckKind(
    name="few_clusters",
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Few clusters (few_clusters): are there enough independent units on both sides for a "
    "large-sample standard error?",
)
