#!/usr/bin/env python3
"""Writes Tests/StatisticsTests/Goldens/statistics.json: small samples with what SciPy and statsmodels make of them.
Needs numpy, scipy (1.17) and statsmodels (0.15)."""
import json
import math
from pathlib import Path

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


def main():
    rng = np.random.default_rng(7)
    goldens = dict(
        describe=describe(rng), distributions=distributions(), proportions=proportions(), differences=differences(),
        bootstraps=bootstraps(rng), permutations=permutations(rng), correlations=correlations(rng),
        ranks=ranks_tests(rng), signs=signs(), corrections=corrections(), regressions=regressions(rng))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
