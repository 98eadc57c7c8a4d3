"""Functions of tensors, in one file for each kind, and the table of them.

Each is written once: ``cr.floor(x)`` and ``x.floor()`` are one function. A file is imported when one of its names
is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.keywords import name_all
from chainrule.later import Missing, later

if TYPE_CHECKING:
    from chainrule.functions.aliases import *
    from chainrule.functions.comparisons import *
    from chainrule.functions.contractions import *
    from chainrule.functions.counting import *
    from chainrule.functions.cutting import *
    from chainrule.functions.distances import *
    from chainrule.functions.grids import *
    from chainrule.functions.joining import *
    from chainrule.functions.linear_algebra import *
    from chainrule.functions.pairwise import *
    from chainrule.functions.pointwise import *
    from chainrule.functions.properties import *
    from chainrule.functions.rearranging import *
    from chainrule.functions.running import *
    from chainrule.functions.scattering import *
    from chainrule.functions.selecting import *
    from chainrule.functions.sorting import *
    from chainrule.functions.statistics import *
    from chainrule.functions.triangles import *


class _Method:
    """A method that is imported from a file beside this when it is first asked for."""

    def __init__(self, file: str, name: str = "") -> None:
        self.file, self.name = file, name

    def __set_name__(self, owner: type, name: str) -> None:
        setattr(owner, name, type(self)(self.file, name))  # the table gives one object many names

    def __get__(self, tensor: Any, owner: type) -> Callable[..., Any]:
        setattr(Methods, self.name, self.function())
        return getattr(owner if tensor is None else tensor, self.name)  # type: ignore[no-any-return]

    def function(self) -> Callable[..., Any]:
        return _functions(self.file)[self.name]  # type: ignore[no-any-return]


class _OnlyMethod(_Method):
    """A method that is no function of the top level."""


class _InPlace(_Method):
    """The in-place form of a method: ``x.exp_()`` gives x the values and the history of ``x.exp()``."""

    def function(self) -> Callable[..., Any]:
        return import_module(f"{__name__}.{self.file}").in_place(self.name)  # type: ignore[no-any-return]


_aliases, _comparisons = map(_Method, ("aliases", "comparisons"))
_pairwise, _pointwise = map(_Method, ("pairwise", "pointwise"))
_counting, _rearranging = map(_Method, ("counting", "rearranging"))
_scattering, _selecting = map(_Method, ("scattering", "selecting"))
_sorting, _statistics = map(_Method, ("sorting", "statistics"))
_linear_algebra, _properties = map(_Method, ("linear_algebra", "properties"))
_cutting, _running, _triangles = map(_Method, ("cutting", "running", "triangles"))
_alike, _storage, _repeating = map(_OnlyMethod, ("alike", "storage", "rearranging"))
_filling = _OnlyMethod("triangles")
_in_place = _InPlace("in_place")


class Methods:
    """The functions that are methods of ``Tensor`` too, and in-place forms, by the file that they are in."""

    absolute = fix = negative = positive = sgn = _aliases
    divide = multiply = subtract = true_divide = _aliases
    greater = greater_equal = less = less_equal = not_equal = _aliases
    arccos = arccosh = arcsin = arcsinh = arctan = arctan2 = arctanh = _aliases

    allclose = equal = isclose = isinf = isneginf = isposinf = _comparisons
    logical_and = logical_or = logical_xor = signbit = _comparisons

    addcdiv = addcmul = atan2 = copysign = div = floor_divide = fmod = heaviside = hypot = _pairwise
    lerp = logaddexp = logaddexp2 = pow = remainder = xlogy = _pairwise

    acos = acosh = asin = asinh = atan = atanh = cosh = deg2rad = rad2deg = sinc = sinh = tan = _pointwise
    ceil = clamp_max = clamp_min = floor = frac = nan_to_num = trunc = _pointwise
    erf = erfc = erfinv = exp2 = expm1 = log10 = log1p = log2 = logit = reciprocal = rsqrt = _pointwise

    abs_ = ceil_ = clamp_max_ = clamp_min_ = cos_ = exp_ = floor_ = log_ = neg_ = reciprocal_ = relu_ = _in_place
    round_ = rsqrt_ = sigmoid_ = sign_ = sin_ = sqrt_ = square_ = tan_ = tanh_ = trunc_ = nan_to_num_ = _in_place
    acos_ = asin_ = atan_ = cosh_ = erf_ = erfc_ = erfinv_ = exp2_ = expm1_ = log10_ = log1p_ = log2_ = sinh_ = (
        _in_place
    )
    addcdiv_ = addcmul_ = floor_divide_ = fmod_ = lerp_ = pow_ = remainder_ = masked_fill_ = _in_place
    absolute_ = clip_ = div_ = divide_ = multiply_ = negative_ = subtract_ = _in_place

    addbmm = addmm = addmv = addr = baddbmm = bmm = dot = ger = inner = kron = _linear_algebra
    matrix_power = mv = outer = trace = vdot = _linear_algebra
    addbmm_ = addmm_ = addmv_ = addr_ = baddbmm_ = _in_place

    is_nonzero = _properties

    bincount = count_nonzero = histc = unique = unique_consecutive = _counting

    chunk = dsplit = hsplit = split_with_sizes = tensor_split = unbind = vsplit = _cutting

    broadcast_to = moveaxis = movedim = ravel = swapaxes = swapdims = unflatten = _rearranging
    flip = fliplr = flipud = repeat_interleave = roll = rot90 = tile = _rearranging

    diag = diag_embed = diagflat = diagonal = tril = triu = _triangles
    tril_ = triu_ = _in_place

    index_add = index_copy = index_fill = masked_scatter = scatter = scatter_add = scatter_reduce = _scattering
    index_add_ = index_copy_ = index_fill_ = masked_scatter_ = _in_place
    scatter_ = scatter_add_ = scatter_reduce_ = _in_place

    argwhere = index_select = masked_select = narrow = nonzero = select = take = take_along_dim = _selecting

    kthvalue = median = mode = msort = nanmedian = nanquantile = quantile = sort = topk = _sorting

    aminmax = corrcoef = cov = nanmean = nansum = _statistics

    cummax = cummin = cumprod = diff = logcumsumexp = _running
    cumprod_ = cumsum_ = _in_place

    expand_as = new_empty = new_full = new_ones = new_tensor = new_zeros = reshape_as = type_as = view_as = _alike
    detach_ = get_device = ndimension = nelement = squeeze_ = storage_offset = _storage
    stride = t_ = transpose_ = unsqueeze_ = _storage
    repeat = _repeating
    fill_diagonal_ = _filling


class NotCovered:
    """Methods of PyTorch's tensors that these don't have: an error says more than that there are none."""

    cuda = half = bfloat16 = chalf = cfloat = cdouble = pin_memory = share_memory_ = Missing()
    char = short = byte = real = imag = conj = angle = H = mH = adjoint = to_sparse = to_dense = Missing()  # noqa: N815
    data_ptr = storage = untyped_storage = set_ = apply_ = map_ = as_strided = as_strided_ = resize_ = Missing()
    det = logdet = slogdet = inverse = pinverse = cholesky = qr = svd = lu = solve = lstsq = Missing()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not isinstance(vars(NotCovered).get(name), Missing)]


_NO_METHODS = {
    "contractions": "einsum tensordot",
    "counting": "isin",
    "distances": "cdist",
    "linear_algebra": "chain_matmul",
    "properties": "is_floating_point is_tensor numel result_type",
    "grids": "broadcast_shapes broadcast_tensors cartesian_prod combinations meshgrid",
    "joining": "atleast_1d atleast_2d atleast_3d block_diag column_stack concat concatenate dstack hstack "
    "row_stack vstack",
    "running": "trapezoid trapz",
    "sorting": "bucketize searchsorted",
    "statistics": "std_mean var_mean",
    "triangles": "tril_indices triu_indices",
}
_METHODS = [m for m in vars(Methods).values() if type(m) is _Method]
_NAMED = [m for m in vars(Methods).values() if type(m) in (_Method, _OnlyMethod)]

FILES = {
    file: " ".join([*(m.name for m in _METHODS if m.file == file), _NO_METHODS.get(file, "")])
    for file in sorted({m.file for m in _METHODS} | set(_NO_METHODS))
}
"""The functions in each file."""


@cache
def _functions(file: str) -> dict[str, Any]:
    """Return what is in a file, in which functions take arguments by PyTorch's names."""
    found = vars(import_module(f"{__name__}.{file}"))
    name_all(found, [*(m.name for m in _NAMED if m.file == file), *_NO_METHODS.get(file, "").split()])
    return found


_FILE_OF = {name: file for file, names in FILES.items() for name in names.split()}
_find, __dir__ = later(__name__, FILES)


def __getattr__(name: str) -> Any:
    if name in _FILE_OF:
        _functions(_FILE_OF[name])
    return _find(name)
