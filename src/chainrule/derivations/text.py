"""Derivations as plain text with Unicode, for a terminal."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

import numpy as np

from chainrule.derivations.expression import Cases, Expr, Num, Partial, Sym, stages
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.steps import Equation, Line, Section, Step, Values
from chainrule.derivations.writer import Writer
from chainrule.ops import Array

WIDTH = 80
BELOW = str.maketrans("0123456789ijknc", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ꜀")
ABOVE = str.maketrans("0123456789-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾")
INDENT = "   "


class TextWriter(Writer):
    """Formulas in one line of Unicode.

    Examples
    --------
    >>> TextWriter().write(Sym("z", 0.17, (1,), 2) * -1)
    'z₁⁽²⁾·(−1)'
    """

    flat_fractions = True

    def digits(self, text: str, power: int) -> str:  # noqa: D102
        return f"{text}·10{str(power).translate(ABOVE)}" if power else text

    def symbol(self, x: Sym) -> str:  # noqa: D102
        index = [str(i).translate(BELOW) for i in x.index]
        below = ("," if any(len(i) > 1 for i in index) else "").join(index)
        row = "" if x.row is None else f"[{x.row}]"
        return x.letter + below + ("" if x.layer is None else f"({x.layer})".translate(ABOVE)) + row

    def partial(self, x: Partial) -> str:  # noqa: D102
        via = "" if x.via is None else f"|{self.symbol(x.via)}"
        return f"∂{self.symbol(x.of)}/∂{self.symbol(x.by)}{via}"

    def words(self, text: str) -> str:  # noqa: D102
        return text

    def parens(self, text: str) -> str:  # noqa: D102
        return f"({text})"

    def fraction(self, top: str, bottom: str) -> str:  # noqa: D102
        return f"{top}/{bottom}"

    def power(self, base: str, exponent: Expr) -> str:  # noqa: D102
        text = self.write(exponent)
        return base + text.translate(ABOVE) if text.isdecimal() else f"{base}^({text})"

    def exponential(self, exponent: str) -> str:  # noqa: D102
        return f"e^({exponent})"

    def function(self, name: str) -> str:  # noqa: D102
        return name

    def around(self, name: str, inside: str) -> str:  # noqa: D102
        return f"|{inside}|" if name == "|" else f"√({inside})"

    def sigma(self, over: str) -> str:  # noqa: D102
        return f"Σ{over.translate(BELOW)} "

    def transposed(self, matrix: Expr) -> str:  # noqa: D102
        text = self.write(matrix)
        return f"({text})ᵀ" if text[-1] in "⁾)" else f"{text}ᵀ"

    def cases(self, x: Cases) -> str:  # noqa: D102
        condition = f"{self.write(x.left)} {x.relation} {self.write(x.right)}"
        return f"{self.write(x.then)} if {condition}, else {self.write(x.otherwise)}"


class TextRenderer:
    """Writes the sections of a derivation.

    Parameters
    ----------
    rounding : Rounding
    width : int
        Columns of the terminal.
    """

    def __init__(self, rounding: Rounding, width: int = WIDTH) -> None:
        self.writer, self.width = TextWriter(rounding), width

    def document(self, title: str, note: str, sections: Sequence[Section]) -> str:
        """Return the whole text."""
        blocks = [f"{title}\n{'═' * len(title)}", *([self._wrapped(note)] if note else [])]
        return "\n\n".join([*blocks, *map(self._section, sections)]) + "\n"

    def _section(self, section: Section) -> str:
        head = f"{section.title}\n{'─' * len(section.title)}"
        note = [self._wrapped(section.note)] if section.note else []
        return "\n\n".join(["\n".join([head, *note]), *map(self._step, section.steps)])

    def _step(self, step: Step) -> str:
        head = [step.title] if step.title else []
        head += [self._wrapped(step.note, INDENT)] if step.note else []
        general = [line for equation in step.equations for line in self._equation(equation)]
        numbers = [*map(self._line, step.lines), *map(self._values, step.values)]
        blocks = [*head, *general, *([""] if general and numbers else []), *numbers]
        return "\n".join(blocks)

    def _equation(self, equation: Equation) -> list[str]:
        name = f"{INDENT}{self.writer.write(equation.name)}"
        signs = ["←" if equation.arrow and i == 0 else "=" for i, _ in enumerate(equation.forms)]
        chunks = [self._chunk(sign, form) for sign, form in zip(signs, equation.forms, strict=True)]
        return _fill(name, chunks, self.width)

    def _chunk(self, sign: str, form: Expr) -> list[str]:
        """Return a formula in pieces between which a line may be broken."""
        return re.split(r"(?= [+−] )", f" {sign} {self.writer.write(form)}")

    def _line(self, line: Line) -> str:
        name = f"{INDENT}{self.writer.write(line.name)}"
        chunks = [self._chunk(sign, form) for sign, form in chain_of(line, self.writer)]
        if line.note:
            chunks.append([f"   ({line.note})"])
        return "\n".join(_fill(name, chunks, self.width))

    def _values(self, values: Values) -> str:
        name = f"{INDENT}{self.writer.write(values.name)} = "
        rows = [[self.writer.write(Num(x)) for x in row] for row in np.atleast_2d(values.rows)]
        text = _matrix(rows, values.array, self.width)
        note = f"   {values.note}" if values.note else ""
        middle = (len(text) - 1) // 2
        gap = " " * len(name)
        return "\n".join(
            (name if i == middle else gap) + row + (note if i == middle else "") for i, row in enumerate(text)
        )

    def _wrapped(self, text: str, indent: str = "") -> str:
        return textwrap.fill(text, self.width, initial_indent=indent, subsequent_indent=indent)


def chain_of(line: Line, writer: Writer) -> list[tuple[str, Expr]]:
    """Return what follows the name: each stage of the computation and the result, with "=", "≈" or "←" before.

    Examples
    --------
    >>> from chainrule.derivations.expression import expr
    >>> line = Line(Sym("a"), Sym("z", 1.0) / 3, 1 / 3)
    >>> [(sign, TextWriter().write(form)) for sign, form in chain_of(line, TextWriter())]
    [('=', 'z/3'), ('=', '1/3'), ('≈', '0.3333')]
    """
    forms = [*stages(line.formula), Num(np.float64(line.result))]
    chain: list[tuple[str, Expr]] = []
    before = writer.write(line.name)
    for i, form in enumerate(forms):
        text = writer.write(form)
        if text == before:
            continue  # rounding, or a function of one number, left it as it was
        sign = "=" if writer.exact(form) else "≈"
        chain.append(("←" if line.arrow and i == 0 else sign, form))
        before = text
    return chain


def _fill(name: str, chunks: list[list[str]], width: int) -> list[str]:
    """Put chunks one after another, each on a new line where it does not fit, aligned behind the name.

    A chunk that is longer than a line is broken between its pieces.
    """
    start = min(_width(name), 24)
    lines, fresh = [name], True  # fresh: nothing stands behind the name or the indentation yet
    for chunk in chunks:
        if not fresh and _width(lines[-1]) + _width("".join(chunk)) > width:
            lines.append(" " * start)
        for piece in chunk:
            if _width(lines[-1]) + _width(piece) > width and _width(lines[-1]) > start + 4:
                lines.append(" " * (start + 2))
            lines[-1] += piece
        fresh = False
    return lines


def _width(text: str) -> int:
    """Return how many columns a text takes: accents are put on the letter before."""
    return sum(not unicodedata.combining(c) for c in text)


def _matrix(rows: list[list[str]], array: Array, width: int) -> list[str]:
    """Return a number, a vector or a matrix in brackets, numbers right-aligned."""
    if np.ndim(array) == 0:
        return [rows[0][0]]
    if np.size(array) == 0:
        return ["[ ]"]
    columns = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = ["  ".join(x.rjust(n) for x, n in zip(row, columns, strict=True)) for row in rows]
    if np.ndim(array) == 1 or len(rows) == 1:
        return textwrap.wrap(f"[{'  '.join(rows[0])}]", width - 16, break_long_words=False)
    left = ["⎡", *"⎢" * (len(rows) - 2), "⎣"]
    right = ["⎤", *"⎥" * (len(rows) - 2), "⎦"]
    return [a + cell + b for a, cell, b in zip(left, cells, right, strict=True)]
