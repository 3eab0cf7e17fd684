// Copies the text of a field, where the browser can; the field can be copied by hand without this.
(() => {
    "use strict";

    for (const button of document.querySelectorAll("[data-copy]")) {
        button.hidden = !navigator.clipboard;
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
            button.textContent = "Copied";
        });
    }
})();
