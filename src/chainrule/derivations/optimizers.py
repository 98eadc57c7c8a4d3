"""How the update of each optimiser is written down, one number at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.derivations.expression import Expr, Frac, Leaf, Number, Sym, expr, maximum, product, root, size
from chainrule.derivations.names import At
from chainrule.derivations.steps import Line
from chainrule.ops import Array
from chainrule.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, Optimizer, RMSprop

FLAGS = ("nesterov", "amsgrad", "centered", "decoupled_weight_decay", "maximize")


@dataclass
class Update:
    """What an optimiser does to one parameter.

    Attributes
    ----------
    options : dict
        Those of the parameter's group.
    before, after : dict of str to ndarray
        The state by name, and the parameter itself under "p".
    steps : int
        How many updates there have been before.
    """

    options: dict[str, Any]
    before: dict[str, Array]
    after: dict[str, Array]
    steps: int


@dataclass
class One:
    """The update of one number, as it is written down line by line.

    Attributes
    ----------
    update : Update
    p : Sym
    at : tuple of int
        Its place in the parameter.
    lines : list of Line
    """

    update: Update
    p: Sym
    at: At
    lines: list[Line]

    def option(self, letter: str, name: str) -> Sym:
        """Return the symbol of an option."""
        return Sym(letter, float(self.update.options[name]))

    def beta(self, i: int) -> Sym:
        """Return β₁ or β₂."""
        return Sym("β", float(self.update.options["betas"][i - 1]), (i,))

    @property
    def t(self) -> Sym:
        """Which step it is, from 1."""
        return Sym("t", self.update.steps + 1)

    def like(self, letter: str, number: float) -> Sym:
        """Return a symbol that belongs to the parameter, with its indices."""
        return Sym(letter, number, self.p.index, self.p.layer)

    def old(self, letter: str, name: str) -> Sym:
        """Return a number of the state, as it was."""
        return self.like(letter, float(self.update.before[name][self.at]))

    def assigned(self, letter: str, name: str, value: Expr) -> Sym:
        """Write down a new number of the state, and return it."""
        new = self.like(letter, float(self.update.after[name][self.at]))
        self.lines.append(Line(new, value, new.number, arrow=True))
        return new

    def averaged(self, letter: str, name: str, beta: Sym, value: Expr) -> Sym:
        """Write down β times the old number and 1 − β times a value."""
        return self.assigned(letter, name, beta * self.old(letter, name) + (1 - beta) * value)

    def called(self, letter: str, value: Expr, own: bool = True) -> Sym:
        """Write down what is used further on, and return it; ``own`` says that it belongs to this number alone."""
        name = self.like(letter, float(value.value)) if own else Sym(letter, float(value.value))
        self.lines.append(Line(name, value, name.number))
        return name

    def direction(self, g: Leaf) -> Leaf:
        """Return the gradient that the optimiser goes on with; if that is another one, a line says how."""
        options = self.update.options
        value: Expr = -g if options["maximize"] else g
        if options["weight_decay"] and not options.get("decoupled_weight_decay"):
            value = value + self.option("λ", "weight_decay") * self.p
        return g if value is g else self.called("g", value)

    def moved(self, step: Expr) -> None:
        """Write down the parameter less a step, after a decoupled weight decay if there is one."""
        options, start = self.update.options, expr(self.p)
        if options["weight_decay"] and options.get("decoupled_weight_decay"):
            start = product(1 - self.option("η", "lr") * self.option("λ", "weight_decay"), self.p)
        self.lines.append(Line(self.p, start - step, float(self.update.after["p"][self.at]), arrow=True))


class Written:
    """How an update is written down.

    Attributes
    ----------
    letters : dict of str to str
        Of the options that take part in any case.
    others : dict of str to str
        Of those that take part if they are not 0.
    """

    letters: ClassVar[dict[str, str]] = {}
    others: ClassVar[dict[str, str]] = {"λ": "weight_decay"}

    def note(self, options: dict[str, Any]) -> str:
        """Return the options that take part."""
        always = [f"{letter} = {options[name]:g} ({name})" for letter, name in self.letters.items()]
        always += [f"β{below} = {beta:g}" for below, beta in zip("₁₂", options.get("betas", ()), strict=False)]
        some = [f"{letter} = {options[name]:g} ({name})" for letter, name in self.others.items() if options[name]]
        return ", ".join([*always, *some, *(name for name in FLAGS if options.get(name))])

    def lines(self, update: Update, p: Sym, g: Leaf, at: At) -> list[Line]:
        """Return the lines that end in the new value of the number ``p`` with gradient ``g``."""
        one = One(update, p, at, [])
        one.moved(self.step(one, one.direction(g)))
        return one.lines

    def step(self, one: One, g: Leaf) -> Expr:
        """Write down what comes before the step, and return that."""
        raise NotImplementedError


class WrittenSGD(Written):
    """η g, with momentum η v."""

    letters: ClassVar = {"η": "lr"}
    others: ClassVar = {"μ": "momentum", "τ": "dampening", "λ": "weight_decay"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        options, eta = one.update.options, one.option("η", "lr")
        if not options["momentum"]:
            return eta * g
        mu = one.option("μ", "momentum")
        new = (1 - one.option("τ", "dampening")) * g if options["dampening"] else g
        first = one.update.steps == 0
        v = one.assigned("v", "momentum_buffer", g if first else mu * one.old("v", "momentum_buffer") + new)
        return eta * (one.called("u", g + mu * v) if options["nesterov"] else v)


class WrittenAdam(Written):
    """η m̂ / (√v̂ + ε)."""

    letters: ClassVar = {"η": "lr", "ε": "eps"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        m = one.averaged("m", "exp_avg", one.beta(1), g)
        v = one.averaged("v", "exp_avg_sq", one.beta(2), g**2)
        if one.update.options["amsgrad"]:
            v = one.assigned("vmax", "max_exp_avg_sq", maximum(one.old("vmax", "max_exp_avg_sq"), v))
        m_hat = one.called("m̂", m / (1 - one.beta(1) ** one.t))
        v_hat = one.called("v̂", v / (1 - one.beta(2) ** one.t))
        return one.option("η", "lr") * Frac(m_hat, root(v_hat) + one.option("ε", "eps"))


class WrittenNAdam(Written):
    """η (c₁ g + c₂ m) / (√v̂ + ε)."""

    letters: ClassVar = {"η": "lr", "ε": "eps", "ψ": "momentum_decay"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        m = one.averaged("m", "exp_avg", one.beta(1), g)
        v = one.averaged("v", "exp_avg_sq", one.beta(2), g**2)
        v_hat = one.called("v̂", v / (1 - one.beta(2) ** one.t))
        now = one.called("μ", self._mu(one, one.t), own=False)
        after = one.called("μ′", self._mu(one, one.t + 1), own=False)
        P = Sym("P", float(one.update.after["mu_product"]))  # μ₁ ⋯ μₜ
        c1 = one.called("c", (1 - now) / (1 - P), own=False)
        c2 = one.called("c′", after / (1 - P * after), own=False)
        return one.option("η", "lr") * Frac(c1 * g + c2 * m, root(v_hat) + one.option("ε", "eps"))

    def _mu(self, one: One, t: Expr) -> Expr:
        return one.beta(1) * (1 - expr(0.96) ** (t * one.option("ψ", "momentum_decay")) / 2)


class WrittenAdamax(Written):
    """η / (1 − β₁ᵗ) · m / u."""

    letters: ClassVar = {"η": "lr", "ε": "eps"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        m = one.averaged("m", "exp_avg", one.beta(1), g)
        floor = size(g) + one.option("ε", "eps")
        u = one.assigned("u", "exp_inf", maximum(one.beta(2) * one.old("u", "exp_inf"), floor))
        return one.option("η", "lr") / (1 - one.beta(1) ** one.t) * Frac(m, u)


class WrittenRMSprop(Written):
    """η g / (√v + ε)."""

    letters: ClassVar = {"η": "lr", "α": "alpha", "ε": "eps"}
    others: ClassVar = {"μ": "momentum", "λ": "weight_decay"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        alpha, eta = one.option("α", "alpha"), one.option("η", "lr")
        v: Expr = one.averaged("v", "square_avg", alpha, g**2)
        if one.update.options["centered"]:
            v = v - one.averaged("m", "grad_avg", alpha, g) ** 2
        scaled = Frac(g, root(v) + one.option("ε", "eps"))
        if not one.update.options["momentum"]:
            return eta * scaled
        mu = one.option("μ", "momentum")
        return eta * one.assigned("u", "momentum_buffer", mu * one.old("u", "momentum_buffer") + scaled)


class WrittenAdagrad(Written):
    """η g / (√s + ε)."""

    letters: ClassVar = {"η": "lr", "ε": "eps"}
    others: ClassVar = {"δ": "lr_decay", "λ": "weight_decay"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        s = one.assigned("s", "sum", one.old("s", "sum") + g**2)
        eta: Number = one.option("η", "lr")
        if one.update.options["lr_decay"]:
            eta = eta / (1 + (one.t - 1) * one.option("δ", "lr_decay"))
        return eta * Frac(g, root(s) + one.option("ε", "eps"))


class WrittenAdadelta(Written):
    """η Δ, with Δ = √(u + ε) / √(v + ε) · g."""

    letters: ClassVar = {"η": "lr", "ρ": "rho", "ε": "eps"}

    def step(self, one: One, g: Leaf) -> Expr:  # noqa: D102
        rho, eps = one.option("ρ", "rho"), one.option("ε", "eps")
        v = one.averaged("v", "square_avg", rho, g**2)
        change = one.called("Δ", root(one.old("u", "acc_delta") + eps) / root(v + eps) * g)
        one.averaged("u", "acc_delta", rho, change**2)
        return one.option("η", "lr") * change


WRITTEN: dict[type[Optimizer], Written] = {
    SGD: WrittenSGD(), Adam: WrittenAdam(), AdamW: WrittenAdam(), NAdam: WrittenNAdam(), Adamax: WrittenAdamax(),
    RMSprop: WrittenRMSprop(), Adagrad: WrittenAdagrad(), Adadelta: WrittenAdadelta(),
}  # fmt: skip
