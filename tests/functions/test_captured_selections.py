"""Sorting, selecting and rearranging in captured steps: done again with the values of each call, or refused."""

import numpy as np
import pytest

import chainrule as cr

PLACES = cr.tensor([[0, 2, 1]])
SAFE = {
    "sorted": lambda x, w: (*x.sort(0), *x.topk(2), *x.kthvalue(2, 0), *x.median(1), *x.mode(0), x.msort()),
    "medians": lambda x, w: (
        x.median(),
        x.nanmedian(),
        x.quantile(0.3),
        x.quantile(w[0], 1, interpolation="lower"),
    ),
    "running": lambda x, w: (*x.cummax(0), *x.cummin(1), x.cumprod(0), x.logcumsumexp(1)),
    "places": lambda x, w: (cr.searchsorted(x.sort().values, w), cr.bucketize(w, x[0].sort().values)),
    "cut": lambda x, w: (*x.chunk(2), *x.tensor_split(2, 1), *x.unbind(1), x.narrow(0, 1, 2), x.select(1, 0)),
    "joined": lambda x, w: (cr.hstack([x, w]), cr.vstack([x, w]), cr.dstack([x, w]), cr.column_stack([x, w])),
    "turned": lambda x, w: (x.flip(0), x.rot90(), x.roll(1, 0), x.roll(2), x.movedim(0, 1), x.fliplr()),
    "repeated": lambda x, w: (x.repeat(2, 1), x.tile(2), x.repeat_interleave(2, 0), *cr.meshgrid(x[0], w[0])),
    "triangles": lambda x, w: (
        x.tril(),
        x.triu(1),
        x.diagonal(),
        x[0].diag(),
        w.diag_embed(),
        cr.tril_indices(3, 3),
    ),
    "taken": lambda x, w: (
        x.index_select(0, w[0].argsort()),
        x.take(w.argmax()),
        x.take_along_dim(w.argsort(), 1),
    ),
    "put": lambda x, w: (x.scatter(0, PLACES, w), x.scatter_add(1, w.argsort(1), w)),
    "numbers put": lambda x, w: (x.scatter(0, PLACES, 2.0), x.scatter(1, w.argsort(1)[:, :1], 3.0)),
    "rows": lambda x, w: (x.index_add(0, w[0].argsort(), w), x.index_copy(1, w[0].argsort(), w)),
    "reduced": lambda x, w: tuple(
        x.scatter_reduce(0, w.argmin(0, keepdim=True), w, how, include_self=False)
        for how in ("mean", "amax", "sum")
    ),
    "masked": lambda x, w: (x.masked_scatter(x > w, w), x.index_fill(0, w[0].argsort()[:1], 0.5)),
    "in place": lambda x, w: (x * 1).scatter_(0, PLACES, w).tril_().index_add_(0, PLACES[0], w),
    "counted": lambda x, w: (cr.count_nonzero(x > w), cr.isin(x, w), x.histc(4, 0, 1)),
    "statistics": lambda x, w: (*cr.var_mean(x), *x.aminmax(dim=0), x.nanmean(), x.diff(), x.cov(), x.corrcoef()),
    "integrals": lambda x, w: (cr.trapezoid(x), cr.trapezoid(x, w, dim=0), cr.logspace(0, 1, 3)),
    "padded": lambda x, w: cr.nn.utils.rnn.pad_sequence([x[:2], w]),
}
REFUSED = {
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: cr.where(x > 0.5),
    "unique": lambda x: x.unique(),
    "unique_consecutive": lambda x: x.unique_consecutive(),
    "bincount": lambda x: (x[0] * 3).long().bincount(),
    "masked_select": lambda x: x.masked_select(x > 0.5),
    "repeat_interleave": lambda x: x.repeat_interleave((x[0] * 3).long(), 0),
    "unsqueeze_": lambda x: (x * 1).unsqueeze_(0),
}


def tensors(result):
    return [result] if isinstance(result, cr.Tensor) else [t for part in result for t in tensors(part)]


@pytest.mark.parametrize("name", SAFE)
def test_a_captured_selection_is_made_from_the_values_of_each_call(name):
    function, rng = SAFE[name], np.random.default_rng(0)
    captured = cr.capture(function)
    for _ in range(4):
        x, w = (cr.from_numpy(rng.uniform(0.01, 0.99, (3, 3)).astype(np.float32)) for _ in range(2))
        for got, expected in zip(tensors(captured(x, w)), tensors(function(x, w)), strict=True):
            assert got.dtype == expected.dtype
            assert np.array_equal(got, expected)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_a_shape_that_depends_on_values_is_refused(name):
    with pytest.raises(cr.CaptureError, match="can't be captured"):
        cr.capture(REFUSED[name])(cr.rand(3, 3))


def test_positions_that_lie_outside_are_found_at_every_replay():
    step = cr.capture(lambda x, i: x.index_select(0, i))
    x = cr.rand(3, 2)
    for _ in range(3):
        step(x, cr.tensor([0, 2]))
    with pytest.raises(IndexError, match="from 0 to 2, got 0 to 3"):
        step(x, cr.tensor([0, 3]))
