"""Attachments: kept by their content, whole or not at all, healed, erased for good, both ways through a folder."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from storage import media as keeping
from storage.bundle import Bundle
from storage.errors import MediaUnusable, SaveFailed
from storage.exchange import exchange
from storage.media import ERASED, STEM, Media
from storage.store import Store
from storage_helpers import another, begin

Now = Callable[[], datetime]
PHOTO = b"\xff\xd8\xff" + "楼道灯".encode() * 2000
OTHER = b"%PDF-1.7" + bytes(range(256)) * 40


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def pair(tmp_path: Path, clock: Now) -> Iterator[tuple[Store, Store]]:
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    yield ann, ben
    ann.close()
    ben.close()


def media_of(store: Store) -> Media:
    return Media(store.folder / "media")


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


# -- keeping


def test_what_was_put_is_got_back_from_a_file_named_by_its_digest_alone_fat_names(tmp_path: Path) -> None:
    media = Media(tmp_path / "media")
    original = tmp_path / "张伟家 漏水.JPG"
    original.write_bytes(PHOTO)
    digest = media.put(original)
    assert digest == sha256(PHOTO).hexdigest() == media.put(PHOTO)
    assert media.get(digest) == PHOTO
    assert [*held(media.folder)] == [f"{digest[:STEM]}.jpg"]
    media.remove(digest)
    assert all(re.fullmatch(r"[a-z0-9.-]{1,64}", name) for name in held(media.folder))


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"x" * (keeping.LARGEST + 1), "too_large")], ids=["empty", "too large"]
)
def test_what_is_too_much_or_nothing_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    media = Media(tmp_path / "media")
    (tmp_path / "given").write_bytes(content)
    for given in (content, tmp_path / "given"):
        with pytest.raises(MediaUnusable) as refused:
            media.put(given)
        assert refused.value.reason == reason
    assert not media.folder.exists()


@pytest.mark.parametrize("digest", ["", "x" * 64, "../../etc/passwd", "a" * 63, "A" * 64, "*" * 64])
def test_a_digest_that_is_none_names_no_file_path_names(tmp_path: Path, digest: str) -> None:
    with pytest.raises(MediaUnusable) as refused:
        Media(tmp_path / "media").get(digest)
    assert refused.value.reason == "missing"


def test_a_sealed_attachment_lies_sealed_under_the_digest_of_its_sealed_bytes(tmp_path: Path) -> None:
    def seal(data: bytes, digest: str) -> bytes:
        return digest[:24].encode() + bytes(byte ^ 0x5A for byte in data)

    def unseal(kept: bytes, digest: str) -> bytes:
        assert sha256(kept).hexdigest() == digest
        return bytes(byte ^ 0x5A for byte in kept[24:])

    media = Media(tmp_path / "media", seal, unseal)
    digest = media.put(PHOTO)
    assert media.put(PHOTO) == digest, "one photo, one file"
    assert media.get(digest) == PHOTO
    ((name, data),) = held(media.folder).items()
    assert (name, sha256(data).hexdigest()) == (f"{digest[:STEM]}.bin", digest)
    assert "楼道灯".encode() not in data


def test_a_full_disk_keeps_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media = Media(tmp_path / "media")
    opens = Path.open

    def full(path: Path, mode: str = "r", *more: object, **named: object) -> object:
        if mode == "xb":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opens(path, mode, *more, **named)  # type: ignore[call-overload]  # handed on as it came

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        with pytest.raises(SaveFailed):
            media.put(PHOTO)
    assert held(media.folder) == {}
    assert media.get(media.put(PHOTO)) == PHOTO


# -- exchange


def test_attachments_go_both_ways_and_are_then_passed_over(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = pair
    digests = [media_of(ann).put(PHOTO), media_of(ben).put(OTHER)]
    exchange(ann, stick)
    done = exchange(ben, stick)
    assert (len(done.media_sent), len(done.media_received)) == (1, 1)
    exchange(ann, stick)
    for store in pair:
        assert [media_of(store).get(digest) for digest in digests] == [PHOTO, OTHER]
    assert held(stick / "media") == held(ann.folder / "media") == held(ben.folder / "media")
    exchange(ben, stick)
    monkeypatch.setattr("storage.media_exchange.read_limited", lambda path: pytest.fail(f"{path} was read"))
    for store in pair:
        done = exchange(store, stick)
        assert (done.media_sent, done.media_received, done.unread) == ([], [], [])


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def emptied(data: bytes) -> bytes:
    return b""


def flipped(data: bytes) -> bytes:
    return data[:100] + bytes([data[100] ^ 1]) + data[101:]


def zeroed(data: bytes) -> bytes:
    return bytes(len(data))


@pytest.mark.parametrize("harm", [cut, emptied, flipped, zeroed], ids=lambda harm: harm.__name__)
def test_a_harmed_copy_is_never_taken_is_named_and_healed(
    pair: tuple[Store, Store], stick: Path, harm: Callable[[bytes], bytes]
) -> None:
    ann, ben = pair
    digest = media_of(ann).put(PHOTO)
    exchange(ann, stick)
    (path,) = (stick / "media").iterdir()
    path.write_bytes(harm(PHOTO))
    os.utime(path, (0, 0))
    told = {(trouble.name, trouble.what) for trouble in exchange(ben, stick).unread}
    assert told == {(f"media/{path.name}", "empty" if harm is emptied else "harmed")}
    assert held(ben.folder / "media") == {}
    exchange(ann, stick)
    exchange(ben, stick)
    assert path.read_bytes() == media_of(ben).get(digest) == PHOTO


def test_ones_own_harmed_file_is_put_aside_and_healed_by_a_good_copy(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    digest = media_of(ann).put(PHOTO)
    exchange(ann, stick)
    exchange(ben, stick)
    (path,) = (ben.folder / "media").iterdir()
    path.write_bytes(flipped(PHOTO))
    with pytest.raises(MediaUnusable) as refused:
        media_of(ben).get(digest)
    assert refused.value.reason == "harmed"
    assert (ben.folder / "quarantine" / path.name).read_bytes() == flipped(PHOTO)
    exchange(ben, stick)
    assert media_of(ben).get(digest) == PHOTO


def test_ones_own_harmed_file_never_goes_out(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    media_of(ann).put(PHOTO)
    (path,) = (ann.folder / "media").iterdir()
    path.write_bytes(flipped(PHOTO))
    done = exchange(ann, stick)
    assert [(trouble.name, trouble.what) for trouble in done.unread] == [(f"media/{path.name}", "harmed")]
    assert held(stick / "media") == {}


def test_copies_under_other_names_are_taken_and_other_peoples_photos_left_alone_foreign_files(
    pair: tuple[Store, Store], stick: Path
) -> None:
    ann, ben = pair
    digest = media_of(ann).put(PHOTO)
    exchange(ann, stick)
    (path,) = (stick / "media").iterdir()
    path.rename(path.with_name(f"{path.stem} (conflicted copy).jpg"))
    (stick / "media" / "IMG_0001.JPG").write_bytes(OTHER)
    (stick / "media" / f".zb-tmp-{digest[:12]}").write_bytes(b"x")
    before = held(stick / "media")
    done = exchange(ben, stick)
    assert done.unread == []
    assert media_of(ben).get(digest) == PHOTO
    assert held(stick / "media").items() >= before.items()
    assert [*held(ben.folder / "media")] == [path.name]


def test_an_erased_attachment_goes_everywhere_and_never_comes_back_erasure(
    pair: tuple[Store, Store], stick: Path, tmp_path: Path
) -> None:
    ann, ben = pair
    digest = media_of(ann).put(PHOTO)
    exchange(ann, stick)
    exchange(ben, stick)
    (path,) = (stick / "media").iterdir()
    shutil.copy(path, path.with_name(f"{path.stem}(1).jpg"))
    (ann.folder / "media" / path.name).write_bytes(flipped(PHOTO))
    with pytest.raises(MediaUnusable):
        media_of(ann).get(digest)
    media_of(ann).remove(digest)
    with pytest.raises(MediaUnusable) as refused:
        media_of(ann).put(PHOTO)
    assert refused.value.reason == "erased"
    done = exchange(ann, stick)
    assert len(done.media_removed) == 2
    assert held(stick / "media") == {}
    exchange(ben, stick)
    assert len(held(stick / "media")) == 1, "ben has not heard of it: a folder's word removes nothing"
    media_of(ben).remove(digest)
    for store in (ann, ben):
        exchange(store, stick)
    marker = f"{digest[:STEM]}{ERASED}"
    assert held(ann.folder / "media") == held(ben.folder / "media") == {marker: b"#"}
    assert not any(PHOTO[3:40] in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_tombstone_that_somebody_put_into_the_folder_removes_nothing(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    digest = media_of(ann).put(PHOTO)
    exchange(ann, stick)
    (stick / "media" / f"{digest[:STEM]}{ERASED}").write_bytes(b"#")
    exchange(ann, stick)
    assert media_of(ann).get(digest) == PHOTO
    assert not media_of(ann).is_erased(digest)


def test_a_full_stick_takes_the_records_and_says_which_attachment_did_not_fit_stick_full(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, _ben = pair
    small, large = media_of(ann).put(OTHER), media_of(ann).put(PHOTO)
    ann.append("note", {"text": "记录"})
    writes = Bundle._write

    def limited(bundle: Bundle, name: str, data: bytes) -> None:
        if len(data) > len(OTHER):
            raise SaveFailed(name, "full")
        writes(bundle, name, data)

    with monkeypatch.context() as patched:
        patched.setattr(Bundle, "_write", limited)
        done = exchange(ann, stick)
    assert (done.sent_failed, len(done.sent)) == ("full", 1)
    assert done.left_out == [f"{large[:STEM]}.jpg"]
    assert [*held(stick / "media")] == [f"{small[:STEM]}.pdf"]
    assert exchange(ann, stick).media_sent == done.left_out
