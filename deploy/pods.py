"""What deploy/trial tries on overlays/minimal in a running Kubernetes, with the load of docker/trial.py: a rollout, a rolling update,
kill -9 of a replica, evictions, changed and broken configurations, a changed secret, and Redis' pod taken away."""

import argparse
import asyncio
import base64
import concurrent.futures
import copy
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "docker"))

from trial import KEY, Load, Table, Trials, eventually, official_sdk, quantile, run  # noqa: E402

NAMESPACE, ADMIN_TOKEN = "switchyard", "for-trying-out-only"
NODE_PORT = 30880


# ---- Kubernetes -------------------------------------------------------------------------------------------------

def kubectl(*words):
    return run("kubectl", "--namespace", NAMESPACE, *words)


def apply(documents):
    text = yaml.safe_dump_all(documents)
    subprocess.run(["kubectl", "apply", "--filename", "-"], input=text, text=True, check=True, capture_output=True)


def objects(kind, selector):
    return json.loads(kubectl("get", kind, "--selector", selector, "--output", "json"))["items"]


def rendered():
    """The overlay, with a port on the node, and for a Kubernetes before 1.21 without what it did not know."""
    documents = list(yaml.safe_load_all(run("kubectl", "kustomize", HERE / "overlays" / "minimal")))
    isOld = "policy/v1\n" not in run("kubectl", "api-versions") + "\n"
    for document in documents:
        if document["kind"] == "Service" and document["metadata"]["name"] == "switchyard":
            document["spec"]["type"] = "NodePort"
            document["spec"]["ports"][0]["nodePort"] = NODE_PORT
        if document["kind"] == "PodDisruptionBudget" and isOld:
            document["apiVersion"] = "policy/v1beta1"
            del document["spec"]["unhealthyPodEvictionPolicy"]
        if document["kind"] == "Deployment" and isOld:
            forget_new_fields(document["spec"]["template"]["spec"])
    return documents


def forget_new_fields(pod):
    """kubectl refuses what the API does not know."""
    for spread in pod.get("topologySpreadConstraints", []):
        spread.pop("matchLabelKeys", None)
    for container in pod["containers"]:
        for probe in ("startupProbe", "livenessProbe"):
            container.get(probe, {}).pop("terminationGracePeriodSeconds", None)


class Pod:
    """A replica, as the API told of it."""

    def __init__(self, item):
        self.name, self.uid = item["metadata"]["name"], item["metadata"]["uid"]
        self.isEnding = "deletionTimestamp" in item["metadata"]
        self.ip = item["status"].get("podIP")
        self.isReady = any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))
        self.restarts = sum(c["restartCount"] for c in item["status"].get("containerStatuses", []))

    def metric(self, name):
        request = urllib.request.Request(
            f"http://{self.ip}:8081/metrics", headers={"authorization": f"Bearer {ADMIN_TOKEN}"})
        lines = DIRECT.open(request, timeout=5).read().decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0)

    def models(self):
        request = urllib.request.Request(f"http://{self.ip}:8080/v1/models", headers={"authorization": f"Bearer {KEY}"})
        return {model["id"] for model in json.load(DIRECT.open(request, timeout=5))["data"]}

    def log(self, since):
        """What it wrote since, both of the access log and of its own."""
        lines = kubectl("logs", self.name, f"--since={int(time.time() - since) + 2}s").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def kill(self):
        """SIGKILL from outside, as the kernel does it when memory is short."""
        container = run("docker", "ps", "--quiet", "--filter", f"label=io.kubernetes.pod.uid={self.uid}", *ROUTERS)
        pid = int(run("docker", "inspect", "-f", "{{.State.Pid}}", container))
        # Of an engine in a virtual machine it would be the number of some other process here.
        if (pathlib.Path("/proc") / str(pid) / "root/etc/hostname").read_text().strip() != self.name:
            raise SystemExit("deploy/trial kills processes of containers: run it as root on the machine of the engine.")
        os.kill(pid, signal.SIGKILL)
        return time.time()


ROUTERS = ("--filter", "label=io.kubernetes.container.name=router")
# Pods are asked directly, whatever proxy the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def replicas(endingToo=False):
    pods = map(Pod, objects("pods", "app.kubernetes.io/component=router"))
    return [pod for pod in pods if endingToo or not pod.isEnding]


def all_ready(count=3):
    pods = replicas(endingToo=True)
    return len(pods) == count and all(pod.isReady and not pod.isEnding for pod in pods)


def evict(pod, isOld):
    """Nothing, or the API's reason to refuse it."""
    order = {"apiVersion": "policy/v1beta1" if isOld else "policy/v1", "kind": "Eviction",
             "metadata": {"name": pod.name, "namespace": NAMESPACE}}
    done = subprocess.run(
        ["kubectl", "create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod.name}/eviction", "--filename", "-"],
        input=json.dumps(order), text=True, capture_output=True)
    return None if done.returncode == 0 else done.stderr.strip()


# ---- Trials -----------------------------------------------------------------------------------------------------

class PodTrials(Trials):
    def __init__(self, table, load, pause, documents):
        super().__init__(table, load, pause)
        self.documents = documents

    def changed(self, kind, change):
        """Applies the ConfigMap or Secret of the replicas with what `change` makes of its data; None puts it back."""
        document = copy.deepcopy(next(
            d for d in self.documents if d["kind"] == kind and d["metadata"]["name"] == "switchyard"))
        if change:
            change(document["data"])
        apply([document])
        return time.time()

    def seen_by_all(self, check, seconds=180):
        """Since when it held for each replica, or None."""
        begin, times = time.time(), {}
        while time.time() - begin < seconds:
            for pod in replicas():
                if pod.name not in times and check(pod):
                    times[pod.name] = time.time()
            if len(times) == 3:
                return sorted(times.values())
            time.sleep(0.2)
        return None

    def roll(self):
        begin = time.time()
        kubectl("rollout", "restart", "deployment/switchyard")
        kubectl("rollout", "status", "deployment/switchyard", "--timeout=180s")
        rolled = time.time() - begin
        gone = eventually(lambda: len(run("docker", "ps", "--quiet", *ROUTERS).split()) == 3, 180)
        took = time.time() - begin
        ready = eventually(all_ready, 180)
        self.settle()
        self.no_faults(
            "rolling update of 3", begin, f"; new ones ready after {rolled:.0f} s, old ones gone after {took:.0f} s"
            + ("" if gone else ", NOT all") + ("" if ready else ", three are NOT ready"), bool(gone and ready), "0, and three")

    def kill_replica(self):
        victim = replicas()[0]
        begin = time.time()
        at = victim.kill()
        ready = eventually(
            lambda: all_ready() and any(pod.name == victim.name and pod.restarts > victim.restarts for pod in replicas()))
        back = time.time() - at
        self.settle()
        faults = self.faults(begin)
        refused = [a for a in faults if "ConnectionRefused" in a.fault]
        # What another replica had is in that one's access log.
        logged = {line.get("request_id") for pod in replicas() for line in pod.log(at - self.load.stream_seconds - 5)
                  if "duration_us" in line} if faults else set()
        others = [a for a in faults if a not in refused and (a.begin > at + 0.1 or a.id in logged)]
        late = max((a.begin - at for a in refused), default=0)
        self.killed(
            "kill -9 of a replica", [a for a in faults if a not in refused], others,
            f"{len(refused)} connections refused in the {late:.1f} s until no more were sent there; "
            + ("" if ready else "NOT ") + f"ready again after {back:.1f} s",
            isGood=bool(ready) and late < REFUSED_FOR, demanded=f"0 others, refused for {REFUSED_FOR} s at most")

    def eviction(self):
        isOld = "policy/v1\n" not in run("kubectl", "api-versions") + "\n"
        begin, (first, second, _) = time.time(), replicas()
        answers = [evict(first, isOld), evict(second, isOld)]
        back = eventually(all_ready, 180)
        took = time.time() - begin
        isRefused = answers[0] is None and answers[1] is not None and "disruption budget" in answers[1]
        self.table.add(
            "two evictions", f"the first {answers[0] or 'granted'}, the second: {(answers[1] or 'granted')[:110]}",
            "one granted, one refused", isRefused and bool(back))
        self.settle()
        self.no_faults("  requests meanwhile", begin, f"; three again after {took:.0f} s")

    def configuration(self):
        begin, before = time.time(), {(pod.uid, pod.restarts) for pod in replicas()}

        def add_model(data):
            data["switchyard.yaml"] = data["switchyard.yaml"].replace("\nmodels:\n", "\nmodels:\n  chat-new: { deployments: [large] }\n")
        at = self.changed("ConfigMap", add_model)
        times = self.seen_by_all(lambda pod: "chat-new" in pod.models())
        same = {(pod.uid, pod.restarts) for pod in replicas()} == before
        self.table.add(
            "a changed ConfigMap", (f"in force after {', '.join(f'{t - at:.0f}' for t in times)} s" if times else "NOT in force after 180 s")
            + f", the same pods, {'no' if same else 'SOME'} restarts", "all three, no restart", bool(times) and same)
        self.changed("ConfigMap", None)
        back = self.seen_by_all(lambda pod: "chat-new" not in pod.models())
        self.no_faults(
            "  requests meanwhile", begin, "" if back else "; the one before is NOT in force again", bool(back), "0, and as before")

    def secret(self):
        begin, before = time.time(), {(pod.uid, pod.restarts) for pod in replicas()}
        applied = {pod.name: pod.metric(APPLIED) for pod in replicas()}

        def change_key(data):
            data["provider_key"] = base64.b64encode(b"sk-another").decode()
        at = self.changed("Secret", change_key)
        times = self.seen_by_all(lambda pod: pod.metric(APPLIED) > applied[pod.name])
        same = {(pod.uid, pod.restarts) for pod in replicas()} == before
        self.table.add(
            "a changed Secret", (f"applied after {', '.join(f'{t - at:.0f}' for t in times)} s" if times else "NOT applied after 180 s"),
            "all three, no restart", bool(times) and same)
        self.no_faults("  requests meanwhile", begin)

    def broken(self):
        begin, before = time.time(), replicas()

        def misspell(data):
            data["switchyard.yaml"] = data["switchyard.yaml"].replace("\nmodels:\n", "\nmodles:\n")
        at = self.changed("ConfigMap", misspell)
        times = self.seen_by_all(lambda pod: pod.metric(REFUSED) >= 1)
        said = [[line["error"] for line in pod.log(at) if "configuration refused" in line.get("msg", "")] for pod in before]
        reasons = [next((error for error in errors if "modles" in error), None) for errors in said]
        self.table.add(
            "a broken ConfigMap", (f"refused after {', '.join(f'{t - at:.0f}' for t in times)} s" if times else "NOT refused")
            + f": {reasons[0]}", "all three say why", bool(times) and all(reasons))
        # Who starts now reads the broken one: a rollout must stop at the first.
        kubectl("rollout", "restart", "deployment/switchyard")
        time.sleep(max(15, self.pause))
        left = {pod.uid for pod in replicas() if pod.isReady}
        isKept = left == {pod.uid for pod in before}
        self.table.add("  a rollout with it", f"{len(left)} of the replicas before are left", "all three", isKept)
        self.changed("ConfigMap", None)
        kubectl("rollout", "undo", "deployment/switchyard")
        back = eventually(all_ready, 120)
        self.no_faults("  requests meanwhile", begin, "" if back else "; it did NOT come to rest", bool(back), "0, and three")

    def redis(self):
        begin = time.time()
        uid = kubectl("get", "pod", "redis-0", "--output", "jsonpath={.metadata.uid}")
        kubectl("delete", "pod", "redis-0", "--grace-period=0", "--force")

        def is_back():
            done = subprocess.run(
                ["kubectl", "--namespace", NAMESPACE, "get", "pod", "redis-0", "--output", "json"], capture_output=True, text=True)
            return done.returncode == 0 and Pod(json.loads(done.stdout)).uid != uid and Pod(json.loads(done.stdout)).isReady
        ready = eventually(is_back)
        back = time.time() - begin
        found = self.seen_by_all(lambda pod: pod.metric("switchyard_redis_mode") == 0, 60)
        self.settle()
        alone = sum(1 for a in self.load.answers if a.end >= begin and a.headers.get("x-switchyard-limit-mode") == "local")
        last = max((a.end for a in self.load.answers if a.headers.get("x-switchyard-limit-mode") == "local"), default=begin)
        self.no_faults(
            "Redis' pod deleted", begin, f"; another {'' if ready else 'NOT '}ready after {back:.1f} s, {alone} decided without it, "
            f"the last after {last - begin:.1f} s" + ("" if found else "; NOT found again"), bool(ready and found), "0, and found again")


# Until the kubelet has seen that a process is gone, which it looks for each second, and the node's table is written: seconds.
REFUSED_FOR = 10
APPLIED = 'switchyard_config_reloads_total{result="applied"}'
REFUSED = 'switchyard_config_reloads_total{result="refused"}'


def answers(port):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", headers={"authorization": f"Bearer {KEY}"},
        data=json.dumps({"model": "chat-fast", "messages": [{"role": "user", "content": "Hello"}]}).encode())
    try:
        return DIRECT.open(request, timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


def roll_out(table):
    """From nothing to an answer."""
    documents = rendered()
    begin = time.time()
    apply(documents)
    for kind, name in [("statefulset", "redis"), *(("deployment", n) for n in (
            "modelsim-fast", "modelsim-large", "modelsim-flaky", "switchyard"))]:
        kubectl("rollout", "status", f"{kind}/{name}", "--timeout=180s")
    ready = time.time() - begin
    first = eventually(lambda: answers(NODE_PORT), 30)
    version = json.loads(run("kubectl", "version", "--output", "json"))["serverVersion"]["gitVersion"]
    table.add(
        f"Kubernetes {version}: rollout", f"all ready after {ready:.1f} s, the first answer after {time.time() - begin:.1f} s",
        "an answer", bool(first))
    started = [next((line for line in pod.log(begin) if line.get("msg") == "serving"), {}) for pod in replicas()]
    bridges = {line.get("readiness") for line in started}
    table.add("readiness of upstream sockets", " ".join(map(str, bridges)), "any", None not in bridges)
    return documents


async def under_load(table, documents, arguments):
    load = Load(NODE_PORT, arguments.stream_seconds)
    trials = PodTrials(table, load, arguments.pause, documents)
    loop = asyncio.get_running_loop()
    running = [
        asyncio.create_task(load.at(arguments.rate, load.mixed)), asyncio.create_task(load.at(40, load.trial)),
        *(asyncio.create_task(load.stream_on_and_on(number * arguments.stream_seconds / arguments.streams))
          for number in range(arguments.streams))]
    begin = time.time()
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        for trial in (trials.steady, trials.roll, trials.kill_replica, trials.eviction):
            await loop.run_in_executor(thread, trial)
        trials.exactness("a limit over all of that", begin, time.time())
        for trial in (trials.configuration, trials.secret, trials.broken, trials.redis):
            await loop.run_in_executor(thread, trial)
    load.isOn = False
    await asyncio.gather(*running)
    whole = [a for a in load.answers if a.kind == "long stream" and not a.fault]
    table.add(f"streams of {arguments.stream_seconds} s", f"{len(whole)} whole", "some", bool(whole))
    plain = [a.end - a.begin for a in load.answers if a.kind == "plain" and a.status == 200]
    table.add("the load", f"{len(load.answers)} requests; plain p50 {quantile(plain, 0.5) * 1000:.0f} ms, "
              f"p99 {quantile(plain, 0.99) * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--streams", type=int, default=12, help="long streams at a time")
    parser.add_argument("--stream-seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, default=10, help="seconds after each trial")
    arguments = parser.parse_args()
    table = Table()
    documents = roll_out(table)
    official_sdk(table, NODE_PORT)
    asyncio.run(under_load(table, documents, arguments))
    print(f"\n{table}")
    sys.exit(0 if table.areGood else 1)


main()
