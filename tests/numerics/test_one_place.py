"""What numerics/ holds is done nowhere else."""

import re
from pathlib import Path

import pbc_eval

ROOT = Path(pbc_eval.__file__).parent
OWN_WAYS = re.compile(r"\.reduceat\(|matrix_rank\(|\.add\.at\(|^COLLINEAR = |def _?fit_logit", re.M)


def test_no_other_room_sums_clusters_or_judges_columns_in_a_way_of_its_own():
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.rglob("*.py"))
        if path.parent.name != "numerics" and OWN_WAYS.search(path.read_text(encoding="utf-8"))
    ]
    assert elsewhere == []
