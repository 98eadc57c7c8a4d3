"""What is published: the files of MNIST and Fashion-MNIST, their checksums, classes and mirrors."""

from dataclasses import dataclass

__all__ = ["CATALOGUE", "FASHION_MNIST", "MNIST_DIGITS", "IDXFile", "ImageSet", "Split", "find_set"]


@dataclass(frozen=True)
class IDXFile:
    """One published file: its name without ``.gz``, its shape and the SHA-256 of its uncompressed content."""

    name: str
    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class Split:
    """The training or the test part of a set; the first `sample` of its images are embedded in the package."""

    name: str
    images: IDXFile
    labels: IDXFile
    sample: int


@dataclass(frozen=True)
class ImageSet:
    """A published set: `folder` is the name of the folder that holds it, `mirrors` are URLs ending in a slash."""

    name: str
    folder: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    train: Split
    test: Split

    @property
    def files(self) -> tuple[IDXFile, ...]:
        """The four files."""
        return (self.train.images, self.train.labels, self.test.images, self.test.labels)


MNIST_DIGITS = ImageSet(
    name="MNIST",
    folder="mnist",
    classes=(
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    train=Split(
        "train",
        IDXFile(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        IDXFile(
            "train-labels-idx1-ubyte",
            (60000,),
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        sample=5000,
    ),
    test=Split(
        "test",
        IDXFile(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        IDXFile(
            "t10k-labels-idx1-ubyte",
            (10000,),
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        sample=1000,
    ),
)

FASHION_MNIST = ImageSet(
    name="FashionMNIST",
    folder="fashion-mnist",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    train=Split(
        "train",
        IDXFile(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        IDXFile(
            "train-labels-idx1-ubyte",
            (60000,),
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        sample=10000,
    ),
    test=Split(
        "test",
        IDXFile(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        IDXFile(
            "t10k-labels-idx1-ubyte",
            (10000,),
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        sample=2000,
    ),
)

CATALOGUE = (MNIST_DIGITS, FASHION_MNIST)


def find_set(name: str) -> ImageSet:
    """Find a published set by its class name or its folder's name, whatever the case.

    Parameters
    ----------
    name : str
        ``"MNIST"``, ``"FashionMNIST"`` or ``"fashion-mnist"``, in any case.

    Returns
    -------
    ImageSet
        The set.

    Raises
    ------
    ValueError
        If there is no such set.

    Examples
    --------
    >>> find_set("fashion-mnist").name
    'FashionMNIST'
    """
    for image_set in CATALOGUE:
        if name.lower() in (image_set.name.lower(), image_set.folder):
            return image_set
    known = ", ".join(image_set.name for image_set in CATALOGUE)
    raise ValueError(f"no data set is named {name!r}; there are {known}")
