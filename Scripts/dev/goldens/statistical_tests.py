#!/usr/bin/env python3
"""Writes Tests/StatisticsTests/Goldens/statistics.json: small samples with what SciPy and statsmodels make of them.
Needs numpy, scipy (1.17), statsmodels (0.15) and mpmath (1.3)."""
import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import mpmath as mp
import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

OUT = Path(__file__).resolve().parents[3] / "Tests/StatisticsTests/Goldens/statistics.json"


def plain(x):
    """Lists of numbers with all their digits."""
    return np.asarray(x, dtype=float).tolist()


def describe(rng):
    x = rng.normal(3, 2, 17)
    p = [0, 0.025, 0.3, 0.5, 0.975, 1]
    return dict(x=plain(x), mean=x.mean(), variance=x.var(ddof=1), median=np.median(x), p=p,
                quantiles=plain(np.quantile(x, p)))


def distributions():
    z = [-37, -8, -3, -1.5, -0.1, 0, 0.7, 2, 5.5]
    p = [1e-300, 1e-20, 1e-6, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999999]
    t = [(0.5, 1), (2.1, 3), (12.7, 1), (1.96, 1000), (40, 7)]
    return dict(z=z, cumulative=plain(stats.norm.cdf(z)), p=p, quantiles=plain(stats.norm.ppf(p)),
                t=[x for x, _ in t], degrees=[d for _, d in t],
                tTwoSided=[2 * stats.t.sf(x, d) for x, d in t],
                tReach=[stats.t.ppf(0.975, d) for _, d in t])


def proportions():
    out = []
    for k, n in [(0, 5), (1, 5), (3, 7), (50, 100), (99, 100), (12, 12), (3, 1000), (700, 900)]:
        row = dict(k=k, n=n)
        for level in (0.95, 0.99):
            row[f"wilson{round(level * 100)}"] = plain(proportion_confint(k, n, 1 - level, "wilson"))
            row[f"exact{round(level * 100)}"] = plain(proportion_confint(k, n, 1 - level, "beta"))
        out.append(row)
    return out


def differences():
    out = []
    for a, n, b, m in [(7, 10, 3, 10), (0, 8, 5, 9), (56, 70, 48, 80), (10, 10, 0, 20)]:
        out.append(dict(counts=[a, n, b, m], interval=plain(
            confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff"))))
    return out


def bootstraps(rng):
    out = []
    for x, statistic in [(rng.exponential(1, 12), np.mean), (rng.normal(0, 1, 30), np.median),
                         (rng.integers(0, 2, 25).astype(float), np.mean), (rng.lognormal(0, 1, 15), np.std)]:
        row = dict(estimate=float(statistic(x)), jackknife=[float(statistic(np.delete(x, i))) for i in range(len(x))])
        for method in ("percentile", "BCa"):
            result = stats.bootstrap((x,), statistic, n_resamples=499, method=method, vectorized=False,
                                     rng=np.random.default_rng(3))
            row["replicates"] = plain(result.bootstrap_distribution)
            row["standardError"] = float(result.standard_error)
            row[method.lower()] = plain(result.confidence_interval)
        out.append(row)
    return out


def permutations(rng):
    out = []
    for n, m in [(4, 5), (6, 3), (5, 5)]:
        a, b = rng.normal(0, 1, n).round(2), rng.normal(0.9, 1, m).round(2)
        far = lambda x, y, axis=-1: np.abs(np.mean(x, axis=axis) - np.mean(y, axis=axis))
        row = dict(a=plain(a), b=plain(b), unpaired=stats.permutation_test(
            (a, b), far, n_resamples=np.inf, alternative="greater", vectorized=True).pvalue)
        if n == m:
            row["paired"] = stats.permutation_test(
                (a, b), far, n_resamples=np.inf, alternative="greater", permutation_type="samples",
                vectorized=True).pvalue
        out.append(row)
    return out


def fisher(r, variance):
    half = stats.norm.ppf(0.975) * math.sqrt(variance)
    return [math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)]


def correlations(rng):
    out = []
    for n, digits in [(8, 8), (30, 8), (12, 0), (60, 8), (5, 8), (40, 1)]:
        x = rng.normal(0, 2, n).round(digits)
        y = (0.5 * x + rng.normal(0, 1.5, n)).round(digits)
        pearson, spearman = stats.pearsonr(x, y), stats.spearmanr(x, y)
        kendall = stats.kendalltau(x, y)
        out.append(dict(
            x=plain(x), y=plain(y), pearson=[pearson.statistic, pearson.pvalue],
            pearsonInterval=plain(pearson.confidence_interval()),
            spearman=[spearman.statistic, spearman.pvalue],
            spearmanInterval=fisher(spearman.statistic, (1 + spearman.statistic**2 / 2) / (n - 3)),
            kendall=[kendall.statistic, kendall.pvalue],
            kendallInterval=fisher(kendall.statistic, 0.437 / (n - 4))))
    return out


def ranks_tests(rng):
    out = []
    for n, m, digits in [(5, 7, 8), (8, 40, 8), (3, 3, 8), (20, 25, 8), (10, 12, 0), (6, 6, 0)]:
        a, b = rng.normal(0, 1.5, n).round(digits), rng.normal(0.8, 1.5, m).round(digits)
        result = stats.mannwhitneyu(a, b)
        pooled = math.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
        out.append(dict(a=plain(a), b=plain(b), u=float(result.statistic), p=float(result.pvalue),
                        delta=float(np.sign(a[:, None] - b[None]).mean()), d=float((a.mean() - b.mean()) / pooled)))
    return out


def signs():
    out = []
    for first, second in [(0, 0), (3, 9), (1, 0), (20, 20), (40, 15), (0, 30)]:
        binomial = stats.binomtest(first, first + second).pvalue if first + second else 1.0
        table = [[5, first], [second, 6]]
        assert math.isclose(binomial, mcnemar(table, exact=True).pvalue) or not first + second
        out.append(dict(first=first, second=second, p=binomial))
    return out


def corrections():
    p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.9, 0.011]
    return dict(p=p, holm=plain(multipletests(p, method="holm")[1]))


def coefficients(result, degrees=None):
    estimate, error = np.asarray(result.params), np.asarray(result.bse)
    law = stats.norm if degrees is None else stats.t(degrees)
    reach = law.ppf(0.975) * error
    return dict(estimates=plain(estimate), errors=plain(error), p=plain(2 * law.sf(np.abs(estimate / error))),
                low=plain(estimate - reach), high=plain(estimate + reach))


def regressions(rng):
    out = []
    for n, k in [(12, 1), (40, 2), (90, 3)]:
        x = rng.normal(0, 1, (n, k))
        clusters = rng.integers(0, 9, n)
        y = 1 + x @ np.arange(1, k + 1) + rng.normal(0, 2, n)
        yes = (rng.random(n) < 1 / (1 + np.exp(-(0.3 + x @ np.full(k, 0.6))))).astype(float)
        design, groups = sm.add_constant(x), len(set(clusters.tolist()))
        linear, logit = sm.OLS(y, design).fit(), sm.Logit(yes, design).fit(disp=0, tol=1e-14)
        row = dict(x=[plain(c) for c in x.T], y=plain(y), yes=[bool(v) for v in yes], clusters=clusters.tolist(),
                   linear=coefficients(linear, n - k - 1), rSquared=linear.rsquared, logistic=coefficients(logit),
                   logLikelihood=logit.llf, nullLogLikelihood=logit.llnull)
        if groups > k + 1:
            by = dict(cov_type="cluster", cov_kwds=dict(groups=clusters))
            row["linearClustered"] = coefficients(sm.OLS(y, design).fit(**by), groups - 1)
            row["logisticClustered"] = coefficients(sm.Logit(yes, design).fit(disp=0, tol=1e-14, **by), groups - 1)
        # statsmodels' own p values and intervals, so that a slip above cannot hide.
        for ours, theirs in ((row["linear"], linear), (row["logistic"], logit)):
            assert np.allclose(ours["p"], theirs.pvalues)
            assert np.allclose(np.transpose([ours["low"], ours["high"]]), theirs.conf_int())
        out.append(row)
    return out


mp.mp.dps = 60


def tied_permutations():
    """Decimals, whose binary neighbours' sums differ where theirs are equal. p is counted in whole tenths."""
    rng = np.random.default_rng(11)
    out = []
    for n, m, spread, offset in [(4, 4, 3, 0), (5, 5, 4, 0), (3, 6, 5, 0), (5, 4, 9, 10), (4, 5, 6, 10_000_000), (6, 6, 7, 0),
                                 (5, 5, 3, 17_000_000_000), (3, 3, 2, 0), (6, 4, 30, -50)]:
        a, b = rng.integers(-spread, spread + 1, n), rng.integers(-spread, spread + 1, m)
        if spread == 3:  # nothing is between the two: every relabelling is at least as far
            b = rng.permutation(a) if n == m else b
        far = lambda chosen, rest: abs(Fraction(sum(chosen), len(chosen)) - Fraction(sum(rest), len(rest)))
        together, observed = a.tolist() + b.tolist(), far(a.tolist(), b.tolist())
        ways = [far([together[i] for i in places], [together[i] for i in range(n + m) if i not in places])
                for places in itertools.combinations(range(n + m), n)]
        row = dict(a=[(v + offset) / 10 for v in a.tolist()], b=[(v + offset) / 10 for v in b.tolist()],
                   unpaired=sum(w >= observed for w in ways) / len(ways))
        if n == m:
            d = (a - b).tolist()
            sums = [abs(sum(x * s for x, s in zip(d, signs))) for signs in itertools.product((1, -1), repeat=n)]
            row["paired"] = sum(s >= abs(sum(d)) for s in sums) / len(sums)
        out.append(row)
    return out


def mean(x):
    return mp.fsum(x) / len(x)


def about(x):
    x = [mp.mpf(v) for v in x]
    return [v - mean(x) for v in x]


def offsets():
    """Ordinary data far from 0, in exact arithmetic on the doubles that they are."""
    rng = np.random.default_rng(12)
    out = []
    for offset, unit in [(1e6, 1), (1.7e9, 1), (1.7e9, 1e-3), (1e12, 1), (-1e12, 1e-2), (1e15, 4), (1e-3, 1e-12), (0, 1e-170),
                         (0, 1e170), (1e200, 1e190)]:
        n = 14
        a, b = offset + unit * rng.normal(0, 2, n), offset + unit * rng.normal(1, 2, n)
        u, v = about(a), about(b)
        squares = lambda d: mp.fsum(e * e for e in d)
        r = mp.fsum(p * q for p, q in zip(u, v)) / mp.sqrt(squares(u) * squares(v))
        t = float(r * mp.sqrt((n - 2) / ((1 - r) * (1 + r))))
        pooled = mp.sqrt((squares(u) + squares(v)) / (2 * n - 2))
        exact = lambda x: mean([mp.mpf(e) for e in x])
        out.append(dict(a=plain(a), b=plain(b), mean=float(exact(a)), sd=float(mp.sqrt(squares(u) / (n - 1))),
                        pearson=[float(r), 2 * stats.t.sf(abs(t), n - 2)],
                        d=float((exact(a) - exact(b)) / pooled), difference=float(exact(a) - exact(b))))
    return out


def exact_coefficients(estimates, covariance, law):
    errors = [mp.sqrt(covariance[i, i]) for i in range(len(estimates))]
    reach = law.ppf(0.975)
    return dict(estimates=[float(e) for e in estimates], errors=[float(e) for e in errors],
                p=[2 * law.sf(abs(float(e / s))) for e, s in zip(estimates, errors)],
                low=[float(e - reach * s) for e, s in zip(estimates, errors)],
                high=[float(e + reach * s) for e, s in zip(estimates, errors)])


def clustered(design, inverse, residuals, clusters, width):
    scores = {}
    for i, cluster in enumerate(clusters):
        scores.setdefault(cluster, mp.matrix(width, 1))
        scores[cluster] += residuals[i] * design[i, :].T
    groups, n = len(scores), len(clusters)
    middle = mp.matrix(width)
    for score in scores.values():
        middle += score * score.T
    return inverse * middle * inverse * (mp.mpf(groups) / (groups - 1) * (n - 1) / (n - width))


def far_regressions():
    """Least squares and logistic regressions on seeds, times and rates, solved with 60 digits."""
    rng = np.random.default_rng(13)
    kinds = dict(seed=lambda n: 1e6 + np.arange(n), time=lambda n: 1.7e9 + rng.integers(0, 86400, n),
                 milliseconds=lambda n: 1.7e12 + rng.integers(0, 5000, n), rate=lambda n: rng.uniform(1e-7, 1e-5, n),
                 near=lambda n: 1e12 + rng.normal(0, 1, n), small=lambda n: rng.normal(0, 1e-150, n),
                 large=lambda n: rng.normal(0, 1e150, n), score=lambda n: rng.normal(0, 1, n))
    out = []
    for names, offset in [(["seed"], 0), (["time"], 1.7e9), (["milliseconds"], 0), (["near"], 1e12), (["small"], 0),
                          (["large"], 0), (["seed", "rate"], 0), (["time", "score", "rate"], 1e6), (["near", "small"], 0)]:
        n = 40
        columns = [kinds[name](n) for name in names]
        unit = [(c - c.mean()) / c.std() if name not in ("small", "large") else c / np.abs(c).max()
                for name, c in zip(names, columns)]
        y = offset + sum(unit) + rng.normal(0, 1.5, n)
        yes = rng.random(n) < 1 / (1 + np.exp(-0.7 * sum(unit)))
        clusters = (np.arange(n) * 7 % 11).tolist()
        width = len(names) + 1
        design = mp.matrix(n, width)
        for i in range(n):
            design[i, 0] = 1
            for j, c in enumerate(columns):
                design[i, j + 1] = mp.mpf(float(c[i]))
        # Columns in units of their size only help mpmath's solver with its own tolerance.
        units = [mp.mpf(1)] + [mp.mpf(float(np.abs(c).max())) for c in columns]
        scaled = design.copy()
        for i in range(n):
            for j in range(width):
                scaled[i, j] = design[i, j] / units[j]
        back = mp.diag([1 / u for u in units])
        outcome = mp.matrix([mp.mpf(float(v)) for v in y])
        inverse = (scaled.T * scaled) ** -1
        estimates = inverse * (scaled.T * outcome)
        residuals = outcome - scaled * estimates
        squares = mp.fsum(r * r for r in residuals)
        total = mp.fsum(v * v for v in about(y))
        told = back * estimates
        t, groups = stats.t(n - width), stats.t(len(set(clusters)) - 1)
        row = dict(x=[plain(c) for c in columns], y=plain(y), yes=[bool(v) for v in yes], clusters=clusters,
                   linear=exact_coefficients(told, back * inverse * back * squares / (n - width), t),
                   linearClustered=exact_coefficients(
                       told, back * clustered(scaled, inverse, residuals, clusters, width) * back, groups),
                   rSquared=float(1 - squares / total))
        odds = mp.matrix(width, 1)
        for _ in range(60):
            shares = [1 / (1 + mp.exp(-v)) for v in scaled * odds]
            weighted = scaled.copy()
            for i in range(n):
                weighted[i, :] *= shares[i] * (1 - shares[i])
            inverse = (scaled.T * weighted) ** -1
            residuals = mp.matrix([int(v) - s for v, s in zip(yes, shares)])
            step = inverse * (scaled.T * residuals)
            odds += step
            if max(abs(s) / (1 + abs(o)) for s, o in zip(step, odds)) < mp.mpf(10) ** -30:
                break
        likelihood = mp.fsum(mp.log(s if v else 1 - s) for v, s in zip(yes, shares))
        share = mp.mpf(int(yes.sum())) / n
        told = back * odds
        row.update(logistic=exact_coefficients(told, back * inverse * back, stats.norm),
                   logisticClustered=exact_coefficients(
                       told, back * clustered(scaled, inverse, residuals, clusters, width) * back, groups),
                   logLikelihood=float(likelihood),
                   nullLogLikelihood=float(n * (share * mp.log(share) + (1 - share) * mp.log(1 - share))))
        out.append(row)
    return out


def main():
    rng = np.random.default_rng(7)
    goldens = dict(
        describe=describe(rng), distributions=distributions(), proportions=proportions(), differences=differences(),
        bootstraps=bootstraps(rng), permutations=permutations(rng), correlations=correlations(rng),
        ranks=ranks_tests(rng), signs=signs(), corrections=corrections(), regressions=regressions(rng),
        tiedPermutations=tied_permutations(), offsets=offsets(), farRegressions=far_regressions())
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
