"""What is wrong with the page that a browser shows: for axe-core, on a telephone, by keyboard."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.harness.browser import DESKTOP, LAPTOP, TELEPHONE

#: axe-core's grades of what keeps a person from using a page.
GRAVE = {"serious", "critical"}

#: Rules of a lower grade that hold all the same.
ALSO = {"landmark-one-main", "bypass", "page-has-heading-one", "html-has-lang"}

#: The themes differ in colours only, so one of them is held to all rules. What is in order is not
#: reported: to hand it over takes as long as to find it.
EVERY_RULE: Mapping[str, Any] = {"reporter": "no-passes"}
COLOURS: Mapping[str, Any] = {**EVERY_RULE, "runOnly": ["color-contrast", "link-in-text-block"]}

THEMES = {"light": EVERY_RULE, "dark": COLOURS}

#: What lies beyond the right edge, and which dates, times and amounts stand on two lines.
_OUT_OF_PLACE = r"""() => {
    const faults = [], main = document.querySelector("main") ?? document.body;
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`scrolls sideways: ${scrollWidth}`);
    const controls = main.querySelectorAll("a[href], button, input, select");
    for (const control of controls) {
        const box = control.getBoundingClientRect();
        const isBeyond = box.left < -1 || box.right > clientWidth + 1;
        if (box.width > 1 && isBeyond && control.checkVisibility())
            faults.push(`beyond the edge: ${control.outerHTML.slice(0, 160)}`);
    }
    const whole = /\d{4}-\d\d-\d\d|\d\d:\d\d(?:–\d\d:\d\d)?|\b[A-Z]{3} [-−]?\d[\d,]*(?:\.\d+)?/g;
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        // What was stored is shown as it is, line by line.
        if (texts.currentNode.parentElement.closest("pre")) continue;
        for (const found of texts.currentNode.data.matchAll(whole)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, found.index);
            range.setEnd(texts.currentNode, found.index + found[0].length);
            const lines = [...range.getClientRects()].filter((box) => box.width > 1);
            if (new Set(lines.map((box) => Math.round(box.top))).size > 1)
                faults.push(`on two lines: ${found[0]}`);
        }
    }
    return faults;
}"""

#: The control that has the keyboard, and why a person would not see so.
_IN_FOCUS = """() => {
    const control = document.activeElement;
    if (control === document.body) return null;
    const box = control.getBoundingClientRect();
    const shown = getComputedStyle(control);
    const label = control.closest("label") ?? control;
    const marks = [control, label, control.parentElement, control.nextElementSibling ?? control];
    const isMarked = marks.map((part) => getComputedStyle(part)).some(
        (style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
    const isSeen = box.width > 1 && box.height > 1 && shown.opacity !== "0"
        && shown.visibility !== "hidden";
    return {
        is_first: control.classList.contains("skip-link"),
        fault: isSeen && isMarked ? "" : control.outerHTML.slice(0, 200),
    };
}"""


def page_faults(page: Page, themes: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the open page: in these themes, on three sizes of screen."""
    for theme in themes:
        toggle = "(isDark) => document.documentElement.classList.toggle('dark', isDark)"
        page.evaluate(toggle, theme == "dark")
        yield from (f"{theme}: {fault}" for fault in axe_faults(page, THEMES[theme]))
    for width, height in (TELEPHONE, LAPTOP, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        yield from (f"at {width} px {fault}" for fault in page.evaluate(_OUT_OF_PLACE))


def axe_faults(page: Page, rules: Mapping[str, Any] = EVERY_RULE) -> Iterator[str]:
    """Yield what axe-core finds that keeps a person from using the page."""
    # Colours fade over; the colours in between do not count.
    page.wait_for_function("document.getAnimations().length === 0")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    run = "(rules) => axe.run(document, rules).then((found) => found.violations)"
    for fault in page.evaluate(run, dict(rules)):
        if fault["impact"] in GRAVE or fault["id"] in ALSO:
            for node in fault["nodes"]:
                checks = (*node["any"], *node["all"], *node["none"])
                reasons = "; ".join(check["message"] for check in checks)
                yield f"{fault['id']}: {reasons}: {node['html']}"


def focus_faults(page: Page, most_controls: int) -> Iterator[str]:
    """Press Tab through the page; yield each control that does not show the focus.

    The last says so when the page has more controls than ``most_controls``.
    """
    for _ in range(most_controls):
        page.keyboard.press("Tab")
        focus = page.evaluate(_IN_FOCUS)
        if focus is None:
            return
        if focus["fault"]:
            yield focus["fault"]
    yield f"more than {most_controls} controls"
