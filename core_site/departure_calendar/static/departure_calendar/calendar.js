// Moves through the calendar by keys, and shows a chosen day or filter at once.
(() => {
    "use strict";

    const root = document.querySelector("[data-calendar]");
    const links = { ArrowLeft: "earlier", ArrowRight: "later", t: "today", d: "day", w: "week" };

    document.addEventListener("keydown", (event) => {
        const name = links[event.key.length === 1 ? event.key.toLowerCase() : event.key];
        const isTyping = event.target.closest("input, select, textarea, [contenteditable], [role=dialog]");
        if (name && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
            root.querySelector(`[data-${name}]`).click();
        }
    });
    // Days stand below each other on a telephone: a week that was not chosen begins with today.
    const today = root.querySelector(".dc-day.is-today");
    const isNarrow = window.matchMedia("(max-width: 800px)").matches;
    if (today && isNarrow && !new URLSearchParams(location.search).has("date")) {
        today.scrollIntoView();
    }

    // A departure gets its actions when it is pointed at or reached by Tab, one at a time; where
    // fingers touch, as soon as it is on the screen.
    const template = root.querySelector("template[data-actions]");
    const giveActions = (entry) => {
        if (entry.querySelector(".dc-actions")) {
            return;
        }
        const actions = template.content.cloneNode(true).firstElementChild;
        const facts = entry.dataset.is.split(" ");
        for (const link of actions.querySelectorAll("a")) {
            // The address has a 0 in the place of the number.
            const address = link.getAttribute("href");
            const at = address.lastIndexOf("0");
            link.href = address.slice(0, at) + entry.dataset[link.dataset.names] + address.slice(at + 1);
            if (!link.dataset.if.split(" ").every((name) => !name || facts.includes(name))) {
                link.remove();
            }
        }
        entry.append(actions);
    };
    const entries = template ? root.querySelectorAll("[data-departure]:not(.dc-past)") : [];
    if (isNarrow || window.matchMedia("(hover: none)").matches) {
        const seen = new IntersectionObserver((changes) => {
            for (const change of changes.filter(({ isIntersecting }) => isIntersecting)) {
                giveActions(change.target);
                seen.unobserve(change.target);
            }
        }, { rootMargin: "400px" });
        entries.forEach((entry) => seen.observe(entry));
    } else {
        let current = null;
        const choose = (event) => {
            if (current !== event.currentTarget) {
                current?.querySelector(".dc-actions:not(:focus-within)")?.remove();
                current = event.currentTarget;
                giveActions(current);
            }
        };
        for (const entry of entries) {
            entry.addEventListener("pointerenter", choose);
            entry.addEventListener("focusin", choose);
        }
    }
    const filter = root.querySelector("[data-filter]");
    for (const field of filter.querySelectorAll("select")) {
        field.addEventListener("change", () => filter.requestSubmit());
    }
})();
