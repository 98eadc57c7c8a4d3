"""``Derivation``: everything that happened in a step of training, ready to be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chainrule.derivations.html import HtmlRenderer
from chainrule.derivations.latex import BEGIN, END, LatexRenderer, MarkdownRenderer
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.steps import Line, Section
from chainrule.derivations.text import WIDTH, TextRenderer, TextWriter
from chainrule.files import write_text


@dataclass(frozen=True)
class Derivation:
    """What :func:`~chainrule.explain` returns.

    ``print`` shows it as text, a notebook as formulas, and ``save`` writes it to a file.

    Attributes
    ----------
    title, note : str
    sections : list of Section
        What is given, forward, loss, backward, update; each of steps, each of lines with unrounded numbers.
    rounding : Rounding

    Examples
    --------
    >>> from chainrule.derivations.examples import forward_2_3_1
    >>> round(forward_2_3_1()["z₁⁽¹⁾"], 4)
    0.08
    """

    title: str
    note: str
    sections: list[Section]
    rounding: Rounding

    def lines(self) -> Iterator[Line]:
        """Iterate over all numbers that are derived."""
        for section in self.sections:
            for step in section.steps:
                yield from step.lines

    def numbers(self) -> dict[str, float]:
        """Return every derived number, unrounded, by its name in the text; of one that changes, the last."""
        writer = TextWriter()
        return {writer.write(line.name): line.result for line in self.lines()}

    def __getitem__(self, name: str) -> float:
        numbers = self.numbers()
        if name not in numbers:
            raise KeyError(f"the derivation has no number {name!r}; it has {', '.join(numbers)}")
        return numbers[name]

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Derivation {self.title!r}, {len(list(self.lines()))} numbers: print() it>"

    def text(self, width: int = WIDTH) -> str:
        """Return it as plain text, for a terminal of so many columns."""
        return TextRenderer(self.rounding, width).document(self.title, self.note, self.sections)

    def markdown(self) -> str:
        """Return it as Markdown, formulas in LaTeX between dollar signs."""
        return MarkdownRenderer(self.rounding).document(self.title, self.note, self.sections)

    def latex(self) -> str:
        """Return it as the body of a LaTeX document that loads ``amsmath``."""
        return LatexRenderer(self.rounding).document(self.title, self.note, self.sections)

    def html(self) -> str:
        """Return it as a page that needs nothing else, formulas in MathML."""
        return HtmlRenderer(self.rounding).document(self.title, self.note, self.sections)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_latex_(self) -> str:
        return self.latex()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file.

        Parameters
        ----------
        path : path-like
            Ending in .txt, .md, .tex or .html, which decides the format. A file of LaTeX is a whole document.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If it ends otherwise.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in FILES:
            raise ValueError(f"path expected to end in {', '.join(FILES)}, got {target.name!r}")
        write_text(target, FILES[suffix](self))
        return target


def _latex_document(derivation: Derivation) -> str:
    return f"{BEGIN}{derivation.latex()}{END}"


FILES: dict[str, Callable[[Derivation], str]] = {
    ".txt": Derivation.text, ".md": Derivation.markdown, ".tex": _latex_document, ".html": Derivation.html,
}  # fmt: skip
