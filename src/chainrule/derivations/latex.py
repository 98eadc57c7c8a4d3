r"""Derivations as LaTeX, and as Markdown, whose formulas are LaTeX.

The body compiles in any document that loads ``amsmath``: it needs no sectioning, no packages and no Unicode.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from chainrule.derivations.expression import Add, Cases, Expr, Num, Partial, Sym
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.steps import Equation, Line, Section, Step, Values
from chainrule.derivations.text import chain_of
from chainrule.derivations.writer import Writer

BEGIN = (
    "\\documentclass{article}\n\\usepackage{amsmath}\n\\usepackage[margin=2.5cm]{geometry}\n\\begin{document}\n"
)
END = "\\end{document}\n"
ACROSS = 3  # terms of a sum in one line
LONG = 90  # letters of a sum inside of a formula; beyond, it has several rows
LETTERS = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "η": r"\eta",
    "λ": r"\lambda", "ℓ": r"\ell", "μ": r"\mu", "τ": r"\tau", "σ": r"\sigma", "ŷ": r"\hat{y}", "m̂": r"\hat{m}",
    "v̂": r"\hat{v}", "x̂": r"\hat{x}", "x̄": r"\bar{x}", "θ": r"\theta", "ρ": r"\rho", "κ": r"\kappa", "Φ": r"\Phi",
    "φ": r"\varphi", "ψ": r"\psi", "Δ": r"\Delta", "Π": r"\Pi",
}  # fmt: skip
RELATIONS = {"=": "=", "≈": r"\approx", "←": r"\leftarrow", ">": ">", "<": "<", "≤": r"\le", "≥": r"\ge"}
KNOWN = ("max", "min", "ln", "tanh", "sin", "cos")
SIGNS = {
    "∂": r"$\partial$", "−": "$-$", "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "→": r"$\to$", "′": "'",
} | {letter: f"${command}$" for letter, command in LETTERS.items()}  # fmt: skip
SPECIAL = {c: "\\" + c for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
SPECIAL["^"] = r"\textasciicircum{}"
BELOW, ABOVE = "₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁻"
NORMAL = str.maketrans(BELOW + ABOVE, "01234567890123456789()-")


def prose(text: str) -> str:
    r"""Write plain text for LaTeX.

    Examples
    --------
    >>> prose("linear_1: z₁ > 0")
    'linear\\_1: z$_{1}$ > 0'
    """
    escaped = "".join(SPECIAL.get(c, c) for c in text)
    escaped = re.sub(f"[{BELOW}]+", lambda run: f"$_{{{run[0].translate(NORMAL)}}}$", escaped)
    escaped = re.sub(f"[{ABOVE}]+", lambda run: f"$^{{{run[0].translate(NORMAL)}}}$", escaped)
    for sign, command in SIGNS.items():
        escaped = escaped.replace(sign, command)
    return escaped.replace("$$", "")  # neighbours become one formula


class LatexWriter(Writer):
    r"""Formulas in LaTeX.

    Examples
    --------
    >>> print(LatexWriter().write(1 / (1 + Sym("z", 0.17, (1,), 2))))
    \frac{1}{1 + z_{1}^{(2)}}
    """

    negative = "-"
    minus, times, hadamard, space = " - ", r" \cdot ", r" \odot ", r" \, "

    def digits(self, text: str, power: int) -> str:  # noqa: D102
        text = r"\infty" if text == "∞" else text.replace("NaN", r"\mathrm{NaN}")
        return rf"{text} \cdot 10^{{{power}}}" if power else text

    def symbol(self, x: Sym) -> str:  # noqa: D102
        index = [str(i) for i in x.index]
        below = (", " if any(len(i) > 1 for i in index) else " ").join(index)
        letter = LETTERS.get(x.letter) or self._letter(x.letter)
        row = "" if x.row is None else f"[{x.row}]"
        layer = "" if x.layer is None else f"^{{({x.layer})}}"
        return letter + (f"_{{{below}}}" if below else "") + layer + row

    def _letter(self, letter: str) -> str:
        base, dashes = letter.rstrip("′"), letter.count("′")
        body = LETTERS.get(base) or (base if len(base) == 1 else rf"\mathrm{{{prose(base)}}}")
        # a prime is a superscript: in braces, a layer may follow
        return f"{{{body}{chr(39) * dashes}}}" if dashes else body

    def partial(self, x: Partial) -> str:  # noqa: D102
        fraction = rf"\frac{{\partial {self.symbol(x.of)}}}{{\partial {self.symbol(x.by)}}}"
        return fraction if x.via is None else rf"\left. {fraction} \right|_{{{self.symbol(x.via)}}}"

    def words(self, text: str) -> str:  # noqa: D102
        return rf"\text{{{prose(text)}}}"

    def parens(self, text: str) -> str:  # noqa: D102
        return rf"\left( {text} \right)"

    def fraction(self, top: str, bottom: str) -> str:  # noqa: D102
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base: str, exponent: Expr) -> str:  # noqa: D102
        return f"{base}^{{{self.write(exponent)}}}"

    def exponential(self, exponent: str) -> str:  # noqa: D102
        return f"e^{{{exponent}}}"

    def function(self, name: str) -> str:  # noqa: D102
        if name in KNOWN:
            return f"\\{name}"
        return LETTERS.get(name) or rf"\operatorname{{{prose(name)}}}"

    def around(self, name: str, inside: str) -> str:  # noqa: D102
        return rf"\left| {inside} \right|" if name == "|" else rf"\sqrt{{{inside}}}"

    def sigma(self, over: str) -> str:  # noqa: D102
        return rf"\sum_{{{''.join(f'{RELATIONS[c]} ' if c in RELATIONS else c for c in over)}}} "

    def transposed(self, matrix: Expr) -> str:  # noqa: D102
        text = self.write(matrix)
        return (self.parens(text) if "^" in text else text) + r"^{\mathsf{T}}"

    def cases(self, x: Cases) -> str:  # noqa: D102
        cases, rest = x.chain
        rows = "".join(
            rf"{self.write(c.then)} & \text{{if }} "
            rf"{self.write(c.left)} {RELATIONS[c.relation]} {self.write(c.right)} \\ "
            for c in cases
        )
        return rf"\begin{{cases}} {rows}{self.write(rest)} & \text{{else}} \end{{cases}}"

    # ---- what stands on its own --------------------------------------------------------------------------------

    def equation(self, equation: Equation) -> str:
        """Return the rows of a general formula."""
        signs = [RELATIONS["←" if equation.arrow and i == 0 else "="] for i, _ in enumerate(equation.forms)]
        rows = [f"{sign} {self.write(form)}" for sign, form in zip(signs, equation.forms, strict=True)]
        return f"{self.write(equation.name)} &" + " \\\\\n &".join(rows)

    def line(self, line: Line) -> str:
        """Return the rows of a number: each stage on one of its own."""
        rows = [f"{RELATIONS[sign]} {self._broken(form)}" for sign, form in chain_of(line, self)]
        note = rf" \quad \text{{({prose(line.note)})}}" if line.note else ""
        return f"{self.write(line.name)} &" + " \\\\\n &".join(rows) + note

    def _broken(self, x: Expr) -> str:
        terms = self.terms(x)
        rows = ["".join(terms[i : i + ACROSS]) for i in range(0, len(terms), ACROSS)]
        return " \\\\\n &\\qquad {}".join(rows)

    def _sum(self, x: Add, lead: bool) -> tuple[str, int]:
        """Write a sum inside of a formula; a long one in several rows."""
        text, holds = super()._sum(x, lead)
        if len(text) <= LONG:
            return text, holds
        rows = [""]
        for term in self.terms(x):
            rows += [""] if rows[-1] and len(rows[-1] + term) > LONG else []
            rows[-1] += term
        lines = r" \\ {}".join(rows)
        return rf"\begin{{gathered}} {lines} \end{{gathered}}", holds

    def values(self, values: Values) -> str:
        """Return a vector or matrix."""
        note = rf" \quad \text{{{prose(values.note)}}}" if values.note else ""
        if np.ndim(values.array) == 0:
            body = self.write(Num(np.float64(values.array)))
        else:
            rows = values.rows.reshape(-1, 1) if values.rows.ndim == 1 else values.rows
            # brackets that take any number of columns; the matrices of amsmath take ten
            cells = r" \\ ".join(" & ".join(self.write(Num(np.float64(v))) for v in row) for row in rows)
            body = rf"\left( \begin{{array}}{{{'r' * rows.shape[1]}}} {cells} \end{{array}} \right)"
        return f"{self.write(values.name)} &= {body}{note}"

    def rows(self, step: Step) -> list[str]:
        """Return the rows of a step."""
        return [*map(self.equation, step.equations), *map(self.line, step.lines), *map(self.values, step.values)]


class LatexRenderer:
    """Writes the sections of a derivation as the body of a document.

    Parameters
    ----------
    rounding : Rounding
    """

    def __init__(self, rounding: Rounding) -> None:
        self.writer = LatexWriter(rounding)

    def document(self, title: str, note: str, sections: Sequence[Section]) -> str:
        """Return the whole text."""
        blocks = [self.head(title, 1), self.prose(note)]
        for section in sections:
            blocks += [self.head(section.title, 2), self.prose(section.note), *map(self.step, section.steps)]
        return self.framed("\n\n".join(block for block in blocks if block))

    def head(self, title: str, level: int) -> str:
        """Write a title (level 1) or the head of a section (level 2)."""
        size = "Large" if level == 1 else "large"
        return rf"\bigskip\noindent{{\{size}\bfseries {prose(title)}\par}}\nobreak"

    def prose(self, text: str) -> str:
        """Write plain text."""
        return prose(text)

    def step(self, step: Step) -> str:
        """Write a layer or an operation."""
        words = [rf"\textbf{{{prose(step.title)}}}"] if step.title else []
        words += [prose(step.note)] if step.note else []
        # in one paragraph with its formulas, so that no page ends between them
        head = ["\\medskip\\noindent" + " \\\\\n".join(words)] if words else []
        rows = " \\\\\n".join(self.writer.rows(step))
        return "\n".join([*head, *([f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"] if rows else [])])

    def framed(self, body: str) -> str:
        """Write what goes around: the rows of one step may stand on two pages."""
        return f"\\begingroup\\allowdisplaybreaks\n{body}\n\\endgroup\n"


class MarkdownRenderer(LatexRenderer):
    """Writes the sections of a derivation as Markdown with formulas between dollar signs."""

    def head(self, title: str, level: int) -> str:  # noqa: D102
        return f"{'#' * level} {self.prose(title)}"

    def prose(self, text: str) -> str:
        """Keep text from being read as Markdown."""
        return "".join("\\" + c if c in "\\`*_<>[]#$|" else c for c in text)

    def step(self, step: Step) -> str:  # noqa: D102
        title = f"**{self.prose(step.title)}**" if step.title else ""
        formulas = [f"$$\n\\begin{{aligned}}\n{row}\n\\end{{aligned}}\n$$" for row in self.writer.rows(step)]
        return "\n\n".join(part for part in (title, self.prose(step.note), *formulas) if part)

    def framed(self, body: str) -> str:  # noqa: D102
        return body + "\n"
