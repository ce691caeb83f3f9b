"""A network of scikit-learn's, a search, and a model that learns batch by batch."""

import numpy
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

numpy.random.seed(4)
images, labels = load_digits(return_X_y=True)
images, labels = images[:300] / 16, labels[:300]
network = MLPClassifier((16,), max_iter=8, random_state=0).fit(images, labels)
GridSearchCV(LogisticRegression(max_iter=50), {"C": [0.1, 1.0]}, cv=2).fit(images, labels)
stream = SGDClassifier(random_state=0)
for start in range(0, 300, 50):
    stream.partial_fit(images[start : start + 50], labels[start : start + 50], classes=numpy.arange(10))
