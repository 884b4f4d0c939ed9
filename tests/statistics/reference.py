"""Numbers that the tests of `src/query/function` hold the statistics against, from scikit-learn and SciPy.

    pip install scikit-learn scipy && python tests/statistics/reference.py

The cases are made by the same arithmetic as in the tests. Run it when a test's cases change; the tests do not need it.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binom, binomtest, norm
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

i = np.arange(60)
label = (i * i * 5 + i) % 17 < 3 + i % 7
features = np.column_stack([i % 7, (i * i) % 11 / 10, i % 2]).astype(float)
weight = 1.0 + i % 3

print("logistic_fit: the intercept, then the coefficients")
for ridge in [0.0, 2.0, 50.0]:
    model = LogisticRegression(C=np.inf if ridge == 0 else 1 / ridge, solver="newton-cholesky", tol=1e-13, max_iter=200)
    model.fit(features, label, sample_weight=weight)
    print(f"  ridge {ridge}:", [float(model.intercept_[0]), *map(float, model.coef_[0])])

print("isotonic_fit: values at scores")
score = (i * 7) % 30 / 30
risen = (i * i * 5 + i) % 17 < 2 + (i * 7) % 30 // 2
model = IsotonicRegression(out_of_bounds="clip").fit(score, risen, sample_weight=weight)
at = [-1, 0, 0.11, 0.27, 0.35, 0.5, 0.66, 0.81, 0.93, 2]
print("  ", list(zip(at, map(float, model.predict(at)))))

print("simulated_quantile: of 200 deals of 1 that are won with 0.2")
nodes, weights = np.polynomial.hermite_e.hermegauss(120)
weights = weights / weights.sum()
for shock in [0.0, 0.6, 1.5]:
    centre = brentq(lambda c: weights @ expit(c + shock * nodes) - 0.2, -20, 20)
    below = np.array([weights @ binom.cdf(k, 200, expit(centre + shock * nodes)) for k in range(201)])
    print(f"  shock {shock}:", [(share, int(np.argmax(below >= share))) for share in [0.05, 0.1, 0.5, 0.9, 0.95]])

print("the normal quantile")
print("  ", [(share, float(norm.ppf(share))) for share in [0.0005, 0.0745, 0.0755, 0.3, 0.5, 0.975, 0.9995]])

print("sign_test")
signs = [(1, 0), (13, 7), (60, 40), (520, 480), (3000, 3200), (5000, 4000)]
print("  ", [(above, below, float(binomtest(above, above + below).pvalue)) for above, below in signs])
