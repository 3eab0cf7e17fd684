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
    const filter = root.querySelector("[data-filter]");
    for (const field of filter.querySelectorAll("select")) {
        field.addEventListener("change", () => filter.requestSubmit());
    }
})();
