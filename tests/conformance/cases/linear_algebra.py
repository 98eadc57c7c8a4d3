"""Products of vectors and matrices, sums of products over named axes, distances and norms."""

from tests.conformance.cases.tensors import SUMS, TERMS, function, written

INF = float("inf")


def of_shapes(*choices, integers=0.1):
    """Return a draw of tensors of shapes that fit, and now and then of some that don't."""

    def draw(d):
        inputs = [d.normal(s, d.pick(1.0, 100.0)) for s in d.pick(*choices)]
        if d.chance(integers):
            inputs = [d.integers(x.shape, -4, 4) for x in inputs]
        return inputs, {}

    return draw


def scaled(*choices):
    """Return the same draw, with the numbers that a sum of two terms is made with."""
    drawn = of_shapes(*choices, integers=0)
    return lambda d: (drawn(d)[0], d.options(beta=(1, 0.5, 0), alpha=(1, -2.0)))


DOT = of_shapes(((3,), (3,)), ((40,), (40,)), ((0,), (0,)), ((1,), (1,)), ((3,), (2,)), ((2, 2), (2,)))
OUTER = of_shapes(((3,), (2,)), ((0,), (2,)), ((1,), (5,)), ((2, 2), (2,)))
INNER = of_shapes(
    ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (4, 3)), ((), (3,)), ((2, 0), (3, 0))
)
MV = of_shapes(((4, 3), (3,)), ((1, 3), (3,)), ((2, 0), (0,)), ((0, 2), (2,)), ((4, 3), (4,)), ((3,), (3,)))
BMM = of_shapes(((2, 4, 3), (2, 3, 5)), ((1, 2, 2), (1, 2, 1)), ((0, 2, 3), (0, 3, 1)), ((2, 4, 3), (3, 3, 5)))
ADDMM = scaled(
    *(((4, 5), (4, 3), (3, 5)), ((5,), (4, 3), (3, 5)), ((), (4, 3), (3, 5)), ((4, 1), (4, 3), (3, 5))),
    *(((2, 2), (2, 0), (0, 2)), ((5, 5), (4, 3), (3, 5)), ((4, 5), (4, 3), (4, 5))),
)
ADDMV = scaled(((4,), (4, 3), (3,)), ((1,), (4, 3), (3,)), ((), (4, 3), (3,)), ((2,), (4, 3), (3,)))
ADDR = scaled(((4, 3), (4,), (3,)), ((3,), (4,), (3,)), ((), (4,), (3,)), ((2,), (4,), (3,)))
BADDBMM = scaled(
    ((2, 4, 5), (2, 4, 3), (2, 3, 5)), ((5,), (2, 4, 3), (2, 3, 5)), ((2, 1, 1), (2, 4, 3), (2, 3, 5))
)
ADDBMM = scaled(((4, 5), (2, 4, 3), (2, 3, 5)), ((5,), (2, 4, 3), (2, 3, 5)), ((2, 4, 5), (2, 4, 3), (2, 3, 5)))
KRON = of_shapes(((2, 2), (1, 3)), ((2,), (3,)), ((2, 1), (2,)), ((), (2,)), ((2, 1, 2), (3, 2)), ((0,), (2,)))
TRACE = of_shapes(((3, 3),), ((2, 4),), ((4, 2),), ((0, 3),), ((3,),), ((2, 2, 2),), integers=0.3)
CHAIN = of_shapes(((4, 3), (3, 5), (5, 2)), ((2, 6), (6, 1), (1, 3)), ((2, 2),), ((4, 3), (2, 5)), integers=0)
ENDS = of_shapes(
    *(((3,), (3, 4), (4,)), ((3,), (3, 4)), ((2, 3), (3, 5), (5, 2), (2, 4)), ((2, 3), (3,)), ((3,), (3,))),
    *(((2, 3), (3,), (3, 2)), ((2, 3),), ((2, 3), (2, 3))),
    integers=0,
)


def in_place(name, draw):
    def call(lib, x, a, b, **options):
        h = x * 1
        getattr(h, name)(a, b, **options)
        return h

    return written(f"Tensor.{name}", draw, call, TERMS)


WHOLE = {  # of other shapes PyTorch refuses most, and changes the target's in place
    "addmm": (((4, 5), (4, 3), (3, 5)), ((4, 5), (4, 3), (4, 5))),
    "addmv": (((4,), (4, 3), (3,)), ((4,), (4, 3), (4,))),
    "addr": (((4, 3), (4,), (3,)), ((4, 3), (3,), (4,))),
    "baddbmm": (((2, 4, 5), (2, 4, 3), (2, 3, 5)), ((2, 4, 5), (2, 4, 3), (3, 3, 5))),
    "addbmm": (((4, 5), (2, 4, 3), (2, 3, 5)),),
}
PRODUCTS = {"addmm": ADDMM, "addmv": ADDMV, "addr": ADDR, "baddbmm": BADDBMM, "addbmm": ADDBMM}
CASES = [
    *(function(name, DOT, TERMS) for name in ("dot", "vdot")),
    *(function(name, OUTER, SUMS) for name in ("outer", "ger")),
    function("inner", INNER, TERMS),
    function("mv", MV, TERMS),
    function("bmm", BMM, TERMS),
    *(
        written(name, draw, lambda lib, *xs, name=name, **more: getattr(lib.root, name)(*xs, **more), TERMS)
        for name, draw in PRODUCTS.items()
    ),
    *(in_place(f"{name}_", scaled(*shapes)) for name, shapes in WHOLE.items()),
    written("kron", KRON, lambda lib, a, b: lib.root.kron(a.contiguous(), b.contiguous()), SUMS),
    function("trace", TRACE, TERMS),
    written("chain_matmul", CHAIN, lambda lib, *xs: lib.root.chain_matmul(*xs), TERMS),
    written("linalg.multi_dot", ENDS, lambda lib, *xs: lib.root.linalg.multi_dot(xs), TERMS),
]

# ---- named axes ------------------------------------------------------------------------------------------------

EQUATIONS = {
    "ij,jk->ik": ((4, 3), (3, 5)),
    "ij,kj": ((4, 3), (5, 3)),
    "bij,bjk->bik": ((2, 4, 3), (2, 3, 5)),
    "bij,jk->bik": ((2, 4, 3), (3, 5)),
    "i,j->ij": ((4,), (3,)),
    "i,i": ((4,), (4,)),
    "ij->ji": ((4, 3),),
    "ij->": ((4, 3),),
    "ij->j": ((4, 3),),
    "ba": ((4, 3),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iij,jk->ki": ((3, 3, 2), (2, 4)),
    "ij,ij->ij": ((4, 3), (4, 3)),
    "ij,ij->i": ((4, 3), (4, 3)),
    "...ij,...jk->...ik": ((2, 4, 3), (2, 3, 5)),
    "...i,i->...": ((2, 4, 3), (3,)),
    "i...->...": ((4, 3),),
    "...ij,jk": ((2, 4, 3), (3, 5)),
    "...,...": ((2, 1, 3), (4, 1)),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 2)),
    "ij,jk,ki->": ((2, 3), (3, 4), (4, 2)),
    "bn,anm,bm->ba": ((2, 3), (4, 3, 5), (2, 5)),
    "i,->i": ((4,), ()),
    ",": ((), ()),
    "ij,jk->ikj": ((4, 1), (3, 5)),
    "ij,jk->ik ": ((0, 3), (3, 2)),
    "iJ,Jk->kiJ": ((2, 3), (3, 2)),
    "ij,jk->iz": ((4, 3), (3, 5)),
    "ij,jk->ii": ((4, 3), (3, 5)),
    "ij": ((4,),),
    "ij,j": ((4, 3),),
    "ij,jk->ik->i": ((4, 3), (3, 5)),
    "i.j": ((4, 3),),
    "i1->i": ((4, 3),),
}


def equation(d):
    named = d.pick(*EQUATIONS)
    shapes = EQUATIONS[named]
    if d.chance(0.1):
        return [d.normal((2, 7)) for _ in shapes], {"equation": named}
    if d.chance(0.1):
        return [d.integers(s, -4, 4) for s in shapes], {"equation": named}
    return [d.normal(s) for s in shapes], {"equation": named}


DOTS = [
    ((2, 3), (3, 4), 1),
    ((2, 3), (2, 3), 2),
    ((2, 3), (4,), 0),
    ((2, 3, 4), (4, 3, 5), ([1, 2], [1, 0])),
    ((2, 3), (3, 4), ([-1], [0])),
    ((2, 1), (3, 4), ([1], [0])),
    ((2, 3), (3, 4), 2),
    ((2, 3), (3, 4), 3),
    ((2, 3), (3, 3), ([1, 1], [0, 1])),
    ((2, 3), (3, 4), ([5], [0])),
]


def over(d):
    a, b, dims = d.pick(*DOTS)
    return [d.normal(a), d.normal(b)], {"dims": dims}


def powers(d):
    return [d.normal(d.pick((3, 3), (2, 2, 2), (1, 1), (0, 0), (2, 3), (3,)))], {"n": d.pick(0, 1, 2, 3, 5)}


CASES += [
    written(
        "einsum",
        equation,
        lambda lib, *xs, equation: lib.root.einsum(equation, *xs),
        TERMS,
        note="Not with lists of axes in place of letters.",
    ),
    written("tensordot", over, lambda lib, a, b, dims: lib.root.tensordot(a, b, dims), TERMS),
    function("matrix_power", powers, TERMS, note="Powers below 0 are refused."),
    written("linalg.matrix_power", powers, lambda lib, x, n: lib.root.linalg.matrix_power(x, n), TERMS),
]

# ---- distances and norms ---------------------------------------------------------------------------------------


def rows(d):
    n, m, k = d.pick(1, 4, 30), d.pick(1, 3, 27), d.pick(1, 3, 40)
    batch = d.pick(((), ()), ((2,), (2,)), ((2,), ()), ((2, 1), (3,)))
    # apart, because distances of near rows that are computed with products have few right digits
    a, b = d.normal((*batch[0], n, k)), d.normal((*batch[1], m, k), shift=4.0)
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    return [a, b], {"p": d.pick(2.0, 2.0, 1.0, 3.0, INF, 0.0)} | d.options(compute_mode=(*modes, "fast"))


def normed(d):
    x = d.values(d.shape(), special=(), huge=1e4, tiny=1e-6)
    given = d.options(ord=(2, 1, 0, 3.0, INF, -INF), dim=(None, 0, -1, (0, 1)), keepdim=(False, True))
    return [x], given


def matrix_normed(d):
    x = d.values(d.pick((4, 3), (2, 3, 4), (1, 5), (3,)), special=(), huge=1e4, tiny=1e-6)
    given = d.options(ord=("fro", 1, -1, INF, -INF, 3), keepdim=(False, True))
    return [x], given | ({"dim": d.pick((0, 1), (1, 0), (-1, 0), (1, 1))} if d.chance(0.4) else {})


def any_normed(d):
    x = d.values(d.pick((4, 3), (2, 3, 4), (5,), ()), special=(), huge=1e4, tiny=1e-6)
    given = d.options(ord=(None, 1, INF), dim=(None, 0, -1, (0, 1)), keepdim=(False, True))
    return [x], given


def vector_norm(lib, x, **more):
    """Call it; PyTorch gives no gradient, not even 0, to what is counted."""
    return lib.root.linalg.vector_norm(x if more["ord"] else x.detach(), **more)


SINGULAR = "Orders that need singular values are refused."
CASES += [
    function("cdist", rows, TERMS),
    written("linalg.vector_norm", normed, vector_norm, TERMS),
    written(
        "linalg.matrix_norm",
        matrix_normed,
        lambda lib, x, **more: lib.root.linalg.matrix_norm(x, **more),
        TERMS,
        note=SINGULAR,
    ),
    written(
        "linalg.norm", any_normed, lambda lib, x, **more: lib.root.linalg.norm(x, **more), TERMS, note=SINGULAR
    ),
]
