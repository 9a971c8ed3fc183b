#!/usr/bin/env python3
"""Writes Tests/StatisticsTests/Goldens/clusters.json: observations in clusters with what statsmodels, SciPy and ppi_py (of the
authors of prediction-powered inference) make of them, and what brute force does where no library has it.
Needs numpy, scipy, statsmodels and ppi-python (0.2.3)."""
import itertools
import json
import math
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

OUT = Path(__file__).resolve().parents[3] / "Tests/StatisticsTests/Goldens/clusters.json"


def plain(x):
    return np.asarray(x, dtype=float).tolist()


def interval(estimate, error, degrees, level=0.95):
    half = stats.t.ppf(0.5 + level / 2, degrees) * error
    return [estimate - half, estimate + half]


def told(estimate, error, degrees, **more):
    return dict(estimate=float(estimate), error=float(error), interval=plain(interval(estimate, error, degrees)), **more)


def means(rng):
    """Single clusters, by statsmodels' sandwich."""
    out = []
    for groups, most, offset in [(5, 6, 0), (20, 8, 0), (40, 3, 1e6)]:
        clusters = np.repeat(np.arange(groups), rng.integers(1, most, groups))
        x = offset + rng.normal(0, 1, groups)[clusters] + rng.normal(0.3, 1, len(clusters))
        fit = sm.OLS(x, np.ones_like(x)).fit(cov_type="cluster", cov_kwds=dict(groups=clusters), use_t=True)
        # With t of one degree less than there are clusters, as statsmodels takes where it infers from clusters.
        out.append(told(fit.params[0], fit.bse[0], groups - 1, x=plain(x), clusters=clusters.tolist(),
                        p=float(2 * stats.t.sf(abs(fit.params[0] / fit.bse[0]), groups - 1))))
    return out


def shared(pairs):
    """Which observations share a unit, as a matrix."""
    members = [set(pair) for pair in pairs]
    return np.array([[bool(a & b) for b in members] for a in members])


def pairs_of(rng, first, second, count):
    return [(int(rng.integers(first)), int(rng.integers(second[0], second[1]))) for _ in range(count)]


def jackknifed(pairs, x):
    """One unit left out at a time, less one pair left out at a time."""
    units, kinds = sorted({u for p in pairs for u in p}), sorted({tuple(sorted(p)) for p in pairs})
    without = [x[[u not in p for p in pairs]].mean() for u in units]
    without_pair = [x[[tuple(sorted(p)) != k for p in pairs]].mean() for k in kinds]
    own, of_pairs = ((np.array(w) - x.mean()) @ (np.array(w) - x.mean()) for w in (without, without_pair))
    return own - of_pairs * (len(kinds) - 1) / len(kinds)


def dyads(rng):
    """Pairs: of two kinds by statsmodels' two-way sandwich, of one kind by leaving out."""
    out = []
    for pairs in [pairs_of(rng, 8, (8, 20), 60), pairs_of(rng, 12, (12, 24), 25), pairs_of(rng, 10, (0, 10), 45),
                  [pair for pair in itertools.combinations(range(9), 2) for _ in range(3)]]:
        units = sorted({u for pair in pairs for u in pair})
        effects = dict(zip(units, rng.normal(0, 1, len(units))))
        x = np.array([effects[a] + effects[b] + rng.normal() for a, b in pairs])
        mask = shared(pairs)
        kinds = [{a for a, _ in pairs}, {b for _, b in pairs}]
        is_two_way = not kinds[0] & kinds[1]
        m = min(map(len, kinds)) if is_two_way else len(units)
        residual = (x - x.mean()) / len(x)
        variance = residual @ mask @ residual
        if is_two_way:
            numbered = np.array(pairs)
            fit = sm.OLS(x, np.ones_like(x)).fit()
            both = cov_cluster_2groups(fit, numbered[:, 0], numbered[:, 1], use_correction=False)[0]
            assert math.isclose(variance, both[0, 0], rel_tol=1e-9)
        error = math.sqrt(variance * m / (m - 1)) if is_two_way else math.sqrt(jackknifed(pairs, x))
        out.append(told(x.mean(), error, m - 1, x=plain(x),
                        pairs=[list(pair) for pair in pairs]))
    return out


def regressions(rng):
    """Two-way clusters of a linear and a logistic regression."""
    pairs = pairs_of(rng, 14, (14, 30), 150)
    numbered = np.array(pairs)
    effects = rng.normal(0, 1, 30)
    x = np.stack([rng.normal(0, 1, 150) + effects[numbered[:, 0]], rng.uniform(0, 9, 150)])
    y = 1 + 0.4 * x[0] + effects[numbered[:, 1]] + rng.normal(0, 1, 150)
    yes = y > np.median(y)
    design = sm.add_constant(x.T)
    m, n, k = min(len(set(numbered[:, 0])), len(set(numbered[:, 1]))), 150, 3
    row = dict(x=[plain(c) for c in x], y=plain(y), yes=[bool(v) for v in yes], pairs=[list(p) for p in pairs])
    for name, fit in [("linear", sm.OLS(y, design).fit()), ("logistic", sm.Logit(yes, design).fit(disp=0, tol=1e-13))]:
        covariance = cov_cluster_2groups(fit, numbered[:, 0], numbered[:, 1], use_correction=False)[0]
        row[name] = dict(estimates=plain(fit.params),
                         errors=plain(np.sqrt(np.diag(covariance) * m / (m - 1) * (n - 1) / (n - k))))
    return row


def differences(rng):
    out = []
    for groups in (6, 25):
        a = np.sort(rng.integers(0, groups, 40))
        b = np.sort(rng.integers(0, groups, 30))
        effects = rng.normal(0, 1, groups)
        x, y = effects[a] + rng.normal(0.4, 1, 40), effects[b] + rng.normal(0, 2, 30)
        clusters = np.concatenate([a, b])
        used = len(set(clusters.tolist()))
        dummy = sm.add_constant(np.repeat([1.0, 0.0], [40, 30]))
        fit = sm.OLS(np.concatenate([x, y]), dummy).fit(cov_type="cluster", cov_kwds=dict(groups=clusters))
        out.append(told(fit.params[1], fit.bse[1], used - 1, a=plain(x), b=plain(y), clusters=clusters.tolist()))
    return out


def shares(rng):
    out = []
    for groups, level in [(5, 0.95), (30, 0.95), (12, 0.99)]:
        clusters = np.repeat(np.arange(groups), rng.integers(2, 9, groups))
        yes = rng.uniform(size=len(clusters)) < rng.beta(0.6, 1.2, groups)[clusters]
        fit = sm.OLS(yes.astype(float), np.ones(len(yes))).fit(cov_type="cluster", cov_kwds=dict(groups=clusters))
        p = yes.mean()
        effective = min(len(yes), max(1, p * (1 - p) / fit.bse[0] ** 2))
        alpha = 2 * stats.norm.sf(stats.t.ppf(0.5 + level / 2, groups - 1))
        out.append(dict(yes=[bool(v) for v in yes], clusters=clusters.tolist(), level=level, effective=float(effective),
                        interval=plain(proportion_confint(p * effective, effective, alpha, "wilson"))))
    return out


def permutations(rng):
    """All relabellings of whole clusters."""
    out = []
    for groups in (6, 7):
        clusters = np.repeat(np.arange(groups), rng.integers(1, 4, groups))
        a, b = rng.normal(0.5, 1, len(clusters)).round(2), rng.normal(0, 1, len(clusters)).round(2)
        d = a - b
        flips = [abs(np.mean(d * np.array(signs)[clusters])) for signs in itertools.product([1, -1], repeat=groups)]
        chosen = groups // 2
        first = clusters < chosen
        far = []
        for those in itertools.combinations(range(groups), chosen):
            mask = np.isin(clusters, those)
            far.append(abs(a[mask].mean() - a[~mask].mean()))
        observed = abs(a[first].mean() - a[~first].mean())
        out.append(dict(a=plain(a), b=plain(b), clusters=clusters.tolist(),
                        paired=float(np.mean(np.array(flips) >= abs(d.mean()) - 1e-12)), chosen=int(first.sum()),
                        unpaired=float(np.mean(np.array(far) >= observed - 1e-12))))
    return out


def simultaneous(rng):
    """How far |t| of all outcomes goes, by the integral of the multivariate t."""
    out = []
    for n, mix in [(40, [[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1]]), (12, [[1, 0], [0, 1]]), (25, [[1, 0], [1, 0.05]])]:
        mix = np.array(mix)
        x = rng.normal(0.2, 1, (n, mix.shape[1])) @ mix.T
        correlation = np.corrcoef(x.T)
        law = stats.multivariate_t(shape=correlation, df=n - 1, allow_singular=True)

        def outside(c):
            k = len(correlation)
            return law.cdf(np.full(k, c), lower_limit=np.full(k, -c), random_state=1, maxpts=200000) - 0.95

        out.append(dict(outcomes=[plain(c) for c in x.T], reach=float(optimize.brentq(outside, 1.5, 4, xtol=1e-4))))
    return out


def powered(rng):
    """By ppi_py where n is known to be large: its variances have n below, ours n − 1."""
    out = []
    for n, others, noise in [(40, 400, 0.3), (100, 1000, 1.0), (30, 60, 3.0)]:
        truth = rng.normal(1, 1, n)
        labelled = truth + 0.2 + rng.normal(0, noise, n)
        hidden = rng.normal(1, 1, others)
        unlabelled = hidden + 0.2 + rng.normal(0, noise, others)
        row = dict(truth=plain(truth), labelled=plain(labelled), unlabelled=plain(unlabelled))
        for name, weight in [("full", 1.0), ("half", 0.5)]:
            point = ppi_mean_pointestimate(truth, labelled, unlabelled, lam=weight)
            theirs = np.ravel(ppi_mean_ci(truth, labelled, unlabelled, alpha=0.05, lam=weight))
            own = (truth - weight * labelled).var() / n
            other = weight ** 2 * unlabelled.var() / others
            assert np.allclose(theirs, point + np.array([-1, 1]) * stats.norm.ppf(0.975) * math.sqrt(own + other))
            error = math.sqrt(own * n / (n - 1) + other * others / (others - 1))
            row[name] = told(np.ravel(point)[0], error, n - 1, weight=weight)
        # The weight of least variance.
        variance = np.concatenate([labelled, unlabelled]).var(ddof=1)
        weight = np.cov(truth, labelled)[0, 1] / ((1 + n / others) * variance)
        row["weight"] = float(np.clip(weight, 0, 1))
        out.append(row)
    return out


def main():
    rng = np.random.default_rng(11)
    OUT.write_text(json.dumps(dict(
        means=means(rng), dyads=dyads(rng), regression=regressions(rng), differences=differences(rng), shares=shares(rng),
        permutations=permutations(rng), simultaneous=simultaneous(rng), powered=powered(rng)),
        separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
