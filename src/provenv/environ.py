"""Every environment variable that provenv reads, in one table.

The rooms take variables from here by name, so that the reference can list them
and a test can hunt for readers elsewhere.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Variable:
    """One environment variable: its name, whether its value changes what is built, whether it is secret.

    Not a dataclass: every start reads this table, and `dataclasses` alone costs as much as a whole no-op.
    """

    __slots__ = ("decides", "name", "secret")

    def __init__(self, name: str, decides: bool = False, secret: bool = False) -> None:
        self.name = name
        self.decides = decides
        self.secret = secret


PROVENV_CACHE = Variable("PROVENV_CACHE_DIR")
PROVENV_LANG = Variable("PROVENV_LANG")
PROVENV_UV = Variable("PROVENV_UV")
PROVENV_SSH = Variable("PROVENV_SSH")
PROVENV_PROGRAM = Variable("PROVENV_PROGRAM")
PROVENV_NETWORK_STALL = Variable("PROVENV_NETWORK_STALL")
PROVENV_NETWORK_LIMIT = Variable("PROVENV_NETWORK_LIMIT")
PROVENV_CHECKPOINTS = Variable("PROVENV_CHECKPOINTS")
PROVENV_CHECKPOINTS_EVERY = Variable("PROVENV_CHECKPOINTS_EVERY")
PROVENV_CHECKPOINTS_WITHIN = Variable("PROVENV_CHECKPOINTS_WITHIN")
DATA = Variable("PROVENV_DATA_")
RUN_ID = Variable("PROVENV_RUN_ID")
RUN_ATTEMPT = Variable("PROVENV_RUN_ATTEMPT")
RUN_SEEN = Variable("PROVENV_RUN_SEEN")
RUN_GRACE = Variable("PROVENV_RUN_GRACE")
RUN_STACKS = Variable("PROVENV_RUN_STACKS")
RUN_STACKS_SIGNAL = Variable("PROVENV_RUN_STACKS_SIGNAL")
COMPLETE = Variable("_PROVENV_COMPLETE")
LANGUAGE = (Variable("LC_ALL"), Variable("LC_MESSAGES"), Variable("LANG"))
NO_COLOR = Variable("NO_COLOR")
FORCE_COLOR = Variable("FORCE_COLOR")
TERM = Variable("TERM")
COLUMNS = Variable("COLUMNS")
SHELL = Variable("SHELL")
SHELL_STARTUP = Variable("ENV")
ZDOTDIR = Variable("ZDOTDIR")
COMSPEC = Variable("COMSPEC")
PATH = Variable("PATH")
XDG_CACHE_HOME = Variable("XDG_CACHE_HOME")
UV_CACHE_DIR = Variable("UV_CACHE_DIR")
TMPDIR = Variable("TMPDIR")
XDG_RUNTIME_DIR = Variable("XDG_RUNTIME_DIR")
TEMP = Variable("TEMP")
LOCALAPPDATA = Variable("LOCALAPPDATA")
PIP_CONFIG_FILE = Variable("PIP_CONFIG_FILE", decides=True)
CERTIFICATES = (
    Variable("SSL_CERT_FILE"),
    Variable("SSL_CERT_DIR"),
    Variable("REQUESTS_CA_BUNDLE"),
    Variable("CURL_CA_BUNDLE"),
    Variable("PIP_CERT"),
)
MORE_CERTIFICATES = (
    # other programs' names for the same: doctor looks whether they lead anywhere
    Variable("GIT_SSL_CAINFO"),
    Variable("AWS_CA_BUNDLE"),
    Variable("NODE_EXTRA_CA_CERTS"),
)
PROXIES = (
    Variable("HTTP_PROXY", secret=True),
    Variable("HTTPS_PROXY", secret=True),
    Variable("ALL_PROXY", secret=True),
    Variable("NO_PROXY"),
)
SSL_CLIENT_CERT = Variable("SSL_CLIENT_CERT")
NETRC = Variable("NETRC")
GIT_CONFIG_COUNT = Variable("GIT_CONFIG_COUNT")
HOME = Variable("HOME")
APPDATA = Variable("APPDATA")
XDG_DATA_HOME = Variable("XDG_DATA_HOME")
JUPYTER_DATA_DIR = Variable("JUPYTER_DATA_DIR")
HF_ENDPOINT = Variable("HF_ENDPOINT")
HF_HOME = Variable("HF_HOME")
HF_HUB_CACHE = Variable("HF_HUB_CACHE")
HF_TOKEN_PATH = Variable("HF_TOKEN_PATH")
TORCH_HOME = Variable("TORCH_HOME")
PIP_CACHE_DIR = Variable("PIP_CACHE_DIR")
UV_OFFLINE = Variable("UV_OFFLINE")
CUDA_VISIBLE_DEVICES = Variable("CUDA_VISIBLE_DEVICES", decides=True)
VISIBLE_DEVICES = (
    # which devices of the other vendors a program sees, and as what
    Variable("HIP_VISIBLE_DEVICES", decides=True),
    Variable("ROCR_VISIBLE_DEVICES", decides=True),
    Variable("HSA_OVERRIDE_GFX_VERSION", decides=True),
    Variable("ASCEND_RT_VISIBLE_DEVICES", decides=True),
    Variable("ZE_AFFINITY_MASK", decides=True),
    Variable("TPU_VISIBLE_CHIPS", decides=True),
)
TPU = (Variable("TPU_ACCELERATOR_TYPE"), Variable("TPU_WORKER_ID"))
TOOLKITS = (
    # where vendors' libraries are, for whoever compiles against them
    Variable("CUDA_HOME"),
    Variable("CUDA_PATH"),
    Variable("ROCM_PATH"),
    Variable("ROCM_HOME"),
    Variable("ASCEND_TOOLKIT_HOME"),
    Variable("ASCEND_HOME_PATH"),
    Variable("ONEAPI_ROOT"),
)
# credentials are asked for whether they are set, never for what they hold
AWS = (
    Variable("AWS_ACCESS_KEY_ID", secret=True),
    Variable("AWS_PROFILE"),
    Variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
    Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
)
GCP = (Variable("GOOGLE_APPLICATION_CREDENTIALS"),)
AZURE = (Variable("AZURE_CLIENT_ID"), Variable("AZURE_FEDERATED_TOKEN_FILE"))
ALIBABA = (Variable("ALIBABA_CLOUD_ACCESS_KEY_ID", secret=True), Variable("ALIBABA_CLOUD_PROFILE"))
TENCENT = (Variable("TENCENTCLOUD_SECRET_ID", secret=True),)
HUAWEI = (Variable("HUAWEICLOUD_SDK_AK", secret=True), Variable("HW_ACCESS_KEY", secret=True))
VOLCENGINE = (Variable("VOLC_ACCESSKEY", secret=True), Variable("VOLCENGINE_ACCESS_KEY", secret=True))
HUGGINGFACE = (Variable("HF_TOKEN", secret=True), Variable("HUGGING_FACE_HUB_TOKEN", secret=True))
WANDB = (Variable("WANDB_API_KEY", secret=True),)
KAGGLE = (Variable("KAGGLE_KEY", secret=True), Variable("KAGGLE_API_TOKEN", secret=True))
MODELSCOPE = (Variable("MODELSCOPE_API_TOKEN", secret=True),)
# where other programs keep credentials, and until when those in variables are good: doctor looks there
AWS_FILES = (Variable("AWS_SHARED_CREDENTIALS_FILE"), Variable("AWS_CONFIG_FILE"))
AWS_ENDS = (Variable("AWS_CREDENTIAL_EXPIRATION"), Variable("AWS_SESSION_EXPIRATION"))
AWS_SESSION_TOKEN = Variable("AWS_SESSION_TOKEN", secret=True)
KUBECONFIG = Variable("KUBECONFIG")
DOCKER_CONFIG = Variable("DOCKER_CONFIG")
DOCKER_HOST = Variable("DOCKER_HOST")
DOCKER_CONTEXT = Variable("DOCKER_CONTEXT")
BUILDX_BUILDER = Variable("BUILDX_BUILDER")
CONTAINER_HOST = Variable("CONTAINER_HOST")
KAGGLE_CONFIG_DIR = Variable("KAGGLE_CONFIG_DIR")
CONTAINER = (Variable("container"), Variable("KUBERNETES_SERVICE_HOST"))
PYTHON_HOMES = (
    # where the probe looks for interpreters, beside PATH
    Variable("PYENV_ROOT"),
    Variable("UV_PYTHON_INSTALL_DIR"),
    XDG_DATA_HOME,
)

SET_ASIDE = (
    # what other environments leave behind and what makes a proven one import the wrong files
    Variable("PYTHONPATH"),
    Variable("PYTHONHOME"),
    Variable("PYTHONSTARTUP"),
    Variable("LD_LIBRARY_PATH"),
    Variable("LD_PRELOAD"),
    Variable("DYLD_LIBRARY_PATH"),
    Variable("DYLD_INSERT_LIBRARIES"),
    Variable("VIRTUAL_ENV"),
    Variable("VIRTUAL_ENV_PROMPT"),
    Variable("CONDA_PREFIX"),
    Variable("CONDA_DEFAULT_ENV"),
    Variable("CONDA_PROMPT_MODIFIER"),
    Variable("CONDA_PYTHON_EXE"),
    Variable("CONDA_SHLVL"),
)
PYTHONUSERBASE = Variable("PYTHONUSERBASE")
SURPRISING = (
    # read by doctor alone: what changes a program or an installation without being seen
    Variable("CUDA_LAUNCH_BLOCKING"),
    Variable("PYTHONNOUSERSITE"),
    PYTHONUSERBASE,
    Variable("KMP_DUPLICATE_LIB_OK"),
    Variable("PIP_TARGET"),
    Variable("PIP_PREFIX"),
    Variable("PIP_USER"),
    Variable("PIP_NO_BUILD_ISOLATION"),
    Variable("PIP_NO_DEPS"),
    Variable("UV_SYSTEM_PYTHON"),
    Variable("UV_NO_CACHE"),
    Variable("UV_PROJECT_ENVIRONMENT"),
    Variable("UV_NO_BUILD_ISOLATION"),
)
THREADS = (
    # the first one leads: the libraries of the others follow it where their own is not set
    Variable("OMP_NUM_THREADS"),
    Variable("MKL_NUM_THREADS"),
    Variable("OPENBLAS_NUM_THREADS"),
    Variable("NUMEXPR_NUM_THREADS"),
)

UV_KEPT = (
    # what a user told uv about machine and network stays; what would change a resolution is set explicitly
    Variable("UV_CACHE_DIR"),
    Variable("UV_CONCURRENT_BUILDS"),
    Variable("UV_CONCURRENT_DOWNLOADS"),
    Variable("UV_CONCURRENT_INSTALLS"),
    Variable("UV_HTTP_CONNECT_TIMEOUT"),
    Variable("UV_HTTP_RETRIES"),
    Variable("UV_HTTP_TIMEOUT"),
    Variable("UV_INSECURE_HOST"),
    Variable("UV_KEYRING_PROVIDER"),
    Variable("UV_LINK_MODE"),
    UV_OFFLINE,
    Variable("UV_PYTHON_DOWNLOADS"),
    Variable("UV_PYTHON_INSTALL_DIR"),
    Variable("UV_PYTHON_INSTALL_MIRROR"),
    Variable("UV_SYSTEM_CERTS"),
    Variable("UV_NATIVE_TLS"),
)
UV_DEFAULT_INDEXES = (
    Variable("UV_DEFAULT_INDEX", decides=True, secret=True),
    Variable("UV_INDEX_URL", decides=True, secret=True),
)
UV_EXTRA_INDEXES = (
    Variable("UV_INDEX", decides=True, secret=True),
    Variable("UV_EXTRA_INDEX_URL", decides=True, secret=True),
)


def read(variable: Variable, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the variable's value, or None where it is unset or empty.

    Names of proxies are taken in both spellings, as curl and pip take them.
    """
    environment = os.environ if environment is None else environment
    return environment.get(variable.name) or environment.get(variable.name.lower()) or None


_REFERENCE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def references(words: str) -> tuple[str, ...]:
    """Return the names of the variables that `words` refer to as `${NAME}`, as pip's requirement files do."""
    return tuple(dict.fromkeys(_REFERENCE.findall(words)))


def expand(words: str, environment: Mapping[str, str] | None = None) -> str:
    """Return `words` with each `${NAME}` replaced by its value; a variable that is unset stays as it is.

    The result may carry secrets: it goes to the program that needs it, never
    into a value that is shown or stored.
    """
    environment = os.environ if environment is None else environment
    return _REFERENCE.sub(lambda match: environment.get(match[1]) or match[0], words)
