"""What small trainings learn: real handwritten digits, or separable data where scikit-learn is absent.

The digits come with scikit-learn (1797 images of 8 x 8, from the UCI
repository). Accuracy is measured on images that a training did not see.
"""

import random

CLASSES, COUNT, SIDE = 10, 1800, 8


def digits():
    """Return images as lists of 8 x 8 numbers in [0, 1], their labels, and which data they are."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        return synthetic()
    data = load_digits()
    return (data.images / 16).tolist(), data.target.tolist(), "digits"


def synthetic():
    """Return noisy copies of ten fixed images."""
    numbers = random.Random(1)
    centres = [[[numbers.random() for _ in range(SIDE)] for _ in range(SIDE)] for _ in range(CLASSES)]
    labels = [index % CLASSES for index in range(COUNT)]
    images = [[[x + numbers.gauss(0, 0.15) for x in row] for row in centres[label]] for label in labels]
    return images, labels, "synthetic"


def split(count):
    """Return the indexes of four fifths to learn from, and of the rest to be asked about."""
    order = list(range(count))
    random.Random(0).shuffle(order)
    return order[count // 5 :], order[: count // 5]
