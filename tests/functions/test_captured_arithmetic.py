"""Captured steps see the values of each call: functions of each element, products of matrices, in-place forms."""

import numpy as np
import pytest

import chainrule as cr

TWICE = {
    "angles": lambda x, w: x.tan() + w.asin() + x.acos() * w.atan() + cr.atan2(x, w) + w.sinc(),
    "hyperbolic": lambda x, w: x.sinh() * w.cosh() + w.asinh() + (x + 1).acosh() + w.atanh(),
    "logarithms": lambda x, w: x.log1p() + w.log2() * x.log10() + w.expm1() + w.exp2() + w.logit(1e-3),
    "normal": lambda x, w: w.erf() + x.erfc() * w.erfinv(),
    "powers": lambda x, w: x.rsqrt() + w.reciprocal() + cr.hypot(x, w) + cr.xlogy(w, x),
    "rounding": lambda x, w: (4 * w).frac() + (4 * x).floor() * w + w.nan_to_num() + w.clamp_min(x).clamp_max(0.9),
    "left over": lambda x, w: cr.fmod(4 * x, w) + cr.remainder(4 * w, x) + w.copysign(x - 0.5),
    "exponentials": lambda x, w: cr.logaddexp(x, w) + cr.logaddexp2(w, x),
    "between": lambda x, w: w.lerp(x, 0.3) + x.lerp(w, w) + w.addcmul(x, w, value=2) + x.addcdiv(w, x + 1),
    "truths": lambda x, w: w * (x.isclose(w) | cr.logical_or(x > w, x.isinf())).float(),
    "products": lambda x, w: cr.addmm(w[0], x, w) + cr.outer(x[0], w[1]) + cr.dot(x[0], w[0]) + cr.inner(x, w),
    "named axes": lambda x, w: cr.einsum("ij,kj->ik", x, w) + cr.einsum("ii", w) + cr.tensordot(w, x, 1),
    "several": lambda x, w: cr.matrix_power(w, 3) + cr.chain_matmul(x, w, x) + cr.kron(w, x).sum() + w.trace(),
    "distances": lambda x, w: cr.cdist(x, w) + cr.linalg.norm(w) + cr.linalg.matrix_norm(w, 1),
    "in place": lambda x, w: (w * 1).exp_().mul_(x).clamp_min_(0.7).addcmul_(x, w).lerp_(x, 0.25).tanh_(),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_captured_step_has_the_results_and_gradients_of_the_step_itself(name):
    rng = np.random.default_rng(0)
    weights = [cr.zeros(3, 3, requires_grad=True) for _ in range(2)]

    def step_of(w):
        def step(x):
            w.grad = None
            y = TWICE[name](x, w)
            y.sum().backward()
            return y

        return step

    captured, itself = cr.capture(step_of(weights[0])), step_of(weights[1])
    for _ in range(4):
        x, start = (rng.uniform(0.05, 0.95, (3, 3)).astype(np.float32) for _ in range(2))
        for w in weights:
            w.data.copy_(cr.from_numpy(start))
        assert np.array_equal(captured(cr.from_numpy(x)).detach(), itself(cr.from_numpy(x)).detach())
        assert np.array_equal(weights[0].grad, weights[1].grad)
