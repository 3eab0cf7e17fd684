// The search box: Ctrl+K goes to it from anywhere, and its list shows what was found while one
// types. Without this script the box is a form that leads to a page of results.
(() => {
  "use strict";

  const PAUSE_MS = 120;

  // As shared_domain/search/model.py: one character is a Chinese, Japanese or Korean family name.
  const isTooShort = (typed) => typed.length < 2 && !(typed >= "\u2e80");

  const connect = (root) => {
    const box = root.querySelector("input[type=search]");
    const list = root.querySelector(".portico-search-list");
    const said = root.querySelector("[role=status]");
    let timer = 0;
    let running = null;
    let shown = null;

    const links = () => [...list.querySelectorAll("a")];

    const close = () => {
      clearTimeout(timer);
      if (running) running.abort();
      list.hidden = true;
      shown = null;
    };

    // A link that the keyboard is on stays so when it is found again; else the box has the keyboard.
    const replace = (change) => {
      const focused = document.activeElement;
      const chosen = list.contains(focused) ? focused.getAttribute("href") : null;
      change();
      list.hidden = false;
      if (chosen === null) return;
      (links().find((link) => link.getAttribute("href") === chosen) ?? box).focus();
    };

    const tell = (text) => {
      const note = document.createElement("p");
      note.className = "portico-search-note";
      note.textContent = text;
      replace(() => list.replaceChildren(note));
      said.textContent = text;
    };

    const search = async () => {
      const typed = box.value.trim();
      if (isTooShort(typed)) return close();
      if (running) running.abort();
      if (typed === shown) return;
      const mine = (running = new AbortController());
      try {
        const address = `${root.dataset.url}?list=1&q=${encodeURIComponent(typed)}`;
        const answer = await fetch(address, { signal: mine.signal, credentials: "same-origin" });
        // A session that has ended leads to the login page.
        if (answer.redirected) return location.reload();
        if (!answer.ok) throw new Error(answer.status);
        const html = await answer.text();
        if (mine.signal.aborted) return;
        replace(() => {
          list.innerHTML = html;
        });
        shown = typed;
        const count = links().length;
        said.textContent = count
          ? `${count} found. Use the arrow keys to choose.`
          : list.textContent.trim();
      } catch (error) {
        if (error.name !== "AbortError") {
          tell("The search does not answer. Press Enter to try again.");
        }
      }
    };

    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, PAUSE_MS);
    });
    box.addEventListener("focus", () => {
      if (!isTooShort(box.value.trim())) timer = setTimeout(search, PAUSE_MS);
    });
    root.addEventListener("keydown", (event) => {
      const all = list.hidden ? [] : links();
      const at = all.indexOf(document.activeElement);
      if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
        box.focus();
      } else if (event.key === "ArrowDown" && all.length) {
        event.preventDefault();
        all[Math.min(at + 1, all.length - 1)].focus();
      } else if (event.key === "ArrowUp" && at >= 0) {
        event.preventDefault();
        (at === 0 ? box : all[at - 1]).focus();
      }
    });
    root.addEventListener("focusout", (event) => {
      if (!root.contains(event.relatedTarget)) close();
    });
    // A click on the list must not take the focus away before it reaches its link.
    list.addEventListener("mousedown", (event) => event.preventDefault());

    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey) return;
      if (event.ctrlKey === event.metaKey) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("portico-search");
    if (root) connect(root);
  });
})();
