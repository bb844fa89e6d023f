"""The router of an image as an ordinary process of this machine: the same program with the same libraries, without a container's
network, seccomp filter and cgroup. For docker/trial.py, which compares what an exchange costs. Wants root, for chroot."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

USER = "65532:65532"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def processor_seconds(pid):
    """What a process has used so far, in user and system mode."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Outside:
    """A replica beside those of the cluster, with its configuration, providers and Redis. To be used in `with`."""

    def __init__(self, container, config, secrets, addresses):
        """`container` runs the image, `addresses` are those of the services that the configuration names."""
        self.port, self.admin_port = free_port(), free_port()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="switchyard-outside-"))
        self.process = None
        try:
            self.unpack(container)
            self.configure(config, secrets, addresses)
            self.start()
        except BaseException:
            self.__exit__()
            raise

    def unpack(self, container):
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            subprocess.run(["tar", "-C", self.root, "-x"], stdin=export.stdout, check=True)
        self.root.chmod(0o755)

    def configure(self, config, secrets, addresses):
        text = config.read_text()
        for service, address in addresses.items():
            text = re.sub(rf"(//|@){service}:", rf"\g<1>{address}:", text)
        text = text.replace("server: {", f"server: {{ host: 127.0.0.1, port: {self.port},", 1)
        (self.root / "outside.yaml").write_text(f"{text}\nadmin: {{ port: {self.admin_port} }}\n")
        shutil.copytree(secrets, self.root / "run/secrets", dirs_exist_ok=True)

    def start(self):
        # Swift reads its arguments from /proc, and the number of cores from /sys.
        enter = f'mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && exec chroot --userspec={USER} "$0" "$@"'
        command = ["unshare", "--mount", "sh", "-c", enter, self.root, "/usr/local/bin/switchyard", "serve", "--config", "/outside.yaml"]
        with open(self.root / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"The router did not start outside of its container: {self.log()}")
            time.sleep(0.05)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        return (self.root / "log").read_text(errors="replace")[-2000:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.root)
