"""PyTorch's network beside ours: on the same batches, with the same masks, and without a trace in our training."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import data as ours
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import Compose, Normalize, ToTensor
from chainrule.random import default_generator
from chainrule.train import Callback, Checkpoint, Trainer, accuracy, predict, zero_one_loss

torch = pytest.importorskip("torch")

from chainrule.interop.pytorch import LiveReference  # noqa: E402 (says what it needs where PyTorch is missing)

pytestmark = pytest.mark.torch

SETTINGS = {"seed": 42}


def network(nn):
    hidden = (nn.Linear(784, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 16), nn.ReLU(), nn.Dropout(0.3))
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(16, 10))


def build(torch):
    model = network(torch.nn)
    return model, torch.nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)


@pytest.fixture(scope="module")
def clothes():
    pixels = Compose([ToTensor(), Normalize((0.2860,), (0.3530,))])
    train, test = (FashionMNIST(train=t, source="sample", transform=pixels) for t in (True, False))
    return ours.Subset(train, range(1000)), ours.Subset(test, range(200))


def trained(make_loaders, epochs=2, reference=True, callbacks=(), resume=None):
    """Train from the seed; give the trainer and PyTorch's side."""
    cr.manual_seed(SETTINGS["seed"])
    model = network(cr.nn)
    loaders = make_loaders()
    live = LiveReference("ann", SETTINGS, build, *loaders) if reference else None
    trainer = Trainer(
        model,
        cr.nn.CrossEntropyLoss(),
        cr.optim.Adam(model.parameters(), lr=1e-3),
        metrics={"accuracy": accuracy},
        callbacks=[*([live] if live else []), *callbacks],
    )
    trainer.fit(loaders[0], epochs, loaders[1], resume=resume)
    return trainer, live


def assert_same_course(trainer, live):
    """Other batches or masks would change every loss by 0.01 or more.

    Rounding grows with the steps: where a gradient is nearly 0, Adam makes a whole step of its sign. PyTorch with
    one thread and with two differs from itself in the same way.
    """
    differences = np.abs(np.subtract(trainer.history.steps, live.run.steps))
    first_epoch = trainer.history.epochs[0]["steps"]
    assert differences[:first_epoch].max() <= 1e-5
    assert differences.max() <= 1e-3
    for record, theirs in zip(trainer.history.epochs, live.run.epochs, strict=True):
        for name in ("train_loss", "validation_loss"):
            assert record[name] == pytest.approx(theirs[name], abs=1e-3)
        assert record["validation_accuracy"] == pytest.approx(theirs["validation_accuracy"], abs=0.011)


def everything(trainer):
    """All of a training but its times, to be compared to the bit."""
    times = ("seconds", "validation_seconds", "samples_per_second")
    records = [{k: v for k, v in record.items() if k not in times} for record in trainer.history.epochs]
    weights = {k: np.asarray(v).tobytes() for k, v in trainer.model.state_dict().items()}
    return trainer.history.steps, records, weights, default_generator.get_state().tobytes()


class Noisy(ours.Dataset):
    """Samples that are drawn anew whenever they are read."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        X, y = self.dataset[index]
        return X + 0.1 * cr.randn(*X.shape), y


KINDS = {
    "shuffled": lambda train: ours.DataLoader(train, 128, shuffle=True),
    "own generator": lambda train: ours.DataLoader(train, 128, shuffle=True, generator=cr.Generator()),
    "the default generator": lambda train: ours.DataLoader(train, 128, shuffle=True, generator=default_generator),
    "with replacement": lambda train: ours.DataLoader(
        train, 128, sampler=ours.RandomSampler(train, True, 500, default_generator)
    ),
    "batch sampler": lambda train: ours.DataLoader(
        train, batch_sampler=ours.BatchSampler(ours.RandomSampler(train, generator=cr.Generator()), 128, False)
    ),
    "noise": lambda train: ours.DataLoader(Noisy(ours.Subset(train, range(300))), 128, shuffle=True),
}


@pytest.mark.usefixtures("needs_masks")
@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_sees_our_batches_and_masks_and_our_training_does_not_notice(clothes, kind):
    train, test = clothes

    def loaders():
        return KINDS[kind](train), ours.DataLoader(test, 128)

    alone, _ = trained(loaders, reference=False)
    expected = everything(alone)
    trainer, live = trained(loaders)
    assert everything(trainer) == expected
    assert_same_course(trainer, live)


@pytest.mark.usefixtures("needs_masks")
def test_a_shuffled_loader_of_pytorch_gives_both_the_same_batches(clothes):
    arrays = [torch.from_numpy(np.array(column)) for column in clothes[0].batch(range(500))]
    dataset = torch.utils.data.TensorDataset(*arrays)

    def loaders():
        loader = torch.utils.data.DataLoader(dataset, 128, shuffle=True)
        return loader, torch.utils.data.DataLoader(dataset, 128)

    trainer, live = trained(loaders)
    assert_same_course(trainer, live)
    steps = trainer.history.steps
    assert steps[:4] != steps[4:]


class PowerCut(Callback):
    """Ends the training at a moment, in a place where nothing can be tidied up."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            raise KeyboardInterrupt

    def on_epoch_end(self, trainer, record):
        if self.step == "end of epoch":
            raise KeyboardInterrupt


@pytest.mark.usefixtures("needs_masks")
@pytest.mark.parametrize("step", [3, 9, 11, "end of epoch"])
def test_an_interrupted_training_resumes_with_its_reference_to_the_same_bits(clothes, tmp_path, step):
    train, test = clothes

    def loaders():
        return ours.DataLoader(train, 128, shuffle=True), ours.DataLoader(test, 128)

    trainer, live = trained(loaders)
    expected = everything(trainer), live.run.steps
    path = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        trained(loaders, callbacks=[Checkpoint(path, every_steps=1), PowerCut(step)])
    trainer, live = trained(loaders, callbacks=[Checkpoint(path)], resume=path)
    assert (everything(trainer), live.run.steps) == expected


def test_arrays_of_numpy_are_handed_to_pytorch(clothes):
    X, y = (np.asarray(column) for column in clothes[0].batch(range(64)))
    trainer, live = trained(lambda: ([(X, y)], [(X, y)]), epochs=1)
    assert trainer.history.steps == pytest.approx(live.run.steps, abs=1e-5)


def test_metrics_are_measured_as_in_the_trainer_in_validation_and_in_training(clothes):
    train, test = (ours.Subset(part, range(200)) for part in clothes)
    loaders = ours.DataLoader(train, 50), ours.DataLoader(test, 50)

    cr.manual_seed(42)
    model = cr.nn.Sequential(cr.nn.Flatten(), cr.nn.Linear(784, 10))

    def linear(torch):
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01)

    measures = {"metrics": {"missed": zero_one_loss}, "train_metrics": {"accuracy": accuracy}}
    live = LiveReference("softmax", SETTINGS, linear, *loaders, **measures, pause=0)
    optimizer = cr.optim.SGD(model.parameters(), lr=0.01)
    trainer = Trainer(model, cr.nn.CrossEntropyLoss(), optimizer, callbacks=[live], **measures)
    trainer.fit(loaders[0], 2, loaders[1])
    for mine, theirs in zip(trainer.history.epochs, live.run.epochs, strict=True):
        assert theirs.keys() <= mine.keys()
        assert theirs["validation_missed"] == mine["validation_missed"]
        assert theirs["train_accuracy"] == mine["train_accuracy"]
        assert "validation_accuracy" not in theirs
    np.testing.assert_allclose(live.predict(loaders[1]), predict(model, loaders[1]), atol=1e-5)


def test_without_validation_and_without_steps_there_are_the_losses_of_epochs():
    batches = [(np.ones((2, 3), np.float32), np.zeros((2, 1), np.float32))]
    cr.manual_seed(42)
    model = cr.nn.Linear(3, 1)

    def linear(torch):
        model = torch.nn.Linear(3, 1)
        return model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1)

    live = LiveReference("eight", SETTINGS, linear, batches, keep_steps=False, pause=0)
    optimizer = cr.optim.SGD(model.parameters(), lr=0.1)
    history = Trainer(model, cr.nn.MSELoss(), optimizer, callbacks=[live]).fit(batches, 3)
    assert live.run.steps == []
    assert [epoch["steps"] for epoch in live.run.epochs] == [0, 0, 0]
    assert "validation_loss" not in live.run.epochs[0]
    theirs = [epoch["train_loss"] for epoch in live.run.epochs]
    assert theirs == pytest.approx([epoch["train_loss"] for epoch in history.epochs], abs=1e-6)
