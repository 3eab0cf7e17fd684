// Sends the kept form with the CSRF token of the session that began in another tab.
"use strict";

(() => {
  const form = document.querySelector("form[data-token-page]");
  const said = form.querySelector("[role=status]");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      const answer = await fetch(form.dataset.tokenPage, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("[name=csrfmiddlewaretoken]");
      if (answer.redirected || !answer.ok || !token) {
        said.textContent = "You are not signed in yet.";
        return;
      }
      form.querySelector("[name=csrfmiddlewaretoken]").value = token.value;
      // A field may be called submit as well.
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      said.textContent = "Portico does not answer. Try again in a moment.";
    }
  });
})();
