/* Keeps the progress of a disruption up to date; reloads its report once the work is over. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const progress = document.getElementById("progress");
    if (progress === null) return;

    const isOver = () => progress.firstElementChild.dataset.isOver === "yes";
    const wait = () => setTimeout(look, document.hidden ? 10000 : 1500);

    async function look() {
        try {
            const answer = await fetch(progress.dataset.url, { credentials: "same-origin" });
            if (answer.redirected || answer.status === 403 || answer.status === 404) return;
            if (answer.ok) progress.innerHTML = await answer.text();
        } catch {
            // The network or the site is away for a moment: ask again.
        }
        if (isOver()) location.reload();
        else wait();
    }

    if (!isOver()) wait();
});
