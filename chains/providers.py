"""Chat models by their provider's name, from LangChain's own factory, and what their failures mean.

Edit this file when a provider needs another option, or fails in a way that a member or an admin can act on.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from chains.errors import ProviderUnusable

_RETRIES = 2
"""How often a request is repeated before the first word; the providers' clients wait longer each time."""
_NO_KEY = "none"
"""The key for a self-hosted server that asks for none: the client insists on one."""


class Failure(StrEnum):
    """Names what went wrong with a chat model, as far as a member or an admin can act on it."""

    UNREACHABLE = "provider_unreachable"
    SLOW = "provider_slow"
    REFUSED = "provider_refused"
    """The key is missing, wrong, or not allowed this model."""
    UNKNOWN_MODEL = "provider_unknown_model"
    BUSY = "provider_busy"
    DOWN = "provider_down"
    OTHER = "generation_failed"


_BY_STATUS = {401: Failure.REFUSED, 403: Failure.REFUSED, 404: Failure.UNKNOWN_MODEL, 429: Failure.BUSY}
_SERVER_ERROR = 500

# The clients share no base class for these, and use several HTTP libraries, whose classes bear the same names.
_BY_NAME = (
    ("Timeout", Failure.SLOW),
    ("ConnectError", Failure.UNREACHABLE),
    ("ConnectionError", Failure.UNREACHABLE),
    ("ReadError", Failure.UNREACHABLE),
    ("ProtocolError", Failure.UNREACHABLE),
    ("TransportError", Failure.UNREACHABLE),
)


@runtime_checkable
class _HasStatus(Protocol):
    """Describes an error with the status of a response; in some it is no number where there was no response."""

    status_code: object


def make_chat_model(
    name: str,
    *,
    base_url: str | None,
    api_key: SecretStr | None,
    timeout_s: float,
    max_tokens: int,
    temperature: float = 0.0,
) -> BaseChatModel:
    """Return the model `provider:model`, for example `openai:gpt-5-mini`, without opening a connection.

    `temperature` 0 is the likeliest word each time.

    Raises:
        ProviderUnusable: no such provider, its package is not installed, or its key is missing.
    """
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
    if api_key is not None:
        options["api_key"] = api_key.get_secret_value()
    elif base_url is not None:
        options["api_key"] = _NO_KEY
    try:
        model: BaseChatModel = init_chat_model(
            name, temperature=temperature, timeout=timeout_s, max_retries=_RETRIES, max_tokens=max_tokens, **options
        )
    except Exception as error:  # each provider's constructor raises its own errors
        raise ProviderUnusable(name, str(error).partition("\n")[0].rstrip(".")) from error
    return model


def failure_of(error: BaseException) -> Failure:
    """Return what `error`, or what caused it, means."""
    for each in _chain(error):
        if isinstance(each, _HasStatus) and isinstance(each.status_code, int):
            if each.status_code >= _SERVER_ERROR:
                return Failure.DOWN
            if (known := _BY_STATUS.get(each.status_code)) is not None:
                return known
    names = [kind.__name__ for each in _chain(error) for kind in type(each).__mro__]
    return next((failure for part, failure in _BY_NAME if any(part in name for name in names)), Failure.OTHER)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
