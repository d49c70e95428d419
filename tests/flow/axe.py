"""Looking at pages with axe-core, in each of their looks, and whether they are as wide as their screen."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize

AXE = Path(__file__).parents[2] / "webui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""WCAG 2.2, levels A and AA, and what axe recommends beyond it."""
TOO_WIDE = """[document.documentElement, ...document.querySelectorAll('.stacks')]
    .filter((one) => Math.max(one.scrollWidth, one.getBoundingClientRect().right) > innerWidth + 1)
    .map((one) => `too wide: ${one.scrollWidth} px: ${one.outerHTML.slice(0, 200)}`)"""
DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


class Inspector:
    """Collects what axe finds wrong, so that one run tells everything."""

    def __init__(self, *sizes: ViewportSize) -> None:
        if not AXE.exists():
            reason = "axe-core is missing (python -m webui.node install)"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        self._sizes = sizes
        self.found: list[str] = []

    async def look(self, page: Page, state: str) -> None:
        """Look at a page in light and dark, in each size. `state` names it in what is found."""
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(AXE.read_text())
        for colours in ("light", "dark"):
            await page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            for size in self._sizes:
                await page.set_viewport_size(size)
                found = await page.evaluate(
                    "rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })"
                    ".then(({ violations }) => violations.flatMap(({ id, nodes }) =>"
                    " nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)))",
                    RULES,
                )
                found += await page.evaluate(TOO_WIDE)
                self.found += [f"{state}, {colours}, {size['width']} px: {one}" for one in found]
