"""Pages served from the laptop: what is shown, what nobody gets, what a household may say, and how it ends."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from conftest import Clock
from sealed_helpers import begin
from served import Served, serving
from storage.errors import SaveFailed
from storage.record import Ref
from test_cli import Run, zhubao  # noqa: F401 - a fixture
from test_pages import DOORS, HOME, Visible, agree, tell, tokens
from zhubao_tui.casepage import new_token
from zhubao_tui.casepage.server.connection import client_name
from zhubao_tui.casepage.server.front import HEADERS, Front
from zhubao_tui.casepage.server.limits import USUAL, Allowance
from zhubao_tui.community.due import answer_by, most_urgent_first
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.erasing import Erasing
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.neighbourhood import Neighbourhood
from zhubao_tui.workspace.proposals import Proposals
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.serving import MOST_WAITING, Serving, token_mark
from zhubao_tui.workspace.sheet import lines_of, sheet_of
from zhubao_tui.workspace.workspace import Workspace

PATIENT = replace(USUAL, rate_each=1e6, burst_each=1e6, rate=1e6, burst=1e6, misses_each=10**6)
"""For tests that are about something else."""
OTHER = f"{DOORS[1]}#1"


@pytest.fixture
def case(workspace: Workspace) -> Ref:
    """A resolved case of the household `HOME`, which has a page."""
    ref = tell(workspace)
    Casework(workspace).move("assign", ref, person=workspace.person)
    Casework(workspace).move("resolve", ref, done="换了新的灯泡，试过亮了")
    return ref


@pytest.fixture
def token(workspace: Workspace, case: Ref) -> str:
    return tokens(workspace)[0]


@pytest.fixture
def served(workspace: Workspace, case: Ref) -> Iterator[Served]:
    with serving(workspace, PATIENT) as made:
        yield made


def records(workspace: Workspace, kind: str) -> list[dict[str, object]]:
    found = [entry for entry in workspace.store.ledger.entries() if entry.record.kind == kind]
    return [dict(entry.record.body) for entry in sorted(found, key=lambda entry: entry.order)]


# -- what is shown


def test_the_page_is_the_published_one_and_asks_whether_it_is_solved(
    workspace: Workspace, served: Served, token: str
) -> None:
    answer = served.ask(f"/{token}")
    zh, en = (" ".join(Visible(answer.body).texts[language].split()) for language in ("zh", "en"))
    assert answer.status == 200
    assert "楼梯口的灯一直不亮 说是办好了，请您看看好了没有。" in zh
    assert "好了没有？ 为什么（不写也行） 好了 没好" in zh
    assert "Is it solved?" in en
    assert len(answer.body) & (len(answer.body) - 1) == 0, "padded"
    assert served.ask(f"/{token}/").status == 200
    assert served.ask(f"/{token}", "HEAD").body == b""
    assert served.server.front.visits == 2
    assert "请扫便民卡上的码" in served.ask("/").text
    assert served.ask("/robots.txt").body == b"User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/TOKEN", "/nothing", "/../x"])
def test_every_answer_has_the_published_folder_s_headers(served: Served, token: str, path: str) -> None:
    answer = served.ask(path.replace("TOKEN", token))
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= answer.headers.items()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("form-action 'self'; frame-ancestors 'none'")
    assert not {"server", "set-cookie", "etag"} & answer.headers.keys()
    assert answer.headers["connection"] == "close"


# -- what nobody gets


@contextmanager
def nothing_read() -> Iterator[list[str]]:
    """Every file that this process opens while the block runs."""
    opened: list[str] = []
    watching = [True]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and watching:
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    yield opened
    watching.clear()


STRANGE = [
    "/case", f"/{'A' * 26}", f"/{'A' * 26}/", "/TOKEN25", "/LOWER", "/TOKENA", "/TOKEN//", "/TOKEN/index.html", "/TOKEN/.",
    "/TOKEN/..", "/TOKEN/../TOKEN", "/./TOKEN", "//TOKEN", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
    "/%2e%2e%2fetc%2fpasswd", "/..\\..\\etc\\passwd", "/%5c..%5c", "/TOKEN%00", "/%00", "/TOKEN%2f", "/%252e%252e/",
    "/%c0%ae%c0%ae/", "/zhubao-server/published.json", "/gone.html", "/index.html", "/board/", "/store/", "/keys/",
    "/TOKEN;x", "/TOKEN%20", "/%54OKEN", "http://127.0.0.1/TOKEN", "*", "/" + "A" * 4000, "/" + "A" * 9000,
]  # fmt: skip


@pytest.mark.fault("serve-paths")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_serve_paths_whatever_else_is_asked_for_gets_one_answer_and_reads_nothing(
    served: Served, token: str, method: str
) -> None:
    told = {
        "TOKEN25": token[:25],
        "LOWER": token.lower(),
        "%54OKEN": f"%{ord(token[0]):02x}{token[1:]}",
        "TOKEN": token,
    }
    served.ask(f"/{'B' * 26}")
    bodies = set()
    with nothing_read() as opened:
        for path in STRANGE:
            for name, value in told.items():
                path = path.replace(name, value)
            sent = served.ask(
                path, method, content_type="application/x-www-form-urlencoded" if method == "POST" else ""
            )
            assert sent.status == 404, path
            bodies.add(sent.body)
    assert len(bodies) == 1
    assert "此码已停用" in bodies.pop().decode()
    assert opened == []


@pytest.mark.fault("serve-paths")
@pytest.mark.parametrize("path", [b"/\x00", b"/\xe4\xbd\xa0", b"/a b", b"", b"/\\\x7f"], ids=repr)
def test_serve_paths_that_are_no_http_are_refused(served: Served, path: bytes) -> None:
    raw = served.raw(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % served.port)
    assert raw.startswith(b"HTTP/1.1 400 ") or not raw
    assert b"\xe6" not in raw, "no page"


@pytest.mark.fault("serve-paths")
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:PORT", "127.0.0.1:PORT@evil", "", "[::1]:PORT", "127.1:PORT"]
)  # fmt: skip
def test_serve_paths_a_foreign_host_header_gets_nothing(served: Served, token: str, host: str) -> None:
    answer = served.ask(f"/{token}", host=host.replace("PORT", str(served.port)))
    assert (answer.status, b"\xe6" in answer.body) == (400, False)


@pytest.mark.fault("serve-paths")
def test_serve_paths_its_own_names_are_taken_and_two_are_not(served: Served, token: str) -> None:
    assert served.ask(f"/{token}", host=f"LOCALHOST:{served.port}").status == 200
    one = f"Host: 127.0.0.1:{served.port}\r\n".encode()
    raw = served.raw(f"GET /{token} HTTP/1.1\r\n".encode() + one + b"Host: evil\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW"])
def test_other_methods_are_refused(served: Served, token: str, method: str) -> None:
    assert served.ask(f"/{token}", method).status == 405


@pytest.mark.fault("token-guess")
def test_token_guess_guesses_are_slowed_for_who_guesses_and_for_nobody_else(workspace: Workspace, token: str) -> None:
    with serving(workspace) as served:
        guesses = [served.ask(f"/{new_token()}") for _ in range(60)]
        statuses = [answer.status for answer in guesses]
        assert statuses[:10] == [404] * 10
        assert set(statuses[10:]) == {429}
        assert int(guesses[-1].headers["retry-after"]) >= 6
        assert served.ask(f"/{token}").status == 429, "not even a right one tells"
        assert served.ask(f"/{token}", source="127.0.0.2").status == 200
        served.clock.ahead += 61
        assert [served.ask(f"/{'D' * 26}").status for _ in range(12)].count(404) == 10


async def _asked(front: Front, token: str, client: str) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))

    path = f"/{token}".encode()
    await front({  # type: ignore[arg-type]  # a plain scope
        "type": "http", "method": "GET", "raw_path": path, "path": path.decode(), "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"127.0.0.1:8765")], "server": ("127.0.0.1", 8765), "client": (client, 1),
    }, receive, send)  # fmt: skip
    return statuses[0]


@pytest.mark.fault("token-guess")
@pytest.mark.parametrize(
    "guesses", [5_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_token_guess_a_million_guesses_find_nothing_and_are_slowed(
    workspace: Workspace, token: str, guesses: int
) -> None:
    """Of one client that never tires, by the server's own clock: a thousand guesses a second."""
    seconds = [0.0]
    front = Front(Serving(workspace, clock=lambda: seconds[0]), USUAL, clock=lambda: seconds[0])
    counted: dict[int, int] = {}

    async def guess() -> None:
        for _ in range(guesses):
            seconds[0] += 0.001
            status = await _asked(front, new_token(), "127.0.0.1")
            counted[status] = counted.get(status, 0) + 1

    asyncio.run(guess())
    assert set(counted) == {404, 429}
    assert counted[404] <= USUAL.misses_each + guesses * 0.001 / USUAL.miss_seconds + 1
    assert front.visits == 0


def test_clients_are_told_apart_by_what_they_can_not_change() -> None:
    assert client_name(("10.0.0.7", 1)) == "10.0.0.7" == client_name(("::ffff:10.0.0.7", 9))
    assert (
        client_name(("2001:db8::1", 1)) == client_name(("2001:db8::ffff:1", 2)) != client_name(("2001:db8:0:1::1", 1))
    )
    assert client_name(("fe80::1%eth0", 1)) == "fe80::/64"
    assert client_name(None) == "?"


def test_an_allowance_remembers_no_more_clients_than_it_may() -> None:
    seconds = [0.0]
    each = Allowance(1, 2, 3, lambda: seconds[0])
    assert all(each.take(name) for name in "abc")
    assert [each.take(name) for name in "defg"] == [True, True, False, False], "those beyond share one"
    seconds[0] = 1.5
    assert each.take("h"), "who has rested is forgotten"
    assert len(each._left) <= 3


# -- those who are slow, broken, or many


def test_a_head_that_never_ends_is_cut(workspace: Workspace, token: str) -> None:
    with serving(workspace, replace(PATIENT, head_seconds=0.4)) as served:
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as one, suppress(OSError):
            one.sendall(b"GET / HTTP/1.1\r\n")
            while time.monotonic() - begun < 4:
                one.sendall(b"X: 1\r\n")
                time.sleep(0.05)
        assert time.monotonic() - begun < 2
        assert served.ask(f"/{token}").status == 200


@pytest.mark.parametrize("reads", [True, False])
def test_a_body_that_never_comes_and_an_answer_that_nobody_fetches_are_cut(
    workspace: Workspace, token: str, reads: bool
) -> None:
    with serving(workspace, replace(PATIENT, whole_seconds=0.5)) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as one:
            head = f"POST /{token} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Length: 50\r\n"
            one.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nsay=".encode())
            if reads:
                with suppress(ConnectionResetError):
                    assert one.recv(100) == b""
            else:
                time.sleep(1)
        assert served.server.crowd.enter("x")
        served.server.crowd.leave("x")
        assert served.ask(f"/{token}").status == 200
        assert served.failure == []


def test_one_client_has_so_many_connections_and_no_more(workspace: Workspace, token: str) -> None:
    with serving(workspace, replace(PATIENT, connections_each=4, connections=6)) as served:
        held = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(4)]
        time.sleep(0.2)
        assert served.raw(b"GET / HTTP/1.1\r\n\r\n") == b""
        held += [
            socket.create_connection(("127.0.0.1", served.port), source_address=("127.0.0.2", 0)) for _ in range(2)
        ]
        time.sleep(0.2)
        assert served.raw(b"GET / HTTP/1.1\r\n\r\n", "127.0.0.3") == b"", "six are there"
        for one in held:
            one.close()
        time.sleep(0.2)
        assert served.ask(f"/{token}").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_length": "9000"}, 413), ({"content_length": "-1"}, 400), ({"content_length": "1e3"}, 400),
        ({"content_length": "999999999999"}, 413), ({"content_length": "", "transfer_encoding": "chunked"}, 413),
        ({"content_type": "text/plain"}, 403), ({"content_type": "multipart/form-data; boundary=x"}, 403),
        ({"origin": "http://evil.example"}, 403), ({"origin": "http://127.0.0.1"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403), ({"origin": "https://127.0.0.1:PORT"}, 403),
    ],
)  # fmt: skip
def test_what_is_sent_must_be_small_plain_and_from_here(
    served: Served, token: str, headers: dict[str, str], status: int
) -> None:
    given = {"content_type": "application/x-www-form-urlencoded"} | headers
    given = {name: value.replace("PORT", str(served.port)) for name, value in given.items()}
    assert served.ask(f"/{token}", "POST", b"", **given).status == status


def test_a_body_in_chunks_is_never_read_whatever_length_stands_beside_it(served: Served, token: str) -> None:
    head = (
        f"POST /{token} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Length: 5\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    said = served.raw(head + b"8\r\nsay=more\r\n" * 20_000 + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413 ") or said == b"", "cut while it was still sending"
    assert served.raw(head + b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n").count(b"HTTP/1.1 ") == 1


def test_a_head_that_is_too_large_is_refused_in_one_piece_and_in_many(served: Served, token: str) -> None:
    assert served.ask(f"/{token}", x="a" * 9000).status == 431
    assert served.ask(f"/{token}", **{f"x{n}": "1" * 20 for n in range(500)}).status == 431
    assert served.ask(f"/{token}", x="a" * 4000).status == 200


@pytest.mark.parametrize(
    "body", ["&&&", "a=1&a=2", "say=%ff%fe", "say", "&".join(f"a{n}=1" for n in range(9)), "say=你"]
)
def test_what_is_no_form_is_refused(served: Served, token: str, body: str) -> None:
    sent = served.ask(f"/{token}", "POST", body.encode(), content_type="application/x-www-form-urlencoded")
    assert sent.status == 400
    assert served.failure == []


# -- what a household says


def test_a_yes_is_the_office_s_record_bound_to_the_token(
    workspace: Workspace, case: Ref, served: Served, token: str
) -> None:
    (ticket,) = served.tickets(token)["yes"]
    sent = served.send(token, say="yes", ticket=ticket, words="亮了，谢谢")
    assert (sent.status, sent.headers["location"]) == (303, f"/{token}")
    (confirm,) = records(workspace, "confirm")
    assert (confirm["way"], confirm["yes"], confirm["token"]) == ("page", True, token_mark(token))
    assert token not in json.dumps(confirm)
    assert records(workspace, "personal")[-1] | {"of": ""} == {"of": "", "household": HOME, "note": "亮了，谢谢"}
    found = workspace.community.case_of(case)
    assert found is not None
    assert (found.status, found.answers[HOME].own_work, found.answers[HOME].author) == (
        "confirmed",
        False,
        workspace.person,
    )
    assert "您说过：好了。谢谢。" in served.ask(f"/{token}").text
    assert not served.tickets(token)["yes"]


def test_a_no_changes_no_status_heads_the_lead_s_list_and_waits_three_days_for_an_answer(
    workspace: Workspace, clock: Clock, case: Ref, served: Served, token: str
) -> None:
    late = tell(workspace, DOORS[2], "下水道返味", "drain_smell")
    clock.forward(days=100)
    served.send(
        token, say="no", ticket=served.tickets(token)["yes"][0], words="还是不亮", origin=served.server.address.url
    )
    found = workspace.community.case_of(case)
    assert found is not None
    assert (found.status, found.reopen_proposed, found.standing_no) == ("resolved", True, True)
    assert str(answer_by(found)) == "2026-08-24"
    assert (found.answers[HOME].words, found.unheard[0].follower) == ("还是不亮", HOME)
    Casework(workspace).move("reword", case, words="楼里的灯")
    found = workspace.community.case_of(case)
    assert found is not None
    assert found.unheard, "that is no answer"
    assert most_urgent_first(workspace.community.cases(), workspace.today())[0] is found
    assert "您说过：没好。我们会回您的话。" in served.ask(f"/{token}").text
    Casework(workspace).move("note", case, note="打电话说了，明天再去看")
    found = workspace.community.case_of(case)
    assert found is not None
    assert (answer_by(found), found.standing_no) == (None, True)
    Casework(workspace).move("reopen", case, note="住户说还是不亮")
    assert workspace.community.case_of(late) is not None


def test_a_token_answers_for_its_own_household_and_not_twice_a_minute(
    workspace: Workspace, served: Served, token: str
) -> None:
    other = tell(workspace, DOORS[1], "门关不严", "build_door")
    Casework(workspace).move("assign", other, person=workspace.person)
    Casework(workspace).move("resolve", other, done="换了闭门器，试过能关上")
    (theirs,) = tokens(workspace, OTHER)
    mine, foreign = served.tickets(token)["yes"][0], served.tickets(theirs)["yes"][0]
    for ticket in (foreign, "", "0" * 64, "你", served.tickets(token)["more"][0]):
        assert served.send(token, say="yes", ticket=ticket).status == 409
    assert served.send(token, say="maybe", ticket=mine).status == 409
    assert served.send("A" * 26, say="yes", ticket=mine).status == 404
    assert served.send(token, say="no", ticket=mine, words="长" * 201).status == 400
    assert records(workspace, "confirm") == []
    assert served.send(token, say="no", ticket=mine).status == 303
    again = served.send(token, say="yes", ticket=mine)
    assert (again.status, "请等一分钟" in again.text) == (429, True)
    assert served.send(theirs, say="yes", ticket=foreign).status == 303, "another household does not wait"
    served.clock.ahead += 61
    assert served.send(token, say="yes", ticket=mine).status == 303
    assert [one["yes"] for one in records(workspace, "confirm")] == [False, True, True]


@pytest.mark.parametrize("words", ["门口的树枝挡着路灯", '</textarea><script>"&', "第一行\r\n第二行"])
def test_what_was_written_stays_in_the_form_when_it_is_refused(
    workspace: Workspace, served: Served, token: str, words: str
) -> None:
    """An old hand that typed for five minutes must not type it again for one that was too fast."""
    (ticket,) = served.tickets(token)["more"]
    assert served.send(token, say="yes", ticket=served.tickets(token)["yes"][0]).status == 303
    refused = served.send(token, say="more", ticket=ticket, words=words, level="estate")
    form = refused.text.partition('<form method="post"')[2].partition("</form>")[0]
    kept = dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    assert (refused.status, kept) == (429, {"ticket": ticket, "level": "estate", "say": "more"})
    assert unescape(form.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]) == words
    assert "form-action 'self'" in unescape(refused.text)
    served.clock.ahead += 61
    assert served.send(token, **kept, words=words).status == 303
    assert [one["words"] for one in records(workspace, "proposed")] == [words.replace("\r\n", "\n")]
    long = served.send(token, say="more", ticket=ticket, words="长" * 201)
    assert (long.status, "长" * 201 in long.text) == (400, True)
    stale = served.send(token, say="no", ticket="0" * 64, words="还是不亮")
    assert (stale.status, "还是不亮" in stale.text, "<form" in stale.text) == (409, True, False)


def test_an_answer_to_an_earlier_done_is_not_taken_for_the_latest(
    workspace: Workspace, case: Ref, served: Served, token: str
) -> None:
    (before,) = served.tickets(token)["yes"]
    Casework(workspace).move("reopen", case, note="又不亮了，再修")
    assert served.send(token, say="yes", ticket=before).status == 409
    Casework(workspace).move("resolve", case, done="换了声控开关，试过亮了")
    assert served.send(token, say="yes", ticket=before).status == 409
    assert served.send(token, say="yes", ticket=served.tickets(token)["yes"][0]).status == 303


def test_what_can_t_be_saved_is_said_and_can_be_sent_again(
    workspace: Workspace, served: Served, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ticket,) = served.tickets(token)["yes"]

    def full(*_given: object) -> None:
        raise SaveFailed("journal", "full")

    with monkeypatch.context() as broken:
        broken.setattr(workspace.store, "batch", full)
        sent = served.send(token, say="yes", ticket=ticket)
    assert (sent.status, "这台电脑现在存不了" in sent.text, "010-55501234" in sent.text) == (503, True, True)
    served.clock.ahead += 61
    assert served.send(token, say="yes", ticket=ticket).status == 303


# -- a further trouble


def test_a_further_trouble_waits_for_a_cadre_and_is_shown_to_nobody(
    workspace: Workspace, served: Served, token: str
) -> None:
    before = len(list(workspace.community.cases()))
    (ticket,) = served.tickets(token)["more"]
    assert served.send(token, say="more", ticket=ticket, words="门口井盖响\r\n夜里吵", level="estate").status == 303
    assert len(list(workspace.community.cases())) == before
    (waiting,) = Proposals(workspace).waiting()
    assert (waiting.household, waiting.words, waiting.level) == (HOME, "门口井盖响\n夜里吵", "estate")
    page = served.ask(f"/{token}").text
    assert ("您写的事有1件" in page, "井盖" in page) == (True, False)
    agree(workspace, DOORS[1])
    assert all("井盖" not in served.ask(f"/{one}").text for one in tokens(workspace, OTHER))
    ref = Proposals(workspace).take_over(
        waiting, NewReport(waiting.words, "drain_cover", waiting.level, "normal", DOORS[0], HOME)
    )
    assert Proposals(workspace).waiting() == []
    found = workspace.community.case_of(ref)
    assert found is not None
    assert (found.status, found.followers, found.words) == ("new", {HOME}, "门口井盖响\n夜里吵")
    assert records(workspace, "settled")[0]["report"] == str(ref)
    with pytest.raises(MoveRefused):
        Proposals(workspace).put_aside(waiting, "已经有人记下了")
    assert "您写的事" not in served.ask(f"/{token}").text


@pytest.mark.parametrize("how", ["as a report", "into a case"])
def test_undoing_a_take_over_lets_what_was_written_wait_again(
    workspace: Workspace, case: Ref, served: Served, token: str, how: str
) -> None:
    """Nobody else has its words: with the report undone they would be gone from every list."""
    served.send(token, say="more", ticket=served.tickets(token)["more"][0], words="门口井盖响", level="estate")
    (waiting,) = Proposals(workspace).waiting()
    other = tell(workspace, DOORS[1], "井盖响得睡不着", "drain_cover", level="estate")
    theirs = workspace.community.case_of(other)
    assert theirs is not None
    if how == "as a report":
        new = NewReport(waiting.words, "drain_cover", waiting.level, "normal", DOORS[0], HOME)
        ref = Proposals(workspace).take_over(waiting, new)
    else:
        ref = Proposals(workspace).join(waiting, theirs, waiting.words)
    assert Proposals(workspace).waiting() == []
    Reporting(workspace).undo(ref)
    (again,) = Proposals(workspace).waiting()
    assert (again.household, again.words, again.level, again.on) == (HOME, "门口井盖响", "estate", waiting.on)
    assert "您写的事有1件" in served.ask(f"/{token}").text
    Proposals(workspace).put_aside(again, "已经有人在办了")
    assert Proposals(workspace).waiting() == []


def test_no_more_than_a_few_wait_and_one_may_be_put_aside_with_a_note(
    workspace: Workspace, served: Served, token: str
) -> None:
    (ticket,) = served.tickets(token)["more"]
    assert [served.send(token, say="more", ticket=ticket, words=words).status for words in ("", "井", "长" * 201)] == [
        400
    ] * 3
    for number in range(MOST_WAITING):
        assert served.send(token, say="more", ticket=ticket, words=f"第{number}件事", level="../..").status == 303
        served.clock.ahead += 61
    assert not served.tickets(token)["more"]
    assert served.send(token, say="more", ticket=ticket, words="还有一件").status == 409
    first, *rest = Proposals(workspace).waiting()
    assert {one.level for one in (first, *rest)} == {"unit"}
    with pytest.raises(MoveRefused):
        Proposals(workspace).put_aside(first, "不")
    Proposals(workspace).put_aside(first, "和去年那件是一回事，打电话说了")
    assert Proposals(workspace).waiting() == rest
    assert served.tickets(token)["more"]


def test_it_joins_a_case_and_an_erasure_and_a_withdrawal_take_it(
    workspace: Workspace, served: Served, token: str
) -> None:
    for number in range(3):
        served.send(token, say="more", ticket=served.tickets(token)["more"][0], words=f"井盖响{number}")
        served.clock.ahead += 61
    first = Proposals(workspace).waiting()[0]
    other = tell(workspace, DOORS[1], "井盖响")
    joined = workspace.community.case_of(other)
    assert joined is not None
    Proposals(workspace).join(first, joined, first.words)
    assert workspace.community.case_of(other).followers == {HOME, OTHER}  # type: ignore[union-attr]  # it was there
    Erasing(workspace).erase([HOME], "asked")
    assert Proposals(workspace).waiting() == []
    assert "井盖响1" not in "".join(
        path.read_text("utf-8", "replace") for path in (workspace.store.folder / "store").glob("*.json")
    )
    assert served.ask(f"/{token}").status == 404, "its token went, too"


# -- renewed, declined, gone


@pytest.mark.fault("token-renewed")
@pytest.mark.parametrize("how", ["renewed", "declined", "withdrawn", "erased", "moved"])
def test_token_renewed_the_old_link_is_gone_from_serve_at_once(
    workspace: Workspace, served: Served, token: str, how: str
) -> None:
    (ticket,) = served.tickets(token)["yes"]
    household = workspace.community.household(HOME)
    assert household is not None
    {
        "renewed": lambda: Cards(workspace).renew(household),
        "declined": lambda: Cards(workspace).decline(household),
        "withdrawn": lambda: workspace.write("consent", {"household": HOME, "choice": "withdrawn"}),
        "erased": lambda: Erasing(workspace).erase([HOME], "asked"),
        "moved": lambda: workspace.write("moved_in", {"dwelling": DOORS[0]}),
    }[how]()
    answer = served.ask(f"/{token}")
    assert (answer.status, "此码已停用" in answer.text, "灯" in answer.text) == (404, True, False)
    assert answer.body == served.ask(f"/{'A' * 26}").body
    assert served.send(token, say="yes", ticket=ticket).status == 404
    assert records(workspace, "confirm") == []
    if how == "renewed":
        assert served.ask(f"/{tokens(workspace)[0]}").status == 200


@pytest.mark.fault("token-renewed")
def test_token_renewed_by_another_program_is_gone_within_a_second(
    workspace: Workspace, clock: Clock, case: Ref, token: str
) -> None:
    workspace.close()
    folder = workspace.store.folder
    with Workspace.open(folder, now=clock) as beside, serving(beside, PATIENT, look=beside.refresh) as served:
        assert served.ask(f"/{token}").status == 200
        with Workspace.open(folder, now=clock) as other:
            household = other.community.household(HOME)
            assert household is not None
            Cards(other).renew(household)
        served.clock.ahead += 1.1
        assert served.ask(f"/{token}").status == 404


# -- sealed, and how it ends


def test_a_sealed_workspace_serves_and_what_is_said_there_is_sealed(tmp_path: Path, clock: Clock) -> None:
    team = begin(tmp_path, clock)
    workspace = team.lead
    workspace.write("roster", {"estate": "祥和苑", "building": "3", "doors": [["1", "101", 1]]})
    ref = tell(workspace)
    Casework(workspace).move("assign", ref, person=workspace.person)
    Casework(workspace).move("resolve", ref, done="换了新的灯泡，试过亮了")
    (token,) = tokens(workspace)
    with serving(workspace, PATIENT) as served:
        served.send(token, say="no", ticket=served.tickets(token)["yes"][0], words="认得出的话甲")
        served.clock.ahead += 61
        served.send(token, say="more", ticket=served.tickets(token)["more"][0], words="认得出的话乙")
        assert (served.desk.answers, served.desk.proposals) == (1, 1)
    workspace.close()
    for path in workspace.store.folder.rglob("*"):
        if path.is_file():
            assert not {part for part in ("认得出的话", token) if part.encode() in path.read_bytes()}
            assert "\\u8ba4" not in path.read_text("utf-8", "replace")
    with team.open("a", "correct horse") as again:
        assert [one.words for one in Proposals(again).waiting()] == ["认得出的话乙"]


def test_it_stops_by_itself_and_what_goes_wrong_inside_stops_it_and_is_raised(workspace: Workspace, token: str) -> None:
    with serving(workspace, PATIENT, seconds=0.3) as served:
        served.thread.join(5)
        assert not served.thread.is_alive()
        with pytest.raises(ConnectionRefusedError):
            served.ask("/")
    with serving(workspace, PATIENT) as served:
        served.desk._pages = None  # type: ignore[assignment]  # as a mistake of ours would have it
        served.desk._known = (workspace.version, workspace.today())
        assert served.raw(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()).startswith(
            b"HTTP/1.1 500"
        )
        served.thread.join(5)
        assert [type(error) for error in served.failure] == [AttributeError]


def command(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    given = [
        sys.executable,
        "-m",
        "zhubao_tui",
        "--workspace",
        str(folder),
        "serve",
        "--port",
        "0",
        "--json",
        *arguments,
    ]
    return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl+C")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_and_ends_cleanly_on_ctrl_c(workspace: Workspace, token: str, number: int) -> None:
    workspace.close()
    with command(workspace.store.folder) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(f"GET /{token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(b"GET / HT")
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == {"visits": 1, "answers": 0, "proposals": 0}


def test_an_address_that_is_taken_is_said(workspace: Workspace) -> None:
    workspace.close()
    with (
        socket.create_server(("127.0.0.1", 0)) as held,
        command(workspace.store.folder, "--port", str(held.getsockname()[1])) as process,
    ):
        _out, err = process.communicate(timeout=20)
    assert (process.returncode, "用不了" in err) == (1, True)


def test_an_observer_serves_nothing(workspace: Workspace) -> None:
    workspace.close()
    given = ["--name", "赵敏", "--role", "observer"]
    with command(workspace.store.folder, *given) as process:
        _out, err = process.communicate(timeout=20)
    assert (process.returncode, "没有这个权限" in err) == (1, True)


def test_what_households_wrote_is_seen_to_by_commands(workspace: Workspace, case: Ref, zhubao: Run) -> None:  # noqa: F811
    for words in ("门口井盖响", "旧的那件"):
        workspace.write(
            "proposed", {"household": HOME, "words": words, "level": "estate", "via": "page", "on": "2026-05-13"}
        )
    workspace.close()
    folder = workspace.store.folder
    first, second = zhubao("issue", "written", "-w", folder, "--json").value
    assert (first["door"], first["words"], first["level"]) == (DOORS[0], "门口井盖响", "estate")
    assert zhubao("today", "-w", folder, "--json").value["proposals"] == [first["record"], second["record"]]
    number = zhubao("issue", "take-over", first["record"], "--category", "井盖", "-w", folder).out.strip()
    assert zhubao("issue", "show", number, "-w", folder, "--json").value["place"]["level"] == "estate"
    assert zhubao("issue", "put-aside", second["record"], "不记", "-w", folder).code == 1
    assert zhubao("issue", "put-aside", second["record"], "去年已经办好了", "-w", folder).code == 0
    assert zhubao("issue", "put-aside", second["record"], "去年已经办好了", "-w", folder).code == 1
    assert zhubao("issue", "written", "-w", folder).out == ""


def test_the_sheet_of_what_is_held_names_what_a_household_wrote(workspace: Workspace, case: Ref) -> None:
    workspace.write(
        "proposed", {"household": HOME, "words": "门口井盖响", "level": "estate", "via": "page", "on": "2026-05-13"}
    )
    text = "\n".join(lines_of(sheet_of(workspace, HOME)))
    assert "住户自己写的" in text
    assert "原话：门口井盖响" in text
    assert "在哪里：小区" in text


def test_whoever_sits_down_as_an_observer_takes_no_answers(workspace: Workspace, served: Served, token: str) -> None:
    (ticket,) = served.tickets(token)["yes"]
    workspace.sit_down("赵敏", "observer")
    assert served.send(token, say="yes", ticket=ticket).status == 503
    assert records(workspace, "confirm") == []


def test_the_board_is_there_once_it_is_put_up(workspace: Workspace, served: Served) -> None:
    assert served.ask("/board/").status == 404
    Neighbourhood(workspace).put_up()
    answer = served.ask("/board/")
    assert (answer.status, "大家反映的事" in answer.text) == (200, True)


def test_an_erasure_takes_the_word_why_and_leaves_the_no(
    workspace: Workspace, case: Ref, served: Served, token: str
) -> None:
    served.send(token, say="no", ticket=served.tickets(token)["yes"][0], words="还是不亮")
    Erasing(workspace).erase([HOME], "asked")
    found = workspace.community.case_of(case)
    assert found is not None
    assert [(answer.yes, answer.words) for answer in found.answers.values()] == [(False, "")]
