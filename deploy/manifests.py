"""What deploy/validate demands of rendered manifests, and its proof: of each rule there are manifests broken on purpose, and one that
is not rejected is a failure. Everything is offline."""

import argparse
import copy
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

# The oldest that knows all fields used here, and the three newest that the schemas are there of.
VERSIONS = ["1.27", "1.35", "1.36", "1.37"]
# What the rules below know; a kind that they don't look into is not let through unseen.
KINDS = {
    "Namespace": "v1", "ConfigMap": "v1", "Secret": "v1", "Service": "v1", "ServiceAccount": "v1", "Deployment": "apps/v1",
    "StatefulSet": "apps/v1", "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1"}
WORKLOADS = {"Deployment", "StatefulSet"}
# Keys that stand in this project, and so are known to everybody: "change-me" and "try-me".
KNOWN_KEYS = {
    "e2186dbdb1bb4193608605e84f33208765b5693b55edd4f730a719a100eeea6f",
    "4b3c1bf421d96f1b49942450483ffb00bad52cbc5be4cc39b9552bb8fa56395c"}
SIMULATED = "http://modelsim-"
SECRETS = "/run/secrets/switchyard"
# From the last exchange's end to the process': what waits to be read, and closing.
MARGIN = 10
# A process that answers no probe gets no more to end, whatever the pod's streams are given.
UNWELL = 60


# ---- Reading ----------------------------------------------------------------------------------------------------

class Unreadable(Exception):
    """What a rule has to read is not there, or has another form: a complaint of that rule."""


class Manifests:
    """The documents of one rendering."""

    def __init__(self, documents):
        self.documents = documents

    def of(self, *kinds):
        return [document for document in self.documents if document.get("kind") in kinds]

    def one(self, kind, name):
        found = [d for d in self.of(kind) if d["metadata"]["name"] == name]
        if len(found) != 1:
            raise Unreadable(f"there are {len(found)} of {kind} {name}; it is known by that name, so no namePrefix or nameSuffix")
        return found[0]

    def workloads(self):
        """Each with its pod's specification."""
        return [(d, d["spec"]["template"]["spec"]) for d in self.of(*WORKLOADS)]

    def containers(self):
        for workload, pod in self.workloads():
            for container in pod["containers"] + pod.get("initContainers", []):
                yield f"{title(workload)}, container {container['name']}", pod, container

    def config(self):
        try:
            config = yaml.safe_load(self.one("ConfigMap", "switchyard").get("data", {}).get("switchyard.yaml", ""))
        except yaml.YAMLError as error:
            raise Unreadable(f"ConfigMap switchyard: switchyard.yaml is no YAML: {error}") from None
        if not isinstance(config, dict):
            raise Unreadable("ConfigMap switchyard: there is no configuration in its switchyard.yaml")
        return config


def title(document):
    return f"{document.get('kind')} {document.get('metadata', {}).get('name')}"


def matches(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def seconds(duration):
    parts = re.fullmatch(r"(\d+)(ms|s|m|h|d)", str(duration))
    if not parts:
        raise Unreadable(f"{duration!r} is no duration such as 500ms, 90s or 10m")
    return int(parts[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[parts[2]]


# ---- Rules: each yields what is wrong ---------------------------------------------------------------------------

def kinds(manifests):
    for document in manifests.documents:
        kind, version = document.get("kind"), document.get("apiVersion")
        if KINDS.get(kind) != version:
            yield f"{title(document)}: no rule here knows {kind} of {version}; known are " + \
                ", ".join(f"{kind} of {version}" for kind, version in KINDS.items())


def schema(manifests):
    for document in manifests.documents:
        yield from misfits(json.dumps(document))


@functools.cache
def misfits(text):
    """Of one document; remembered, as a broken rendering differs from the whole one in a single document."""
    document, found = json.loads(text), []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError as error:
            found.append(f"{title(document)}: {error.message}")
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(part) for part in error.path)
            found.append(f"{title(document)}, Kubernetes {version}: {place}: {error.message[:200]}")
    return found


def selectors(manifests):
    pods = [(workload, workload["spec"]["template"]["metadata"].get("labels", {})) for workload, _ in manifests.workloads()]
    for workload, labels in pods:
        if not matches(workload["spec"]["selector"].get("matchLabels"), labels):
            yield f"{title(workload)}: its selector does not match its own pods"
        if sum(matches(workload["spec"]["selector"].get("matchLabels"), others) for _, others in pods) > 1:
            yield f"{title(workload)}: its selector matches pods of another too"
        for spread in workload["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            if not matches(spread["labelSelector"].get("matchLabels"), labels):
                yield f"{title(workload)}: it spreads pods that are not its own"
    for document in manifests.of("Service", "PodDisruptionBudget", "NetworkPolicy"):
        selector = document["spec"].get("podSelector" if document["kind"] == "NetworkPolicy" else "selector", {})
        selector = selector if document["kind"] == "Service" else selector.get("matchLabels")
        found = [workload for workload, labels in pods if matches(selector, labels)]
        if len(found) != 1:
            yield f"{title(document)}: it selects {' and '.join(map(title, found)) or 'no pod'}"
        elif document["kind"] == "Service":
            yield from unknown_ports(document, found[0], [p.get("targetPort", p["port"]) for p in document["spec"]["ports"]])
        elif document["kind"] == "NetworkPolicy":
            rules = document["spec"].get("ingress", [])
            yield from unknown_ports(document, found[0], [p["port"] for rule in rules for p in rule.get("ports", []) if "port" in p])


def unknown_ports(document, workload, named):
    ports = [port for container in workload["spec"]["template"]["spec"]["containers"] for port in container.get("ports", [])]
    known = {port.get("name") for port in ports} | {port["containerPort"] for port in ports}
    for port in named:
        if port not in known:
            yield f"{title(document)}: {title(workload)} has no port {port}"


def references(manifests):
    names = {kind: {d["metadata"]["name"]: d for d in manifests.of(kind)} for kind in ("ConfigMap", "Secret", "ServiceAccount")}
    names["Secret"]["switchyard"] = None  # which is made by hand, but for trying out
    for workload, pod in manifests.workloads():
        wanted = [("ServiceAccount", pod["serviceAccountName"])] if "serviceAccountName" in pod else []
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        for volume in volumes.values():
            wanted += [("ConfigMap", volume["configMap"]["name"])] if "configMap" in volume else []
            wanted += [("Secret", volume["secret"]["secretName"])] if "secret" in volume else []
        for kind, name in wanted:
            if name not in names[kind]:
                yield f"{title(workload)}: there is no {kind} {name}"
        for container in pod["containers"]:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{title(workload)}: there is no volume {mount['name']}"


def confinement(manifests):
    """Pod Security's profile `restricted`, a root file system that can't be written, and no token of the cluster's."""
    for workload, pod in manifests.workloads():
        context = pod.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
            yield f"{title(workload)}: it may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{title(workload)}: no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{title(workload)}: it gets a token of the cluster's"
        for word in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.get(word):
                yield f"{title(workload)}: {word}"
        for volume in pod.get("volumes", []):
            if not {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected"} & volume.keys():
                yield f"{title(workload)}: volume {volume['name']} is of a kind that is not allowed"
    for place, _, container in manifests.containers():
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield f"{place}: it may gain rights"
        if context.get("readOnlyRootFilesystem") is not True:
            yield f"{place}: its root file system can be written"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{place}: capabilities other than none"
        if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
            yield f"{place}: it runs as root"
        if context.get("seccompProfile", {}).get("type", "RuntimeDefault") != "RuntimeDefault":
            yield f"{place}: a seccomp profile of its own"
        if any("hostPort" in port for port in container.get("ports", [])):
            yield f"{place}: a port of the host"


def secrets(manifests):
    """Files, never the environment, which children inherit and dumps show; and folders, as a file by subPath never changes."""
    for place, _, container in manifests.containers():
        variables = [v for v in container.get("env", []) if "secretKeyRef" in v.get("valueFrom", {})]
        if variables or any("secretRef" in source for source in container.get("envFrom", [])):
            yield f"{place}: a secret in the environment"
        for variable in container.get("env", []):
            if variable.get("value") and re.search("KEY|TOKEN|PASSWORD|SECRET", variable["name"], re.IGNORECASE):
                yield f"{place}: {variable['name']} in plain text, for all who may read the manifest"
        if any("subPath" in mount or "subPathExpr" in mount for mount in container.get("volumeMounts", [])):
            yield f"{place}: a mount by subPath, which never changes"


def resources(manifests):
    for place, _, container in manifests.containers():
        for kind in ("requests", "limits"):
            missing = {"cpu", "memory"} - container.get("resources", {}).get(kind, {}).keys()
            if missing:
                yield f"{place}: no {kind} of {' and '.join(sorted(missing))}"
        if re.search(r":latest$|/[^:@]+$|^[^:@/]+$", container["image"]):
            yield f"{place}: image {container['image']} is any version"


def budget(manifests):
    """Nodes can be emptied, and not of all replicas at once."""
    for document in manifests.of("PodDisruptionBudget"):
        chosen = document["spec"].get("selector", {}).get("matchLabels")
        for workload, _ in manifests.workloads():
            if not matches(chosen, workload["spec"]["template"]["metadata"].get("labels", {})):
                continue
            replicas = workload["spec"].get("replicas", 1)
            may_go = allowed(document["spec"], replicas)
            if may_go < 1:
                yield f"{title(document)}: of {replicas} replicas none may go: no node of theirs can be emptied"
            elif may_go >= replicas:
                yield f"{title(document)}: all {replicas} replicas may go together"


def allowed(spec, replicas):
    """How many of the replicas may be away. Of a share, Kubernetes rounds both up."""
    def count(value):
        if isinstance(value, int):
            return value
        share = re.fullmatch(r"(\d+)%", value)
        if not share:
            raise Unreadable(f"{value!r} is neither a number nor a share")
        return -(-replicas * int(share[1]) // 100)
    if "maxUnavailable" in spec:
        return count(spec["maxUnavailable"])
    return replicas - count(spec.get("minAvailable", 1))


def keys(manifests):
    """A key that everybody can read here opens no provider that costs money."""
    config = manifests.config()
    real = [name for name, provider in (config.get("providers") or {}).items()
            if not str(provider.get("base_url", "")).startswith(SIMULATED)]
    for name, tenant in (config.get("tenants") or {}).items():
        known = [key.get("id") for key in tenant.get("keys") or [] if key.get("sha256") in KNOWN_KEYS]
        if real and known:
            yield f"ConfigMap switchyard: key {known[0]} of tenant {name} is an example's, known to everybody, and {real[0]} is not simulated"


def life(manifests):
    """Probes ask the right thing, a rollout takes no replica away first, and what runs may finish."""
    router = manifests.one("Deployment", "switchyard")
    pod = router["spec"]["template"]["spec"]
    container = pod["containers"][0]
    ports = {port.get("name") for port in container["ports"]}
    for probe, path in (("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")):
        asks = container.get(probe, {}).get("httpGet", {})
        if asks.get("path") != path or asks.get("port") not in ports:
            yield f"{title(router)}: {probe} does not ask {path} at a port that it has"
    for probe in ("startupProbe", "livenessProbe"):
        if container.get(probe, {}).get("terminationGracePeriodSeconds", UNWELL + 1) > UNWELL:
            yield f"{title(router)}: where {probe} fails, it is waited for as long as for streams"
    rolling = router["spec"].get("strategy", {}).get("rollingUpdate", {})
    if rolling.get("maxUnavailable") != 0 or not rolling.get("maxSurge"):
        yield f"{title(router)}: a rollout takes replicas away before others are there"
    command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
    if command[:1] != ["sleep"]:
        yield f"{title(router)}: no preStop: connections are still sent to a pod that ends"
        return
    if not re.fullmatch(r"\d+", " ".join(command[1:])):
        yield f"{title(router)}: preStop sleeps for {' '.join(command[1:])!r}, which is no number of seconds"
        return
    server = manifests.config().get("server", {})
    ends = int(command[1]) + seconds(server.get("drain_notice", "500ms")) + seconds(server.get("drain_timeout", "90s"))
    if pod.get("terminationGracePeriodSeconds", 30) < ends + MARGIN:
        yield f"{title(router)}: killed before it has drained, which takes {ends:.0f} s and {MARGIN} more"
    if manifests.config().get("admin", {}).get("host", "127.0.0.1").startswith("127."):
        yield f"{title(router)}: its admin port can't be reached by probes"


def configuration(manifests):
    """What the router itself says of its configuration, with the secrets in another folder."""
    text = manifests.one("ConfigMap", "switchyard")["data"]["switchyard.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        files = set(re.findall(re.escape(SECRETS) + r"/([\w.-]+)", text))
        for name in files:
            (pathlib.Path(folder) / name).write_text("for-trying-out-only")
        for secret in manifests.of("Secret"):
            missing = files - {*secret.get("data", {}), *secret.get("stringData", {})}
            if missing:
                yield f"{title(secret)}: without {' and '.join(sorted(missing))}, which the configuration names"
        path = pathlib.Path(folder) / "switchyard.yaml"
        path.write_text(text.replace(SECRETS, folder))
        done = subprocess.run([configuration.program, "check", "--config", path], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"ConfigMap switchyard: {(done.stdout + done.stderr).strip()[:300]}"


RULES = [kinds, schema, selectors, references, confinement, secrets, resources, budget, keys, life]


def complaints(manifests):
    """A schema that is not met may trip the other rules: they come after it."""
    return what_of(RULES[:2], manifests) or what_of(RULES[2:], manifests)


def what_of(rules, manifests):
    found = []
    for rule in rules:
        try:
            found += [(rule.__name__, text) for text in rule(manifests)]
        except Unreadable as error:
            found.append((rule.__name__, str(error)))
    return found


# ---- The proof --------------------------------------------------------------------------------------------------

def put(document, path, value):
    """Sets what stands at `a.b.0.c`; None takes it away."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        document = document[part]
    if value is None:
        del document[last]
    else:
        document[last] = value


POD, CONTAINER = "spec.template.spec", "spec.template.spec.containers.0"
CONFIG = "data.switchyard.yaml"


def instead(old, new):
    """An edit of what stands there."""
    return lambda text: text.replace(old, new)


def alone(kind, version, pod):
    """A valid document of a kind that no rule looks into, with all the rights there are."""
    labels = {"app": "other"}
    pod = {"containers": [{"name": "other", "image": "other:latest", "securityContext": {"privileged": True}}], **pod}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = pod if kind == "Pod" else {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "other"}, "spec": spec}


# By rule: what is broken, in which document, where, and with what; or, without a place, which document is there too.
BROKEN = [
    ("kinds", "a Pod", "Pod", "", "", alone("Pod", "v1", {"hostNetwork": True})),
    ("kinds", "a DaemonSet", "DaemonSet", "", "", alone("DaemonSet", "apps/v1", {"hostPID": True})),
    ("kinds", "a removed API", "PodDisruptionBudget", "switchyard", "apiVersion", "policy/v1beta1"),
    ("kinds", "an unknown kind", "Service", "switchyard", "kind", "Servise"),
    ("schema", "a wrong type", "Deployment", "switchyard", "spec.replicas", "three"),
    ("schema", "an unknown field", "Deployment", "switchyard", f"{POD}.terminationGracePeriodSecond", 60),
    ("schema", "an unknown field of a container", "StatefulSet", "redis", f"{CONTAINER}.readynessProbe", {}),
    ("schema", "a field that is demanded and missing", "Service", "switchyard", "spec.ports.0.port", None),
    ("selectors", "a Deployment that selects other pods", "Deployment", "switchyard", "spec.selector.matchLabels",
     {"app.kubernetes.io/name": "switchboard"}),
    ("selectors", "a Deployment that selects all pods", "Deployment", "switchyard", "spec.selector.matchLabels",
     {"app.kubernetes.io/part-of": "switchyard"}),
    ("selectors", "a Service without pods", "Service", "switchyard", "spec.selector", {"app.kubernetes.io/name": "switchboard"}),
    ("selectors", "a Service of two Deployments", "Service", "modelsim-fast", "spec.selector", {"app.kubernetes.io/name": "modelsim"}),
    ("selectors", "a Service to no port", "Service", "switchyard", "spec.ports.0.targetPort", "https"),
    ("selectors", "a network policy of nothing", "NetworkPolicy", "redis", "spec.podSelector.matchLabels", {"app": "redis"}),
    ("selectors", "a network policy of no port", "NetworkPolicy", "redis", "spec.ingress.0.ports.0.port", "rediss"),
    ("selectors", "a budget of nothing", "PodDisruptionBudget", "switchyard", "spec.selector.matchLabels", {"app": "switchyard"}),
    ("selectors", "spreading what is not there", "Deployment", "switchyard",
     f"{POD}.topologySpreadConstraints.0.labelSelector.matchLabels", {"app": "switchyard"}),
    ("references", "no such ConfigMap", "Deployment", "switchyard", f"{POD}.volumes.0.configMap.name", "switchboard"),
    ("references", "no such Secret", "Deployment", "switchyard", f"{POD}.volumes.1.secret.secretName", "switchboard"),
    ("references", "no such ServiceAccount", "Deployment", "switchyard", f"{POD}.serviceAccountName", "switchboard"),
    ("references", "no such volume", "Deployment", "switchyard", f"{CONTAINER}.volumeMounts.0.name", "settings"),
    ("confinement", "root", "Deployment", "switchyard", f"{POD}.securityContext.runAsNonRoot", None),
    ("confinement", "a root container", "Deployment", "switchyard", f"{CONTAINER}.securityContext.runAsUser", 0),
    ("confinement", "privileged", "Deployment", "modelsim-fast", f"{CONTAINER}.securityContext.privileged", True),
    ("confinement", "rights to be gained", "Deployment", "switchyard", f"{CONTAINER}.securityContext.allowPrivilegeEscalation", None),
    ("confinement", "a root that can be written", "StatefulSet", "redis", f"{CONTAINER}.securityContext.readOnlyRootFilesystem", False),
    ("confinement", "a capability", "Deployment", "switchyard", f"{CONTAINER}.securityContext.capabilities.add", ["NET_ADMIN"]),
    ("confinement", "no seccomp profile", "Deployment", "switchyard", f"{POD}.securityContext.seccompProfile", None),
    ("confinement", "a token", "StatefulSet", "redis", f"{POD}.automountServiceAccountToken", None),
    ("confinement", "a container without a seccomp profile", "Deployment", "switchyard", f"{CONTAINER}.securityContext.seccompProfile",
     {"type": "Unconfined"}),
    ("confinement", "a container that may be root's", "Deployment", "switchyard", f"{CONTAINER}.securityContext.runAsNonRoot", False),
    ("confinement", "the host's network", "Deployment", "switchyard", f"{POD}.hostNetwork", True),
    ("confinement", "the host's processes", "Deployment", "switchyard", f"{POD}.hostPID", True),
    ("confinement", "the host's shared memory", "Deployment", "switchyard", f"{POD}.hostIPC", True),
    ("confinement", "a port of the host", "Deployment", "switchyard", f"{CONTAINER}.ports.0.hostPort", 8080),
    ("confinement", "the host's files", "Deployment", "switchyard", f"{POD}.volumes.0", {"name": "config", "hostPath": {"path": "/"}}),
    ("secrets", "a secret in the environment", "Deployment", "switchyard", f"{CONTAINER}.env",
     [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "switchyard", "key": "provider_key"}}}]),
    ("secrets", "a key in plain text", "Deployment", "switchyard", f"{CONTAINER}.env",
     [{"name": "OPENAI_API_KEY", "value": "sk-live-0123"}]),
    ("secrets", "all secrets in the environment", "Deployment", "switchyard", f"{CONTAINER}.envFrom",
     [{"secretRef": {"name": "switchyard"}}]),
    ("secrets", "a configuration that never changes", "Deployment", "switchyard", f"{CONTAINER}.volumeMounts.0.subPath",
     "switchyard.yaml"),
    ("resources", "no limits", "Deployment", "switchyard", f"{CONTAINER}.resources.limits", None),
    ("resources", "no request of memory", "StatefulSet", "redis", f"{CONTAINER}.resources.requests.memory", None),
    ("resources", "any version", "Deployment", "switchyard", f"{CONTAINER}.image", "switchyard:latest"),
    ("budget", "a budget of none", "PodDisruptionBudget", "switchyard", "spec.maxUnavailable", 0),
    ("budget", "a budget of all", "PodDisruptionBudget", "switchyard", "spec.maxUnavailable", "100%"),
    ("budget", "a budget for a single replica", "Deployment", "switchyard", "spec.replicas", 1),
    ("keys", "a known key before a real provider", "ConfigMap", "switchyard", CONFIG,
     instead("http://modelsim-large:9001/v1", "https://api.openai.com/v1")),
    ("life", "liveness that fails in a drain", "Deployment", "switchyard", f"{CONTAINER}.livenessProbe.httpGet.path", "/readyz"),
    ("life", "readiness at no port", "Deployment", "switchyard", f"{CONTAINER}.readinessProbe.httpGet.port", "metrics"),
    ("life", "no startupProbe", "Deployment", "switchyard", f"{CONTAINER}.startupProbe", None),
    ("life", "a hung process that is waited for", "Deployment", "switchyard",
     f"{CONTAINER}.livenessProbe.terminationGracePeriodSeconds", None),
    ("life", "a start that is waited for", "Deployment", "switchyard",
     f"{CONTAINER}.startupProbe.terminationGracePeriodSeconds", 630),
    ("life", "a rollout without another replica", "Deployment", "switchyard", "spec.strategy.rollingUpdate.maxSurge", 0),
    ("life", "a rollout that takes away first", "Deployment", "switchyard", "spec.strategy.rollingUpdate.maxUnavailable", 1),
    ("life", "no preStop", "Deployment", "switchyard", f"{CONTAINER}.lifecycle", None),
    ("life", "a drain that is cut short", "Deployment", "switchyard", f"{POD}.terminationGracePeriodSeconds", 60),
    ("life", "another name", "Deployment", "switchyard", "metadata.name", "my-switchyard"),
    ("life", "probes that find nobody", "ConfigMap", "switchyard", CONFIG, instead("host: 0.0.0.0", "host: 127.0.0.1")),
    ("life", "a duration of another form", "ConfigMap", "switchyard", CONFIG, instead("drain_timeout: 150s", "drain_timeout: long")),
    ("life", "a sleep of another form", "Deployment", "switchyard", f"{CONTAINER}.lifecycle.preStop.exec.command", ["sleep", "a while"]),
    ("configuration", "a key that is misspelled", "ConfigMap", "switchyard", CONFIG, instead("server:", "serverr:")),
    ("configuration", "a secret that is missing", "Secret", "switchyard", "data.admin_token", None),
]


def prove(manifests):
    """The names of broken manifests that were let through, or rejected for another reason than theirs."""
    rules, through = {rule.__name__ for rule in RULES}, []
    cases = [case for case in BROKEN if case[0] in rules]
    for rule, name, kind, of, path, value in cases:
        broken = Manifests(copy.deepcopy(manifests.documents))
        if not path:
            broken.documents.append(value)
        elif path == CONFIG:  # whose dots are no steps
            data = broken.one(kind, of)["data"]
            data["switchyard.yaml"] = value(data["switchyard.yaml"])
        else:
            put(broken.one(kind, of), path, value)
        # An edit that changes nothing proves nothing.
        if broken.documents == manifests.documents or rule not in {found for found, _ in complaints(broken)}:
            through.append(name)
    print(f"{len(cases) - len(through)} of {len(cases)} broken manifests rejected")
    return through


def read(path):
    return Manifests(list(yaml.safe_load_all(path.read_text())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rendered", type=pathlib.Path, nargs="+")
    parser.add_argument("--prove", type=pathlib.Path, required=True, help="the one that is broken on purpose")
    parser.add_argument("--program", help="switchyard, to check its configuration")
    arguments = parser.parse_args()
    if arguments.program:
        configuration.program = arguments.program
        RULES.append(configuration)
    ok = True
    for path in arguments.rendered:
        manifests = read(path)
        found = complaints(manifests)
        print(f"{path.stem}: {len(manifests.documents)} documents, {'all well' if not found else 'rejected'}")
        for rule, text in found:
            print(f"error: {path.stem}: {rule}: {text}")
        ok = ok and not found
    through = prove(read(arguments.prove)) if ok else []
    for name in through:
        print(f"error: let through: {name}")
    sys.exit(1 if through or not ok else 0)


main()
