"""A household with a phone: a real Chromium, without script, answers a resolved problem through the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from served import serving
from test_page_browser import SIZES, browser  # noqa: F401 - a fixture
from test_pages import DOORS, HOME, tell, tokens
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.proposals import Proposals
from zhubao_tui.workspace.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def resolved(workspace: Workspace) -> str:
    for door, words in ((DOORS[0], "楼梯口的灯一直不亮"), (DOORS[1], "单元门关不严")):
        ref = tell(workspace, door, words)
        Casework(workspace).move("assign", ref, person=workspace.person)
        Casework(workspace).move("resolve", ref, done="换了新的，试过能用了")
    return tokens(workspace)[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_resolved_problem_is_answered_in_chromium_without_script(
    browser: Browser,  # noqa: F811
    workspace: Workspace,
    language: str,
) -> None:
    token = resolved(workspace)
    with serving(workspace) as served:
        context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        tab = context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        try:
            here = served.server.address.url
            tab.goto(f"{here}/{token}{'#en' if language == 'en' else ''}")
            main = tab.locator(f"#{language}")
            field = main.locator("textarea[name=words]").first
            field.fill("还是不")
            field.press("End")
            field.press("Enter")  # as «go» on a telephone: it must say neither yes nor no
            field.fill("还是不亮")
            main.get_by_role("button", name="没好" if language == "zh" else "Not solved").click()
            tab.wait_for_url(f"{here}/{token}*")
            if language == "en":  # a browser keeps the language over what it sends
                assert "You said that it is not solved." in main.inner_text()
                tab.click("text=中文")
            assert "您说过：没好。我们会回您的话。" in tab.locator("#zh").inner_text()
            tab.locator("#zh").get_by_role("button", name="好了", exact=True).click()
            assert "请等一分钟" in tab.inner_text("body")
            tab.get_by_text("回到您的办件页").click()
            tab.locator("#zh textarea").last.fill("门口井盖响")
            tab.locator("#zh select").select_option("estate")
            tab.get_by_role("button", name="交给社区").click()
            assert "请等一分钟" in tab.inner_text("body")
            served.clock.ahead += 61
            tab.get_by_role("button", name="交给社区").click()  # what was written is still there
            assert "您写的事有1件" in tab.locator("#zh").inner_text()
            served.clock.ahead += 61
            tab.locator("#zh").get_by_role("button", name="好了", exact=True).click()
            assert "您说过：好了。谢谢。" in tab.locator("#zh").inner_text()
        finally:
            context.close()
        assert {line.partition(" ")[2].partition("#")[0] for line in asked} == {f"{here}/{token}"}
    found = [case for case in workspace.community.cases() if HOME in case.followers]
    assert [case.status for case in found] == ["confirmed"]
    assert [(one.words, one.level) for one in Proposals(workspace).waiting()] == [("门口井盖响", "estate")]


@pytest.mark.parametrize("anchor", ["", "#en"])
def test_axe_finds_nothing_on_a_served_page_and_nothing_is_cut_off(
    browser: Browser,  # noqa: F811
    workspace: Workspace,
    anchor: str,
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    token = resolved(workspace)
    with serving(workspace) as served:
        context = browser.new_context(viewport={"width": 320, "height": 740}, bypass_csp=True)
        tab = context.new_page()
        try:
            tab.goto(f"{served.server.address.url}/{token}{anchor}")
            tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            options = {
                "runOnly": {"type": "tag", "values": tags},
                "rules": {"color-contrast-enhanced": {"enabled": True}},
            }
            found = Axe().run(tab, options=options)
            assert [violation["id"] for violation in found.response["violations"]] == []
            for width in (320, 160, 1280):
                tab.set_viewport_size({"width": width, "height": 740})
                needed, there = tab.evaluate(
                    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
                )
                assert needed <= there, width
            assert min(tab.evaluate(SIZES)) >= 20
        finally:
            context.close()


def test_a_page_elsewhere_can_send_nothing_here(browser: Browser, workspace: Workspace) -> None:  # noqa: F811
    token = resolved(workspace)
    with serving(workspace) as served:
        ticket = served.tickets(token)["yes"][0]
        context = browser.new_context()
        tab = context.new_page()
        try:
            form = f'<form method="post" action="{served.server.address.url}/{token}"><input name="ticket" value="{ticket}">'
            form += '<button name="say" value="yes">x</button></form>'
            tab.route("http://elsewhere.example/", lambda route: route.fulfill(content_type="text/html", body=form))
            tab.goto("http://elsewhere.example/")
            with tab.expect_response(lambda response: token in response.url) as sent:
                tab.click("button")
            assert sent.value.status == 403
        finally:
            context.close()
    assert not [entry for entry in workspace.store.ledger.entries() if entry.record.kind == "confirm"]
