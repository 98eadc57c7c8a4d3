import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from tests.derivations.networks import chosen

import chainrule as cr
from chainrule import nn, optim
from chainrule.derivations import explain
from chainrule.derivations.examples import EXAMPLES
from chainrule.derivations.expression import Fn, Num, Partial, Sym, exp, ln
from chainrule.derivations.html import MathWriter
from chainrule.derivations.latex import BEGIN, END, LatexWriter, prose
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.text import TextWriter


def derivations():
    found = {name: example(4) for name, example in EXAMPLES.items()}
    for name, (model, x, y, loss_fn) in chosen().items():
        found[name] = explain(model, x, y, loss_fn, optim.Adam(model.parameters(), amsgrad=True))
    return found


DERIVATIONS = derivations()
every = pytest.mark.parametrize("derivation", DERIVATIONS.values(), ids=DERIVATIONS)


def columns(text):
    return max(map(len, text.translate(str.maketrans("", "", "\u0302")).splitlines()))


@every
def test_text_fits_a_terminal_of_80_columns(derivation):
    assert columns(str(derivation)) <= 80


@pytest.mark.parametrize("name", EXAMPLES)
def test_text_fits_a_narrow_terminal(name):
    assert columns(EXAMPLES[name](4).text(60)) <= 60


def check_latex(body):
    """Check that braces, environments, \\left and \\right belong together, and that all is ASCII."""
    assert body.isascii()
    plain = re.sub(r"\\[{}$%&#_]", "", body)
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    open_environments = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", plain):
        if kind == "begin":
            open_environments.append(name)
        else:
            assert open_environments.pop() == name
    assert not open_environments
    assert len(re.findall(r"\\left\b", plain)) == len(re.findall(r"\\right\b", plain))
    for formula in re.findall(r"\\begin\{align(?:\*|ed)\}(.*?)\\end\{align(?:\*|ed)\}", plain, re.DOTALL):
        inner, found = re.compile(r"\\begin\{(array|cases|gathered)\}((?!\\begin).)*?\\end\{\1\}", re.DOTALL), 1
        while found:
            formula, found = inner.subn("", formula)
        for row in formula.split(r"\\"):
            assert row.count("&") == 1
            # \left and \right must not be in different rows
            assert len(re.findall(r"\\left\b", row)) == len(re.findall(r"\\right\b", row))
        assert "\n\n" not in formula


@every
def test_latex_is_balanced(derivation):
    body = derivation.latex()
    check_latex(body)
    assert plain_dollars(body) % 2 == 0


def plain_dollars(text):
    return len(re.findall(r"(?<!\\)\$", text))


@every
def test_markdown_has_balanced_formulas(derivation):
    text = derivation.markdown()
    blocks = text.split("$$")
    assert len(blocks) % 2 == 1
    for formula in blocks[1::2]:
        check_latex(formula)
    assert text.startswith("# ")


class Strict(HTMLParser):
    """Checks that every element is closed, and in order."""

    def __init__(self):
        super().__init__()
        self.open, self.formulas, self.links = [], 0, []

    def handle_starttag(self, tag, attrs):
        self.formulas += tag == "math"
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2}


@every
def test_html_is_well_formed_and_needs_no_network(derivation):
    page = derivation.html()
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert not parser.open
    assert not parser.links
    assert "http" not in page
    assert "@import" not in page
    assert parser.formulas > len(list(derivation.lines()))


@every
def test_mathml_elements_have_the_children_that_they_need(derivation):
    import xml.etree.ElementTree as ElementTree

    for formula in re.findall(r"<math.*?</math>", derivation.html()):
        for element in ElementTree.fromstring(formula).iter():
            if element.tag in CHILDREN:
                assert len(element) == CHILDREN[element.tag], ElementTree.tostring(element)


def test_conditions_keep_their_distance_from_if():
    page = explain(nn.LeakyReLU(), [1.0]).html()
    condition = page.partition("<mtext>if")[2]
    assert condition.startswith("&#160;</mtext><mi>x</mi><mo>&gt;</mo>")  # at its end, a plain space is dropped


def test_every_result_stands_in_every_rendering():
    derivation = EXAMPLES["2-2-1"](4)
    for text in (str(derivation), derivation.markdown(), derivation.latex(), derivation.html()):
        for digits in ("0.17", "0.5424", "0.6717", "0.00823", "0.0283", "0.00351", "0.5015"):
            assert digits in text


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (Sym("a") * (Sym("b") + Sym("c")), "a·(b + c)", r"a \cdot \left( b + c \right)"),
        (Sym("a") - (Sym("b") - Sym("c")), "a − (b − c)", r"a - \left( b - c \right)"),
        (Sym("a") * -Sym("b"), "a·(−b)", r"a \cdot \left( -b \right)"),
        (-(Sym("a") + Sym("b")), "−(a + b)", r"-\left( a + b \right)"),
        (Sym("a") / (Sym("b") * Sym("c")), "a/(b·c)", r"\frac{a}{b \cdot c}"),
        (Sym("z", 0, (1, 12), 2), "z₁,₁₂⁽²⁾", r"z_{1, 12}^{(2)}"),
        (Sym("a", 0, (), 2) ** 2, "(a⁽²⁾)²", r"\left( a^{(2)} \right)^{2}"),
        (Partial(Sym("L"), Sym("b")) ** 2, "(∂L/∂b)²", r"\left( \frac{\partial L}{\partial b} \right)^{2}"),
        (Num(np.float64(-0.3)) * Sym("x"), "−0.3·x", r"-0.3 \cdot x"),
        (Sym("x") + Num(np.float64(-0.3)), "x − 0.3", "x - 0.3"),
        (Num(np.float64(2.5e-9)) ** 2, "(2.5·10⁻⁹)²", r"\left( 2.5 \cdot 10^{-9} \right)^{2}"),
        (ln(1 + exp(-Sym("z"))), "ln(1 + e^(−z))", r"\ln\left( 1 + e^{-z} \right)"),
        (Fn((Sym("v"),), "√", np.sqrt) + 1, "√(v) + 1", r"\sqrt{v} + 1"),
        (Sym("my_scale"), "my_scale", r"\mathrm{my\_scale}"),
        (Sym("t′", 0, (1,), 2), "t′₁⁽²⁾", r"{t'}_{1}^{(2)}"),
    ],
)
def test_formulas_have_the_parentheses_that_they_need(formula, text, latex):
    assert TextWriter().write(formula) == text
    assert LatexWriter().write(formula) == latex
    assert "<mi>" in MathWriter().write(formula) or "<mn>" in MathWriter().write(formula)


def test_prose_between_formulas_is_latex_too():
    assert prose("t′⁽²⁾ was used, β₁₂ = 0") == "t'$^{(2)}$ was used, $\\beta_{12}$ = 0"


def test_names_of_modules_are_escaped():
    model = nn.Sequential()
    model.add_module("layer_1", nn.Linear(1, 1))
    derivation = explain(model, [1.0])
    assert r"layer\_1" in derivation.latex()
    assert r"layer\_1" in derivation.markdown()
    assert "layer_1" in derivation.html()


@pytest.mark.parametrize(
    ("number", "digits", "shown"),
    [
        (0.80218, 4, "0.8022"), (0.5, 4, "0.5"), (-0.000341234, 4, "-0.000341"), (0.0282, 3, "0.028"),
        (1e-9, 4, "1"), (123456.789, 2, "123456.79"), (0.0, 4, "0"), (-1e-17, 4, "-1"), (0.99999999, 4, "1.0000"),
        (np.inf, 4, "∞"), (-np.inf, 4, "-∞"), (np.nan, 4, "NaN"), (9.9999e-5, 4, "1.00"), (1e8, 4, "1"),
    ],
)  # fmt: skip
def test_numbers_are_rounded_to_places_and_small_ones_to_digits(number, digits, shown):
    assert Rounding(digits).mantissa(number)[0] == shown


def test_single_precision_is_not_shown_as_inexact():
    model = nn.Linear(1, 1)
    with cr.no_grad():
        model.weight.fill_(0.1)
        model.bias.fill_(0.2)
    assert "= 0.1·3 + 0.2 = 0.3 + 0.2 = 0.5" in str(explain(model, [[3.0]]))


def test_saving_writes_the_format_of_the_suffix(tmp_path):
    derivation = EXAMPLES["2-3-1"](4)
    for name, text in (
        ("a.txt", str(derivation)), ("a.md", derivation.markdown()), ("sub/a.HTML", derivation.html()),
    ):  # fmt: skip
        assert derivation.save(tmp_path / name).read_text(encoding="utf-8") == text
    with pytest.raises(ValueError, match=r"path expected to end in \.txt, \.md, \.tex, \.html, got 'a\.pdf'"):
        derivation.save(tmp_path / "a.pdf")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_compiles_and_its_lines_fit_the_page(tmp_path):
    bodies = "\\clearpage\n".join(derivation.latex() for derivation in DERIVATIONS.values())
    (tmp_path / "all.tex").write_text(f"{BEGIN}{bodies}{END}", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True)
    log = made.stdout.decode(errors="replace")
    assert made.returncode == 0, log
    assert "Overfull" not in log
    assert "Missing character" not in log


def test_a_saved_file_of_latex_holds_the_body(tmp_path):
    derivation = EXAMPLES["2-2-1"](4)
    text = derivation.save(tmp_path / "a.tex").read_text(encoding="utf-8")
    assert text == f"{BEGIN}{derivation.latex()}{END}"


def test_notebooks_get_formulas():
    derivation = EXAMPLES["neuron"](4)
    assert derivation._repr_markdown_() == derivation.markdown()
    assert derivation._repr_latex_() == derivation.latex()
    assert repr(derivation) == "<Derivation 'One neuron', 5 numbers: print() it>"


def test_an_unknown_number_is_refused_with_those_that_there_are():
    with pytest.raises(KeyError, match="no number 'q'; it has z"):
        EXAMPLES["neuron"](4)["q"]
