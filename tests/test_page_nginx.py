"""A published folder behind Debian's nginx with the delivered configuration: headers, and what is refused."""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from programs import free_port, program
from test_pages import HOME, page, tell, tokens
from zhubao_tui.casepage import case_page
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.neighbourhood import Neighbourhood
from zhubao_tui.workspace.publishing import Publishing
from zhubao_tui.workspace.workspace import Workspace

OUTER = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s; access_log {folder}/access.log;
    include {folder}/site.conf;
}}
"""
HEADERS = {
    "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    port: int
    folder: Path
    old: str
    token: str
    page: bytes

    def get(self, path: str, method: str = "GET") -> Answer:
        """The path goes out as it is: no client tidies it up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            for _try in range(
                50
            ):  # the delivered configuration slows whoever asks often: here everybody is one address
                connection.putrequest(method, path, skip_accept_encoding=True)
                connection.putheader("Accept-Encoding", "gzip")
                connection.endheaders()
                response = connection.getresponse()
                answer = Answer(response.status, dict(response.getheaders()), response.read())
                if answer.status != 429:
                    return answer
                time.sleep(0.2)
            return answer
        finally:
            connection.close()


@pytest.fixture
def server(workspace: Workspace, tmp_path: Path) -> Iterator[Server]:
    nginx, port = program("nginx"), free_port()
    workspace.write("settings", {"base_url": f"http://127.0.0.1:{port}/case"})
    tell(workspace)
    (old,) = tokens(workspace)
    household = workspace.community.household(HOME)
    assert household is not None
    Cards(workspace).renew(household)
    Neighbourhood(workspace).put_up()
    folder = tmp_path / "www"
    Publishing(workspace).publish(folder)
    (folder / "secret.txt").write_text("not for you", encoding="utf-8")
    (tmp_path / "outside.html").write_text("not for you", encoding="utf-8")
    delivered = (folder / "zhubao-server" / "nginx.conf").read_text(encoding="utf-8")
    ours = delivered.replace("/srv/zhubao-pages", str(folder)).replace("listen 80;", f"listen 127.0.0.1:{port};")
    (tmp_path / "site.conf").write_text(ours, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(user + OUTER.format(folder=tmp_path), encoding="utf-8")
    subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], check=True, capture_output=True)
    with subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL) as process:
        try:
            (token,) = tokens(workspace)
            made = Server(port, folder, old, token, case_page(page(workspace)))
            _wait_for(made)
            yield made
        finally:
            process.terminate()


def _wait_for(server: Server) -> None:
    for _try in range(100):
        try:
            server.get("/")
        except ConnectionError:
            time.sleep(0.05)
        else:
            return


def test_pages_come_with_headers_that_keep_them_to_the_household(server: Server) -> None:
    for path in (f"/case/{server.token}", f"/case/{server.token}/"):
        answer = server.get(path)
        assert (answer.status, answer.body) == (200, server.page)
        assert HEADERS.items() <= answer.headers.items()
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("form-action 'none'; frame-ancestors 'none'")
        assert not {"Content-Encoding", "ETag", "Set-Cookie"} & answer.headers.keys()
        assert answer.headers["Server"] == "nginx"
    assert server.get(f"/case/{server.token}", "HEAD").status == 200


@pytest.mark.fault("token-renewed")
def test_the_old_link_says_that_it_is_not_in_use(server: Server) -> None:
    answer = server.get(f"/case/{server.old}")
    assert answer.status == 200
    assert "此码已停用" in answer.body.decode()
    assert "010-55501234" in answer.body.decode()


def test_the_folder_s_own_page_and_the_board_are_there(server: Server) -> None:
    assert "请扫便民卡上的码" in server.get("/case/").body.decode()
    assert "大家反映的事" in server.get("/case/board/").body.decode()
    assert server.get("/case/robots.txt").body == b"User-agent: *\nDisallow: /\n"


@pytest.mark.fault("token-guess")
def test_whatever_else_is_asked_for_gets_the_same_answer_and_nothing(server: Server) -> None:
    guesses = [
        "/", "/case", f"/case/{'A' * 26}", f"/case/{'A' * 26}/", f"/case/{server.token[:25]}", f"/case/{server.token.lower()}",
        f"/case/{server.token}A", f"/{server.token}", f"/case/{server.token}/index.html", f"/case/{server.token}//x",
        "/case/index.html", "/case/board/index.html", "/case/secret.txt", "/case/gone.html",
        "/case/zhubao-server/published.json", "/case/zhubao-server/nginx.conf", "/case/zhubao-server/", "/case/.zb-tmp-1",
        "/case/../outside.html", "/case/..%2foutside.html", "/case/%2e%2e/outside.html", "/case/%2e%2e%2foutside.html",
        f"/case/{server.token}/../secret.txt", f"/case/{server.token}%2f..%2fsecret.txt", "/case/..\\outside.html",
        "/case/%252e%252e/outside.html", "/case//etc/passwd", "/case/%c0%ae%c0%ae/outside.html", "/" + "A" * 4000,
    ]  # fmt: skip
    bodies = set()
    for path in guesses:
        answer = server.get(path)
        assert answer.status == 404, path
        bodies.add(answer.body)
        assert HEADERS.items() <= answer.headers.items()
    assert len(bodies) == 1
    assert bodies == {(server.folder / "gone.html").read_bytes()}
    for path in ("/case/%00", "/../../etc/passwd", "/case/../../outside.html"):
        answer = server.get(path)
        assert answer.status == 400, path
        assert b"not for you" not in answer.body


@pytest.mark.fault("token-guess")
def test_guesses_are_slowed(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    statuses = []
    for number in range(60):
        connection.request("GET", f"/case/{number:A>26}")
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    assert statuses.count(429) > 20


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_sent_there(server: Server, method: str) -> None:
    assert server.get(f"/case/{server.token}", method).status in (403, 405)
    assert server.page == (server.folder / server.token / "index.html").read_bytes()
