// Reads QR codes from the camera, sends each to the server, and shows its verdict; the next scan
// needs no tap. Typed codes go the same way. The page works without this file, by its form.
(() => {
    "use strict";

    const PERIOD_MS = 120;
    const LONGEST_SIDE = 800;
    // A ticket that stays before the camera is read again and again: one scan all the same.
    const SAME_CODE_MS = 3000;
    const ATTEMPTS = 3;
    const RELOAD_MS = 3000;
    const PAST_SHOWN = 20;

    const root = document.querySelector("[data-scan]");
    const answer = root.querySelector("[data-answer]");
    const camera = root.querySelector("[data-camera]");
    const video = root.querySelector("[data-video]");
    const start = root.querySelector("[data-start]");
    const light = root.querySelector("[data-light]");
    const problem = root.querySelector("[data-problem]");
    const typed = root.querySelector("[data-type]");
    const past = root.querySelector("[data-past]");
    const canvas = document.createElement("canvas");
    const picture = canvas.getContext("2d", { willReadFrequently: true });
    let sound = null;
    let stream = null;
    let queue = Promise.resolve();
    let waiting = 0;
    let isStarting = false;
    let isUnread = false;
    let last = { code: "", seenAt: 0 };

    const prepareReader = () => ZXingWASM.prepareZXingModule({
        overrides: { locateFile: (path, prefix) => path.endsWith(".wasm") ? root.dataset.wasm : prefix + path },
    });
    prepareReader();

    const random = () => Array.from(
        crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")
    ).join("");

    const beep = (look) => {
        // High and short is good; low and twice is not. Telephones in a pocket shake.
        navigator.vibrate?.(look === "good" ? 80 : [200, 100, 200]);
        if (!sound) {
            return;
        }
        const tones = look === "good" ? [[1320, 0, .12]] : look === "ask" ? [[660, 0, .12]]
            : [[220, 0, .25], [220, .35, .25]];
        for (const [pitch, from, length] of tones) {
            const tone = sound.createOscillator();
            const volume = sound.createGain();
            tone.type = look === "bad" ? "square" : "sine";
            tone.frequency.value = pitch;
            volume.gain.value = .4;
            tone.connect(volume).connect(sound.destination);
            tone.start(sound.currentTime + from);
            tone.stop(sound.currentTime + from + length);
        }
    };

    const show = (html) => {
        keep();
        answer.innerHTML = html;
        const verdict = answer.querySelector("[data-look]");
        beep(verdict.dataset.look);
        answer.scrollIntoView({ block: "nearest" });
    };

    // The last verdict becomes a line below, with its link to the booking.
    const keep = () => {
        const verdict = answer.querySelector("[data-look]");
        if (!verdict) {
            return;
        }
        const line = document.createElement("li");
        line.className = `sc-line sc-line-${verdict.dataset.look}`;
        const words = [".sc-headline strong", ".sc-guest"]
            .map((part) => verdict.querySelector(part)?.textContent).filter(Boolean);
        line.append(words.join(": "), " ");
        const link = verdict.querySelector(".sc-facts a");
        if (link) {
            line.append(link.cloneNode(true));
        }
        const list = past.querySelector("ol");
        list.prepend(line);
        while (list.children.length > PAST_SHOWN) {
            list.lastElementChild.remove();
        }
        past.hidden = false;
    };

    const fail = (text) => {
        keep();
        const verdict = document.createElement("div");
        verdict.className = "sc-verdict sc-bad";
        verdict.dataset.look = "bad";
        verdict.innerHTML = '<p class="sc-headline"><span aria-hidden="true">✕</span> <strong></strong></p><p class="sc-reason"></p>';
        verdict.querySelector("strong").textContent = "Not checked";
        verdict.querySelector(".sc-reason").textContent = text;
        answer.replaceChildren(verdict);
        beep("bad");
    };

    // One after the other: a code that is typed while another is checked waits for its turn.
    const send = (data) => {
        waiting += 1;
        queue = queue.then(() => post(data)).catch(() => {}).then(() => { waiting -= 1; });
        return queue;
    };

    const post = async (data) => {
        root.classList.add("is-sending");
        try {
            // The same submission again, should an answer be lost: it admits once.
            data.set("submission", random());
            for (let attempt = 1; ; attempt += 1) {
                try {
                    const response = await fetch(typed.action, {
                        method: "POST", body: data, headers: { "X-Scan": "1" },
                        credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(8000),
                    });
                    if (response.type === "opaqueredirect" || response.status === 403) {
                        fail("You are signed out, or may no longer redeem. Reload the page.");
                    } else if (response.status >= 500 && attempt < ATTEMPTS) {
                        continue;
                    } else if (!response.ok) {
                        fail(`The server answered ${response.status}. Scan again.`);
                    } else {
                        show(await response.text());
                    }
                    return;
                } catch (error) {
                    if (attempt >= ATTEMPTS) {
                        fail("No connection. Scan again when there is one.");
                        return;
                    }
                }
            }
        } finally {
            root.classList.remove("is-sending");
            last.seenAt = Date.now();
        }
    };

    const token = () => typed.querySelector("[name=csrfmiddlewaretoken]").value;

    const scanned = (code) => {
        if (waiting) {
            return;
        }
        const now = Date.now();
        const isSame = code === last.code && now - last.seenAt < SAME_CODE_MS;
        last = { code, seenAt: now };
        if (isSame) {
            return;
        }
        const data = new FormData();
        data.set("code", code);
        data.set("csrfmiddlewaretoken", token());
        send(data);
    };

    const read = async () => {
        if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !document.hidden && !waiting) {
            const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
            canvas.width = Math.round(video.videoWidth * scale);
            canvas.height = Math.round(video.videoHeight * scale);
            picture.drawImage(video, 0, 0, canvas.width, canvas.height);
            const found = await ZXingWASM.readBarcodes(
                picture.getImageData(0, 0, canvas.width, canvas.height),
                { formats: ["QRCode"], maxNumberOfSymbols: 1 },
            );
            const [code] = found.filter((result) => result.isValid);
            if (code) {
                scanned(code.text);
            }
            if (isUnread) {
                isUnread = false;
                say("");
            }
        }
    };

    const look = async () => {
        if (!stream) {
            return;
        }
        try {
            await read();
            setTimeout(look, PERIOD_MS);
        } catch {
            // The reader is a file of its own, and the network at a pier loses some. It keeps its
            // failure until it is prepared anew.
            isUnread = true;
            say("The reader of QR codes could not be loaded. It is tried again; type codes meanwhile.");
            ZXingWASM.purgeZXingModule();
            prepareReader();
            setTimeout(look, RELOAD_MS);
        }
    };

    const say = (text) => {
        problem.textContent = text;
        problem.hidden = !text;
    };

    const stop = () => {
        stream?.getTracks().forEach((track) => track.stop());
        stream = null;
        root.classList.remove("is-on");
        start.textContent = "Start the camera";
        light.hidden = true;
    };

    // Browsers let a page sound only after a touch or a key.
    const tune = () => {
        sound ??= window.AudioContext ? new AudioContext() : null;
        sound?.resume();
    };

    const begin = async () => {
        if (isStarting) {
            return;
        }
        isStarting = true;
        try {
            await open();
        } finally {
            isStarting = false;
        }
    };

    const open = async () => {
        say("");
        try {
            stream = await navigator.mediaDevices.getUserMedia({
                audio: false,
                video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
            });
        } catch (error) {
            say(error.name === "NotAllowedError"
                ? "The browser may not use the camera. Allow it in the browser's settings of this page, or type codes."
                : "No camera was found, or another program uses it. Type codes, or try again.");
            return;
        }
        video.srcObject = stream;
        await video.play();
        if (!stream) {
            return;
        }
        root.classList.add("is-on");
        start.textContent = "Stop the camera";
        const [track] = stream.getVideoTracks();
        track.addEventListener("ended", stop);
        light.hidden = !track.getCapabilities?.().torch;
        keepAwake();
        look();
    };

    // The screen stays on for the next guest, where the browser can do that.
    const keepAwake = () => navigator.wakeLock?.request("screen").catch(() => {});

    // Who looks at another program for a moment comes back to a paused picture, and to a screen
    // that goes dark: browsers take the lock away with the page.
    document.addEventListener("visibilitychange", () => {
        if (stream && !document.hidden) {
            keepAwake();
            video.play().catch(() => {});
        }
    });

    start.addEventListener("click", () => stream ? stop() : begin());
    for (const kind of ["pointerdown", "keydown"]) {
        document.addEventListener(kind, tune, { passive: true });
    }
    light.addEventListener("click", async () => {
        const isOn = light.getAttribute("aria-pressed") !== "true";
        await stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: isOn }] });
        light.setAttribute("aria-pressed", String(isOn));
    });
    root.addEventListener("submit", async (event) => {
        event.preventDefault();
        const form = event.target;
        const data = new FormData(form);
        if (form === typed) {
            form.querySelector("input[name=code]").value = "";
        } else if (waiting) {
            return;
        }
        await send(data);
        typed.querySelector("input[name=code]").focus({ preventScroll: true });
    });

    if (navigator.mediaDevices?.getUserMedia) {
        camera.hidden = false;
        // Where the camera was allowed before, the page is ready without a tap.
        navigator.permissions?.query({ name: "camera" })
            .then((permission) => permission.state === "granted" && begin(), () => {});
    }
})();
