"""Derivations as one HTML page, formulas in MathML: nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from chainrule.derivations.expression import Cases, Expr, Num, Partial, Sym
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.steps import Equation, Line, Section, Step, Values
from chainrule.derivations.text import chain_of
from chainrule.derivations.writer import Writer
from chainrule.ops import Array
from chainrule.pages import page

STYLE = """
h3 { margin-bottom: .25rem; }
p { margin: .25rem 0; }
.line { display: flex; flex-wrap: wrap; align-items: baseline; gap: .45rem .3rem; padding: .4rem 0 .4rem 1rem;
  overflow-x: auto; overflow-y: hidden; }
.last { white-space: nowrap; }
.general { background: #8881; border-radius: .3rem; }
.result { background: #ffd54a55; border-radius: .2rem; padding: .1rem .2rem; }
.note { color: var(--soft); font-size: .9rem; }
.cases mtd { text-align: left; }
h2, h3, h3 + p { break-after: avoid; } .line { break-inside: avoid; }
.result, .general { print-color-adjust: exact; }
"""


def _mo(sign: str, form: str = "") -> str:
    """Return an operator; its form says on which sides it keeps its distance."""
    return f"<mo{form}>{escape(sign)}</mo>"


BETWEEN, BEFORE = ' form="infix"', ' form="prefix" lspace="0" rspace="0"'


class MathWriter(Writer):
    """Formulas in MathML.

    Examples
    --------
    >>> MathWriter().write(Sym("z", 0.17, (1,), 2))
    '<msubsup><mi>z</mi><mn>1</mn><mrow><mo>(</mo><mn>2</mn><mo>)</mo></mrow></msubsup>'
    """

    negative = _mo("−", BEFORE)
    plus, minus, times, hadamard = _mo("+", BETWEEN), _mo("−", BETWEEN), _mo("·"), _mo("⊙")
    space, comma = "", _mo(",")

    def digits(self, text: str, power: int) -> str:  # noqa: D102
        if not power:
            return f"<mn>{text}</mn>"
        exponent = (self.negative if power < 0 else "") + f"<mn>{abs(power)}</mn>"
        return f"<mn>{text}</mn>{_mo('·')}<msup><mn>10</mn><mrow>{exponent}</mrow></msup>"

    def symbol(self, x: Sym) -> str:  # noqa: D102
        parts = [f"<mn>{i}</mn>" if isinstance(i, int) else f"<mi>{i}</mi>" for i in x.index]
        below = (_mo(",") if any(len(str(i)) > 1 for i in x.index) else "").join(parts)
        below = below if len(parts) == 1 else f"<mrow>{below}</mrow>"
        letter = f"<mi>{escape(x.letter)}</mi>"
        above = f"<mrow>{_mo('(')}<mn>{x.layer}</mn>{_mo(')')}</mrow>"
        row = "" if x.row is None else f"{_mo('[')}<mn>{x.row}</mn>{_mo(']')}"
        if x.index and x.layer is not None:
            return f"<msubsup>{letter}{below}{above}</msubsup>{row}"
        if x.index:
            return f"<msub>{letter}{below}</msub>{row}"
        return (f"<msup>{letter}{above}</msup>" if x.layer is not None else letter) + row

    def partial(self, x: Partial) -> str:  # noqa: D102
        top, bottom = (f"<mrow><mi>∂</mi>{self.symbol(s)}</mrow>" for s in (x.of, x.by))
        fraction = f"<mfrac>{top}{bottom}</mfrac>"
        return (
            fraction
            if x.via is None
            else f"<msub><mrow>{fraction}{_mo('|')}</mrow><mrow>{self.symbol(x.via)}</mrow></msub>"
        )

    def words(self, text: str) -> str:  # noqa: D102
        return f"<mtext>{escape(text)}</mtext>"

    def parens(self, text: str) -> str:  # noqa: D102
        return f"<mrow>{_mo('(')}{text}{_mo(')')}</mrow>"

    def fraction(self, top: str, bottom: str) -> str:  # noqa: D102
        return f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>"

    def power(self, base: str, exponent: Expr) -> str:  # noqa: D102
        return f"<msup><mrow>{base}</mrow><mrow>{self.write(exponent)}</mrow></msup>"

    def exponential(self, exponent: str) -> str:  # noqa: D102
        return f"<msup><mi>e</mi><mrow>{exponent}</mrow></msup>"

    def function(self, name: str) -> str:  # noqa: D102
        return f"<mi>{escape(name)}</mi>"

    def around(self, name: str, inside: str) -> str:  # noqa: D102
        return f"<mrow>{_mo('|')}{inside}{_mo('|')}</mrow>" if name == "|" else f"<msqrt>{inside}</msqrt>"

    def sigma(self, over: str) -> str:  # noqa: D102
        return f"<munder>{_mo('∑')}<mi>{over}</mi></munder>"

    def transposed(self, matrix: Expr) -> str:  # noqa: D102
        text = self.write(matrix)
        return f"<msup><mrow>{self.parens(text) if 'sup>' in text else text}</mrow><mtext>T</mtext></msup>"

    def cases(self, x: Cases) -> str:  # noqa: D102
        cases, rest = x.chain
        rows = [
            f"<mtr><mtd>{self.write(c.then)}</mtd><mtd><mtext>if&#160;</mtext>"
            f"{self.write(c.left)}{_mo(c.relation)}{self.write(c.right)}</mtd></mtr>"
            for c in cases
        ]
        last = f"<mtr><mtd>{self.write(rest)}</mtd><mtd><mtext>else</mtext></mtd></mtr>"
        return f"<mrow>{_mo('{')}<mtable class='cases'>{''.join(rows)}{last}</mtable></mrow>"

    def matrix(self, array: Array) -> str:
        """Write a number, a vector as a column, or a matrix."""
        if np.ndim(array) == 0:
            return self.write(Num(np.float64(array)))
        rows = array.reshape(-1, 1) if np.ndim(array) == 1 else array
        cells = [[f"<mtd>{self.write(Num(np.float64(v)))}</mtd>" for v in row] for row in rows]
        body = "".join(f"<mtr>{''.join(row)}</mtr>" for row in cells)
        return f"<mrow>{_mo('(')}<mtable>{body}</mtable>{_mo(')')}</mrow>"


def _math(body: str, kind: str = "") -> str:
    """Return a formula; its kind is the class that the style sheet knows."""
    attribute = f' class="{kind}"' if kind else ""
    return f'<math displaystyle="true"{attribute}><mrow>{body}</mrow></math>'


class HtmlRenderer:
    """Writes the sections of a derivation as a page.

    Parameters
    ----------
    rounding : Rounding
    """

    def __init__(self, rounding: Rounding) -> None:
        self.writer = MathWriter(rounding)

    def document(self, title: str, note: str, sections: Sequence[Section]) -> str:
        """Return the page."""
        body = [f"<h1>{escape(title)}</h1>", *_paragraph(note)]
        for section in sections:
            body += [f"<h2>{escape(section.title)}</h2>", *_paragraph(section.note)]
            body += [piece for step in section.steps for piece in self._step(step)]
        return page(title, "\n".join(body), STYLE)

    def _step(self, step: Step) -> list[str]:
        return [
            *([f"<h3>{escape(step.title)}</h3>"] if step.title else []),
            *_paragraph(step.note),
            *map(self._equation, step.equations),
            *map(self._line, step.lines),
            *map(self._values, step.values),
        ]

    def _equation(self, equation: Equation) -> str:
        signs = ["←" if equation.arrow and i == 0 else "=" for i, _ in enumerate(equation.forms)]
        chain = zip(signs, equation.forms, strict=True)
        forms = [_math(_mo(sign, BETWEEN) + self.writer.write(form)) for sign, form in chain]
        return self._row([_math(self.writer.write(equation.name)), *forms], "line general")

    def _line(self, line: Line) -> str:
        chain = chain_of(line, self.writer)
        forms = [piece for sign, form in chain[:-1] for piece in self._pieces(sign, form)]
        if chain:
            sign, result = chain[-1]
            mark = _math(self.writer.write(result), "result")
            forms.append(f'<span class="last">{_math(_mo(sign, BETWEEN))}{mark}</span>')
        note = [f'<span class="note">({escape(line.note)})</span>'] if line.note else []
        return self._row([_math(self.writer.write(line.name)), *forms, *note])

    def _pieces(self, sign: str, form: Expr) -> list[str]:
        """Return a stage of the computation in pieces between which a line may be broken."""
        first, *others = self.writer.terms(form)
        return [_math(_mo(sign, BETWEEN) + first), *map(_math, others)]

    def _values(self, values: Values) -> str:
        note = [f'<span class="note">{escape(values.note)}</span>'] if values.note else []
        formula = self.writer.write(values.name) + _mo("=") + self.writer.matrix(values.rows)
        return self._row([_math(formula), *note])

    def _row(self, pieces: Sequence[str], kind: str = "line") -> str:
        return f'<div class="{kind}">{" ".join(pieces)}</div>'


def _paragraph(text: str) -> list[str]:
    return [f"<p>{escape(text)}</p>"] if text else []
