"""The slow obvious twin: textbook unit-level influence functions, in loops over units.

Callaway and Sant'Anna (2021) with unconditional parallel trends. A cell uses the units observed in
both of its periods; one influence value a unit; variances by summing squares over clusters.
"""

import math

import pandas as pd


class Twin:
    def __init__(
        self,
        frame,
        *,
        not_yet=False,
        universal=False,
        anticipation=0,
        clustered=False,
        weighted=False,
    ):
        frame = frame.dropna(subset="y")
        self.times = sorted(frame["time"].unique())
        self.y = {(row.unit, row.time): row.y for row in frame.itertuples()}
        units = frame.drop_duplicates("unit").set_index("unit").sort_index()
        self.units = list(units.index)
        self.cohort = units["cohort"].to_dict()
        self.weight = units["weight"].to_dict() if weighted else dict.fromkeys(self.units, 1.0)
        self.cluster = units["cluster"].to_dict() if clustered else {u: u for u in self.units}
        self.total = sum(self.weight.values())
        self.not_yet, self.universal, self.anticipation = not_yet, universal, anticipation
        self.cells = {}
        for g in sorted(set(self.cohort.values()) - {0}):
            for at, t in enumerate(self.times):
                self._cell(g, at, t)

    def _cell(self, g, at, t):
        before = [s for s in self.times if s < g - self.anticipation]
        under_way = t >= g - self.anticipation
        if at == 0 and not self.universal:
            return
        base = before[-1] if self.universal or under_way else self.times[at - 1]
        if base == t:
            return
        treated, compared = [], []
        for u in self.units:
            if (u, t) not in self.y or (u, base) not in self.y:
                continue
            c = self.cohort[u]
            if c == g:
                treated.append(u)
            elif c == 0 or (self.not_yet and c - self.anticipation > max(t, base)):
                compared.append(u)
        change = {u: self.y[u, t] - self.y[u, base] for u in treated + compared}
        self.cells[g, t] = self._effect(treated, compared, change, base)

    def _effect(self, treated, compared, change, base):
        """The effect and every unit's influence on it."""
        w_treated = sum(self.weight[u] for u in treated)
        w_compared = sum(self.weight[u] for u in compared)
        m_treated = sum(self.weight[u] * change[u] for u in treated) / w_treated
        m_compared = sum(self.weight[u] * change[u] for u in compared) / w_compared
        influence = dict.fromkeys(self.units, 0.0)
        for u in treated:
            influence[u] = self.weight[u] * (change[u] - m_treated) * self.total / w_treated
        for u in compared:
            influence[u] = -self.weight[u] * (change[u] - m_compared) * self.total / w_compared
        return m_treated - m_compared, influence

    def error(self, influence) -> float:
        by_cluster = {}
        for u in self.units:
            by_cluster[self.cluster[u]] = by_cluster.get(self.cluster[u], 0.0) + influence[u]
        return math.sqrt(sum(value**2 for value in by_cluster.values())) / self.total

    def share(self, g) -> float:
        return sum(self.weight[u] for u in self.units if self.cohort[u] == g) / self.total

    def _weighted(self, groups):
        """Average of (g, effect, influence) by cohort share, the estimated shares included."""
        total = sum(self.share(g) for g, _, _ in groups)
        average = sum(self.share(g) * effect for g, effect, _ in groups) / total
        influence = dict.fromkeys(self.units, 0.0)
        for u in self.units:
            for g, effect, own in groups:
                indicator = self.weight[u] * (self.cohort[u] == g) - self.share(g)
                influence[u] += self.share(g) / total * own[u]
                influence[u] += indicator * (effect - average) / total
        return average, influence

    def _mean(self, parts):
        effect = sum(part[0] for part in parts) / len(parts)
        return effect, {u: sum(part[1][u] for part in parts) / len(parts) for u in self.units}

    def aggregate(self, kind):
        """Overall (estimate, error) and the series {index: (estimate, error)}."""
        post = [(g, t) for g, t in self.cells if t >= g]
        if kind == "simple":
            series, overall = {}, self._weighted([(g, *self.cells[g, t]) for g, t in post])
        elif kind == "event":
            series = {}
            for e in sorted({t - g for g, t in self.cells}):
                at = [(g, *self.cells[g, t]) for g, t in self.cells if t - g == e]
                series[e] = self._weighted(at)
            overall = self._mean([part for e, part in series.items() if e >= 0])
        elif kind == "calendar":
            series = {
                t: self._weighted([(g, *self.cells[g, s]) for g, s in post if s == t])
                for t in sorted({t for _, t in post})
            }
            overall = self._mean(list(series.values()))
        else:
            series = {
                g: self._mean([self.cells[h, t] for h, t in post if h == g])
                for g in sorted({g for g, _ in post})
            }
            overall = self._weighted([(g, *part) for g, part in series.items()])
        errors = {at: (effect, self.error(own)) for at, (effect, own) in series.items()}
        return (overall[0], self.error(overall[1])), errors

    def frame(self) -> pd.DataFrame:
        rows = [(g, t, effect, self.error(own)) for (g, t), (effect, own) in self.cells.items()]
        return pd.DataFrame(rows, columns=["cohort", "time", "effect", "error"])
