"""A Flask application that has nothing to do with Portico, as a legacy upstream."""

import hashlib
from collections.abc import Iterator

from flask import Flask, Response, abort, flash, get_flashed_messages, redirect, request, session
from werkzeug.wrappers import Response as WsgiResponse

app = Flask(__name__)
app.secret_key = "only for tests"


@app.get("/orders/<path:name>")
def show(name: str) -> dict[str, object]:
    return {
        "name": name,
        "raw": request.environ.get("RAW_URI"),
        "tags": request.args.getlist("tag"),
        "host": request.host,
        "caller": request.headers["X-Forwarded-For"],
        "cookies": dict(request.cookies),
    }


@app.post("/upload")
def upload() -> dict[str, object]:
    sent = request.files["photo"]
    return {
        "name": sent.filename,
        "sha256": hashlib.sha256(sent.read()).hexdigest(),
        "note": request.form["note"],
    }


@app.put("/raw")
def take_raw() -> dict[str, object]:
    digest, length = hashlib.sha256(), 0
    while part := request.stream.read(65536):
        digest.update(part)
        length += len(part)
    return {"sha256": digest.hexdigest(), "length": length}


@app.get("/stream")
def stream() -> Response:
    def parts() -> Iterator[bytes]:
        for number in range(1000):
            yield b"%06d\n" % number

    return Response(parts(), mimetype="text/plain")


@app.get("/cut")
def cut() -> Response:
    def parts() -> Iterator[bytes]:
        yield b"the beginning"
        raise RuntimeError("the rest is lost")

    return Response(parts(), mimetype="text/plain")


@app.post("/login")
def log_in() -> WsgiResponse:
    session["name"] = request.form["name"]
    flash("welcome")
    answer = redirect("/me")
    answer.set_cookie("theme", "dark")
    return answer


@app.get("/me")
def me() -> dict[str, object]:
    if "name" not in session:
        abort(403)
    return {"name": session["name"], "messages": get_flashed_messages()}
