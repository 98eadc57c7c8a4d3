"""What PyTorch has and this package has not: why, and what to write instead.

Imported when a name is asked for that is not there.
"""

from __future__ import annotations

import re
from importlib import import_module

_NETWORKS = "chainrule is for fully-connected networks"

# Of each reason, the names, in any case.
REASONS = {
    f"recurrent networks are not covered, {_NETWORKS}": (
        r"(rnn|lstm|gru)(_?cell|_?base|_relu|_tanh|cellbase)*|pack_(padded_)?sequence|pad_packed_sequence|"
        r"un(pack|pad)_sequence|packedsequence|ctc_?loss"
    ),
    f"attention is not covered, {_NETWORKS}": (
        r"transformer\w*|multi_?head_?attention\w*|scaled_dot_product_attention|attention"
    ),
    f"layers for images and signals are not covered, {_NETWORKS}": (
        r"(lazy)?conv\w*d|conv_tbc|convolution|\w*pool\d?d\w*|\w*pad\dd|(un)?fold|upsampl\w+|interpolate|"
        r"(pixel_?(un)?|channel_?)shuffle|grid_sampl\w+|affine_grid|(lazy)?batchnorm[23]d|(lazy)?instance_?norm\w*|"
        r"local_?response_?norm|crossmaplrn2d|feature_?(alpha_?)?dropout|dropout[123]d|col2im|im2col"
    ),
    "the CPU is the only device": (
        r"cuda|ipu|xpu|mps|mtia|stream|event|pin_memory|record_stream|[sg]et_default_device|to_empty|to_mkldnn|"
        r"is_(xpu|mps|xla|meta|ipu|mtia|mkldnn|vulkan|pinned)"
    ),
    "half precision is not covered, tensors have float32 or float64": (
        r"half(tensor|storage)?|b?float16(tensor|storage)?|float8\w*|amp|autocast|gradscaler|"
        r"[sg]et_float32_matmul_precision|(scaled_)?(grouped_)?mm"
    ),
    "this dtype has another name, or is not covered": r"uint(16|32|64|[1-7])|int[1-7]|short|char|byte",
    "complex numbers are not covered": (
        r"complex(32|64|128)?|c(half|float|double)|is_(complex|conj|neg)|conj\w*|real|imag|angle|polar|fft|i?stft|"
        r"view_as_(real|complex)\w*|resolve_(conj|neg)|m?h|adjoint|isreal"
    ),
    "sparse tensors are not covered": (
        r"(to_|is_)?sparse(_(coo|cs[rc]|bs[rc]|compressed)(_tensor)?)?|to_dense|is_coalesced|coalesce|sparse_(dim|mask)"
        r"|dense_dim|sparseadam"
    ),
    "quantised tensors are not covered": r"q(u?int)\d+\w*|\w*quanti[sz]\w*|int_repr|q_\w+|qscheme|qat|intrinsic",
    "one process computes, on one machine": (
        r"distributed\w*|dataparallel|parallel|syncbatchnorm|multiprocessing|share_memory_?|is_shared"
    ),
    "capture() takes the place of compilers": r"compiler?|jit|fx|export|onnx|cond|while_loop|script\w*",
    "derivatives of derivatives are not covered": (
        r"chainrule\.autograd\.functional|gradgradcheck|forward_ad|hessian|jacobian|[jv]vp|hvp|vhp"
    ),
    "functional transformations are not covered": r"vmap|func|stateless|functional_call",
    "reparametrised weights are not covered": r"(remove_)?(weight|spectral)_norm|parametri[sz]\w+|prune|skip_init",
    "a data set is a class of its own, or a stream": r"stackdataset|\w*datapipe\w*",
    "layers are made with all of their numbers": r"uninitialized\w+|lazy\w+",
    "this layer is not covered": r"adaptivelogsoftmaxwithloss|softmax2d|embedding_?bag",
    "other functions do it": r"pad|pdist|gumbel_softmax",
    "PyTorch has given it up": r"register_backward_hook|nllloss2d|container|set_default_tensor_type",
    "this optimiser is not covered": r"adafactor|muon",
    "averages of weights are left to the program": r"swa_utils|averagedmodel|swalr",
    "matrices are not factored": (
        r"(slog|log)?det|p?inv(erse)?|cholesky\w*|qr|svd\w*|lu(_\w+)?|solve|lstsq|eig\w*|matrix_(exp|rank)|geqrf|"
        r"or[gm]qr|triangular_solve|symeig|lobpcg|pca_lowrank"
    ),
    "a tensor's memory is NumPy's": (
        r"storage\w*|(un)?typed_?storage|(const_)?data_ptr|set_|as_strided\w*|resize\w*_|\w+storage|apply_|map2?_"
    ),
    "it comes with PyTorch": r"profiler|hub|package|utils|testing|_dynamo|_c|distributions",
}

INSTEAD = {
    "cuda": 'x.to("cpu")',
    "half": "x.float()",
    "bfloat16": "x.float()",
    "float16": "chainrule.float32",
    "complex64": "chainrule.float32",
    "short": "x.to(chainrule.int16)",
    "char": "x.to(chainrule.int8)",
    "byte": "x.to(chainrule.uint8)",
    "pin_memory": "x",
    "compile": "chainrule.capture(step)",
    "EmbeddingBag": "nn.Embedding(9, 4)(indices).mean(1)  # or .sum(1); without padding_idx",
    "embedding_bag": "F.embedding(indices, table).mean(1)  # or .sum(1); without padding_idx",
    "LazyLinear": "nn.Linear(3, 2)",
    "LazyBatchNorm1d": "nn.BatchNorm1d(3)",
    "BatchNorm2d": "nn.BatchNorm1d(3)",
    "Dropout1d": "nn.Dropout(0.5)",
    "Dropout2d": "nn.Dropout(0.5)",
    "gumbel_softmax": "F.softmax(x - (-chainrule.rand_like(x).log()).log(), 1)",
    "pad": "chainrule.cat([x, x.new_zeros(len(x), 2)], 1)",
    "pdist": "chainrule.cdist(x, x)[tuple(chainrule.triu_indices(len(x), len(x), 1))]",
    "clip_grad_norm": "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
    "register_backward_hook": "model.register_full_backward_hook(lambda *gradients: None)",
    "set_default_tensor_type": "chainrule.set_default_dtype(chainrule.float32)",
    "Variable": "chainrule.tensor([1.0], requires_grad=True)",
    "SparseAdam": "optim.Adam(model.parameters())",
    "Adafactor": "optim.Adam(model.parameters())",
    "Muon": "optim.AdamW(model.parameters())",
    "swa_utils": "[a.lerp_(p, 0.1) for a, p in zip(average.values(), model.state_dict().values())]",
    "StackDataset": "data.TensorDataset(x, y)",
    "DistributedSampler": "data.DataLoader(dataset, shuffle=True)",
    "Resize": "transforms.Lambda(lambda image: image[::2, ::2])",
    "RandomHorizontalFlip": "transforms.Lambda(lambda image: image[:, ::-1])",
    "PILToTensor": "transforms.ToTensor()",
    "ToImage": "transforms.ToTensor()",
    "ToDtype": "transforms.ToTensor()",
    "v2": "transforms.Compose([transforms.ToTensor()])",
    "det": "np.linalg.det(matrix.numpy())",
    "inverse": "np.linalg.inv(matrix.numpy())",
    "inv": "np.linalg.inv(matrix.numpy())",
    "eigh": "np.linalg.eigh(matrix.numpy())",
    "cholesky": "np.linalg.cholesky(matrix.numpy())",
    "svd": "np.linalg.svd(x.numpy())",
    "qr": "np.linalg.qr(x.numpy())",
    "solve": "np.linalg.solve(matrix.numpy(), right.numpy())",
    "lstsq": "np.linalg.lstsq(x.numpy(), y.numpy())",
    "data_ptr": "x.numpy().ctypes.data",
    "untyped_storage": "x.numpy()",
    "apply_": "x.numpy()[...] = np.exp(x.numpy())",
}
"""Name → code that does the same."""

# What is said of any other name.
_OF_ROOMS = {
    "chainrule.backends": ": it has switches of other devices, without effect; leave it out",
    "chainrule.datasets": ": it has MNIST and FashionMNIST; TensorDataset makes a data set of any arrays",
    "chainrule.datasets.transforms": (
        ": it has ToTensor, Normalize, Flat, Compose, and Lambda(function) for all else that is done to an image"
    ),
}

_PLACES = (
    *("", ".nn", ".nn.functional", ".nn.init", ".nn.utils", ".nn.utils.rnn"),
    *(".optim", ".optim.lr_scheduler", ".data", ".linalg", ".datasets"),
)


def missing(owner: str, name: str) -> str:
    """Return a sentence on a name that is asked for, or "" where there is nothing to say.

    Parameters
    ----------
    owner : str
        The module, or the class, that was asked.
    name : str

    Examples
    --------
    >>> missing("chainrule", "compile")
    ': capture() takes the place of compilers; write chainrule.capture(step)'
    >>> missing("chainrule", "Linear")
    ': it is chainrule.nn.Linear'
    """
    if name.startswith("__"):  # protocols, which other libraries ask for all the time
        return ""
    called = (f"{owner}.{name}", name)  # autograd.functional is not nn.functional
    fitting = (why for n in called for why, names in REASONS.items() if re.fullmatch(names, n, re.IGNORECASE))
    reason = next(fitting, "")
    if reason or name in INSTEAD:
        reason, instead = _OF_ROOMS.get(owner, "") or (reason and f": {reason}"), INSTEAD.get(name, "")
        return reason + (f"{';' if reason else ':'} write {instead}" if instead else "")
    return _elsewhere(owner, name) or _OF_ROOMS.get(owner, "")


def _elsewhere(owner: str, name: str) -> str:
    """Return where else a name is."""
    found = [place for place in _PLACES if name in dir(import_module(f"chainrule{place}"))]
    return f": it is chainrule{found[0]}.{name}" if found and name[0] != "_" else ""
