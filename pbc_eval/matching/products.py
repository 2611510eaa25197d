"""Squares and products of covariates, to see whether groups are alike beyond their means."""

from itertools import combinations

import numpy as np

from pbc_eval.matching.encoding import Columns
from pbc_eval.numerics.arrays import Floats


def with_products(
    columns: Columns, *, squares: bool, interactions: bool
) -> list[tuple[str, Floats, bool]]:
    """Name, values (n,) and whether binary, for each square of a covariate that is not binary and
    each product of two columns; indicators of one category have no product, it is always 0."""
    products: list[tuple[str, Floats, bool]] = []
    values, names, binary = columns.values, columns.names, columns.binary
    if squares:
        products += [
            (f"{name} squared", values[:, j] ** 2, False)
            for j, name in enumerate(names)
            if not binary[j]
        ]
    if interactions:
        for i, j in combinations(range(len(names)), 2):
            first, second = names[i].partition("="), names[j].partition("=")
            if first[1] and second[1] and first[0] == second[0]:
                continue
            product = values[:, i] * values[:, j]
            two_values = bool(binary[i] and binary[j] and len(np.unique(product)) == 2)
            products.append((f"{names[i]} x {names[j]}", product, two_values))
    return products
