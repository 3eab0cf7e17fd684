// What opens over a page takes the keyboard with it: the filters of a list, the user's menu, and the
// sidebar of a narrow screen. Tab goes into it, and not to what it covers; Escape closes it; the focus
// returns to what opened it.
"use strict";

(() => {
  // What may open within another comes first: Escape closes one of them.
  const LAYERS = [
    { selector: "nav[x-show=openUserLinks]", name: "Account", isModal: false, hasEscape: false },
    { selector: "#changelist-filter", name: "Filters", isModal: true, hasEscape: true },
    { selector: "div:has(> div > #nav-sidebar)", name: "Menu", isModal: true, hasEscape: false },
  ];

  // On a wide screen filters stand beside the list, and the sidebar beside the page.
  const isOver = (layer) => {
    const { display, position } = getComputedStyle(layer);
    return display !== "none" && position !== "relative";
  };

  const attend = (layer, { name, isModal, hasEscape }) => {
    let isOpen = isOver(layer);
    let opener = null;
    layer.tabIndex = -1;
    layer.style.outline = "none";

    const open = () => {
      opener = document.activeElement;
      if (isModal) {
        layer.setAttribute("role", "dialog");
        layer.setAttribute("aria-modal", "true");
      }
      layer.setAttribute("aria-label", name);
      layer.focus();
    };
    const close = () => {
      for (const name of ["role", "aria-modal", "aria-label"]) layer.removeAttribute(name);
      const { activeElement } = document;
      if (activeElement === document.body || layer.contains(activeElement)) opener?.focus();
    };
    new MutationObserver(() => {
      if (isOver(layer) === isOpen) return;
      isOpen = !isOpen;
      (isOpen ? open : close)();
    }).observe(layer, { attributes: true, attributeFilter: ["style", "class"] });

    document.addEventListener("focusin", ({ target }) => {
      if (!isOpen || layer.contains(target)) return;
      // Calendars and lists of choices are beside the page, and may take the focus.
      if (isModal && target.closest("#page")) layer.focus();
      if (!isModal && target !== opener) opener?.click();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !isOpen || hasEscape || event.defaultPrevented) return;
      event.preventDefault();
      opener?.focus();
      opener?.click();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const kind of LAYERS) {
      document.querySelectorAll(kind.selector).forEach((layer) => attend(layer, kind));
    }
  });
})();
