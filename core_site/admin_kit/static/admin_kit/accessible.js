// What Unfold and Django's widgets lack for keyboards and screen readers, added as pages and
// their parts appear: elements that only a mouse can press become buttons, and choosers and
// icons get a name.
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

  const mend = (root) => {
    root.querySelectorAll(MOUSE_ONLY).forEach((element) => {
      if (isPressable(element)) makeButton(element);
    });
    root.querySelectorAll(".select2-selection").forEach(nameChooser);
    root.querySelectorAll("span[aria-label]:not([role])").forEach((icon) => {
      icon.setAttribute("role", "img");
    });
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
