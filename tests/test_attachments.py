"""Photos on cases: attached without their place, seen in the history, brought along by an exchange, written out again."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from conftest import Clock
from keys import until_screen, words_on
from screens.case import CaseScreen
from storage.errors import MediaUnusable
from zhubao_tui import cli
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.community.issues import Case
from zhubao_tui.workspace.attaching import Attaching
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.photos import cleaned
from zhubao_tui.workspace.reporting import NewReport, Reporting, place_named
from zhubao_tui.workspace.workspace import Workspace

SECRET = "Kamera 3-2-501"
RED_TOP = 0x0112


def picture(width: int = 60, height: int = 40) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste((255, 0, 0), (0, 0, width, height // 2))
    return image


def photo(kind: str, *, orientation: int = 1) -> bytes:
    """A photo that says where and with what it was taken, in every way that its format has."""
    exif = Image.Exif()
    exif[RED_TOP], exif[0x010F] = orientation, SECRET
    exif.get_ifd(0x8825).update({1: "N", 2: (39.9, 54.0, 20.0), 29: SECRET})
    given: dict[str, object] = {"exif": exif}
    if kind == "JPEG":
        given |= {"comment": SECRET.encode(), "xmp": f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET)
        info.add_itxt("XML:com.adobe.xmp", SECRET)
        given["pnginfo"] = info
    if kind == "WEBP":
        given["xmp"] = SECRET.encode()
    out = BytesIO()
    picture().save(out, kind, **given)
    assert out.getvalue().count(SECRET.encode()) >= 2
    return out.getvalue()


def upright(data: bytes) -> tuple[tuple[int, int], bool]:
    """Size, and whether red is above."""
    image = Image.open(BytesIO(data)).convert("RGB")
    red, _green, blue = image.getpixel((image.width // 2, 2))  # type: ignore[misc]  # of an RGB picture
    return image.size, red > 200 > blue


@pytest.fixture
def case(workspace: Workspace) -> Case:
    new = NewReport("楼道灯不亮", "light_stair", "unit", "normal", place=place_named("祥和苑/3-1", "unit"))
    found = workspace.community.case_of(Reporting(workspace).report(new))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_loses_where_and_with_what_it_was_taken(kind: str) -> None:
    data = cleaned("x", photo(kind))
    assert SECRET.encode() not in data
    assert len(Image.open(BytesIO(data)).getexif()) == 0
    assert upright(data) == ((60, 40), True)


def test_a_photo_taken_with_the_telephone_on_its_side_stays_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[RED_TOP] = 6
    out = BytesIO()
    picture().transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", exif=exif, quality=95)
    assert upright(cleaned("x", out.getvalue())) == ((60, 40), True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0\0\0\x18ftypheic" + b"x" * 99, "place_inside"), (b"\0\0\0\x18ftypmp42" + b"x" * 99, "place_inside"),
        (b"II*\0" + b"x" * 99, "place_inside"), (b"\xff\xd8\xff" + b"x" * 99, "no_picture"),
        (photo("JPEG")[:300], "no_picture"),
    ],
    ids=["heic", "film", "tiff", "garbage", "cut"],
)  # fmt: skip
def test_what_cannot_be_cleaned_is_not_attached(
    workspace: Workspace, case: Case, tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "x.jpg").write_bytes(data)
    with pytest.raises(MediaUnusable) as refused:
        Attaching(workspace).attach(case, tmp_path / "x.jpg")
    assert (refused.value.name, refused.value.reason) == ("x.jpg", reason)
    assert not (workspace.store.folder / "media").exists()
    assert [line.kind for line in case.history] == ["report"]


def test_an_attachment_stands_in_the_history_changes_no_status_and_travels(
    workspace: Workspace, case: Case, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "张伟家.jpg").write_bytes(photo("JPEG"))
    Attaching(workspace).attach(case, tmp_path / "张伟家.jpg", "[red]灯[/] \x1b[31m")
    case = Casework(workspace).find(case.number)
    assert (case.status, [line.kind for line in case.history]) == ("new", ["report", "attachment"])
    Exchanging(workspace).exchange(tmp_path / "stick")
    assert not [path for path in (tmp_path / "stick").rglob("*") if "张伟" in path.name]
    other = join(tmp_path / "stick", tmp_path / "laptop2", now=clock)
    there = Casework(other).find(case.number)
    (one,) = Attaching(other).of(there)
    done = Attaching(other).write_out(there, tmp_path / "out")
    (path,) = done.files
    assert (path.name, path.stat().st_size) == (f"{case.number}-1.jpg", one.size)
    assert upright(path.read_bytes()) == ((60, 40), True)
    other.close()


def test_an_attachment_that_has_not_arrived_is_said(workspace: Workspace, case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 letter")
    (tmp_path / "b.txt").write_bytes("说明".encode())
    for name in ("a.pdf", "b.txt"):
        Attaching(workspace).attach(case, tmp_path / name)
    next((workspace.store.folder / "media").glob("*.pdf")).unlink()
    done = Attaching(workspace).write_out(Casework(workspace).find(case.number), tmp_path / "out")
    assert [path.read_bytes() for path in done.files] == ["说明".encode()]
    assert [error.reason for error in done.failed] == ["missing"]


def test_who_may_not_note_on_a_case_may_not_attach_and_nothing_is_kept(
    workspace: Workspace, case: Case, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 letter")
    workspace.choose("李敏", "observer")
    with pytest.raises(MoveRefused) as refused:
        Attaching(workspace).attach(case, tmp_path / "a.pdf")
    assert refused.value.reason == "not_allowed"
    assert not (workspace.store.folder / "media").exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"media": "../../x", "type": "image/jpeg", "size": 5}, "media"),
        ({"media": "a" * 64, "size": 5}, "type"),
        ({"media": "a" * 64, "type": "image/jpeg", "size": 0}, "size"),
        ({"media": "a" * 64, "type": "image/jpeg", "size": True}, "size"),
    ],
)  # fmt: skip
def test_a_record_that_names_no_attachment_has_no_effect(
    workspace: Workspace, case: Case, given: dict[str, object], field: str
) -> None:
    with pytest.raises(MoveRefused) as refused:
        Casework(workspace).make("attachment", case, {"issue": str(case.main.ref), **given})
    assert (refused.value.reason, refused.value.field) == ("incomplete", field)
    workspace.write("attachment", {"issue": str(case.main.ref), **given})
    assert [p.reason for p in workspace.community.problems()] == ["incomplete"]
    assert list(Attaching(workspace).of(Casework(workspace).find(case.number))) == []


async def test_the_case_shows_its_attachments_with_their_size(workspace: Workspace, case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 34_000)
    Attaching(workspace).attach(case, tmp_path / "a.pdf", "物业回函 [@click=app.quit]")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        app.open_case(case.main.ref)
        await until_screen(pilot, CaseScreen)
        assert "PDF 文件 34 KB 物业回函 [@click=app.quit]" in words_on(pilot)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *given: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["zhubao", *map(str, given)])
    with pytest.raises(SystemExit) as left:
        cli.run()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_the_commands_attach_show_and_write_out(
    workspace: Workspace,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "x.png").write_bytes(photo("PNG"))

    def place(*given: object) -> tuple[int, str, str]:
        return run(monkeypatch, capsys, "--workspace", workspace.store.folder, *given)

    code, out, err = place("issue", "attach", case.number, tmp_path / "x.png", "--caption", "灯")
    assert (code, out.count(":"), err) == (0, 2, "")
    shown = json.loads(place("issue", "show", case.number, "--json")[1])
    assert [(one["type"], one["caption"]) for one in shown["attachments"]] == [("image/png", "灯")]
    assert "图片 1 KB 灯" in place("issue", "show", case.number)[1]
    code, out, err = place("issue", "media", case.number, "--out", tmp_path / "out", "--json")
    assert (code, json.loads(out), err) == (0, {"files": [f"{case.number}-1.png"], "failed": []}, "")
    for name, wrong in (("gone.jpg", "没有这个附件"), ("big", "超过 20 MB"), ("none", "是空的")):
        if name == "big":
            (tmp_path / name).write_bytes(b"x" * (20 * 1024 * 1024 + 1))
        elif name == "none":
            (tmp_path / name).write_bytes(b"")
        code, out, err = place("issue", "attach", case.number, tmp_path / name)
        assert (code, out) == (1, "")
        assert wrong in err
