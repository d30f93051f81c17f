# A real SMTP server (Debian's aiosmtpd) that keeps what it is sent, for tests/suite/mail.rs.
#
# smtp_sink.py FOLDER [CERTIFICATE KEY]: listens on a free port, prints it, and writes each mail to FOLDER. With a certificate
# it takes nothing before STARTTLS and the account kofu / himitsu. It never knows gone@…, and does not know busy@… at first.

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.kept = 0
        self.busy = True

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return f"550 5.1.1 no such mailbox: {address}"
        if address.startswith("busy@") and self.busy:
            self.busy = False
            return f"451 4.2.1 try later: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        part = self.folder / f".{self.kept}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{self.kept}.eml")
        self.kept += 1
        return "250 OK"


def known(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"kofu", b"himitsu"))


async def main():
    handler = Keep(pathlib.Path(sys.argv[1]))
    options = {"hostname": "sink.example.jp"}
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        options |= {"tls_context": context, "require_starttls": True, "authenticator": known, "auth_required": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop, **options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
