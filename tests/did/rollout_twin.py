"""The efficient estimator for starts at random, from its formulas: loops over cohorts and periods,
matrices over periods, nothing that the package does.

Roth and Sant'Anna (2023): a cohort's mean path counts A (of the level) and B (of the difference
before the start); the share taken off is Cov / Var.
"""

import numpy as np


class RolloutTwin:
    def __init__(self, frame):
        wide = frame.pivot(index="unit", columns="time", values="y")
        self.times = [int(t) for t in wide.columns]
        self.paths, self.start = wide.to_numpy(), {}
        cohort = frame.groupby("unit")["cohort"].first().loc[wide.index].to_numpy()
        self.groups = {}
        for g in sorted(set(cohort), key=lambda g: g or 10**9):
            start = self.times.index(g) if g else len(self.times)
            self.groups[start] = self.paths[cohort == g]

    def weights(self, kind):
        """The cells (start, period) that an average counts, and how much."""
        n = {start: len(paths) for start, paths in self.groups.items()}
        last = max(n)
        cells = [(g, t) for g in n for t in range(g, min(last, len(self.times))) if g < last]
        if kind == "simple":
            total = sum(n[g] for g, _ in cells)
            return {cell: n[cell[0]] / total for cell in cells}
        made = dict.fromkeys(cells, 0.0)
        if kind == "cohort":
            total = sum(n[g] for g in {g for g, _ in cells})
            for g, t in cells:
                made[g, t] = n[g] / total / sum(other == g for other, _ in cells)
            return made
        if kind == "calendar":

            def by(g, t):
                return t
        else:

            def by(g, t):
                return self.times[t] - self.times[g]

        labels = {by(g, t) for g, t in cells}
        for g, t in cells:
            total = sum(n[h] for h, s in cells if by(h, s) == by(g, t))
            made[g, t] = n[g] / total / len(labels)
        return made

    def estimate(self, weights, share=None, *, adjusted=False):
        """Estimate, standard error, and the share taken off."""
        periods = len(self.times)
        level = {start: np.zeros(periods) for start in self.groups}
        before = {start: np.zeros(periods) for start in self.groups}
        for (g, t), weight in weights.items():
            later = [h for h in self.groups if h > t]
            size = sum(len(self.groups[h]) for h in later)
            for counts, period in ((level, t), (before, g - 1)):
                counts[g][period] += weight
                for h in later:
                    counts[h][period] -= weight * len(self.groups[h]) / size
        first = second = var_level = both = var_before = 0.0
        for start, paths in self.groups.items():
            mean, inside = paths.mean(axis=0), np.cov(paths.T) / len(paths)
            first += level[start] @ mean
            second += before[start] @ mean
            var_level += level[start] @ inside @ level[start]
            both += level[start] @ inside @ before[start]
            var_before += before[start] @ inside @ before[start]
        share = both / var_before if share is None else share
        variance = var_level - 2 * share * both + share**2 * var_before
        if adjusted:
            variance -= self._told_of_effects(level)
        return first - share * second, np.sqrt(variance), share

    def _told_of_effects(self, level):
        untouched = min(self.groups)
        n = sum(map(len, self.groups.values()))
        slope, inside = np.zeros(untouched), np.zeros((untouched, untouched))
        for start, paths in self.groups.items():
            early = paths[:, :untouched] - paths[:, :untouched].mean(axis=0)
            inside += early.T @ early
            slope += np.linalg.lstsq(early, paths @ level[start], rcond=None)[0]
        return slope @ (inside / (n - len(self.groups))) @ slope / n
