"""Publishing, slips and the board as commands, and the card's keys."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from keys import until, words_on
from test_cli import Run, zhubao  # noqa: F401 - a fixture
from test_pages import DOORS, HOME, agree, tell, tokens
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace.workspace import Workspace


@pytest.fixture
def folder(workspace: Workspace, tmp_path: Path) -> Path:
    """A workspace on disk in which one household has told of something and two have a page."""
    tell(workspace)
    agree(workspace, DOORS[1])
    workspace.close()
    return tmp_path / "laptop1"


def test_publish_sets_the_address_and_tells_what_it_did(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    www = tmp_path / "www"
    said = zhubao("publish", www, "--base-url", "https://zhubao.example.gov.cn/case", "-w", folder, "--json")
    assert (said.code, said.value["pages"], said.value["ended"]) == (0, 2, 0)
    assert "server_name zhubao.example.gov.cn;" in (www / "zhubao-server" / "nginx.conf").read_text(encoding="utf-8")
    assert "/case/([A-Z2-7]{26})" in (www / "zhubao-server" / "caddyfile").read_text(encoding="utf-8")
    again = zhubao("publish", www, "-w", folder)
    assert again.out == "办件页 2 户；写了 0 个文件，停用 0 个码。\n"
    card = zhubao("card", DOORS[0], "-w", folder, "--json").value
    assert card["payload"].startswith("HTTPS://ZHUBAO.EXAMPLE.GOV.CN/case/")
    assert (www / card["payload"].rpartition("/")[2] / "index.html").exists()


def test_who_may_not_publish_may_bring_pages_there(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    assert zhubao("publish", tmp_path / "stick", "-w", folder).code == 0
    said = zhubao("publish", tmp_path / "www", "-w", folder, "--name", "李明", "--role", "cadre")
    assert (said.code, "没有这个权限" in said.err) == (1, True)
    said = zhubao("publish", tmp_path / "www", "--from", tmp_path / "stick", "-w", folder)
    assert (said.code, said.out.startswith("办件页 2 户")) == (0, True)
    said = zhubao("publish", tmp_path / "www", "--from", tmp_path / "nothing", "-w", folder)
    assert (said.code, "不是办件页的文件夹" in said.err) == (1, True)


def test_a_folder_that_is_not_ours_is_refused_in_a_sentence(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    said = zhubao("publish", folder, "-w", folder)
    assert (said.code, "不是办件页的文件夹" in said.err) == (1, True)
    assert zhubao("publish", "", "-w", folder).code == 2
    said = zhubao("publish", tmp_path / "www", "--base-url", "zhubao.cn", "-w", folder)
    assert (said.code, (tmp_path / "www").exists()) == (2, False)


@pytest.mark.parametrize(
    "base",
    [
        "https://a.cn:99999", "https://a.cn:port", "https://[::1]:80/x", "https://a.cn//x", "https://a.cn/a/../b",
        "https://a.cn/案", "https://a.cn/x?y=1", "https://u:p@a.cn", "a.cn", "https://a_b$.cn",
    ],
)  # fmt: skip
def test_an_address_that_no_server_can_have_is_never_set(zhubao: Run, folder: Path, tmp_path: Path, base: str) -> None:  # noqa: F811
    for command in (("settings",), ("publish", tmp_path / "www")):
        said = zhubao(*command, "--base-url", base, "-w", folder)
        assert (said.code, "https://host/path" in said.err) == (2, True)
    assert zhubao("settings", "-w", folder, "--json").value["base_url"] == ""
    assert not (tmp_path / "www").exists()


def test_a_chinese_domain_is_kept_as_name_servers_spell_it(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    assert zhubao("publish", tmp_path / "www", "--base-url", "https://办件.中国/case", "-w", folder).code == 0
    assert zhubao("settings", "-w", folder, "--json").value["base_url"] == "https://xn--5nqx2g.xn--fiqs8s/case"
    assert "server_name xn--5nqx2g.xn--fiqs8s;" in (tmp_path / "www/zhubao-server/nginx.conf").read_text("utf-8")


def test_who_may_not_publish_there_changes_no_address_either(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    said = zhubao("publish", tmp_path / "photos", "--base-url", "https://a.cn", "-w", folder)
    assert (said.code, "不是办件页的文件夹" in said.err) == (1, True)
    said = zhubao("publish", tmp_path / "www", "-w", folder, "--name", "李明", "--role", "cadre")
    assert "没有这个权限，只有队长能办" in said.err
    assert zhubao("settings", "-w", folder, "--json").value["base_url"] == ""


@pytest.mark.fault("token-renewed")
def test_a_card_is_renewed_and_declined(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    www = tmp_path / "www"
    zhubao("publish", www, "--base-url", "https://a.cn", "-w", folder)
    before = zhubao("card", DOORS[0], "-w", folder, "--json").value["payload"]
    after = zhubao("card", DOORS[0], "--renew", "-w", folder, "--json").value["payload"]
    assert after != before
    assert zhubao("publish", www, "-w", folder, "--json").value["ended"] == 1
    assert "此码已停用" in (www / before.rpartition("/")[2] / "index.html").read_text(encoding="utf-8")
    assert zhubao("card", DOORS[0], "--no-page", "-w", folder, "--json").value["link"] is False
    assert zhubao("publish", www, "-w", folder, "--json").value == {"pages": 1, "written": 1, "ended": 1}
    assert zhubao("card", DOORS[0], "--no-page", "--renew", "-w", folder).code == 2
    said = zhubao("card", DOORS[4], "--renew", "-w", folder)
    assert (said.code, "没有同意要办件页" in said.err) == (1, True)


@pytest.mark.parametrize("name", ["slip.pdf", "slip.png", "SLIP.PDF"])
def test_a_slip_is_saved_as_its_name_says(zhubao: Run, folder: Path, tmp_path: Path, name: str) -> None:  # noqa: F811
    assert zhubao("card", DOORS[0], "--slip", tmp_path / name, "-w", folder).code == 0
    data = (tmp_path / name).read_bytes()
    if name.endswith("png"):
        with Image.open(io.BytesIO(data)) as image:
            (found,) = zxingcpp.read_barcodes(image.convert("L"))
        assert found.text.startswith("截至")
    else:
        assert data.startswith(b"%PDF")
    assert zhubao("card", DOORS[0], "--slip", tmp_path / "slip.doc", "-w", folder).code == 2
    assert zhubao("card", DOORS[0], "--slip", tmp_path / "missing" / name, "-w", folder).code == 1


def test_a_building_s_slips_and_the_board_s_sheet_are_saved(zhubao: Run, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    for name in ("slips.html", "slips.pdf"):
        said = zhubao("slips", "祥和苑/3", tmp_path / name, "-w", folder)
        assert (said.code, said.out) == (0, "便民卡 1 张。\n")
    assert zhubao("slips", "祥和苑/9", tmp_path / "x.pdf", "-w", folder).code == 1
    assert zhubao("slips", "祥和苑/3", tmp_path / "x.txt", "-w", folder).code == 2
    assert zhubao("board", "sheet", tmp_path / "sheet.html", "--place", "祥和苑/3", "-w", folder).code == 0
    assert "祥和苑 3" in (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert zhubao("board", "sheet", tmp_path / "sheet.html", "--place", "哪里", "-w", folder).code == 1
    for act, there in (("on", True), ("off", False)):
        assert zhubao("board", act, "-w", folder).code == 0
        zhubao("publish", tmp_path / "www", "-w", folder)
        assert (tmp_path / "www" / "board" / "index.html").exists() is there


# -- the card's keys


@pytest.mark.fault("token-renewed")
async def test_a_lost_slip_is_renewed_by_pressing_1_twice(workspace: Workspace) -> None:
    workspace.write("settings", {"base_url": "https://zhubao.cn"})
    tell(workspace)
    (old,) = tokens(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_card(HOME)
        await pilot.pause()
        assert "1 换码" in words_on(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "再按一次 1" in words_on(pilot))
        await pilot.press("f1")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert tokens(workspace) == [old]
        await pilot.press("2", "1")  # a digit in between starts anew
        await pilot.pause()
        assert tokens(workspace) == [old]
        await pilot.press("１")
        await until(pilot, lambda: tokens(workspace) != [old])
        assert "换好了" in words_on(pilot)
        assert len(tokens(workspace)) == 1


async def test_a_household_that_wants_no_page_is_written_down_by_pressing_2_twice(workspace: Workspace) -> None:
    workspace.write("settings", {"base_url": "https://zhubao.cn"})
    tell(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_card(HOME)
        await pilot.pause()
        await pilot.press("2", "2")
        await until(pilot, lambda: not tokens(workspace))
        known = workspace.community.household(HOME)
        assert known is not None
        assert known.declined


async def test_f9_saves_the_picture_and_the_slip(workspace: Workspace) -> None:
    tell(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_card(HOME)
        await pilot.pause()
        await pilot.press("f9")
        await until(pilot, lambda: (workspace.store.folder / "slip-01-0001-8.pdf").exists())
        with Image.open(workspace.store.folder / "card-01-0001-8.png") as image:
            (found,) = zxingcpp.read_barcodes(image)
        assert found.text.startswith("截至5月13日")
