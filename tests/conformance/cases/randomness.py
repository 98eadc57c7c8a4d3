"""Random numbers: every function that draws, in any order, the state handed to the other library in between."""

import numpy as np
from tests.conformance.library import OURS, THEIRS, ByLibrary, Dtype, array, torch
from tests.conformance.trial import Case, Trial

SECTION = "Random numbers"
SIZES = [(), (0,), (1,), (7,), (15,), (16,), (17,), (3, 5), (40, 30), (2, 0, 3), (2, 3, 4)]
OWN = ByLibrary(lambda lib: lib.root.Generator().manual_seed(11))
FLOATS = (None, Dtype("float32"), Dtype("float64"))
KINDS = ("uint8", "int8", "int16", "int32", "int64", "float32", "float64", "bool")
MADE = {"generator": (None, OWN), "device": (None, "cpu"), "requires_grad": (False, True)}
REFUSED = {"out": True, "layout": True, "pin_memory": False}
INEXACT = {"integers that the dtype can't tell apart": "integers expected bounds that float"}
LIKE = {"device": (None, "cpu"), "requires_grad": (False, True), "generator": (None, OWN)}


def drawn_by_mkl():
    """Return the methods that PyTorch fills with numbers of MKL's generator, as on Intel processors."""

    def generator():
        return torch.Generator().manual_seed(0)

    u = torch.rand(64, dtype=torch.float64, generator=generator())
    own = {"bernoulli_": u < 0.5, "exponential_": -torch.log1p(-u)}
    drawn = {name: getattr(torch.empty(64), name)(generator=generator()) for name in own}
    return {name for name in own if not torch.allclose(drawn[name], own[name].float())}


OF_MKL = drawn_by_mkl()


def seen(lib, result, generator=None):
    """Return a tensor with what else is to be equal: dtype, need of a gradient, layout, and what is drawn next."""
    flags = np.array([str(array(result).dtype), str(result.requires_grad), str(result.is_contiguous())])
    alike = lib.root.rand_like(result, dtype=lib.dtype("float32"))  # in the order in which it lies in memory
    generators = (generator, None)
    return [array(result), flags, array(alike), *(array(lib.root.rand(2, generator=g)) for g in generators)]


def called(name, draw, **more):
    """Make the case of a function that draws. ``draw(d)`` gives its arguments, and its options."""

    def drawn(d):
        arguments, options = draw(d)
        seed = d.seed

        def run(lib):
            lib.manual_seed(seed)
            given = {k: lib.given(v) for k, v in options.items()}
            result = getattr(lib.root, name)(*map(lib.given, arguments), **given)
            other = name == "multinomial" and not options.get("replacement") and "exponential_" in OF_MKL
            return {"exact": [] if other else seen(lib, result, given.get("generator"))}

        return Trial(run, [a for a in arguments if isinstance(a, np.ndarray)], options)

    return Case(name, SECTION, drawn, {}, **more)


def chosen(d, choices):
    return {k: d.pick(*of) for k, of in choices.items() if d.chance()}


def sized(d):
    size, options = d.pick(*SIZES), chosen(d, {**MADE, "dtype": (*FLOATS, Dtype("int64"))})
    if d.chance(0.3):
        return [], {"size": size, **options}
    return [size] if d.chance() else list(size) or [()], options


def like(d):
    return [d.layout(np.zeros(d.pick(*SIZES), d.dtype))], chosen(d, {**LIKE, "dtype": FLOATS})


def bounds(d):
    return d.pick(
        *((0, 10), (-5, 5), (0, 2), (3, 2**20), (-(2**40), 2**40), (0, 2**28), (5, 5), (0, 2**33), (0, 256)),
        *((0, 2**28 - 1), (-(2**63), 2**63 - 1), (0, 2**63), (-(2**24), 2**24 + 1), (1.5, 4), (True, 5)),
    )


def integers(d):
    options = chosen(d, {**MADE, "dtype": (None, *map(Dtype, KINDS))})
    low, high = bounds(d)
    size = d.pick(*SIZES)
    form = d.pick("three", "two", "named", "high")
    if form == "named":
        return [], {"low": low, "high": high, "size": size, **options}
    if form == "high":
        return [], {"high": high, "size": size, **options}
    return ([low, high] if form == "three" else [high]) + [size], options


def integers_like(d):
    low, high = bounds(d)
    options = chosen(d, {**LIKE, "dtype": (None, Dtype("int64"), Dtype("float64"))})
    array = d.layout(np.zeros(d.pick(*SIZES), d.dtype))
    return d.pick(([array, high], options), ([array, low, high], options))


def orders(d):
    dtype = d.pick(*map(Dtype, ("int32", "float32", "float64", "uint8", "bool")))
    return [d.pick(0, 1, 2, 10, 300, 2000, -1, 2.0)], chosen(d, {**MADE, "dtype": (dtype,)})


def probabilities(d):
    p = d.uniform(d.pick(*SIZES), -0.1 if d.chance(0.1) else 0, 1)
    options = chosen(d, {"generator": (None, OWN)})
    if "bernoulli_" not in OF_MKL and d.chance(0.4):
        options["p"] = d.pick(0.0, 0.3, 1.0)
    return [d.layout(p)], options


def weights(d):
    rows = d.uniform(d.pick((5,), (1,), (40,), (3, 6), (2, 30)), 0, 3)
    k = d.pick(1, 2, 4, 50, 0)
    if k < 2 and d.chance(0.3):  # of fewer than k that are above 0, PyTorch takes any others
        rows = d.cast(rows * (d.rng.random(rows.shape) < 0.6))
    if d.chance(0.05):
        rows.flat[0] = d.pick(-1.0, np.nan, np.inf)
    return [d.layout(rows), k], chosen(d, {"replacement": (False, True), "generator": (None, OWN)})


def normals(d):
    size, form = d.pick(*SIZES), d.pick("size", "mean", "std", "both", "none")
    mean, std = d.pick(0.0, 1.5), d.pick(1.0, 0.01, 3)
    options = chosen(d, {"generator": (None, OWN)})
    if form == "size":
        return [mean, std, size], options | chosen(d, {**LIKE, "dtype": FLOATS})
    means, stds = d.layout(d.normal(size)), d.layout(d.uniform(d.pick(size, size, ()), 0, 2))
    stds = stds.astype(d.pick(stds.dtype, np.float32, np.float64))
    return {"mean": [means, std], "std": [mean, stds], "both": [means, stds], "none": [mean, std]}[form], options


FILLS = {
    "uniform_": lambda d: {"from": d.pick(0.0, -2.5), "to": d.pick(1.0, 0.3, -3.0)},
    "normal_": lambda d: {"mean": d.pick(0.0, 0.7), "std": d.pick(1.0, 0.02, -1.0)},
    "bernoulli_": lambda d: {"p": d.pick(0.0, 0.2, 0.5, 1.0, 1.5)},
    "exponential_": lambda d: {"lambd": d.pick(1.0, 0.3, 3.7, -1.0)},
    "random_": lambda d: d.pick({}, {"to": 7}, {"from": -3, "to": 100}, {"from": 5, "to": 2}),
}


def fill(name, note):
    """Make the case of a method that fills a tensor, in whatever order its elements lie in memory."""
    floating = name != "random_"

    def drawn(d):
        options = FILLS[name](d)
        kind = d.dtype if floating else np.dtype(d.pick(*KINDS))
        start, seed, own = np.zeros(d.pick(*SIZES), kind), d.seed, d.chance()
        if d.chance(0.4):
            start = d.layout(start)
            shared = start.size and any(n > 1 and not s for n, s in zip(start.shape, start.strides, strict=True))
            start = start if shared or start.flags.writeable else start.copy()
        if name == "bernoulli_" and d.chance(0.4):
            p = d.uniform(
                d.pick(start.shape, start.shape[-1:], (), (2,) if start.size else ()),
                -0.1 if d.chance(0.1) else 0,
                1,
            )
            options["p"] = p.astype(d.pick(np.float32, np.float64))
        by_place = d.chance()

        def run(lib):
            lib.manual_seed(seed)
            tensor, generator = lib.tensor(start), lib.given(OWN) if own else None
            given = {k: lib.given(v) for k, v in options.items()}
            if "from" in given or by_place:  # which no argument of Python's can be called
                getattr(tensor, name)(*given.values(), generator=generator)
            else:
                getattr(tensor, name)(**given, generator=generator)
            other = name in OF_MKL and not isinstance(options.get("p"), np.ndarray)
            return {"exact": [] if other else seen(lib, tensor, generator)}

        return Trial(run, [start], {**options, "generator": own})

    dtypes = ("float32", "float64") if floating else ("float64",)
    return Case(f"Tensor.{name}", SECTION, drawn, {}, dtypes=dtypes, note=note)


# ---- generators and their states -------------------------------------------------------------------------------

DRAWS = {
    "rand": lambda lib, g, n, d: lib.root.rand(n, generator=g, dtype=lib.dtype(d)),
    "randn": lambda lib, g, n, d: lib.root.randn(n, generator=g, dtype=lib.dtype(d)),
    "randint": lambda lib, g, n, d: lib.root.randint(0, 10 ** (n % 12 + 1), (n,), generator=g),
    "randperm": lambda lib, g, n, d: lib.root.randperm(n, generator=g),
    "bernoulli": lambda lib, g, n, d: lib.root.bernoulli(
        lib.root.full((n,), 0.3, dtype=lib.dtype(d)), generator=g
    ),
    "multinomial": lambda lib, g, n, d: lib.root.multinomial(lib.root.ones(n + 1), 3, True, generator=g),
    "normal": lambda lib, g, n, d: lib.root.normal(0.5, 2.0, (n,), generator=g, dtype=lib.dtype(d)),
    "uniform_": lambda lib, g, n, d: lib.root.empty(n, dtype=lib.dtype(d)).uniform_(-1, 3, generator=g),
    "random_": lambda lib, g, n, d: lib.root.empty(n, dtype=lib.dtype(d)).random_(generator=g),
    "transposed": lambda lib, g, n, d: lib.root.empty(n, 3, dtype=lib.dtype(d)).T.normal_(generator=g),
    "exponential_": lambda lib, g, n, d: lib.root.empty(n, dtype=lib.dtype(d)).exponential_(generator=g),
    "sampler": lambda lib, g, n, d: lib.root.tensor(
        list(lib.root.utils.data.RandomSampler(range(n + 1), generator=g))
    ),
}


def state_of(lib, generator):
    """Return a state as an array."""
    return np.array(generator.get_state() if generator is not None else lib.root.get_rng_state())


def give_state(lib, generator, state):
    state = state if lib.root is OURS.root else torch.from_numpy(state.copy())
    (lib.root.set_rng_state if generator is None else generator.set_state)(state)


def sequence(d):
    """Draw in any order; in our run, now one library draws and now the other, handing over the state."""
    seed, own = d.pick(0, 1, 2**31, 2**32 - 1, 2**63, -1, -(2**63), 2**64), d.chance()
    draws = [name for name in DRAWS if name not in OF_MKL]
    calls = [(d.pick(*draws), d.pick(0, 1, 2, 5, 15, 16, 33, 700), d.pick("float32", "float64")) for _ in range(9)]
    turns = [d.chance() for _ in calls]

    def run(lib):
        state, found = None, []
        for (name, n, dtype), turn in zip(calls, turns, strict=True):
            at = lib if lib.root is not OURS.root or turn else THEIRS
            generator = at.root.Generator() if own else None
            if state is None:
                (at.root if generator is None else generator).manual_seed(seed)
            else:
                give_state(at, generator, state)
            found.append(array(DRAWS[name](at, generator, n, dtype)))
            state = state_of(at, generator)
            initial = (at.root if generator is None else generator).initial_seed()
            found += [state, np.array(initial, dtype=np.uint64)]
        return {"exact": found}

    return Trial(run, [], {"seed": seed, "own generator": own})


def seeds(d):
    """What generators say of themselves, and of states that are none."""
    bad = d.pick(None, None, np.zeros(5056, np.uint8), np.zeros(16, np.uint8), np.zeros(5056, np.float32))

    def run(lib):
        generator = lib.root.Generator(device="cpu")
        found = [np.array(generator.initial_seed(), dtype=np.uint64), array(lib.root.rand(3, generator=generator))]
        other = lib.root.Generator()
        drawn = other.seed()
        same = drawn == other.initial_seed() and 0 <= drawn < 2**64
        state = other.get_state()
        first = array(lib.root.randn(5, generator=other))
        other.set_state(state)
        again = array(lib.root.randn(5, generator=other))
        if bad is not None:
            give_state(lib, generator, bad)
        return {
            "exact": [*found, np.array([same, np.array_equal(first, again), str(generator.device) == "cpu"])],
        }

    return Trial(run, [] if bad is None else [bad], {"device": "cpu"})


# ---- the order of data -----------------------------------------------------------------------------------------


def listed(name, draw, **more):
    """Make the case of a sampler or a loader: three iterations, and what is drawn next."""

    def drawn(d):
        arguments, options = draw(d)
        seed = d.seed

        def run(lib):
            lib.manual_seed(seed)
            given = {k: lib.given(v) for k, v in options.items()}
            made = getattr(lib.root.utils.data, name)(*[lib.given(a) for a in arguments], **given)
            if name == "random_split":
                found = [np.array(list(part)) for part in made]
            else:
                found = [np.array(len(made))]
                for _ in range(3):
                    found += [values(x) for x in made]
            return {
                "exact": [
                    *found,
                    array(lib.root.rand(2)),
                    array(lib.root.rand(2, generator=given.get("generator"))),
                ],
            }

        return Trial(run, [], options)

    return Case(f"utils.data.{name}", SECTION, drawn, {}, dtypes=("float64",), **more)


def values(x):
    """Return a batch, or an index, as an array."""
    if isinstance(x, list | tuple):
        return np.concatenate([values(v).ravel() for v in x]) if x else np.array([])
    return array(x) if hasattr(x, "detach") else np.array(x)


LENGTHS = (1, 2, 10, 33, 64, 100)


def rows(n):
    return ByLibrary(
        lambda lib: lib.root.utils.data.TensorDataset(
            lib.tensor(np.arange(2.0 * n).reshape(n, 2)), lib.tensor(np.arange(n))
        )
    )


def loaders(d):
    n = d.pick(*LENGTHS)
    options = chosen(
        d,
        {
            "batch_size": (1, 4, 7, None),
            "shuffle": (None, False, True),
            "drop_last": (False, True),
            "generator": (None, OWN),
        }
        | {
            "num_workers": (0, 0, 0, -1),
            "pin_memory": (False,),
            "timeout": (0, 0, 0, -1),
            "worker_init_fn": (None,),
        }
        | {"prefetch_factor": (None, None, None, 2), "persistent_workers": (False, False, False, True)}
        | {"multiprocessing_context": (None,), "pin_memory_device": ("",), "in_order": (True,)},
    )
    samplers = {
        "sampler": ByLibrary(lambda lib: lib.root.utils.data.RandomSampler(range(n), True, 20)),
        "batch_sampler": ByLibrary(
            lambda lib: lib.root.utils.data.BatchSampler(lib.root.utils.data.RandomSampler(range(n)), 3, False)
        ),
    }
    name = d.pick(None, None, *samplers)
    more = {name: samplers[name]} if name else {}
    more |= (
        {"collate_fn": ByLibrary(lambda lib: lambda batch: [x for x, _ in batch])}
        if d.chance(0.2) and options.get("batch_size", 1)
        else {}
    )
    return [rows(n)], options | more


def random_samplers(d):
    options = {"replacement": (False, True, 3), "num_samples": (None, 1, 5, 150, 0), "generator": (None, OWN)}
    return [range(d.pick(*LENGTHS))], chosen(d, options)


def subset_samplers(d):
    return [[int(i) for i in d.rng.integers(0, 99, d.pick(*LENGTHS))]], chosen(d, {"generator": (None, OWN)})


def weighted_samplers(d):
    n = d.pick(*LENGTHS)
    weights = [round(float(w), 3) for w in d.rng.random(n)]
    return [weights, d.pick(1, n, 2 * n, 0, 2.0)], chosen(
        d, {"replacement": (True, False), "generator": (None, OWN)}
    )


def splits(d):
    n = d.pick(*LENGTHS)
    first = d.integer(0, n)
    lengths = d.pick([first, n - first], [0.5, 0.3, 0.2], [0.9, 0.1], [n, 1], [1.2, -0.2], [first, n - first])
    return [range(n), lengths], chosen(d, {"generator": (OWN,)})


def batches(d):
    of = ByLibrary(lambda lib: lib.root.utils.data.RandomSampler(range(n)))
    n, size = d.pick(*LENGTHS), d.pick(1, 3, 10, 0, 2.5)
    return [of, size, d.pick(False, True, 1)], {}


TOO_FEW = (
    "Drawing more without replacement than there are weights above 0: the rest have weight 0, here the first of "
    "these in their order, in PyTorch any."
)
FROM_MKL = "On Intel processors PyTorch draws them from MKL's generator, and they differ."
WORKERS = {"timeout": 3, "multiprocessing_context": "spawn"}
CASES = [
    called("rand", sized, refused=REFUSED),
    called("randn", sized, refused=REFUSED),
    called("randint", integers, refused=REFUSED, narrower=INEXACT),
    called("randperm", orders, refused=REFUSED),
    called("rand_like", like, refused={"layout": True, "memory_format": True}),
    called("randn_like", like, refused={"layout": True, "memory_format": True}),
    called("randint_like", integers_like, refused={"layout": True, "memory_format": True}, narrower=INEXACT),
    called("normal", normals, refused=REFUSED),
    called("bernoulli", probabilities, refused={"out": True}),
    called("multinomial", weights, refused={"out": True}, note=TOO_FEW),
    *(fill(name, FROM_MKL if name in ("bernoulli_", "exponential_") else "") for name in FILLS),
    Case(
        "manual_seed",
        SECTION,
        sequence,
        {},
        dtypes=("float64",),
        note="With all draws of this section, in any order, by both libraries in turn.",
    ),
    Case("Generator", SECTION, seeds, {}, dtypes=("float64",)),
    listed("DataLoader", loaders, refused=WORKERS),
    listed("RandomSampler", random_samplers),
    listed("SubsetRandomSampler", subset_samplers),
    listed("WeightedRandomSampler", weighted_samplers),
    listed("BatchSampler", batches),
    listed("random_split", splits),
]
