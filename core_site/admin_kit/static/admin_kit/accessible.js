// What Unfold and Django's widgets lack for keyboards, screen readers and narrow screens, added as
// pages and their parts appear: elements that only a mouse can press become buttons, choosers and
// icons get a name, names of columns begin with a capital, and dates, times and amounts stay on one
// line each.
"use strict";

(() => {
  const MOUSE_ONLY = "a:not([href]), div.cursor-pointer, span.cursor-pointer, li.cursor-pointer";
  const CONTROLS = "a[href], button, input, select, textarea";

  const isPressable = (element) =>
    element.hasAttribute("x-on:click") &&
    !element.hasAttribute("role") &&
    element.querySelector(CONTROLS) === null;

  const makeButton = (element) => {
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        element.click();
      }
    });
  };

  // Select2 draws a box of its own in place of the select that the label belongs to.
  const nameChooser = (box) => {
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const name = select?.getAttribute("aria-label") || label?.textContent.trim() || select?.name;
    for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) {
      if (name) part.setAttribute("aria-label", name);
    }
  };

  // A date, a time or an amount of money on two lines is read wrongly: each stays on one.
  const WHOLE = /\d{4}-\d\d-\d\d|\d\d:\d\d(?:–\d\d:\d\d)?|\b[A-Z]{3} [-−]?\d[\d,]*(?:\.\d+)?/g;
  const LEFT_ALONE = "script, style, textarea, option, svg, pre, code, .portico-unbroken, .portico-money";

  const keepWhole = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      if (text.data.search(WHOLE) < 0 || text.parentElement.closest(LEFT_ALONE)) continue;
      // One element: in a flexible box, as cells are on narrow screens, pieces would be columns.
      const parts = document.createElement("span");
      let done = 0;
      for (const found of text.data.matchAll(WHOLE)) {
        const whole = document.createElement("span");
        whole.className = "portico-unbroken";
        whole.textContent = found[0];
        parts.append(text.data.slice(done, found.index), whole);
        done = found.index + found[0].length;
      }
      parts.append(text.data.slice(done));
      text.replaceWith(parts);
    }
  };

  // A cell stands beside the name of its column on telephones, which begins as a heading does.
  const beginLabel = (cell) => {
    const label = cell.dataset.label;
    cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
  };

  const mend = (root) => {
    root.querySelectorAll(MOUSE_ONLY).forEach((element) => {
      if (isPressable(element)) makeButton(element);
    });
    root.querySelectorAll(".select2-selection").forEach(nameChooser);
    root.querySelectorAll("td[data-label], th[data-label]").forEach(beginLabel);
    root.querySelectorAll("span[aria-label]:not([role])").forEach((icon) => {
      icon.setAttribute("role", "img");
    });
    root.querySelectorAll("main").forEach(keepWhole);
    if (root.closest?.("main")) keepWhole(root);
  };

  document.addEventListener("DOMContentLoaded", () => {
    mend(document);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) {
          if (node.nodeType === Node.ELEMENT_NODE) mend(node.parentElement ?? node);
        }
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
})();
