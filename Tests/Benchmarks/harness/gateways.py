"""The upstream, the gateways, and how each is started: configuration generated, all state in one folder."""
import hashlib, os, shutil, subprocess

from . import proc
from .processes import GATEWAY_CORES, LOAD_CORES, Failure, free_port, http, start, stop, tail, until

KEY = "sy-benchmark-6f1d2c9b7a40"
MODEL = "bench"


class Gateway:
    """Something that answers at `url`; `pid` is the root of its processes."""

    def __init__(self, name, url, pid, key=KEY, model=MODEL, admin=None, process=None):
        self.name, self.url, self.pid, self.key, self.model = name, url.rstrip("/"), pid, key, model
        self.admin, self.process = admin, process

    def pids(self):
        return proc.tree(self.pid)

    def gauges(self):
        """The gauges of /metrics that have no label, and counters summed over their labels; {} without admin port."""
        if not self.admin:
            return {}
        status, text = http(self.admin + "/metrics")
        found = {}
        for line in text.decode().splitlines() if status == 200 else []:
            if line.startswith("switchyard_") and not line.split("{")[0].split()[0].endswith(("_bucket", "_sum")):
                name, value = line.split("{")[0].split()[0], line.rsplit(" ", 1)[1]
                found[name] = found.get(name, 0) + float(value)
        return found

    def end(self):
        if self.process:
            stop(self.process)


def upstream(bin_dir, work, port):
    """modelsim, which answers at once unless a request says otherwise."""
    process = start(
        [f"{bin_dir}/modelsim", "--port", str(port), "--ttft", "0ms", "--per-token", "0ms"], LOAD_CORES,
        f"{work}/modelsim.log")
    url = f"http://127.0.0.1:{port}"
    _wait(lambda: http(url + "/health")[0] == 200, process, "modelsim", f"{work}/modelsim.log")
    return Gateway("direct", url, process.pid, process=process)


def nginx(work, upstream_port):
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        raise Failure("nginx is missing, and it is what everything is compared with: apt-get install nginx-light")
    port, prefix = free_port(), f"{work}/nginx"
    os.makedirs(prefix, exist_ok=True)
    with open(f"{prefix}/nginx.conf", "w") as file:
        file.write(_nginx(port, upstream_port))
    process = start([program, "-p", prefix, "-c", "nginx.conf"], GATEWAY_CORES, f"{work}/nginx.log")
    url = f"http://127.0.0.1:{port}"
    _wait(lambda: http(url + "/health")[0] == 200, process, "nginx", f"{work}/nginx.log")
    version = subprocess.run([program, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
    gateway = Gateway("nginx", url, process.pid, process=process)
    gateway.version = version
    return gateway


def _nginx(port, upstream_port):
    folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    temporary = " ".join(f"{name}_temp_path {name};" for name in folders)
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""daemon off; {user} worker_processes 1; worker_rlimit_nofile {_descriptors()};
pid nginx.pid; error_log error.log warn;
events {{ worker_connections {_descriptors()}; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 64m;
  {temporary}
  upstream up {{ server 127.0.0.1:{upstream_port}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 600s;
    }}
  }}
}}
"""


def _descriptors():
    import resource
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)


def switchyard(bin_dir, work, upstream_port, workers=1, cores=GATEWAY_CORES, server="", models=None, name="switchyard",
               state="", limits="[]", keys=("sk-upstream-of-the-benchmark",)):
    """`switchyard serve` with one key, one model rule, a JSON access log on a file and metrics on."""
    port, admin = free_port(), free_port()
    config = f"{work}/{name}.yaml"
    with open(config, "w") as file:
        file.write(_switchyard(port, admin, upstream_port, workers, server, models, state, limits, keys))
    with open(f"{work}/{name}-access.log", "wb") as access:
        process = start(
            [f"{bin_dir}/switchyard", "serve", "--config", config, "--log-format", "text"], cores,
            f"{work}/{name}.log", output=access)
    url, door = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin}"
    _wait(lambda: http(door + "/readyz")[0] == 200, process, name, f"{work}/{name}.log")
    gateway = Gateway(name, url, process.pid, admin=door, process=process)
    gateway.config, gateway.access_log = config, f"{work}/{name}-access.log"
    return gateway


def _switchyard(port, admin, upstream_port, workers, server, models, state, limits, keys):
    return f"""server: {{ host: 127.0.0.1, port: {port}, workers: {workers}, drain_timeout: 1s{server or ", idle_timeout: 10m"} }}
admin: {{ host: 127.0.0.1, port: {admin} }}
{state}
providers:
  sim: {{ dialect: openai, base_url: "http://127.0.0.1:{upstream_port}/v1", api_keys: [ {", ".join(f'"{key}"' for key in keys)} ] }}
deployments:
  sim: {{ provider: sim, model: modelsim-1, price: {{ input: 0.15, output: 0.60 }} }}
models:
{models or f"  {MODEL}: {{ deployments: [sim] }}"}
tenants:
  bench: {{ limits: {limits}, keys: [ {{ id: first, sha256: "{hashlib.sha256(KEY.encode()).hexdigest()}", models: ["*"] }} ] }}
"""


def redis(work):
    """A Redis of its own on the load's core, which keeps nothing."""
    program = shutil.which("redis-server")
    if not program:
        raise Failure("redis-server is missing, which `limits` measures with: apt-get install redis-server")
    port = free_port()
    process = start(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", work], LOAD_CORES, f"{work}/redis.log")
    return Gateway("redis", f"redis://127.0.0.1:{port}/0", process.pid, process=process)


def _wait(condition, process, name, log):
    until(lambda: condition() or process.poll() is not None, 20, f"{name} does not answer: {log}", None)
    if process.poll() is not None:
        raise Failure(f"{name} has ended: {tail(log)}")
