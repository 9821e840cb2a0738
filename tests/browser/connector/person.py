"""What a person does on ChatGPT's own pages."""

from __future__ import annotations

from playwright.async_api import Error, Page

from sandbox import company

PATIENCE = 60_000  # milliseconds; the machine may be busy


async def sign_in(page: Page, base_url: str, email: str = company.CHATGPT_INTEGRATION_EMAIL) -> None:
    """Signs in with an address. Whoever waits for that may close the browser as soon as it is done."""
    page.set_default_timeout(PATIENCE)
    await page.goto(f"{base_url}/")
    await page.get_by_label("Email address").fill(email)
    try:
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_text(f"Signed in as {email}").wait_for()
    except Error:
        if not page.is_closed():
            raise


async def sign_out(page: Page) -> None:
    """Signs out again."""
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_label("Email address").wait_for()


async def pass_the_check(page: Page, base_url: str) -> None:
    """Says that they are human."""
    page.set_default_timeout(PATIENCE)
    await page.goto(f"{base_url}/")
    await page.get_by_role("button", name="I am human").click()
    await page.get_by_role("button", name="I am human").wait_for(state="detached")
