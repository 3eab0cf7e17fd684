// The booking desk on one screen: what is chosen refreshes the rest, and Enter goes on.
// Without this script the same form works in steps, by its button "Show what is free".
"use strict";

(() => {
    const form = document.getElementById("desk");
    if (!form) return;

    const WAIT_MS = 250;
    const find = (selector) => form.querySelector(selector);
    const lost = () => document.getElementById("dk-lost");
    let timer = null;
    let running = null;
    let isSent = false;

    document.documentElement.classList.add("dk-js");
    find(".dk-keys").hidden = false;

    // --- Bring the page up to date -------------------------------------------------------------

    async function refresh({ button = null, then = null } = {}) {
        clearTimeout(timer);
        timer = null;
        running?.abort();
        const asking = (running = new AbortController());
        const sent = new FormData(form);
        if (button) sent.set(button.name, button.value);
        sent.set("do", "continue");
        form.setAttribute("aria-busy", "true");
        try {
            const answer = await fetch(form.action, {
                method: "POST", body: sent, headers: { "X-Desk-Part": "1" },
                signal: asking.signal, redirect: "manual",
            });
            if (!answer.ok) throw new Error(`status ${answer.status}`);
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (asking.signal.aborted) return;
            bring(page.getElementById("desk"), sent);
            lost().hidden = true;
            if (then) then();
        } catch (problem) {
            if (problem.name !== "AbortError") lost().hidden = false;
        } finally {
            if (running === asking) {
                running = null;
                form.removeAttribute("aria-busy");
            }
        }
    }

    function bring(fresh, sent) {
        const focused = document.activeElement;
        const id = focused?.id;
        const caret = focused?.type === "search" || focused?.type === "text" ? focused.selectionStart : null;
        if (partNames(form) !== partNames(fresh)) swap(find(".dk-steps"), fresh.querySelector(".dk-steps"), sent);
        for (const part of form.querySelectorAll("[data-part]")) {
            const name = CSS.escape(part.dataset.part);
            const other = fresh.querySelector(`[data-part="${name}"]`);
            const isSame = "shape" in part.dataset && part.dataset.shape === other?.dataset.shape;
            if (part.isConnected && other && !isSame) swap(part, other, sent);
        }
        const again = id && document.activeElement?.id !== id ? document.getElementById(id) : null;
        again?.focus({ preventScroll: true });
        if (again && caret !== null) again.setSelectionRange(caret, caret);
    }

    const partNames = (root) =>
        [...root.querySelectorAll("[data-part]:not([data-part^='price-'])")].map((part) => part.dataset.part).join();

    // What was typed or chosen since the request left stays.
    function swap(old, fresh, sent) {
        const node = document.importNode(fresh, true);
        const others = (name) => [...node.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
        for (const control of old.querySelectorAll("input, textarea, select")) {
            if (control.type === "hidden") continue;
            if (["radio", "checkbox"].includes(control.type)) {
                const other = others(control.name).find(({ value }) => value === control.value);
                const wasChecked = sent.getAll(control.name).includes(control.value);
                const isKept = control.checked !== wasChecked && (control.checked || control.type === "checkbox");
                if (isKept && other && !other.disabled) other.checked = control.checked;
                continue;
            }
            const [other] = others(control.name);
            if (other && control.value !== sent.get(control.name)) other.value = control.value;
        }
        old.replaceWith(node);
    }

    form.addEventListener("change", (event) => {
        if (event.target.dataset.refresh === "") refresh();
    });
    form.addEventListener("input", (event) => {
        if (event.target.dataset.refresh !== "typed") return;
        clearTimeout(timer);
        timer = setTimeout(refresh, WAIT_MS);
    });

    // --- Enter goes on, and books from the guest's fields --------------------------------------

    const goTo = {
        days: () => (find(".dk-days input:checked") ?? find(".dk-days input:enabled"))?.focus(),
        slots: () => (find(".dk-slots input:checked") ?? find(".dk-slots input:enabled"))?.focus(),
        party: () => focusText(find(".dk-count")),
        guest: () => focusText(find("#dk-guest input")),
    };

    function focusText(control) {
        control?.focus();
        control?.select();
    }

    function takeFirstProduct() {
        const first = find(".dk-products input[name=product]");
        if (!first) return;
        first.checked = true;
        refresh({ then: goTo.days });
    }

    function book() {
        form.requestSubmit(document.getElementById("dk-confirm"));
    }

    form.addEventListener("keydown", (event) => {
        const control = event.target;
        if (event.isComposing) return;
        if (control.closest(".dk-days")) turnDays(event, control);
        if (event.key !== "Enter" || control.tagName === "BUTTON" || control.tagName === "A") return;
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            book();
        } else if (control.tagName !== "TEXTAREA") {
            event.preventDefault();
            enter(control);
        }
    });

    function enter(control) {
        if (control.id === "dk-q") refresh({ then: takeFirstProduct });
        else if (control.name === "product" || control.name === "option" || control.name === "seller") goTo.days();
        else if (control.name === "jump") refresh({ then: goTo.days });
        else if (control.name === "channel") goTo.guest();
        else if (control.name === "slot" || control.name === "day") {
            // Enter also chooses, which a radio button leaves to the space bar.
            if (!control.checked) control.checked = true;
            refresh({ then: goTo[control.dataset.next] });
        } else if (goTo[control.dataset.next]) goTo[control.dataset.next]();
        else if (control.name === "currency") goTo.guest();
        else book();
    }

    // --- Days by the arrow keys, over the end of a month as well -------------------------------

    const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

    function turnDays(event, control) {
        if (event.key === "PageUp" || event.key === "PageDown") {
            event.preventDefault();
            refresh({ button: document.getElementById(event.key === "PageUp" ? "dk-before" : "dk-after"), then: goTo.days });
            return;
        }
        const step = STEPS[event.key];
        if (!step) return;
        event.preventDefault();
        const day = new Date(`${control.value}T12:00:00Z`);
        for (let steps = 0; steps < 31; steps += 1) {
            day.setUTCDate(day.getUTCDate() + step);
            const iso = day.toISOString().slice(0, 10);
            const cell = document.getElementById(`dk-day-${iso}`);
            if (!cell) {
                document.getElementById("dk-jump").value = iso;
                refresh({ then: goTo.days });
                return;
            }
            if (!cell.disabled) {
                cell.checked = true;
                cell.focus();
                clearTimeout(timer);
                timer = setTimeout(refresh, WAIT_MS);
                return;
            }
        }
    }

    // --- Submitting ----------------------------------------------------------------------------

    form.addEventListener("submit", (event) => {
        const button = event.submitter;
        if (button?.name === "go" || button?.value === "continue") {
            event.preventDefault();
            refresh({ button });
            return;
        }
        // A second click sends nothing; the page's uuid makes it harmless all the same.
        if (isSent) event.preventDefault();
        isSent = true;
        clearTimeout(timer);
        running?.abort();
    });
    addEventListener("pageshow", () => {
        isSent = false;
    });

    const wrong = find("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (!find("input[name=product]:checked")) find("#dk-q").focus();
    else if (find("[data-part=errors] .dk-error")) goTo.slots();
})();
