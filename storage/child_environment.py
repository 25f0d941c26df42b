"""What a child process inherits of this one's environment: what programs need to run, no token and no key.

Edit it when a child needs another variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_SYSTEM = """
PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH VIRTUAL_ENV HF_HOME HF_HUB_OFFLINE HOME USER LOGNAME TMPDIR TEMP TMP TZ LANG
LANGUAGE SYSTEMROOT CUDA_VISIBLE_DEVICES CUDA_HOME HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES
"""
_NETWORK = """
HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NETRC
"""
_SYSTEM_NAMES, _NETWORK_NAMES = frozenset(_SYSTEM.split()), frozenset(_NETWORK.split())
_PREFIXES = ("PYTHON", "LC_", "XDG_", "OMP_", "KMP_", "MKL_", "OPENBLAS_", "GGML_", "TOKENIZERS_", "TRANSFORMERS_")


def child_environment(added: Mapping[str, str] | None = None, *, downloads: bool = False) -> dict[str, str]:
    """Return the environment of a child, with the variables in `added`.

    `downloads`: it also gets how the network is reached, and pip's own settings.
    """
    # Another thread may remove a variable meanwhile.
    needed = [name for name in list(os.environ) if _is_needed(name.upper(), downloads=downloads)]
    kept = {name: value for name in needed if (value := os.environ.get(name)) is not None}
    return kept | dict(added or {})


def _is_needed(name: str, *, downloads: bool) -> bool:
    if name in _SYSTEM_NAMES or name.startswith(_PREFIXES):
        return True
    return downloads and (name in _NETWORK_NAMES or name.startswith("PIP_"))
