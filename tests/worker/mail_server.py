"""A mail server on loopback that keeps what it is sent, with or without SMTPUTF8."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from threading import Thread


@dataclass
class MailServer:
    """What arrived: the commands of each envelope, and each mail as it was written."""

    port: int = 0
    has_smtputf8: bool = True
    commands: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    def recipients(self) -> list[str]:
        """Return the addresses of all envelopes, in angle brackets."""
        return [line[len("RCPT TO:") :] for line in self.commands if line[:4].upper() == "RCPT"]


@contextmanager
def mail_server(*, has_smtputf8: bool) -> Iterator[MailServer]:
    kept = MailServer(has_smtputf8=has_smtputf8)

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _converse(self, kept)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        kept.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


def _converse(client: socketserver.StreamRequestHandler, kept: MailServer) -> None:
    def say(*lines: str) -> None:
        client.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    say("220 ready")
    for line in client.rfile:
        command = line.decode().rstrip("\r\n")
        verb = command.upper()[:4]
        if verb == "EHLO":
            extensions = ["250-SMTPUTF8"] if kept.has_smtputf8 else []
            say("250-here", *extensions, "250 8BITMIME")
        elif verb == "DATA":
            say("354 go on")
            kept.mails.append(_read_mail(client))
            say("250 accepted")
        elif verb == "QUIT":
            say("221 bye")
            return
        else:
            kept.commands.append(command)
            say("250 fine")


def _read_mail(client: socketserver.StreamRequestHandler) -> EmailMessage:
    lines = []
    for line in client.rfile:
        if line == b".\r\n":
            break
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return message_from_bytes(b"".join(lines), policy=SMTPUTF8)
