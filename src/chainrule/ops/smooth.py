"""Smooth activation functions."""

from __future__ import annotations

import math

import numpy as np

from chainrule.ops.activations import sigmoid
from chainrule.ops.blocks import in_blocks
from chainrule.ops.elementwise import sign
from chainrule.ops.operation import Array, Gradients, Operation, choose
from chainrule.ops.special import erf


class ELU(Operation):
    """y = s x where x > 0, else s α (e^κx − 1)."""

    reads = (0,)
    scale = rate = growth = slope_rate = 1.0  # κ in the value; in the derivative, as exponent and as factor

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.asarray(np.expm1(np.minimum(x, 0) * self.rate, out=self.y))
        self.y *= self.alpha * self.scale
        return choose(x > 0, x * self.scale, self.y, out=self.y)

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = s where x > 0, else s α κ e^κx
        slope = np.exp(np.minimum(self.x, 0) * self.growth) * (self.alpha * self.scale * self.slope_rate)
        dx = np.asarray(np.multiply(grad, slope, out=self.into[0]))
        return (choose(self.x > 0, grad * self.scale, dx, out=dx),)


class SELU(ELU):
    """ELU with constants that keep mean 0 and variance 1 from layer to layer, of Klambauer et al. (2017)."""

    scale = 1.0507009873554804934193349852946

    def __init__(self) -> None:
        super().__init__(1.6732632423543772848170429916717)


class CELU(ELU):
    """ELU with κ = 1/α, and so with slope 1 on both sides of 0."""

    def __init__(self, alpha: float, inplace: bool = False) -> None:
        super().__init__(alpha)
        self.rate = 1 / alpha
        self.slope_rate = 1 / float(np.float32(alpha))  # as PyTorch rounds it, for float64 too
        self.growth = self.rate if inplace else self.slope_rate  # in place, it takes the power from the value


class GELU(Operation):
    """y = x Φ(x), with Φ(x) = (1 + erf(x/√2)) / 2, the distribution function of the normal distribution."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x, self.below = x, in_blocks(self.distribution, x)
        self.y = np.multiply(x, self.below, out=self.y)
        return self.y

    def distribution(self, x: Array, out: Array | None) -> Array:
        return np.asarray(np.multiply(1 + erf(x * math.sqrt(0.5)), 0.5, out=out))

    def backward(self, grad: Array) -> Gradients:
        return (in_blocks(self.gradient, grad, self.x, self.below, out=self.into[0]),)

    def gradient(self, grad: Array, x: Array, below: Array, out: Array | None) -> Array:
        # dy/dx = Φ(x) + x φ(x), with φ(x) = e^(−x²/2) / √(2π)
        density = np.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
        return np.asarray(np.multiply(grad, below + x * density, out=out))


class TanhGELU(Operation):
    """y = x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, which is nearly x Φ(x)."""

    reads = (0,)
    rate, cubic = math.sqrt(2 / math.pi), 0.044715

    def forward(self, x: Array) -> Array:
        self.x = x
        self.tanh = np.tanh(self.rate * (x + self.cubic * (x * x * x)))
        self.y = np.multiply(0.5 * x, 1 + self.tanh, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = (1 + t) / 2 + x/2 · (1 − t²) · √(2/π) (1 + 3 · 0.044715 x²)
        inner = self.rate * (1 + 3 * self.cubic * (self.x * self.x))
        slope = 0.5 * (1 + self.tanh) + 0.5 * self.x * (1 - self.tanh * self.tanh) * inner
        return (np.multiply(grad, slope, out=self.into[0]),)


class SiLU(Operation):
    """y = x σ(x)."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.divide(x, 1 + np.exp(-x), out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = σ (1 + x (1 − σ))
        s = sigmoid(self.x)
        return (np.multiply(grad, s * (1 + self.x * (1 - s)), out=self.into[0]),)


class Mish(Operation):
    """y = x tanh(ln(1 + eˣ))."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.tanh = np.tanh(np.log1p(np.exp(x)))
        self.y = np.multiply(x, self.tanh, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = t + x σ (1 − t²)
        slope = self.tanh + self.x * sigmoid(self.x) * (1 - self.tanh * self.tanh)
        return (np.multiply(grad, slope, out=self.into[0]),)


class LogSigmoid(Operation):
    """y = ln σ(x) = min(x, 0) − ln(1 + e^−|x|)."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x, self.decay = x, np.exp(-np.abs(x))
        self.y = np.subtract(np.minimum(x, 0), np.log1p(self.decay), out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = σ(−x), with σ(−|x|) = e^−|x| / (1 + e^−|x|)
        tail = self.decay / (1 + self.decay)
        return (np.multiply(grad, choose(self.x < 0, 1 - tail, tail), out=self.into[0]),)


class Softplus(Operation):
    """y = ln(1 + e^βx) / β, or x itself where βx > threshold."""

    reads = (0,)

    def __init__(self, beta: float, threshold: float) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Array) -> Array:
        self.x, scaled = x, x * self.beta
        curve = np.log1p(np.exp(scaled)) / self.beta
        self.y = choose(scaled > self.threshold, x, curve)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = e^βx / (1 + e^βx), or 1
        scaled = self.x * self.beta
        growth = np.exp(scaled)
        return (choose(scaled > self.threshold, grad, grad * growth / (growth + 1)),)


class Softsign(Operation):
    """y = x / (1 + |x|)."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x, self.scale = x, np.abs(x) + 1
        self.y = np.divide(x, self.scale, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = 1/(1 + |x|) − |x|/(1 + |x|)²
        shrunk = self.x / self.scale / self.scale * sign(self.x)
        return (np.subtract(grad / self.scale, grad * shrunk, out=self.into[0]),)


class Tanhshrink(Operation):
    """y = x − tanh x."""

    def forward(self, x: Array) -> Array:
        self.tanh = np.tanh(x)
        self.y = np.subtract(x, self.tanh, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = tanh² x
        return (np.multiply(grad, np.square(self.tanh), out=self.into[0]),)


class GLU(Operation):
    """y = a σ(b), a and b being the halves of x along one axis."""

    reads = (0,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.a, b = np.split(x, 2, axis=self.axis)
        self.gate = sigmoid(b)
        self.y = np.multiply(self.a, self.gate, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = σ(b), ∂y/∂b = a σ(b) (1 − σ(b))
        da = grad * self.gate
        db = (1 - self.gate) * self.gate * grad * self.a
        return (np.concatenate([da, db], axis=self.axis, out=self.into[0]),)
