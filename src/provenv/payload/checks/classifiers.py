"""Do scikit-learn's classifiers learn real handwritten digits? Fit on four fifths, ask about the rest."""

import warnings

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

MODELS = {
    "LogisticRegression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)),
    "SVC": lambda: SVC(gamma=0.001),
    "RandomForestClassifier": lambda: RandomForestClassifier(50, random_state=0),
}


def run(options):
    images, labels = load_digits(return_X_y=True)
    seen, held, answers, expected = train_test_split(
        images, labels, test_size=0.2, random_state=0, stratify=labels
    )
    results = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for name, make in MODELS.items():
            try:
                model = make().fit(seen, answers)
                results.append({"model": name, "accuracy": float((model.predict(held) == expected).mean())})
            except Exception as error:
                results.append({"model": name, "error": "%s: %s" % (type(error).__name__, error)})
    return {"results": results, "held": len(held), "warnings": [str(item.message) for item in caught]}
