"""What can go wrong between a question and its answer: edit the messages here, and draw each new error in this tree.

ChainsError
├── EmptyQuestion        nothing was asked
├── QuestionTooLong      more characters than the limit
├── DecisionNotFound     no record under that id
├── DecisionLogUnusable  decisions cannot be recorded or read
├── GenerationFailed     the chat model raised or returned nothing
├── ProviderUnusable     a chat model's provider cannot be set up
├── ToolsUnknown         the chat model cannot call tools, so it cannot choose a route
├── NotCalibrated        no thresholds were fitted for the embedding model
└── GuidanceInvalid      a rule, term or weight contradicts another: a defect, raised at load
"""

from __future__ import annotations

from storage.errors import StorageError, StorageFull
from text.plurals import counted


class ChainsError(Exception):
    """Is the base of this package's errors. `code` names the sentence that the bot shows for it."""

    code: str = "chains"


class EmptyQuestion(ChainsError):
    """Raised where nothing is left to answer without mentions and spaces."""

    code = "empty_question"

    def __init__(self) -> None:
        super().__init__("The question is empty. Write what you want to know after the mention.")


class QuestionTooLong(ChainsError):
    """Raised for a question that is too long, before anything is searched or generated."""

    code = "question_too_long"

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"The question has {counted(length, 'character')}; the limit is {limit:,}. "
            "Shorten it, or ingest the long text as a document and ask about it."
        )
        self.length = length
        self.limit = limit


class DecisionNotFound(ChainsError):
    """Raised for a decision that was never recorded, or whose record was removed for its age."""

    code = "decision_not_found"

    def __init__(self, decision_id: str, kept_days: int) -> None:
        super().__init__(
            f"There is no record of a decision {decision_id!r}: records are kept for {counted(kept_days, 'day')}. "
            "Ask the question again for a new one."
        )
        self.decision_id = decision_id
        self.kept_days = kept_days


class DecisionLogUnusable(ChainsError):
    """Raised where the log is locked or damaged, or cannot be written; the cause is chained."""

    code = "decision_log"

    def __init__(self, cause: StorageError) -> None:
        super().__init__(f"{cause}.")
        if isinstance(cause, StorageFull):
            self.code = "disk_full"


class GenerationFailed(ChainsError):
    """Raised when the chat model fails; the cause is chained and logged."""

    code = "generation_failed"

    def __init__(self, model: str, code: str = "generation_failed") -> None:
        """Take the `code` of a `chains.providers.Failure`, which says how it failed."""
        super().__init__(
            f"The chat model {model!r} failed while writing the answer ({code}). Ask again; the log has the cause."
        )
        self.model = model
        self.code = code


class ProviderUnusable(ChainsError):
    """Raised at load where a chat model's provider can't be set up."""

    code = "provider_unusable"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"CHAT_MODEL={name} can't be used: {reason}. The providers are those of LangChain's init_chat_model; "
            "each needs its package (for openai: langchain-openai) and its key."
        )


class ToolsUnknown(ChainsError):
    """Raised at load with ROUTING=agent: a model that can't call tools would answer everything directly."""

    code = "tools_unknown"

    def __init__(self, model: str) -> None:
        super().__init__(
            f"ROUTING=agent needs a chat model that calls tools, and {model!r} can't. Set ROUTING=policy, or set "
            "CHAT_MODEL to a model that calls tools."
        )
        self.model = model


class NotCalibrated(ChainsError):
    """Raised at load: a probability that was fitted for other vectors would be wrong without any sign of it."""

    code = "not_calibrated"

    def __init__(self, embedding_model: str) -> None:
        super().__init__(
            f"There are no fitted thresholds for the embedding model {embedding_model!r}. "
            "Set EMBEDDING_MODEL to `embedded` or `embedded-en`."
        )
        self.embedding_model = embedding_model


class GuidanceInvalid(ChainsError):
    """Raised at load when the guidance and the policy's terms do not fit together."""

    code = "guidance_invalid"
