"""The fact `clouds`: that credentials are here and where; what they are is never asked."""

from __future__ import annotations

from .. import environ
from ..model.services import Cloud
from .raw import Raw

FILES: dict[str, tuple[str, ...]] = {
    "aws": ("~/.aws/credentials", "~/.aws/config"),
    "gcp": ("~/.config/gcloud/application_default_credentials.json", "~/.config/gcloud/credentials.db"),
    "azure": ("~/.azure/msal_token_cache.json", "~/.azure/azureProfile.json"),
    "alibaba": ("~/.aliyun/config.json", "~/.alibabacloud/credentials"),
    "tencent": ("~/.tccli/default.credential", "~/.tencentcloud/credentials"),
    "huawei": ("~/.hcloud/config.json", "~/.huaweicloud/credentials"),
    "volcengine": ("~/.volc/config", "~/.volcengine/config.json"),
    "huggingface": ("~/.cache/huggingface/token", "~/.huggingface/token"),
    "wandb": (),
    "kaggle": ("~/.kaggle/kaggle.json", "~/.config/kaggle/kaggle.json"),
    "modelscope": ("~/.modelscope/credentials/session", "~/.cache/modelscope/credentials"),
}

VARIABLES: dict[str, tuple[environ.Variable, ...]] = {
    "aws": environ.AWS,
    "gcp": environ.GCP,
    "azure": environ.AZURE,
    "alibaba": environ.ALIBABA,
    "tencent": environ.TENCENT,
    "huawei": environ.HUAWEI,
    "volcengine": environ.VOLCENGINE,
    "huggingface": environ.HUGGINGFACE,
    "wandb": environ.WANDB,
    "kaggle": environ.KAGGLE,
    "modelscope": environ.MODELSCOPE,
}

ASKS: list[dict[str, object]] = [
    {
        "name": "clouds.presence",
        "kind": "builtin",
        "builtin": "presence",
        "names": [variable.name for variables in VARIABLES.values() for variable in variables],
        "paths": [path for paths in FILES.values() for path in paths],
        "how": "environment, ~",
    }
]


def read(raw: Raw) -> tuple[Cloud, ...]:
    """Return a Cloud for each with credentials here: by the variable that is set, else by the file."""
    said = raw.mapping("clouds.presence")
    variables, paths = _names(said.get("variables")), _names(said.get("paths"))
    found = []
    for name, named in VARIABLES.items():
        places = [variable.name for variable in named if variable.name in variables]
        places += [path for path in FILES[name] if path in paths]
        if places:
            found.append(Cloud(name, places[0]))
    return tuple(found)


def _names(value: object) -> frozenset[str]:
    return frozenset(str(one) for one in value) if isinstance(value, list) else frozenset()
