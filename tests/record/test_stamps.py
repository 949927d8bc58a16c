"""A head stamped by a time-stamp authority of our own (openssl ts), and what its stamp proves; lists of erasures for copies elsewhere."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from khronika.cli import main
from khronika.record import open_record
from tests.factories import NOON
from tests.record.test_record import tell

CONFIG = """
[tsa]
default_tsa = ours
[ours]
dir = .
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
"""


def openssl(folder: Path, *args: str) -> None:
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path) -> Path:
    folder.mkdir()
    (folder / "tsa.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2", "-addext", "keyUsage=critical,keyCertSign")
    openssl(folder, "req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem", "-days", "2", "-extfile", "ext")
    return folder


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = make_authority(tmp_path_factory.mktemp("tsa") / "one")

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "q").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r")
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path == "/other" else "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "r").read_bytes())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()


def run(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def test_a_stamped_head_proves_when_the_log_was_so(authority: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = authority
    path = str(tmp_path / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record:
        tell(record, "one")
    stamped = run("head", "--stamp", address, "--record", path)
    assert stamped.exit_code == 0, stamped.output
    (stamp,) = tmp_path.glob("*.tsr")
    head = stamped.stdout.strip()
    with open_record(path, clock=lambda: NOON) as record:
        tell(record, "two")
    ca = ("--authority", str(folder / "ca.pem"))
    held = run("verify", "--against", str(stamp), *ca, "--record", path)
    assert held.exit_code == 0 and f": {head}\n" in held.stdout and "chain whole" in held.stdout
    assert "was not checked" in run("verify", "--against", str(stamp), "--record", path).stderr
    (folder / "head.txt").write_text(head)  # any other tool can tell too
    openssl(folder, "ts", "-verify", "-data", "head.txt", "-in", str(stamp), "-CAfile", "ca.pem")

    stranger = make_authority(tmp_path / "stranger")
    foreign = run("verify", "--against", str(stamp), "--authority", str(stranger / "ca.pem"), "--record", path)
    assert foreign.exit_code == 2 and "does not hold" in foreign.stderr
    other = str(tmp_path / "other.sqlite")
    with open_record(other, clock=lambda: NOON) as record:
        tell(record, "one", "two")  # the same, with other salts: another log
    rebuilt = run("verify", "--against", str(stamp), *ca, "--record", other)
    assert rebuilt.exit_code == 3 and "no head of this log" in rebuilt.stderr
    raw = bytearray(stamp.read_bytes())
    raw[-20] ^= 1
    stamp.write_bytes(raw)
    assert run("verify", "--against", str(stamp), *ca, "--record", path).exit_code == 2
    stamp.write_bytes(b"no stamp")
    assert "no time stamp" in run("verify", "--against", str(stamp), "--record", path).stderr


def test_what_is_no_authority_is_said(authority: tuple[str, Path], tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record:
        tell(record, "one")
    for address, message in ((authority[0] + "other", "no time-stamp authority"), ("http://127.0.0.1:9/", "no time stamp came"), ("ftp:x", "no time stamp came")):
        result = run("head", "--stamp", address, "--record", path)
        assert result.exit_code == 2 and message in result.stderr, result.output
    assert not list(tmp_path.glob("*.tsr"))


def test_a_copy_elsewhere_takes_a_list_of_erasures(tmp_path: Path) -> None:
    here, there, listed = str(tmp_path / "r.sqlite"), tmp_path / "away" / "copy.sqlite", tmp_path / "list.jsonl"
    there.parent.mkdir()
    with open_record(here, clock=lambda: NOON) as record:
        first, _ = tell(record, "one", "two")
        record.backup(str(there))
        record.erase(first.document_id, "court order", by="editor")
    listed.write_text(run("record", "erasures", "list", "--record", here).stdout)
    assert "court order" in listed.read_text() and "bytes of one" not in listed.read_text()
    taken = run("record", "erasures", "take", str(listed), "--record", str(there))
    assert taken.stdout == "erased 4 entries\n", taken.output
    with open_record(str(there), read_only=True, clock=lambda: NOON) as copy:
        assert copy.document(first.document_id) is None and copy.verify().ok and copy.verify().erased == 4
    assert run("record", "erasures", "take", here, "--record", str(there)).stdout == "erased 0 entries\n"
    listed.write_text("{")
    assert run("record", "erasures", "take", str(listed), "--record", str(there)).exit_code == 3
    assert run("record", "erasures", "take", "nowhere.jsonl", "--record", str(there)).exit_code == 3
