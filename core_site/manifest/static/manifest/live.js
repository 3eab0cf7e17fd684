// Keeps the manifest up to date, sends its buttons without leaving the page, and filters its list.
// The page works without this file.
(() => {
    "use strict";

    const PERIOD_MS = 1500;
    const LONGEST_PAUSE_MS = 15000;
    // Browsers do not tell the end of every press, such as one that opens a menu.
    const LONGEST_PRESS_MS = 10000;
    // An open page that no person looks at stops asking; a touch or a key starts it again.
    const ASLEEP_AFTER_MS = 4 * 60 * 60 * 1000;

    const root = document.querySelector("[data-live]");
    if (!root) {
        return;
    }
    const part = root.querySelector("[data-part]");
    const offline = root.querySelector("[data-offline]");
    const find = root.querySelector("[data-find]");
    const onlyAwaited = root.querySelector("input[data-awaited]");
    const url = root.dataset.live;
    let tag = part.dataset.tag;
    let failures = 0;
    let asked = 0;
    let shown = 0;
    let isSending = false;
    let pressedAt = 0;
    let kept = null;
    let lastInput = Date.now();
    let timer = null;

    const tell = (text) => {
        offline.textContent = text;
        offline.hidden = !text;
    };

    // A button that is replaced while it is pressed is not clicked.
    const press = (event) => { pressedAt = part.contains(event.target) ? Date.now() : 0; };
    const release = () => {
        pressedAt = 0;
        // After the click, which follows.
        setTimeout(() => kept && show(...kept));
    };

    const show = (html, newTag) => {
        kept = Date.now() - pressedAt < LONGEST_PRESS_MS ? [html, newTag] : null;
        if (kept) {
            return;
        }
        const focused = document.activeElement;
        const value = focused && part.contains(focused) ? focused.value : null;
        const party = focused && focused.closest ? focused.closest(".mf-party") : null;
        const open = [...part.querySelectorAll("details[data-keeps-open][open]")].map(({ id }) => id);
        part.innerHTML = html;
        tag = newTag;
        for (const id of open) {
            document.getElementById(id)?.setAttribute("open", "");
        }
        filter();
        if (value !== null) {
            // The button that was pressed has gone; the next one of the party has the focus.
            const again = part.querySelector(`button[value="${CSS.escape(value)}"]`)
                || (party && document.getElementById(party.id)?.querySelector("button"));
            again?.focus({ preventScroll: true });
        }
    };

    const unaccented = (word) => word.normalize("NFD").replace(/\p{M}/gu, "");

    const filter = () => {
        const words = (find?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
        for (const party of part.querySelectorAll(".mf-party")) {
            const matches = words.every((word) =>
                party.dataset.text.includes(word) || party.dataset.text.includes(unaccented(word)));
            const isWanted = !onlyAwaited?.checked || party.hasAttribute("data-awaited");
            party.hidden = !(matches && isWanted);
        }
    };

    const fetchPart = async (options) => {
        const mine = ++asked;
        const response = await fetch(url, {
            cache: "no-store",
            credentials: "same-origin",
            redirect: "manual",
            signal: AbortSignal.timeout(20000),
            ...options,
            headers: { "X-Manifest": "1", ...options.headers },
        });
        if (response.status === 304) {
            return;
        }
        if (response.type === "opaqueredirect" || response.status === 403) {
            throw new Error("Signed out, or this link is no longer valid. Reload the page.");
        }
        if (response.status === 404) {
            throw new Error("This page is no longer there, or its link no longer valid. Reload the page.");
        }
        if (response.status === 429) {
            throw new Error("Too many requests; trying again in a moment.");
        }
        if (!response.ok) {
            throw new Error(`The server answered ${response.status}; trying again.`);
        }
        const html = await response.text();
        // An answer that was asked for before the one that is shown is older.
        if (mine > shown) {
            shown = mine;
            show(html, response.headers.get("ETag"));
        }
    };

    const poll = async () => {
        clearTimeout(timer);
        if (document.hidden || isSending) {
            timer = setTimeout(poll, PERIOD_MS);
            return;
        }
        if (Date.now() - lastInput > ASLEEP_AFTER_MS) {
            tell("Paused. Touch the page to go on.");
            return;
        }
        try {
            await fetchPart({ headers: { "If-None-Match": tag } });
            failures = 0;
            tell("");
        } catch (error) {
            failures += 1;
            const isNetwork = error instanceof TypeError || error.name === "TimeoutError";
            tell(isNetwork ? "No connection; what you see may be old. Trying again." : error.message);
        }
        timer = setTimeout(poll, Math.min(PERIOD_MS * 2 ** failures, LONGEST_PAUSE_MS));
    };

    root.addEventListener("submit", async (event) => {
        const button = event.submitter;
        if (!event.target.matches("[data-actions]") || !button) {
            return;
        }
        event.preventDefault();
        if (isSending) {
            return;
        }
        isSending = true;
        button.setAttribute("aria-disabled", "true");
        try {
            await fetchPart({ method: "POST", body: new FormData(event.target, button), headers: {} });
            tell("");
        } catch (error) {
            // Whether it arrived is not known: the next answer shows what is stored.
            tell(error instanceof TypeError || error.name === "TimeoutError"
                ? "No connection: it may not have been saved. Trying again to reach the server."
                : error.message);
            button.removeAttribute("aria-disabled");
        } finally {
            isSending = false;
            poll();
        }
    });

    const wake = () => {
        const slept = Date.now() - lastInput > ASLEEP_AFTER_MS;
        lastInput = Date.now();
        if (slept) {
            poll();
        }
    };
    for (const kind of ["pointerdown", "keydown"]) {
        document.addEventListener(kind, wake, { passive: true });
    }
    document.addEventListener("pointerdown", press, { passive: true });
    for (const kind of ["pointerup", "pointercancel"]) {
        document.addEventListener(kind, release, { passive: true });
    }
    document.addEventListener("visibilitychange", () => document.hidden || poll());
    find?.addEventListener("input", filter);
    onlyAwaited?.addEventListener("change", filter);
    // On paper there is nothing to unfold.
    addEventListener("beforeprint", () => {
        for (const details of part.querySelectorAll("details[data-keeps-open]")) {
            details.open = true;
        }
    });
    const print = root.querySelector("[data-print]");
    if (print) {
        print.hidden = false;
        print.addEventListener("click", () => window.print());
    }
    timer = setTimeout(poll, PERIOD_MS);
})();
