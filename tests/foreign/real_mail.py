"""Alerts by a mail server that nobody here wrote: aiosmtpd, in the open and behind STARTTLS with a login.

    python real_mail.py AGENT

AGENT is the built `cld-agent`. The last line counts the checks.
"""

import email
import email.policy
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = "not a real one"
CONFIGURATION = """version = 1
[council]
name = "Demo Council (fictional)"
la_code = "999"
[[submission]]
name = "quarterly"
mapping = "mapping"
allow_test_nhs_numbers = true
[submission.source.case-system]
type = "sqlite"
path = "case-system.db"
[[notify.channel]]
name = "relay"
type = "smtp"
host = "localhost"
port = {relay}
security = "none"
from = "CLD agent <cld-agent@council.example>"
to = ["it@council.example", "IT desk <desk@council.example>"]
[[notify.channel]]
name = "private"
type = "smtp"
host = "localhost"
port = {private}
security = "starttls"
login = "password"
user = "agent"
password = {{ env = "CLD_TEST_PASSWORD" }}
certificate_authority = "authority.pem"
from = "cld-agent@council.example"
to = ["it@council.example"]
"""

checks = 0


def check(holds, what):
    global checks
    if not holds:
        sys.exit(f"not so: {what}")
    checks += 1


class Mailbox:
    """Keeps what arrives."""

    def __init__(self):
        self.got = []

    async def handle_DATA(self, server, session, envelope):
        self.got.append((session.authenticated, envelope))
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"agent", PASSWORD.encode()), handled=False)


def certificate(folder):
    key, pem = folder / "key.pem", folder / "authority.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", pem]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-addext", "basicConstraints=critical,CA:FALSE"],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def main(agent):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        context = certificate(folder)
        relay = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
        private = Controller(
            Mailbox(), hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
            authenticator=authenticate, auth_required=True,
        )
        for server in (relay, private):
            server.start()
        try:
            text = CONFIGURATION.format(relay=relay.port, private=private.port)
            (folder / "agent.toml").write_text(text, encoding="utf-8")
            send(agent, folder, relay.handler, private.handler)
        finally:
            for server in (relay, private):
                server.stop()
    print(f"{checks} passed, 0 failed")


def send(agent, folder, relay, private):
    def run(password):
        environment = {**os.environ, "CLD_TEST_PASSWORD": password}
        command = [agent, "alert", "test"]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    done = run(PASSWORD)
    check(done.returncode == 0, f"both servers take the test alert: {done.stdout}{done.stderr}")
    for box, readers, known in ((relay, 2, False), (private, 1, True)):
        check(len(box.got) == 1, "one mail arrives")
        authenticated, envelope = box.got[0]
        check(bool(authenticated) == known, "the login is given where one is asked for")
        check(len(envelope.rcpt_tos) == readers, "each reader gets it")
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        check(not mail.defects and not any(part.defects for part in mail.walk()), "the mail is sound")
        check(mail["subject"] == "[cld-agent] Note: A test alert – Demo Council (fictional)", mail["subject"])
        check(mail["message-id"].endswith("@council.example>"), "its id is of the sender's domain")
        kinds = [part.get_content_type() for part in mail.iter_parts()]
        check(kinds == ["text/plain", "text/html"], f"it has a text and a page: {kinds}")
        plain = mail.get_body(("plain",)).get_content()
        check("Somebody asked whether alerts arrive." in plain, "the text says what happened")
        check("Somebody asked whether alerts arrive." in mail.get_body(("html",)).get_content(), "and the page")

    refused = run("a wrong one")
    check(refused.returncode == 34, f"a wrong password is told by the exit code: {refused.returncode}")
    check("refused the login (code 535)" in refused.stdout, refused.stdout)
    check(len(relay.got) == 2 and len(private.got) == 1, "the other server took it all the same")


main(os.path.abspath(sys.argv[1]))
