"""Publishing (发布): the folder of case pages for any web server, from the records at hand or from a folder that came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from storage.sealing import holds
from zhubao_tui.casepage import case_page, gone_page, index_page, is_token
from zhubao_tui.casepage.server_files import server_files

from .errors import BadAddress, MoveRefused, NoPagesFolder, PagesAhead, PagesOlder, PagesUnsigned
from .neighbourhood import Neighbourhood
from .pages import Pages
from .site import BOARD, GONE, PAGE, ROBOTS, SERVER, Marker, Progress, Published, Site, read_marker, read_site
from .workspace import Workspace

NO_ROBOTS = b"User-agent: *\nDisallow: /\n"


class Publishing:
    """Write pages."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def publish(self, folder: Path, progress: Progress | None = None) -> Published:
        """Bring a folder up to what the records say today.

        Args:
            folder: Empty, new, or a folder of this community's pages.
            progress: Told of each page.

        Raises:
            MoveRefused: Only a team lead publishes.
            NoPagesFolder: The folder holds something else.
            OtherPages: It holds another community's pages.
            PagesAhead: Its pages rest on records that are not here yet.
            SaveFailed: The disk refused; every page there is whole, and a further run goes on.
        """
        workspace, site = self._workspace, self.site(folder)
        pages = Pages(workspace)
        files = list(self._files(pages))
        site.begin()
        done = Published()
        for name, data in files:
            done.written += site.put(name, data)
        self._board(site, done)
        self._need_known(folder)  # once more, just before pages end: another laptop may have been here meanwhile
        self._households(site, pages, done, progress or (lambda _done, _total, _name: None))
        heads = workspace.store.ledger.heads()
        known = (_digest(str(ref)) for ref in heads)
        site.end(site.next_stamp(int(workspace.now().timestamp())), known, self.signed)
        return done

    def site(self, folder: Path) -> Site:
        """The folder, as far as it may be published into; nothing is written. Raises as `publish`."""
        workspace = self._workspace
        if workspace.role != "team_lead":
            raise MoveRefused("publish", "not_allowed")
        site = _site(workspace, folder)
        self._need_known(folder)
        return site

    def _need_known(self, folder: Path) -> None:
        marker = read_marker(folder)
        if marker is not None and not self._knows(marker.known):
            raise PagesAhead(folder.name)

    def signed(self, marker: Marker) -> Marker:
        """With the signature of whoever is here; as it is in an unprotected workspace, which has no keys."""
        identity = self._workspace.store.identity
        if identity is None:
            return marker
        sig = identity.signer.sign(bytes.fromhex(marker.digest)).hex()
        return replace(marker, by=identity.sign, sig=sig)

    def _files(self, pages: Pages) -> Iterator[tuple[str, bytes]]:
        base = self._workspace.community.settings.get("base_url")
        yield PAGE, index_page(pages.phone)
        yield GONE, gone_page(pages.phone)
        yield ROBOTS, NO_ROBOTS
        try:
            made = server_files(base if isinstance(base, str) else "", pages.phone)
        except ValueError as error:
            raise BadAddress(str(base)) from error
        for name, data in made.items():
            yield f"{SERVER}/{name}", data

    def _board(self, site: Site, done: Published) -> None:
        neighbourhood = Neighbourhood(self._workspace)
        if neighbourhood.is_public:
            done.written += site.put(BOARD, neighbourhood.page())
        else:
            site.drop(BOARD)

    def _households(self, site: Site, pages: Pages, done: Published, progress: Progress) -> None:
        """First what must be gone, then what is new."""
        living, gone = pages.living(), gone_page(pages.phone)
        ended = sorted({*pages.spent(), *site.tokens()} - living.keys())
        total = len(ended) + len(living)
        for place, token in enumerate(ended, start=1):
            if site.put(f"{token}/{PAGE}", gone):
                done.written, done.ended = done.written + 1, done.ended + 1
            progress(place, total, "")
        for place, token in enumerate(sorted(living), start=len(ended) + 1):
            done.written += site.put(f"{token}/{PAGE}", case_page(pages.page(living[token])))
            progress(place, total, "")
        done.pages = len(living)

    def _knows(self, digests: tuple[str, ...]) -> bool:
        """Whether all records that a publication rested on are here: else it would end pages of households unknown."""
        here = {_digest(str(entry.ref)) for entry in self._workspace.store.ledger.of_all()}
        return here.issuperset(digests)


def carry(workspace: Workspace, source: Path, folder: Path, progress: Progress | None = None) -> Published:
    """Bring pages that a lead published, and that came by stick or share, to the web server's folder: anyone may.

    Raises:
        NoPagesFolder: One of both is no folder of pages.
        OtherPages: They are another community's.
        PagesNotWhole: The source was copied in part.
        PagesUnsigned: No team lead of this community published it.
        PagesOlder: The folder holds a later publication.
        SaveFailed: The disk refused; a further run goes on.
    """
    community = community_mark(workspace)
    Site(source, community)
    marker, files = read_site(source)
    if workspace.sealed and not _is_a_lead_s(workspace, marker):
        raise PagesUnsigned(source.name)
    site = _site(workspace, folder)
    if site.marker is not None and site.marker.stamp > marker.stamp:
        raise PagesOlder(source.name)
    site.begin()
    done = Published()
    told = progress or (lambda _done, _total, _name: None)
    for place, (name, data) in enumerate(files.items(), start=1):
        done.written += site.put(name, data)
        told(place, len(files), "")
        done.pages += is_token(name.partition("/")[0]) and data != files[GONE]
    for token in site.tokens():
        if f"{token}/{PAGE}" not in files:
            done.ended += site.put(f"{token}/{PAGE}", files[GONE])
    if BOARD not in files:
        site.drop(BOARD)
    site.end(marker.stamp, marker.known, lambda made: marker if made.digest == marker.digest else made)
    return done


def _site(workspace: Workspace, folder: Path) -> Site:
    """A folder outside the workspace: a web server must never have that below its root."""
    try:
        within = folder.resolve().is_relative_to(workspace.store.folder.resolve())
        folder.exists()
    except (OSError, RuntimeError, ValueError):  # a share that has dropped, a link to itself, a name that none can be
        within = True
    if within:
        raise NoPagesFolder(folder.name)
    return Site(folder, community_mark(workspace))


def _is_a_lead_s(workspace: Workspace, marker: Marker) -> bool:
    """Whether a team lead of today signed it; what only names this community, anybody can have made."""
    authority = workspace.community.authority
    signer = next((one for one in authority.enrolled() if one.key == marker.by and not one.revoked), None)
    standing = authority.standing(signer.person) if signer else None
    return standing is not None and standing.role == "team_lead" and holds(marker.by, marker.sig, marker.digest)


def community_mark(workspace: Workspace) -> str:
    """Marks a folder as this community's without naming it."""
    return _digest(workspace.store.community)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
