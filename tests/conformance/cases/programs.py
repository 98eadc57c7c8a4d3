"""Short programs: what tensors do apart from computing numbers, and what they refuse."""

import copy
import pickle

import numpy as np
from tests.conformance.trial import Case, Trial

SECTION = "Programs"
START = {
    "leaf": "x = L.ones(3, requires_grad=True)",
    "two": "x = L.ones(2, 3, requires_grad=True)",
    "plain": "x = L.arange(6.0).reshape(2, 3)",
    "expanded": "x = L.tensor([1.0, 2.0]).expand(3, 2)",
}

GRADIENTS = """
leaf: y = x * 2; y.sum().backward(); y.sum().backward(); out = x.grad
leaf: y = (x * x).sum(); y.backward(); y.backward()
leaf: y = (x * x).sum(); y.backward(retain_graph=True); y.backward(); out = x.grad
leaf: (x * x).backward()
leaf: (x * x).backward(L.ones(3)); out = x.grad
leaf: (x * x).backward(L.ones(2))
leaf: (x * x).backward(L.ones(1, 3))
leaf: (x * x).backward(L.ones(3).double()); out = x.grad
leaf: (x * x).backward(1.0)
leaf: (x * x).backward([1.0, 1.0, 1.0])
plain: x.sum().backward()
leaf: y = x[:1]; y.backward(); out = x.grad
leaf: x.long().sum().backward()
leaf: (x > 0).sum().backward()
leaf: (x.double() * 2).sum().backward(); out = x.grad
leaf: (x * L.tensor([1, 2, 3])).sum().backward(); out = x.grad
leaf: y = x * 2; y.retain_grad(); y.sum().backward(); out = y.grad, x.grad
plain: x.retain_grad()
leaf: y = x.detach(); y.requires_grad_(); (y * x).sum().backward(); out = x.grad, y.grad
leaf: y = x * 2; y.requires_grad_(False)
leaf: y = x * 2; y.requires_grad = False
leaf: x.long().requires_grad_()
leaf: x.mean().backward(); x.requires_grad = False; out = x.grad, x * 2
plain: out = x.long().requires_grad_(False)
leaf: x.grad = L.ones(3); (x * 2).sum().backward(); out = x.grad
leaf: x.grad = L.ones(2)
leaf: x.grad = L.ones(3).double()
leaf: x.grad = 3
leaf: (x * 2).sum().backward(); del x.grad; out = x.grad is None
leaf: (x * 2).sum().backward(); g = x.grad; (x * 2).sum().backward(); out = g, g is x.grad
leaf: (x * 2).sum().backward(); x.grad.zero_(); (x * 3).sum().backward(); out = x.grad
leaf: x.data = L.zeros(2).double(); out = x
leaf: x.data = [1.0, 2.0]
leaf: x.numpy()
leaf: out = [t.is_leaf for t in (x, x * 1, x.detach(), x.double(), x.float(), x.flatten(), x.t(), x[0])]
leaf: y = x * 2; (y.sum() + y.mean()).backward(); out = x.grad
leaf: y = x.exp(); y.sum().backward(); y.mean().backward()
leaf: a, b, c = x; (a * b * c).backward(); out = x.grad
leaf: sum(v * i for i, v in enumerate(x)).backward(); out = x.grad
two: x.expand(4, 2, 3).sum().backward(); out = x.grad
two: values, indices = x.max(1); values.sum().backward(); out = x.grad, indices
leaf: L.cat([x, x * 2, L.ones(0, requires_grad=True)]).sum().backward(); out = x.grad
"""

IN_PLACE = """
leaf: x += 1
leaf: x[0] = 1
leaf: x.view(3)[0] = 1
leaf: x[0].zero_()
leaf: x.data.zero_(); out = x
leaf: x.detach().zero_(); out = x
leaf: y = x * 1; z = y.relu(); y += 1; z.sum().backward(); out = x.grad
leaf: y = x * 1; z = y * y; y += 1; z.sum().backward()
leaf: y = x * 1; z = y * 3; y += 1; z.sum().backward(); out = x.grad
leaf: y = x * 1; z = y / 3; y += 1; z.sum().backward(); out = x.grad
leaf: y = x * 1; z = y**2; y += 1; z.sum().backward()
leaf: y = x * 1; z = y.sum(); y += 1; z.backward(); out = x.grad
leaf: w = L.ones(3); z = x * w; w.add_(1); z.sum().backward()
leaf: w = L.ones(3); z = x + w; w.add_(1); z.sum().backward(); out = x.grad
leaf: w = L.ones(3); z = x * w; w.detach().add_(1); z.sum().backward()
leaf: w = L.ones(3); z = x * w; w.data.add_(1); z.sum().backward(); out = x.grad
leaf: w = L.ones(3); z = x * w; w[0] = 3; z.sum().backward()
leaf: w = L.ones(3); z = x * w; w[:1].add_(3); z.sum().backward()
leaf: w = L.ones(3); z = x[:1] * w[:1]; w.add_(3); z.sum().backward()
two: z = x @ L.ones(3, 2); x.data[0, 0] = 5; z.sum().backward(); out = x.grad
leaf: y = x * 2; y /= x; y.sum().backward(); out = x.grad
leaf: y = x * 2; y **= 2; y.sum().backward(); out = x.grad
leaf: y = x * 2; y += y; y.sum().backward(); out = x.grad
leaf: y = x * 2; y -= y.mean(); y.sum().backward(); out = x.grad
leaf: y = x * 2; y.clamp_(0, 1); y.sum().backward(); out = x.grad
leaf: y = x * 2; y.fill_(1); y.sum().backward(); out = x.grad
leaf: y = x * 2; y.copy_(x * 3); y.sum().backward(); out = x.grad
leaf: y = x * 1; y[1] *= 5; y.sum().backward(); out = x.grad
leaf: y = x * 1; y[[0, 1]] *= 5; y.sum().backward(); out = x.grad
leaf: y = x * 1; y[y > 0] = 0; y.sum().backward(); out = x.grad
leaf: w = L.zeros(2, 3); w[0] = x; w[1] = x * 2; w.sum().backward(); out = x.grad, w
leaf: w = L.zeros(3); w += x; w.mul_(x); w.sum().backward(); out = x.grad, w
leaf: w = L.zeros(2, 3); v = w[0]; v.copy_(x); w.sum().backward(); out = x.grad, w, v
leaf: y = x * 2; y[::2].mul_(3); y.sum().backward(); out = x.grad
two: y = x * 2; v = y.t(); v[0].mul_(3); y.sum().backward(); out = x.grad, y, v
two: y = (x * 2).t() * 1; y[0].mul_(3); y.sum().backward(); out = x.grad
two: y = x.t() * 2; v = y[1]; v.mul_(x.sum()); y.sum().backward(); out = x.grad, y
two: y = x * 2; v = y.t(); y.mul_(3); v.sum().backward(); out = x.grad, v
two: y = x * 2; v = y[0]; y.mul_(3); v.sum().backward(); out = x.grad
two: y = x * 2; v = y[0]; y[1].mul_(3); (v * x).sum().backward(); out = x.grad
two: y = x * 2; v = y[:, 1].expand(4, 2); y[0].mul_(x[1]); v.sum().backward(); out = x.grad, v
two: y = x * 2; v = y[0]; y.mul_(3); v.mul_(5); y.sum().backward(); out = x.grad, y
leaf: w = L.zeros(3); v = w.view(3, 1); w.add_(x); out = v; v.sum().backward(); out = v, x.grad
leaf: w = x * 2; v, u = w[1:], w[:2]; v += x[1:]; u *= x[:2]; v.sum().backward(); out = w, v, u, x.grad
plain: y = x; y **= 2; out = x, x is y
plain: y = x; y //= 2; out = x, x is y
plain: y = x; y %= 4; out = x, x is y
plain: y = x > 2; z = y; z &= x < 4; z |= x == 0; z ^= True; out = y
plain: y = x.long(); y += 0.5
plain: y = x.long(); y /= 2
plain: y = x.long(); y **= 2; y %= 300; out = y
plain: x += L.ones(4, 2, 3)
plain: x += [1.0, 2.0, 3.0]
plain: x.add_(x, alpha=True)
plain: x.long().add_(1, alpha=0.5)
plain: x.add_(x, alpha=L.tensor(2)); out = x
plain: x.fill_(L.ones(2))
plain: x.fill_([1.0])
plain: x[0].copy_(L.ones(1, 3))
plain: x[0].copy_(L.ones(1)); out = x
plain: x[1].copy_([1.0, 2.0, 3.0])
plain: y = x.reshape(-1); y[1:].copy_(y[:-1])
plain: y = x.reshape(-1); y[1:] += y[:-1]
plain: y = x.reshape(-1); y[1:] = y[:-1]
plain: x[0] = x[1]; x[:] = x; x[0, 0] = x[0, 1]; out = x
plain: y = x.reshape(-1); y += y; out = x
plain: y = x.reshape(-1); y[::2] += y[1::2]; out = x
expanded: x.add_(1)
expanded: x -= 1
expanded: x *= 2
expanded: x /= 2
expanded: x.zero_(); out = x
expanded: x.fill_(2); out = x
expanded: x.copy_(L.ones(3, 2))
expanded: x.clamp_(0, 1)
expanded: x.uniform_()
expanded: x[0] = 3; out = x
expanded: x[:, 0] = 3
expanded: x[...] = 3
expanded: x[0, 1].add_(1); out = x
expanded: x[:1].mul_(3); out = x
expanded: y = x[:1].expand(1, 2); y += 1; out = x
"""

ITEMS = """
plain: out = x[[0, 1]], x[[[0, 1], [1, 0]]], x[[L.tensor(0), L.tensor(1)]], x[[]], x[[True, False]]
plain: out = x[:, [0, 2]].view(-1), x[x > 2], x[L.tensor([1, 0])], x[..., None], x[None, 0]
plain: x[::-1]
plain: x["a"]
plain: x[1.0]
plain: x[5]
plain: x[0, 0, 0]
plain: x[L.tensor([True, False, True])]
plain: x[[0, 5]]
plain: x[x > 2] = 0; x[0] = L.tensor([7.0, 8.0, 9.0]); x[:, 0] += 1; x[0, 0] *= 5; out = x
plain: x[0, 0] = L.tensor([5.0]); x[0] = L.ones(1, 1, 3); out = x
plain: x[0, 0] = L.ones(2)
plain: x[0] = [1.0, 2.0, 3.0]
plain: x[0] = None
plain: x[[0, 1]] = L.tensor(3)
plain: x[x > 1] = L.tensor(3); out = x
plain: x[x > 1] = L.tensor([1, 2, 3, 4])
plain: x[x > 1] = L.ones(2, 3)
plain: x[[]] = 5; out = x
plain: x[[[0, 1], [1, 0]]] = 0; out = x
plain: x[:, :2] = L.tensor(3); out = x
plain: x.long()[0] = float("nan")
plain: x.bool()[0] = 5; out = x
"""

PROTOCOLS = """
plain: float(x)
plain: int(x)
plain: bool(x)
plain: x.item()
plain: x[0:0].item()
plain: len(x[0, 0])
plain: list(x[0, 0])
plain: out = [1, 2, 3][x[0, 1].long()]
plain: [1, 2, 3][x[0, 1]]
plain: out = len(x), list(x), reversed(x), +x
plain: +(x > 1)
plain: -(x > 1)
plain: ~x
plain: out = x == None, x != None, x == "a", x != "a", x == [1.0], x == (1, 2)
plain: out = 3 in x, 7.0 in x, x[0] in [x[0]]
plain: "a" in x
plain: y = x[0]; out = x.copy_(x) is x, x.contiguous() is x, x.detach() is x, x.float() is x, y.flatten() is y
plain: x < "a"
plain: x < [1.0]
plain: x + [1.0]
plain: (1.0, 2.0, 3.0) * x
plain: x @ 3
plain: 3 @ x
plain: x & 1
plain: out = True & (x > 1), 1 | x.long(), 3 ^ x.long()
plain: x.eq(None)
leaf: y = copy.deepcopy(x); (y * 2).sum().backward(); out = x.grad is None, y.grad, y.is_leaf
leaf: (x * 2).sum().backward(); y = copy.deepcopy(x); out = y.grad, y.grad is x.grad
leaf: copy.deepcopy(x * 2)
leaf: (x * 2).sum().backward(); y = pickle.loads(pickle.dumps(x)); out = y, y.grad is None
leaf: y = copy.copy(x); out = y, y is x
plain: out = x.shape == (2, 3), x.shape[-1], x.shape[:1] + x.shape[1:], L.zeros(x.shape + (2,)), x.shape * 2
plain: out = type(x.shape[:1]) is L.Size, type(x.shape + (1,)) is L.Size, type(x.size()) is L.Size
"""

MODES = """
leaf: y = L.no_grad()(lambda v: v * 2)(x); out = y, L.is_grad_enabled()
leaf: y = L.no_grad(lambda v: v * 2)(x); out = y, L.is_grad_enabled()
leaf: y = L.enable_grad()(lambda v: v * 2)(x); out = y
leaf: f = L.set_grad_enabled(False)(lambda v: v * 2); out = L.is_grad_enabled(), f(x), L.is_grad_enabled()
leaf: y = L.inference_mode()(lambda v: v * 2)(x); out = y, L.is_grad_enabled()
leaf: y = L.inference_mode(False)(lambda v: v * 2)(x); out = y.requires_grad
leaf: y = L.no_grad()(lambda v: v.add_(1) * 2)(x); out = y, x
leaf: y = L.no_grad()(lambda v: L.enable_grad()(lambda u: u * 2)(v))(x); out = y
leaf: y = x * 2; L.no_grad()(lambda v: v.mul_(3))(y); y.sum().backward(); out = x.grad, y
"""

MIXED = """
plain: out = L.tensor(1) + L.tensor([1.5]), L.tensor(1.5) + L.tensor([1]), L.tensor(3) * True
plain: out = L.tensor(1.5, dtype=L.float64) + L.tensor([1.0]), L.tensor([1.0], dtype=L.float64) + L.tensor(1.5)
plain: out = L.tensor([True]) + 1, L.tensor([True]) + True, L.tensor([True]) * 1.5
plain: out = L.tensor([1], dtype=L.uint8) + L.tensor([1], dtype=L.int8), L.tensor([1], dtype=L.int32) * 2**40
plain: out = L.tensor([1], dtype=L.uint8) - 2, 5 - L.tensor([7], dtype=L.uint8)
plain: out = L.tensor([7]) / 2, 2 ** L.tensor([3])
plain: out = L.tensor([7, 3], dtype=L.uint8).clamp(min=-1), L.tensor([7], dtype=L.uint8).clamp(max=-1)
plain: L.tensor([7], dtype=L.uint8).clamp(max=300)
plain: L.tensor([7], dtype=L.uint8) ** -1
plain: out = L.tensor([2, -1, 1, 0]) ** L.tensor([-1, -3, -2, -1])
plain: out = L.tensor([2, 3], dtype=L.uint8) ** L.tensor([2, 5])
plain: L.tensor([True]) - L.tensor([True])
plain: out = x.to(float), L.zeros(2, dtype=float), L.ones(2, dtype=int), x.to(bool), x.type(L.float64)
plain: out = L.tensor([np.float64(1.5), 2.0]), L.tensor([np.float32(1.5)]), L.tensor([1.5, True]), L.tensor([])
plain: out = x.sum(dtype=float), x.cumsum(0, dtype=L.float64), x.prod(dtype=L.float64)
plain: out = x.softmax(1, dtype=L.float64).element_size()
plain: out = x.add(x, alpha=2), x.sub(1, alpha=3), x.long().add(x.long(), alpha=2), L.add(2, x), L.sub(1, x)
leaf: z = x * 0 - 0.0; z.retain_grad(); y = z ** L.tensor(0.5); y.sum().backward(); out = y, z.grad
leaf: z = x * float("-inf"); z.retain_grad(); (z**0.5).sum().backward(); out = z.grad
leaf: z = x * float("-inf"); z.retain_grad(); (z ** L.tensor(0.5)).sum().backward(); out = z.grad
"""

REFUSED = """
plain: L.arange(1, None)
plain: L.arange(2, step=2)
plain: out = L.arange(end=3), L.arange(1, 3), L.arange(5, 1, -2)
plain: L.eye(2, None)
plain: L.zeros_like([1.0])
plain: L.ones_like(2.0)
plain: L.full_like([1.0], 2)
plain: L.rand_like([1.0])
plain: L.full(range(2), 5)
plain: L.linspace(0, None, 3)
plain: L.linspace(0, 1, 2.5)
plain: L.cat([])
plain: L.cat([x[0, 0]])
plain: L.cat([x, x[0]])
plain: L.cat([x, x], 2)
plain: L.cat(x)
plain: L.cat([[1.0], [2.0]])
plain: L.cat([x, x], 1.0)
plain: L.stack([1, 2])
plain: L.stack([x, x[0]])
plain: out = L.cat([L.ones(0), x], 1), L.cat([L.ones(0), L.ones(0)], 1)
plain: x.clip(L.zeros(3), 1)
plain: x.clamp(min=0, max=L.ones(3))
plain: x.clamp("a")
plain: x.clamp()
plain: out = x.clamp(L.tensor(1.0), 2), x.clamp(1, L.tensor(2))
plain: x.maximum(0)
plain: L.where(True, x, x)
plain: x.where(x > 0, [1.0, 2.0, 3.0])
plain: x.masked_fill(True, 0)
plain: x.masked_fill(x > 0, [1.0])
plain: x.masked_fill(x > 0, L.ones(3))
plain: x.masked_fill(x, 0)
plain: x.reshape(3, 2, shape=(2, 3))
plain: x.reshape(-2, 3)
plain: x.reshape(4)
plain: x.reshape()
plain: out = x.reshape(shape=(3, 2)), x[:1].expand(size=(2, 3)), x.permute(dims=(1, 0))
plain: x.expand(2, 2)
plain: x.expand(-1)
plain: x.permute(0, 0)
plain: x.t().view(-1)
plain: x.unsqueeze(4)
plain: x.unsqueeze(True)
plain: x.unsqueeze((0, 1))
plain: x.squeeze((0, 0))
plain: x[0].mT
plain: x[0, 0].split(1)
plain: x.split(1.0)
plain: x.split([1, 2])
plain: x.split(-1)
plain: x.gather(0, L.tensor([0, 1]))
plain: x.gather(0, [0])
plain: x.gather(0, L.tensor([[0.0]]))
plain: x.gather(0, L.tensor([[5]]))
plain: x.gather(1, L.zeros(3, 1).long())
plain: x.sum(True)
plain: x.sum("a")
plain: x.sum((0, 0))
plain: x.sum(2)
plain: x.mean(1.5)
plain: x.long().mean()
plain: x.argmax((0, 1))
plain: x.argmax(dim=True)
plain: x.max((0, 1))
plain: x.logsumexp(None)
plain: x[:, :0].amax()
plain: x[:, :0].amax(1)
plain: x[:, :0].max()
plain: x[:, :0].argmax()
plain: x.sum(dtype="a")
plain: x.softmax(2)
plain: x.softmax()
plain: out = x.any(()), x.all(()), x.norm("fro"), x.norm(None, 1), x.var(correction=None)
plain: L.equal(x, 3)
plain: L.allclose(x, x.double())
plain: L.allclose(x, 3)
plain: L.exp(2.0)
plain: L.exp([1.0])
plain: L.tensor(None)
plain: L.tensor("a")
plain: L.tensor(object())
plain: L.tensor([[1], [2, 3]])
plain: L.tensor(300, dtype=L.uint8)
plain: L.tensor(1.0, dtype="a")
plain: L.tensor(2**63)
"""

COPIES = (
    "Where PyTorch refuses to go back through an output that was changed in place and is still needed "
    "(y = x.exp(); y += 1), the operation keeps a copy here, and the gradient is right; pieces of split() may be "
    "changed in place, too. A graph that was gone through is let go of even where no operation held anything."
)
ARRAYS = (
    "Arrays of NumPy are taken where PyTorch wants a tensor, and None where it wants an option left out (max, "
    "min, prod, squeeze)."
)

PROGRAMS = {
    "backward and grad": (GRADIENTS, ""),
    "changes in place": (IN_PLACE, COPIES),
    "items": (ITEMS, "A mask of uint8, which PyTorch takes with a warning, is refused."),
    "Python's protocols": (
        PROTOCOLS,
        "Functions of NumPy give arrays, not tensors. Only leaf tensors can be pickled.",
    ),
    "modes": (MODES, "What inference_mode() made is a constant afterwards, where PyTorch refuses it."),
    "dtypes that mix": (MIXED, ""),
    "arguments that do not fit": (REFUSED, ARRAYS),
}
ALL = [(name, line) for name, (lines, _) in PROGRAMS.items() for line in lines.strip().splitlines()]


def results(lib, line):
    """Run a program in one library, and return what it leaves in ``out``: values, and what they need and are."""
    start, program = line.split(": ", 1)
    names = {"L": lib.root, "np": np, "copy": copy, "pickle": pickle}
    exec(f"{START[start]}; {program}", names)
    return list(_described(names.get("out", ())))


def _described(value):
    if isinstance(value, tuple | list):
        for v in value:
            yield from _described(v)
    elif hasattr(value, "requires_grad"):
        yield np.array(value.detach().numpy())
        yield np.array([value.requires_grad, value.is_leaf, value.grad_fn is not None])
    else:
        yield np.asarray(value)


def case(name, lines, note):
    def draw(d):
        line = d.pick(*lines.strip().splitlines())
        return Trial(lambda lib: {"exact": results(lib, line)})

    return Case(name, SECTION, draw, {}, note=note)


CASES = [case(name, *told) for name, told in PROGRAMS.items()]
