"""What PyTorch has and we have not: every public name, in groups with a reason."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache

import torch
from tests.conformance.rooms import ROOMS, full, here, public, room

import chainrule
from chainrule.uncovered import INSTEAD, REASONS

# What is said where a name is asked for comes first; these are of names that programs seldom ask for.
PATTERNS = REASONS | {
    "layers for images": r"affine_grid_generator|feature_\w*dropout_",
    "operations on bits: &, |, ^ and ~ are operators here": r"bitwise_\w+",
    "whole numbers": r"gcd_?|lcm_?|unravel_index",
    "functions that no layer, loss or optimiser of fully-connected networks uses": (
        r"(l|mvl|di|poly)gamma_?|multigammaln|i?gamma(inc|ln|c)\w*|igammac?_?|i[01]e?_?|psi|zeta|erfcx|"
        r"entr|n?log_?ndtr|ndtri?|\w*bessel\w*|\w+_polynomial_\w+|airy_ai|xlog1py"
    ),
    "signals": r"(bartlett|blackman|hamming|hann|kaiser)_window",
    "draws from other distributions": r"binomial|poisson|cauchy_|geometric_|log_normal_",
    "determinism, warnings and threads, which nothing here needs": (
        r"\w*determinis\w*|(set|is)_warn_always\w*|set_flush_denormal|\w*_interop_threads|init_num_threads|"
        r"\w*anomaly\w*|set_multithreading_enabled|is_inference\w*|thread_safe_generator|fork_rng|"
        r"enforce_grad_layout_policy|set_default_tensor_type"
    ),
    "mixed precision": r"\w*autocast\w*",
    "sparse tensors and named axes": (
        r"(ccol|col|crow|row)_indices|indices|values|smm|s?spa?d?d?mm|sspaddmm|h?s?spmm|dsmm|hsmm|saddmm|"
        r"sparse_resize\w*|to_padded_tensor|is_nested|name|names|renorm_?"
    ),
    "what PyTorch shows without documenting it": (
        r"(cudnn|miopen|mkldnn|fbgemm|native|sym|fused|unsafe|embedding_renorm|batch_norm|broadcasting)\w*|\w+_copy|"
        r"\w+_notes|has_\w+|handle_torch_function|Sym\w+|\w+Type|AVG|SUM|import_ir\w*|parse_\w+|bits\w+|bit|float4\w+|"
        r"fork|wait|merge_type\w+|unify_type_list|is_(vulkan_available|same_size|set_to|maia|distributed|cpu)|"
        r"get_(device_module|device)|as_subclass|constant_pad_nd|dim_order|empty_(permuted|strided)|new_empty_strided|"
        r"factory_kwargs|LinearCrossEntropyOptions|frobenius_norm|nuclear_norm|norm_except_dim|hash_tensor|layout|"
        r"memory_format|module_load|narrow_copy|new|newaxis|nonzero_static|output_nr|reinforce|volatile|grad_dtype|"
        r"retains_grad|resize|resize_as|slice_inverse|split_with_sizes|sum_to_size|typename|vitals_enabled|set_vital|"
        r"variable|NestedIOFunction|DataChunk|argument_validation|\w*runtime_validation\w*|non_deterministic|"
        r"invert_permutation|assert_int_or_pair|boolean_dispatch|DType|Tensor|T_destination|call_super_init|"
        r"dump_patches|swap_in_optimizer\w*|common_notes|choose_qparams\w*|gradient_scale|dtype|autograd_ops|"
        r"reproducibility_notes|ScalingType|SwizzleType|rsub|index|gradient|from_file|cpp"
    ),
    "fused layers for running": r"fuse_\w+|convert_conv\w+",
    "other linear algebra": (
        r"linalg\.cond|cross|householder_product|inv_ex|ldl_\w+|solve\w*|tensor(inv|solve)|vander|vecdot|LinAlgError"
    ),
    "what is written otherwise": (
        r"asarray|as_tensor|cumulative_trapezoid|(diagonal|select|slice)_scatter|dist|float_power_?|fm(ax|in)|frexp|"
        r"ldexp_?|frombuffer|histogram(dd)?|index_(put|reduce)_?|nextafter_?|put_?|range|scalar_tensor|is_signed|"
        r"scatter_reduce|Variable|buffer_?dict|clip_grad_norm|detach|fill|zero_|typename"
    ),
}
OF_COMPILER = "classes of PyTorch's compiler, streams and errors"
IN_PLACE = "in-place forms: write x.exp_() for torch.exp_(x), and x = x.name(y) where there is no method either"
FUNCTIONAL = "functional forms at PyTorch's top: here in nn.functional"
AS_FUNCTION = "methods: here functions, chainrule.name(x)"
AT_TOP = "a second name of what is here at the top"

MORE_INSTEAD = {
    "bitwise_and": "x.int() & 3",
    "bitwise_not": "~x.int()",
    "bitwise_or": "x.int() | 3",
    "bitwise_xor": "x.int() ^ 3",
    "asarray": "chainrule.as_tensor([1.0])",
    "dist": "(x - y).norm()",
    "fmax": "chainrule.where(x.isnan(), y, chainrule.where(y.isnan(), x, x.maximum(y)))",
    "float_power": "x.double() ** 2",
    "frombuffer": "chainrule.from_numpy(np.frombuffer(bytes(8), np.float32))",
    "index_put_": "x[indices] = 0.0",
    "range": "chainrule.arange(0, 5)",
    "poisson": "chainrule.from_numpy(np.random.default_rng(0).poisson(3.0, (4, 3)))",
    "detach": "x.detach()",
    "fill": "chainrule.full_like(x, 3.0)",
    "histogram": "np.histogram(x.numpy(), 4)",
    "logdet": "np.linalg.slogdet(matrix.numpy())[1]",
    "scalar_tensor": "chainrule.tensor(3.0)",
}
"""Name → code that does the same, beyond what errors say."""


INTERNAL = {"what PyTorch shows without documenting it", OF_COMPILER}
"""Groups of which the page gives no names."""


@cache
def groups() -> dict[str, list[str]]:
    """Return of each reason the names, with their rooms; under "" those that have none."""
    found: dict[str, list[str]] = {}
    for room_name, name in _absent():
        found.setdefault(_reason(name, room_name), []).append(full(name, room_name))
    order = ["", *PATTERNS, OF_COMPILER, IN_PLACE, FUNCTIONAL, AS_FUNCTION, AT_TOP]
    return {reason: found[reason] for reason in order if reason in found}


def _absent() -> Iterator[tuple[str, str]]:
    seen = set()
    for room_name in ROOMS:
        for name in public(room_name):
            if not here(name, room_name) and (room_name != "Tensor" or name not in seen):
                seen.add(name)
                yield room_name, name


def _reason(name: str, room_name: str) -> str:
    thing = getattr(room(torch, room_name), name, None)
    if inspect.isclass(thing) and room_name == "" and hasattr(torch._C, name):
        return OF_COMPILER
    if room_name in ("special", "linalg") and hasattr(chainrule, name):
        return AT_TOP
    if room_name == "Tensor" and inspect.isfunction(getattr(chainrule, name, None)):
        return AS_FUNCTION
    if name[-1] == "_" and (hasattr(chainrule.Tensor, name[:-1]) or hasattr(chainrule.Tensor, name)):
        return IN_PLACE
    if room_name in ("", "Tensor") and hasattr(chainrule.nn.functional, name.removesuffix("_")):
        return FUNCTIONAL
    names = (full(name, room_name), name)  # linalg.cond is not cond
    fitting = (why for n in names for why, of in PATTERNS.items() if re.fullmatch(of, n, re.IGNORECASE))
    return next(fitting, "")


def instead(names: list[str]) -> dict[str, str]:
    """Return what to write in the place of some names, as far as there is something."""
    code = INSTEAD | MORE_INSTEAD
    return {n: code[last] for n in names if (last := n.rpartition(".")[2]) in code}
