# SPDX-License-Identifier: Apache-2.0
"""
Certificates, made when a test needs them by the program openssl

    ca = Authority(folder)
    ca.issue("server-cert.pem", "server-key.pem", name="localhost")

An authority signs itself, or another signs it.  What is wrong with a certificate is said by its extensions and days.
"""

import datetime
import os
import shutil
import subprocess

OPENSSL = shutil.which("openssl")

CONFIG = """
[ca]
default_ca = us
[us]
new_certs_dir = %(folder)s
database = %(folder)s/index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
"""

CA = {"basicConstraints": "critical,CA:TRUE", "keyUsage": "critical,keyCertSign"}
SERVER = {"basicConstraints": "critical,CA:FALSE", "keyUsage": "critical,digitalSignature,keyEncipherment",
          "extendedKeyUsage": "serverAuth", "subjectAltName": "DNS:localhost,IP:127.0.0.1"}
CLIENT = {"basicConstraints": "critical,CA:FALSE", "keyUsage": "critical,digitalSignature,keyEncipherment",
          "extendedKeyUsage": "clientAuth"}


def openssl(*arguments):
    p = subprocess.run([OPENSSL, *arguments], stdin=subprocess.DEVNULL, capture_output=True)
    assert p.returncode == 0, "openssl %s: %s" % (" ".join(arguments), p.stderr.decode(errors="replace"))


def key(path, password=None):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    if password:
        openssl("pkcs8", "-topk8", "-in", path, "-out", path + ".new", "-passout", "pass:" + password)
        os.rename(path + ".new", path)


def stamp(days):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return when.strftime("%Y%m%d%H%M%SZ")


class Authority:
    """Its own files are in FOLDER/authority; its certificate is copied to where others look for it."""

    def __init__(self, folder, name="authority", extensions=None, days=(-1, 30), by=None):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.key, self.cert = self.folder + "/key.pem", self.folder + "/cert.pem"
        open(self.folder + "/index", "w").close()
        with open(self.folder + "/config", "w") as f:
            f.write(CONFIG % {"folder": self.folder})
        key(self.key)
        (by or self).sign(self.key, self.cert, "/CN=" + name, extensions or CA, days)

    def sign(self, private, cert, subject, extensions, days):
        request, wanted = self.folder + "/request", self.folder + "/extensions"
        with open(wanted, "w") as f:
            f.writelines("%s = %s\n" % item for item in extensions.items() if item[1])
        openssl("req", "-new", "-key", private, "-subj", subject, "-out", request, "-config", self.folder + "/config",
                "-passin", "pass:")
        who = ["-selfsign", "-keyfile", private] if private == self.key else ["-keyfile", self.key, "-cert", self.cert]
        openssl("ca", "-batch", "-notext", "-config", self.folder + "/config", *who, "-in", request, "-out", cert,
                "-extfile", wanted, "-startdate", stamp(days[0]), "-enddate", stamp(days[1]), "-preserveDN")

    def issue(self, folder, side, subject=None, extensions=None, days=(-1, 30), password=None):
        """FOLDER/{server,client}-{cert,key}.pem, and the authority's own beside it."""
        private = "%s/%s-key.pem" % (folder, side)
        os.makedirs(folder, exist_ok=True)
        key(private)
        self.sign(private, "%s/%s-cert.pem" % (folder, side), subject or "/CN=" + side,
                  extensions or (SERVER if side == "server" else CLIENT), days)
        if password:
            openssl("pkcs8", "-topk8", "-in", private, "-out", private + ".new", "-passout", "pass:" + password)
            os.rename(private + ".new", private)
        shutil.copy(self.cert, folder + "/ca-cert.pem")
        return folder
