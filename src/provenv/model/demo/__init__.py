"""What an example makes: learning, evaluation, samples, pictures; and the readers of the files it left.

The files are written by the example project, in an interpreter that is not ours: they are read as input
that may be torn, wrong or hostile. One module for each file; `reading` is what they share.
"""

from .about import ABOUT_FILE, Example, Public, read_about
from .evaluation import EVALUATION_FILE, Baseline, Check, Evaluation, Metric, read_evaluation
from .gallery import GALLERY_FILE, Piece, read_gallery
from .learning import METRICS_FILE, Epoch, read_epochs
from .media import Media, Refused, media
from .predictions import PREDICTIONS_FILE, Prediction, Predictions, Sample, read_predictions
from .result import Cost, DataUsed, DemoResult

__all__ = [
    "ABOUT_FILE",
    "EVALUATION_FILE",
    "GALLERY_FILE",
    "METRICS_FILE",
    "PREDICTIONS_FILE",
    "Baseline",
    "Check",
    "Cost",
    "DataUsed",
    "DemoResult",
    "Epoch",
    "Evaluation",
    "Example",
    "Media",
    "Metric",
    "Piece",
    "Prediction",
    "Predictions",
    "Public",
    "Refused",
    "Sample",
    "media",
    "read_about",
    "read_epochs",
    "read_evaluation",
    "read_gallery",
    "read_predictions",
]
