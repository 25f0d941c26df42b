"""What can go wrong at the edge to people.

BotError
├── SettingsInvalid      a setting is unknown or has a value that cannot be used
├── TokenMissing         the real Discord was asked for without a token
├── TokenRefused         Discord does not know the token
├── DiscordUnreachable   the network or Discord is down at the start
├── FolderTaken          another bot runs on the data folder
├── FolderUnusable       the data folder cannot be written to
├── LocalUnavailable     the browser's Discord was asked for, but is not installed
├── PartFailed           a model or the documents could not be loaded
├── NotAllowed           a member used what is a moderator's
│   └── NotAdmin         a member used what is an admin's
├── NotYours             a member asks for the reasons of another's answer
├── NotYoursToStop       a member stops another's answer
├── NotAnAnswer          what is to be corrected is no whole answer of the bot
├── NotAnswered          no moderator has answered the question that is to be edited or removed
├── NothingToStop        the answer is not being written any more
├── NotAMember           a member asks, in a direct message, about a server that they left
├── GuildOnly            what needs a server was used in a direct message
├── TooManyQuestions     a member has as many questions in progress as are allowed
├── FileTooLarge         an uploaded file is refused before it is read
├── NoFiles              a message has no file that could be taken in
├── IngestionOver        what is to be cancelled is at its end
├── ChannelUnseen        what is to be edited later would stand where the bot sees nothing
├── SkillUnnamed         nothing is left of a skill's name
├── NothingToCancel      no training runs or waits, or it is at its end
├── WhichTraining        several trainings run or wait
├── SkillUnknown         no skill of that name has a champion
├── DownloadFailed       Discord doesn't hand an uploaded file out
├── UploadMissing        a kept file is not there any more
└── UploadAltered        a kept file is not what was kept
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from discord.utils import escape_markdown

from text.plurals import counted


class BotError(Exception):
    """Base of this package's errors. `code` names the sentence that a member reads."""

    code: ClassVar[str] = "unexpected"


class SettingsInvalid(BotError):
    """Raised at load, with one line a problem."""


class TokenMissing(BotError):
    """Raised where the real Discord is asked for without a token."""

    def __init__(self) -> None:
        super().__init__(
            "DISCORD_TOKEN is not set. Put the bot's token into .env to run on Discord, "
            "or run `python -m bot --local` for a Discord in the browser, which needs no token."
        )


class TokenRefused(BotError):
    """Raised where Discord does not know the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord refused the token in DISCORD_TOKEN. Copy it again from the bot page of "
            "https://discord.com/developers/applications, or run `python -m bot --local`, which needs no token."
        )


class DiscordUnreachable(BotError):
    """Raised where Discord does not answer at the start; later, the connection is taken up again by itself."""

    def __init__(self) -> None:
        super().__init__(
            "Discord isn't responding. Check the network and https://discordstatus.com, then start again; "
            "`python -m bot --local` needs no network."
        )


class FolderTaken(BotError):
    """Raised at the start: two bots would each answer every question."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"Another bot is already using the data folder {data_dir}. Stop it, or set DATA_DIR to another folder."
        )


class FolderUnusable(BotError):
    """Raised at the start."""

    def __init__(self, data_dir: Path, reason: str) -> None:
        super().__init__(f"Nothing can be saved in {data_dir}: {reason}. Set DATA_DIR to a writable folder.")


class LocalUnavailable(BotError):
    """Raised where the browser's Discord cannot be started."""


class PartFailed(BotError):
    """Raised to whoever waits for a part that could not be loaded; the cause is chained and logged."""

    code = "part_failed"

    def __init__(self, part: str, reason: str) -> None:
        """`reason` is a code that the bot words: the cause's own message may hold what no member should read."""
        super().__init__(f"{part} couldn't be loaded: {reason}.")
        self.part = part
        self.reason = reason


class NotAllowed(BotError):
    """Raised in a command, whatever the server's own command permissions say."""

    code = "not_allowed"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")
        self.permission = permission


class NotAdmin(NotAllowed):
    """Raised where what answers everyone is changed."""

    code = "not_admin"


class NotYours(BotError):
    """Raised where only the one who asked may press."""

    code = "not_yours"


class NotYoursToStop(BotError):
    """Raised where neither the one who asked nor a moderator presses."""

    code = "not_yours_to_stop"


class NotAnAnswer(BotError):
    """Raised where something else than a whole answer of the bot is to be corrected."""

    code = "not_an_answer"


class NotAnswered(BotError):
    """Raised where a moderator names a question that has no moderator's answer, or none that they may read."""

    code = "not_answered"


class NothingToStop(BotError):
    """Raised where a Stop button outlived the writing of its answer: the bot was restarted meanwhile."""


class GuildOnly(BotError):
    """Raised where there is no server whose documents or roles could be read."""

    code = "guild_only"


class NotAMember(BotError):
    """Raised where what is asked for belongs to the members of a server alone."""

    code = "not_a_member"


class TooManyQuestions(BotError):
    """Raised before anything is searched."""

    code = "too_many_questions"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A member can have {counted(limit, 'question')} in progress.")
        self.limit = limit


class FileTooLarge(BotError):
    """Raised by the size that Discord states, before anything is downloaded."""

    code = "file_too_large"

    def __init__(self, size_mb: float, limit_mb: int) -> None:
        super().__init__(f"The file has {size_mb:.1f} MB; the limit is {limit_mb} MB.")
        self.size_mb = f"{size_mb:.1f}"
        self.limit_mb = limit_mb


class NoFiles(BotError):
    """Raised where a message was chosen that nothing is attached to."""

    code = "no_files"


class IngestionOver(BotError):
    """Raised where nothing is being taken in any more that could be cancelled."""

    code = "ingestion_over"


class ChannelUnseen(BotError):
    """Raised before a long work begins: its message could not be edited once the command's token has ended."""

    code = "channel_unseen"


class SkillUnnamed(BotError):
    """Raised where a skill's name is nothing but Markdown and space."""

    code = "skill_unnamed"


class NothingToCancel(BotError):
    """Raised where a server has no training that could still be cancelled."""

    code = "nothing_to_cancel"


class WhichTraining(BotError):
    """Raised where a training has to be chosen."""

    code = "which_training"

    def __init__(self, count: int) -> None:
        super().__init__(f"{counted(count, 'training')} running or waiting; choose one.")
        self.count = count


class DownloadFailed(BotError):
    """Raised where a file that a member attached cannot be fetched from Discord."""

    code = "download_failed"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} could not be downloaded from Discord.")
        self.name = escape_markdown(name)


class UploadMissing(BotError):
    """Raised where a kept file is needed: somebody took it away."""

    code = "upload_missing"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The upload {sha256} is gone. The member must send the file again.")


class UploadAltered(BotError):
    """Raised where a kept file is needed: its bytes have another hash than its name says."""

    code = "upload_altered"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The upload {sha256} was changed on disk. The member must send the file again.")


class SkillUnknown(BotError):
    """Raised in the terminal, where a champion is to be compared."""

    def __init__(self, skill: str | None, known: Sequence[str]) -> None:
        wanted = "This server" if skill is None else f"The skill {skill!r}"
        listed = f"Skills with one: {', '.join(known)}." if known else "Tune one with `python -m finetune train`."
        super().__init__(f"{wanted} has no champion. {listed}")
