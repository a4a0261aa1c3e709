"""The folder of pages: whole, only what changed, of nobody else's files, and telling doors apart by nothing."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import pytest

from conftest import Clock
from programs import tree
from sealed_helpers import Team
from storage.errors import SaveFailed
from test_pages import DOORS, HOME, agree, page, tell, tokens
from zhubao_tui.casepage import case_page, is_token
from zhubao_tui.casepage.server_files import server_files
from zhubao_tui.workspace import site
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.errors import (
    BadAddress,
    MoveRefused,
    NoPagesFolder,
    OtherPages,
    PagesAhead,
    PagesNotWhole,
    PagesOlder,
    PagesUnsigned,
)
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.neighbourhood import Neighbourhood
from zhubao_tui.workspace.publishing import Publishing, carry, community_mark
from zhubao_tui.workspace.workspace import Workspace


@pytest.fixture
def pages(workspace: Workspace) -> Workspace:
    """Four households with a page, two of which told of something."""
    tell(workspace)
    tell(workspace, DOORS[1], "下一场雨就积水", "drain_flood", level="estate")
    for door in DOORS[2:4]:
        agree(workspace, door)
    return workspace


def test_every_household_has_its_page_and_a_second_run_writes_nothing(pages: Workspace, tmp_path: Path) -> None:
    folder, told = tmp_path / "www", []
    done = Publishing(pages).publish(folder, lambda done, total, _name: told.append((done, total)))
    assert (done.pages, done.ended, told[-1]) == (4, 0, (4, 4))
    (token,) = tokens(pages)
    assert (folder / token / "index.html").read_bytes() == case_page(page(pages))
    files = tree(folder)
    inodes = {name: (folder / name).stat().st_ino for name in files}
    assert Publishing(pages).publish(folder).written == 0
    assert tree(folder) == files
    assert {name: (folder / name).stat().st_ino for name in files} == inodes


def test_only_what_changed_is_written(pages: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    tell(pages, DOORS[2], "垃圾没人收", "clean_bin", level="estate")
    assert Publishing(pages).publish(folder).written == 1


def test_a_new_day_stands_on_every_page(pages: Workspace, tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    clock.forward(days=1)
    assert Publishing(pages).publish(folder).written == 4


@pytest.mark.fault("token-guess")
def test_the_folder_tells_doors_apart_by_nothing(pages: Workspace, tmp_path: Path, clock: Clock) -> None:
    """Names are random; times are equal, also after a run that wrote one page; sizes are equal; no door, no name inside."""
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    clock.forward(minutes=5)
    tell(pages, DOORS[2], "垃圾没人收", "clean_bin", level="estate")
    Publishing(pages).publish(folder)
    paths = [folder, *folder.rglob("*")]
    assert len({path.stat().st_mtime_ns for path in paths}) == 1
    made = [path for path in folder.iterdir() if path.is_dir() and path.name != site.SERVER]
    assert len(made) == 4
    assert all(is_token(path.name) for path in made)
    assert {path.stat().st_size for path in folder.rglob("*.html") if path.parent.name != site.SERVER} == {16384}
    for name, data in tree(folder).items():
        text = name + data.decode()
        assert not any(word in text for word in ("祥和", "周立群", "101", HOME, pages.store.device, pages.person)), name
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert not any(path.name in index for path in made)


@pytest.mark.fault("token-renewed")
def test_a_renewed_code_says_so_and_whom_to_call_but_not_whose_it_was(pages: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    (old,) = tokens(pages)
    household = pages.community.household(HOME)
    assert household is not None
    Cards(pages).renew(household)
    done = Publishing(pages).publish(folder)
    (new,) = tokens(pages)
    gone = (folder / old / "index.html").read_bytes()
    assert (done.pages, done.written, done.ended) == (4, 2, 1)
    assert (folder / new / "index.html").read_bytes() == case_page(page(pages))
    assert gone == (folder / "gone.html").read_bytes()
    assert "此码已停用" in gone.decode()
    assert "010-55501234" in gone.decode()
    assert len(gone) == len((folder / new / "index.html").read_bytes())
    assert Publishing(pages).publish(folder).written == 0


@pytest.mark.fault("token-renewed")
def test_a_page_of_which_no_record_tells_any_more_is_gone(pages: Workspace, tmp_path: Path) -> None:
    """As after an erasure: the token's record is filler, only the folder still knows the code."""
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    (folder / ("Z" * 26)).mkdir()
    (folder / ("Z" * 26) / "index.html").write_text("您家的事", encoding="utf-8")
    assert Publishing(pages).publish(folder).ended == 1
    assert (folder / ("Z" * 26) / "index.html").read_bytes() == (folder / "gone.html").read_bytes()


def test_only_a_team_lead_publishes(pages: Workspace, tmp_path: Path) -> None:
    pages.choose("李明", "group_lead")
    with pytest.raises(MoveRefused):
        Publishing(pages).publish(tmp_path / "www")
    assert not (tmp_path / "www").exists()


def test_other_people_s_folders_are_left_alone(pages: Workspace, tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "index.html").write_text("街道网站", encoding="utf-8")
    with pytest.raises(NoPagesFolder):
        Publishing(pages).publish(folder)
    with pytest.raises(NoPagesFolder):
        Publishing(pages).publish(pages.store.folder)
    with pytest.raises(NoPagesFolder):
        Publishing(pages).publish(tmp_path / "missing" / "www")
    assert tree(folder) == {"index.html": "街道网站".encode()}
    mine = tmp_path / "mine"
    Publishing(pages).publish(mine)
    with Workspace.create(tmp_path / "other", "另一社区", "王队长", now=clock) as other, pytest.raises(OtherPages):
        Publishing(other).publish(mine)


def test_pages_never_go_into_the_workspace_or_onto_a_device(pages: Workspace, tmp_path: Path) -> None:
    home = pages.store.folder
    Publishing(pages).publish(tmp_path / "stick")
    for folder in (home / "www", home / "store" / "www", Path(os.devnull)):
        for act in (Publishing(pages).publish, lambda there: carry(pages, tmp_path / "stick", there)):
            with pytest.raises(NoPagesFolder):
                act(folder)
    assert not (home / "www").exists()


def test_who_publishes_meanwhile_takes_no_half_written_file_away(
    pages: Workspace, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another publication begins by tidying up, while this one has a file that is not in its place yet."""
    folder, replaced, begun = tmp_path / "www", Path.replace, []
    Publishing(pages).publish(folder)
    clock.forward(days=1)

    def late(path: Path, target: Path) -> Path:
        if not begun:
            begun.append(path)
            site.Site(folder, community_mark(pages)).begin()
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", late)
    assert Publishing(pages).publish(folder).written == 4
    assert begun
    assert Publishing(pages).publish(folder).written == 0


def test_foreign_files_that_were_put_there_later_stay(pages: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    (folder / "favicon.ico").write_bytes(b"x")
    Publishing(pages).publish(folder)
    assert (folder / "favicon.ico").read_bytes() == b"x"


def test_a_laptop_that_lacks_records_ends_no_page_that_it_knows_nothing_of(
    pages: Workspace, tmp_path: Path, clock: Clock
) -> None:
    Exchanging(pages).exchange(tmp_path / "stick", new=True)
    with join(tmp_path / "stick", tmp_path / "laptop2", now=clock) as second:
        second.choose("孟队长", "team_lead")
        tell(pages, DOORS[5])
        Publishing(pages).publish(tmp_path / "www")
        pages.write("role", {"person": second.person, "role": "team_lead"})
        with pytest.raises(PagesAhead):
            Publishing(second).publish(tmp_path / "www")


def test_nor_does_one_that_began_before_the_other_had_published(
    pages: Workspace, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, begin = tmp_path / "www", site.Site.begin
    Publishing(pages).publish(folder)
    Exchanging(pages).exchange(tmp_path / "stick", new=True)
    with join(tmp_path / "stick", tmp_path / "laptop2", now=clock) as second:
        second.choose("孟队长", "team_lead")
        tell(pages, DOORS[5])
        pages.write("role", {"person": second.person, "role": "team_lead"})
        (theirs,) = tokens(pages, f"{DOORS[5]}#1")

        def slow(one: site.Site) -> None:
            begin(one)
            monkeypatch.setattr(site.Site, "begin", begin)
            Publishing(pages).publish(folder)

        monkeypatch.setattr(site.Site, "begin", slow)
        with pytest.raises(PagesAhead):
            Publishing(second).publish(folder)
    assert "此码已停用" not in (folder / theirs / "index.html").read_text(encoding="utf-8")


def test_the_disk_fills_up_and_every_page_is_whole(
    pages: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, calls = tmp_path / "www", iter(range(100))
    real = os.fsync

    def full(handle: int) -> None:
        if next(calls) == 9:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SaveFailed):
        Publishing(pages).publish(folder)
    assert all(data.rstrip().endswith(b"</html>") for name, data in tree(folder).items() if name.endswith(".html"))
    monkeypatch.setattr(os, "fsync", real)
    Publishing(pages).publish(folder)
    assert len({path.stat().st_mtime_ns for path in folder.rglob("*")}) == 1
    assert not [name for name in tree(folder) if ".zb-tmp-" in name]


def test_a_link_in_the_folder_leads_nothing_out_of_it(pages: Workspace, tmp_path: Path) -> None:
    folder, outside = tmp_path / "www", tmp_path / "outside"
    Publishing(pages).publish(folder)
    outside.mkdir()
    theirs = outside / "index.html"
    theirs.write_text("theirs", encoding="utf-8")
    before = (tree(outside), theirs.stat().st_mtime_ns, outside.stat().st_mtime_ns)
    (token,) = tokens(pages)
    shutil.rmtree(folder / token)
    (folder / "gone.html").unlink()
    (folder / "gone.html").symlink_to(theirs)
    for name in (token, "board"):
        (folder / name).symlink_to(outside, target_is_directory=True)
    Publishing(pages).publish(folder)
    assert (tree(outside), theirs.stat().st_mtime_ns, outside.stat().st_mtime_ns) == before
    assert (folder / token / "index.html").read_bytes() == case_page(page(pages))
    assert not (folder / token).is_symlink()
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    assert Publishing(pages).publish(tmp_path / "link").written == 0, "the folder itself may be one"


# -- carried by stick


def test_anyone_may_bring_published_pages_to_the_server(pages: Workspace, tmp_path: Path) -> None:
    """A lead publishes into the exchange folder; exchanging leaves the pages alone; whoever has it copies them on."""
    stick, server = tmp_path / "stick", tmp_path / "www"
    Exchanging(pages).exchange(stick, new=True)
    Publishing(pages).publish(stick / "pages")
    before = tree(stick / "pages")
    Exchanging(pages).exchange(stick)
    assert tree(stick / "pages") == before
    pages.choose("李明", "cadre")
    assert carry(pages, stick / "pages", server).pages == 4
    assert tree(server) == before
    assert carry(pages, stick / "pages", server).written == 0
    assert len({path.stat().st_mtime_ns for path in server.rglob("*")}) == 1


@pytest.mark.parametrize("harm", ["missing", "changed", "no marker", "extra link"])
def test_pages_that_were_copied_in_part_are_not_used(pages: Workspace, tmp_path: Path, harm: str) -> None:
    source, server = tmp_path / "stick", tmp_path / "www"
    Publishing(pages).publish(source)
    (token,) = tokens(pages)
    if harm == "missing":
        shutil.rmtree(source / token)
    elif harm == "changed":
        (source / token / "index.html").write_text("<script>", encoding="utf-8")
    elif harm == "extra link":
        (source / ("Y" * 26)).symlink_to(pages.store.folder, target_is_directory=True)
        carry(pages, source, server)
        assert not (server / ("Y" * 26)).exists()
        return
    else:
        (source / site.SERVER / site.MARKER).unlink()
    with pytest.raises(NoPagesFolder if harm == "no marker" else PagesNotWhole):
        carry(pages, source, server)
    assert not server.exists()


def test_an_older_copy_never_replaces_a_later_publication(pages: Workspace, tmp_path: Path, clock: Clock) -> None:
    old, server = tmp_path / "old", tmp_path / "www"
    Publishing(pages).publish(old)
    clock.forward(days=1)
    tell(pages, DOORS[2], "垃圾没人收", "clean_bin", level="estate")
    Publishing(pages).publish(server)
    with pytest.raises(PagesOlder):
        carry(pages, old, server)


@pytest.mark.parametrize("by", ["nobody", "the cadre", "the lead, of other pages"])
def test_in_a_sealed_community_only_what_a_lead_signed_is_brought_to_the_server(
    team: Team, tmp_path: Path, by: str
) -> None:
    """What names the community stands in every folder that was ever published: it proves nothing."""
    source, server = tmp_path / "pages", tmp_path / "www"
    with team.second() as cadre:
        Publishing(team.lead).publish(source)
        assert carry(cadre, source, server).written == 6
        assert tree(server) == tree(source)
        (source / "index.html").write_text("made up", encoding="utf-8")
        marker = site.read_marker(source)
        assert marker is not None
        whole = site.whole_of(
            {n: sha256(d).hexdigest() for n, d in tree(source).items() if not n.endswith(site.MARKER)}
        )
        made = replace(marker, whole=whole)
        if by == "the cadre":
            made = Publishing(cadre).signed(made)
        elif by == "nobody":
            made = replace(made, by="", sig="")
        (source / site.SERVER / site.MARKER).write_text(json.dumps(asdict(made) | {"format": 1}), encoding="utf-8")
        with pytest.raises(PagesUnsigned):
            carry(cadre, source, server)
        assert "made up" not in (server / "index.html").read_text(encoding="utf-8")


# -- what goes with them


def test_the_board_is_there_only_while_a_lead_has_put_it_up(pages: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    Publishing(pages).publish(folder)
    assert not (folder / "board" / "index.html").exists()
    Neighbourhood(pages).put_up()
    Publishing(pages).publish(folder)
    assert "大家反映的事" in (folder / "board" / "index.html").read_text(encoding="utf-8")
    Neighbourhood(pages).take_down()
    Publishing(pages).publish(folder)
    assert not (folder / "board" / "index.html").exists()


@pytest.mark.parametrize(
    "base", ["https://a.cn/x;y", "https://a.cn/$pages", 'https://a.cn/"', "https://a.cn/../x", "https://a_b{}.cn"]
)
def test_an_address_cannot_write_into_the_server_s_configuration(pages: Workspace, tmp_path: Path, base: str) -> None:
    with pytest.raises(ValueError, match="base address"):
        server_files(base, "")
    pages.write("settings", {"base_url": base})
    with pytest.raises(BadAddress):
        Publishing(pages).publish(tmp_path / "www")
    assert not (tmp_path / "www").exists()


def test_a_marker_of_nonsense_is_none(tmp_path: Path) -> None:
    (tmp_path / site.SERVER).mkdir()
    for text in ("", "[]", "{}", json.dumps({"community": 1, "stamp": "x", "whole": "", "known": []}), "[" * 100_000):
        (tmp_path / site.SERVER / site.MARKER).write_text(text, encoding="utf-8")
        assert site.read_marker(tmp_path) is None
