from pathlib import Path

import pytest

from bot.errors import SettingsInvalid
from bot.settings import load_settings, setting_defaults, setting_names

_EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)


def test_the_example_lists_every_setting_with_its_default_and_a_sentence() -> None:
    paragraphs = _EXAMPLE.read_text("utf-8").split("\n\n")[1:]
    listed = {}
    for paragraph in paragraphs:
        *sentences, setting = paragraph.strip().splitlines()
        assert sentences, setting
        assert all(sentence.startswith("# ") for sentence in sentences)
        name, _, default = setting.removeprefix("#").partition("=")
        listed[name] = default
    assert listed == setting_defaults()


def test_the_example_loads_once_it_is_uncommented(tmp_path: Path) -> None:
    lines = [line.removeprefix("#") for line in _EXAMPLE.read_text("utf-8").splitlines() if not line.startswith("# ")]
    env = tmp_path / ".env"
    env.write_text("\n".join(line for line in lines if not line.endswith("=")), "utf-8")
    assert load_settings(env).bot.member_limit == 2


def test_a_setting_in_the_file_reaches_every_package_that_declares_it(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("DATA_DIR=elsewhere\nCHAT_MODEL=embedded-small\n", "utf-8")
    settings = load_settings(env)
    folders = {settings.bot.data_dir, settings.chains.data_dir, settings.finetune.data_dir, settings.knowledge.data_dir}
    assert folders == {Path("elsewhere")}
    assert settings.finetune.chat_model == "embedded-small"


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("CHAT_MODLE=embedded\n", "utf-8")
    with pytest.raises(SettingsInvalid, match=r"CHAT_MODLE, which is not a setting. Did you mean CHAT_MODEL\?"):
        load_settings(env)


def test_a_model_that_does_not_exist_is_refused_with_what_may_stand_there(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("CHAT_MODEL=gpt-17\n", "utf-8")
    with pytest.raises(SettingsInvalid, match=r"CHAT_MODEL=gpt-17 is not valid: .*`<provider>:<model>`"):
        load_settings(env)


def test_a_token_is_never_shown(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("DISCORD_TOKEN=s3cret\nMEMBER_LIMIT=0\n", "utf-8")
    with pytest.raises(SettingsInvalid) as raised:
        load_settings(env)
    assert "s3cret" not in str(raised.value)
    env.write_text("DISCORD_TOKEN=s3cret\n", "utf-8")
    assert "s3cret" not in repr(load_settings(env))


def test_the_password_of_an_address_is_never_shown(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("CHROMA_URL=https://me:s3cret@host/path/too/long\n", "utf-8")
    with pytest.raises(SettingsInvalid, match="CHROMA_URL is not valid") as raised:
        load_settings(env)
    assert "s3cret" not in str(raised.value)
