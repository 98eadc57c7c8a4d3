"""Equations at random: what PyTorch makes of them, with its gradients, and what it refuses."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr  # noqa: E402

pytestmark = pytest.mark.torch

LENGTHS = dict(zip("abcdeAB", (2, 3, 4, 1, 2, 3, 2), strict=True))
ELLIPSES = ([], [2], [1], [3, 2])


def term(rng):
    """Draw the letters of an operand, and its shape; now and then with an ellipsis, or an axis that broadcasts."""
    letters = "".join(rng.choice(list(LENGTHS), rng.integers(4)))
    shape = [LENGTHS[c] for c in letters]
    if rng.random() < 0.2:
        at = rng.integers(len(letters) + 1)
        shape[at:at] = ELLIPSES[rng.integers(len(ELLIPSES))]
        letters = letters[:at] + "..." + letters[at:]
    if shape and rng.random() < 0.1:
        shape[rng.integers(len(shape))] = 1
    return letters, shape


def equation(rng):
    terms, shapes = zip(*(term(rng) for _ in range(rng.integers(1, 4))), strict=True)
    left = ",".join(terms)
    if rng.random() < 0.3:
        return left, shapes
    letters = rng.permutation(sorted({c for c in left if c.isalpha()}))
    result = [*letters[: rng.integers(len(letters) + 1)]]
    if "..." in left and rng.random() < 0.8:
        result.insert(rng.integers(len(result) + 1), "...")
    return f"{left}->{''.join(result)}", shapes


def computed(library, written, arrays):
    tensors = [library.tensor(a, requires_grad=True) for a in arrays]
    y = library.einsum(written, *tensors)
    (y * y).sum().backward()
    return [np.asarray(t) for t in (y.detach(), *(x.grad for x in tensors))]


@pytest.mark.parametrize("seed", range(20))
def test_any_equation_is_what_it_is_in_pytorch(seed):
    rng, compared = np.random.default_rng(seed), 0
    for _ in range(20):
        written, shapes = equation(rng)
        arrays = [rng.standard_normal(shape) for shape in shapes]
        try:
            expected = computed(torch, written, arrays)
        except RuntimeError:
            with pytest.raises(RuntimeError):
                computed(cr, written, arrays)
            continue
        for mine, theirs in zip(computed(cr, written, arrays), expected, strict=True):
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-11, err_msg=written)
        compared += 1
    assert compared > 10
