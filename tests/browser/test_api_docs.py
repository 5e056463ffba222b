"""The page that shows the API: accessible, and nothing of it from elsewhere."""

from playwright.sync_api import Page
from tests.browser.conftest import SignedIn
from tests.browser.test_accessible import look, problems, sideways


def test_the_page_of_the_api_is_accessible(signed_in: SignedIn) -> None:
    page = signed_in(None, narrow=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    look(page, "/api/docs")
    _open_all(page)
    assert problems(page) == []
    assert sideways(page) <= 0
    page.emulate_media(color_scheme="dark")
    assert problems(page) == []
    here = page.url.partition("/api/")[0]
    assert [url for url in asked if not url.startswith(here)] == []


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
