"""The errors of this package, each with the code of the sentence that a member reads.

BotError
├── SettingsInvalid      a setting is unknown, or its value cannot be used
├── TokenMissing         the bot should run on Discord and has no token
├── TokenRefused         Discord does not accept the token
├── IntentMissing        Discord does not let the bot read other messages
├── DiscordUnreachable   the network or Discord is down at startup
├── FolderTaken          another bot uses the data folder
├── FolderUnusable       nothing can be written to the data folder
├── LocalUnavailable     the Discord in the browser cannot be started
├── PartFailed           a model or the documents could not be loaded
├── NotAllowed           a member lacks a moderator's permission
│   └── NotAdmin         a member lacks an admin's permission
├── NotAllowedEverywhere a moderator of one channel would write for all of them
├── NotYours             a member asks for the reasons of another member's answer
├── NotYoursToStop       a member tries to stop another member's answer
├── NotAnAnswer          the message to correct is not a complete answer of the bot
├── NotAnswered          no moderator has answered the question to edit or remove
├── NothingToStop        the answer is no longer being written
├── NotAMember           somebody asks for a passage of a server that they left
├── GuildOnly            something that needs a server is used in a direct message
├── TooManyQuestions     a member has too many questions in progress
├── ServerBusy           a server has too many questions in progress
├── TooManyPassages      a member opens too many passages at once
├── TooManyUploads       a server has too many unfinished uploads
├── FileTooLarge         an uploaded file is over the limit
├── NoFiles              the chosen message has no attachments
├── NothingToReplace     no document of that name is there for others any more
├── IngestionOver        the ingestion to cancel has finished
├── ChannelUnseen        the bot cannot see the channel in which it should edit a message later
├── SkillUnnamed         nothing is left of a skill's name
├── NothingToCancel      no training can be cancelled
├── AlreadyTraining      a skill is trained or waits, and is started once more
├── WhichTraining        several trainings run or wait, and none was chosen
├── QuestionsUnreadable  the file of questions cannot be read
├── QuestionLineInvalid  a line of that file holds no question
├── SkillUnknown         no skill of that name has a champion
├── DownloadFailed       Discord does not deliver an uploaded file
├── UploadMissing        a stored upload is gone
└── UploadAltered        a stored upload was changed
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from discord.utils import escape_markdown

from text.plurals import counted


class BotError(Exception):
    """The base of this package's errors; `code` names the sentence that a member reads."""

    code: ClassVar[str] = "unexpected"


class SettingsInvalid(BotError):
    """Raised when the settings cannot be loaded, with one line for each problem."""


class TokenMissing(BotError):
    """Raised when the bot should run on Discord and has no token."""

    def __init__(self) -> None:
        super().__init__(
            "DISCORD_TOKEN is not set. Put the bot's token into .env to run on Discord, "
            "or run `python -m bot --local` for a Discord in the browser, which needs no token."
        )


class TokenRefused(BotError):
    """Raised when Discord does not accept the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord refused the token in DISCORD_TOKEN. Copy it again from the bot page of "
            "https://discord.com/developers/applications, or run `python -m bot --local`, which needs no token."
        )


class IntentMissing(BotError):
    """Raised when MESSAGE_CONTENT is set and the intent is not enabled for the bot."""

    def __init__(self) -> None:
        super().__init__(
            "MESSAGE_CONTENT is set, but the Message Content intent is not enabled for this bot. Enable it on the bot "
            "page of https://discord.com/developers/applications, or leave MESSAGE_CONTENT out."
        )


class DiscordUnreachable(BotError):
    """Raised when Discord does not answer at startup; later, discord.py reconnects by itself."""

    def __init__(self) -> None:
        super().__init__(
            "Discord isn't responding. Check the network and https://discordstatus.com, then start again; "
            "`python -m bot --local` needs no network."
        )


class FolderTaken(BotError):
    """Raised at startup when another bot uses the data folder: both would answer every question."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"Another bot is already using the data folder {data_dir}. Stop it, or set DATA_DIR to another folder."
        )


class FolderUnusable(BotError):
    """Raised at startup when nothing can be written to the data folder."""

    def __init__(self, data_dir: Path, reason: str) -> None:
        super().__init__(f"Nothing can be saved in {data_dir}: {reason}. Set DATA_DIR to a writable folder.")


class LocalUnavailable(BotError):
    """Raised when the Discord in the browser cannot be started."""


class PartFailed(BotError):
    """Raised to whoever needs a part that could not be loaded; the cause is chained and logged."""

    code = "part_failed"

    def __init__(self, part: str, reason: str) -> None:
        """`reason` is the code of a sentence: the cause's own message may contain what no member should read."""
        super().__init__(f"{part} couldn't be loaded: {reason}.")
        self.part = part
        self.reason = reason


class NotAllowed(BotError):
    """Raised when a member lacks the permission for a command, whatever the server's own command settings say."""

    code = "not_allowed"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")
        self.permission = permission


class NotAllowedEverywhere(BotError):
    """Raised when a member may moderate one channel only, but what they write would be used in all of them."""

    code = "not_allowed_everywhere"

    def __init__(self) -> None:
        super().__init__("This needs the permission Manage Messages in the whole server.")


class NotAdmin(NotAllowed):
    """Raised when someone who is not an admin tries to change which model answers."""

    code = "not_admin"


class NotYours(BotError):
    """Raised when a member asks for the reasons of another member's answer."""

    code = "not_yours"


class NotYoursToStop(BotError):
    """Raised when a member who is not a moderator tries to stop another member's answer."""

    code = "not_yours_to_stop"


class NotAnAnswer(BotError):
    """Raised when the message to correct is not a complete answer of the bot."""

    code = "not_an_answer"


class NotAnswered(BotError):
    """Raised when no moderator has answered the given question, or the answer is hidden from this moderator."""

    code = "not_answered"


class NothingToStop(BotError):
    """Raised when the answer to stop is no longer being written: the bot was restarted meanwhile."""


class GuildOnly(BotError):
    """Raised when something that needs a server is used in a direct message."""

    code = "guild_only"


class NotAMember(BotError):
    """Raised when someone who is not a member of a server asks for its passages."""

    code = "not_a_member"


class TooManyQuestions(BotError):
    """Raised, before any search, when a member has too many questions in progress."""

    code = "too_many_questions"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A member can have {counted(limit, 'question')} in progress.")
        self.limit = limit


class ServerBusy(BotError):
    """Raised, before any search, when a server has too many questions in progress."""

    code = "server_busy"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A server can have {counted(limit, 'question')} in progress.")
        self.limit = limit


class TooManyPassages(BotError):
    """Raised when a member has too many passages being opened."""

    code = "too_many_passages"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A member can open {counted(limit, 'passage')} at the same time.")
        self.limit = limit


class TooManyUploads(BotError):
    """Raised, before the download, when a server has too many uploads that are not finished."""

    code = "too_many_uploads"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A server can have {counted(limit, 'unfinished upload')}.")
        self.limit = limit


class FileTooLarge(BotError):
    """Raised, before the download, when a file is too large by the size that Discord states."""

    code = "file_too_large"

    def __init__(self, size_mb: float, limit_mb: int) -> None:
        super().__init__(f"The file has {size_mb:.1f} MB; the limit is {limit_mb} MB.")
        self.size_mb = f"{size_mb:.1f}"
        self.limit_mb = limit_mb


class NoFiles(BotError):
    """Raised when the chosen message has no attachments."""

    code = "no_files"


class NothingToReplace(BotError):
    """Raised when no document of a new one's name is there for others any more."""

    code = "nothing_to_replace"


class IngestionOver(BotError):
    """Raised when the ingestion to cancel has already finished."""

    code = "ingestion_over"


class ChannelUnseen(BotError):
    """Raised when the bot cannot see the channel: it could not edit its message once the command's token expires."""

    code = "channel_unseen"


class SkillUnnamed(BotError):
    """Raised when nothing of a skill's name is left without its Markdown."""

    code = "skill_unnamed"


class NothingToCancel(BotError):
    """Raised when a server has no training that can still be cancelled."""

    code = "nothing_to_cancel"


class AlreadyTraining(BotError):
    """Raised when a training is started of a skill that is being trained, or waits for it."""

    code = "already_training"

    def __init__(self, skill: str, link: str) -> None:
        super().__init__(f"the skill {skill!r} is being trained already")
        self.skill = escape_markdown(skill)
        self.link = link


class WhichTraining(BotError):
    """Raised when several trainings run or wait and none was chosen."""

    code = "which_training"

    def __init__(self, count: int) -> None:
        super().__init__(f"{counted(count, 'training')} running or waiting; choose one.")
        self.count = count


class DownloadFailed(BotError):
    """Raised when a file that a member attached cannot be downloaded from Discord."""

    code = "download_failed"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} could not be downloaded from Discord.")
        self.name = escape_markdown(name)


class UploadMissing(BotError):
    """Raised when a stored upload is gone from the disk."""

    code = "upload_missing"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The upload {sha256} is gone. The member must send the file again.")


class UploadAltered(BotError):
    """Raised when the bytes of a stored upload no longer have the hash in its name."""

    code = "upload_altered"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The upload {sha256} was changed on disk. The member must send the file again.")


class QuestionsUnreadable(BotError):
    """Raised in the terminal when the file of questions cannot be opened or read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The questions in {path} can't be read: {reason}.")


class QuestionLineInvalid(BotError):
    """Raised in the terminal for a line of a file of questions that holds none; the message says what is wrong."""


class SkillUnknown(BotError):
    """Raised in the terminal when a server has no champion of the given skill."""

    def __init__(self, skill: str | None, known: Sequence[str]) -> None:
        wanted = "This server" if skill is None else f"The skill {skill!r}"
        listed = f"Skills with one: {', '.join(known)}." if known else "Tune one with `python -m finetune train`."
        super().__init__(f"{wanted} has no champion. {listed}")
