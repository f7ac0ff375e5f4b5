#!/usr/bin/env python3
"""Checks the configurations of Vector and Prometheus in deploy/ as far as that goes without them, and the places of keys and
state in the service's own examples.

usage: check_configs.py DEPLOY

Vector: its components have documented options only, read from one another, and what the configuration takes from the pod
(paths, environment, port) is there. Prometheus: each scrape job, applied to pods labelled as the charts label them, chooses
its own and no other, and gives the port on which that program serves metrics.
"""
import pathlib
import re
import sys

import yaml

deploy = pathlib.Path(sys.argv[1])
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)


# From the reference of Vector 0.44, the options of the component types in use, and which of them are required.
COMPONENTS = {
    ("sources", "kubernetes_logs"): ({
        "auto_partial_merge", "data_dir", "delay_deletion_ms", "exclude_paths_glob_patterns", "extra_field_selector",
        "extra_label_selector", "extra_namespace_label_selector", "fingerprint_lines", "glob_minimum_cooldown_ms",
        "ignore_older_secs", "include_paths_glob_patterns", "ingestion_timestamp_field", "insert_namespace_fields",
        "internal_metrics", "kube_config_file", "max_line_bytes", "max_read_bytes", "namespace_annotation_fields",
        "node_annotation_fields", "oldest_first", "pod_annotation_fields", "read_from", "rotate_wait_secs",
        "self_node_name", "timezone", "use_apiserver_cache"}, set()),
    ("transforms", "remap"): ({
        "drop_on_abort", "drop_on_error", "file", "files", "inputs", "metric_tag_values", "reroute_dropped", "source",
        "timezone"}, {"inputs"}),
    ("sinks", "console"): ({"acknowledgements", "encoding", "framing", "healthcheck", "inputs", "target"},
                           {"inputs", "encoding"}),
}
CODECS = {"avro", "cef", "csv", "gelf", "json", "logfmt", "native", "native_json", "protobuf", "raw_message", "text"}


def check_components(config):
    names = {name for kind in ("sources", "transforms") for name in config[kind]}
    for kind in ("sources", "transforms", "sinks"):
        for name, component in config[kind].items():
            known, required = COMPONENTS.get((kind, component["type"]), (set(), set()))
            options = set(component) - {"type"}
            expect(known, f"{name}: no {kind} of type {component['type']} is known here")
            expect(options <= known, f"{name}: unknown options {sorted(options - known)}")
            expect(required <= options, f"{name}: without {sorted(required - options)}")
            expect(set(component.get("inputs", [])) <= names - {name}, f"{name}: reads from what there is not")
    read = {one for kind in ("transforms", "sinks") for each in config[kind].values() for one in each["inputs"]}
    expect(names <= read, f"nobody reads {sorted(names - read)}")
    for name, sink in config["sinks"].items():
        expect(sink["encoding"]["codec"] in CODECS, f"{name}: unknown codec")


def check_vector():
    documents = list(yaml.safe_load_all((deploy / "vector/vector.yaml").read_text()))
    of = {document["kind"]: document for document in documents}
    text = of["ConfigMap"]["data"]["vector.yaml"]
    config = yaml.safe_load(text)
    expect(set(config) <= {"data_dir", "api", "sources", "transforms", "sinks"}, f"unknown: {sorted(config)}")
    check_components(config)
    pod = of["DaemonSet"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"] for volume in pod["volumes"]}
    expect({mount["name"] for mount in mounts.values()} == volumes, "a volume is not mounted, or a mount has none")
    expect(config["data_dir"] in mounts and not mounts[config["data_dir"]].get("readOnly"), "data_dir is not writable")
    expect(mounts["/var/log"].get("readOnly"), "the node's logs are mounted writable")
    folder, file = container["args"][-1].rsplit("/", 1)
    expect(folder in mounts and file in of["ConfigMap"]["data"], "the configuration is not where Vector looks for it")
    given = {variable["name"] for variable in container["env"]}
    wanted = set(re.findall(r"\$\{(\w+)", text))
    expect(wanted <= given, f"variables that the pod does not have: {sorted(wanted - given)}")
    port = next(port["containerPort"] for port in container["ports"] if port["name"] == "api")
    expect(config["api"]["enabled"] and config["api"]["address"] == f"0.0.0.0:{port}", "the probes ask another port")
    expect(of["ServiceAccount"]["metadata"]["name"] == pod["serviceAccountName"], "another service account")
    expect(of["ClusterRoleBinding"]["roleRef"]["name"] == of["ClusterRole"]["metadata"]["name"], "another role")


# Pods as their charts label them; the port on which each serves metrics.
PODS = {
    "helixd": ({"app.kubernetes.io/name": "helix-coaster"}, 8765),
    "falco": ({"app.kubernetes.io/name": "falco", "app.kubernetes.io/instance": "falco"}, 8765),
    "gatekeeper": ({"app": "gatekeeper", "control-plane": "audit-controller", "gatekeeper.sh/system": "yes"}, 8888),
    "kyverno": ({"app.kubernetes.io/component": "reports-controller", "app.kubernetes.io/part-of": "kyverno"}, 8000),
    "trivy-operator": ({"app.kubernetes.io/name": "trivy-operator"}, 8080),
    None: ({"app.kubernetes.io/name": "postgresql", "app.kubernetes.io/part-of": "shop"}, None),
}


def discovered(labels):
    """What Prometheus' pod discovery says of a running pod."""
    found = {"__meta_kubernetes_pod_label_" + re.sub(r"[^a-zA-Z0-9_]", "_", key): value for key, value in labels.items()}
    return found | {"__address__": "10.0.0.7", "__meta_kubernetes_pod_ip": "10.0.0.7", "__meta_kubernetes_pod_name": "p",
                    "__meta_kubernetes_pod_phase": "Running", "__meta_kubernetes_namespace": "n",
                    "__meta_kubernetes_pod_node_name": "node-1"}


def relabelled(target, rules):
    """The target's labels after the rules; None when one of them drops it."""
    target = dict(target)
    for rule in rules:
        unknown = set(rule) - {"source_labels", "regex", "action", "replacement", "target_label", "separator"}
        expect(not unknown, f"unknown: {unknown}")
        value = ";".join(target.get(label, "") for label in rule["source_labels"])
        match = re.fullmatch(rule.get("regex", "(.*)"), value)
        action = rule.get("action", "replace")
        if action == "keep" and not match:
            return None
        if action == "replace" and match:
            target[rule["target_label"]] = re.sub(r"\$(\d)", lambda one: match.group(int(one.group(1))),
                                                  rule.get("replacement", "$1"))
        expect(action in ("keep", "replace"), f"this check does not know the action {action}")
    return target


def check_prometheus():
    config = yaml.safe_load((deploy / "prometheus/prometheus.yaml").read_text())
    expect(set(config) == {"global", "scrape_configs"}, f"unknown: {sorted(config)}")
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    expect(set(jobs) == {name for name in PODS if name}, f"other jobs than expected: {sorted(jobs)}")
    known = {"job_name", "scheme", "tls_config", "authorization", "kubernetes_sd_configs", "relabel_configs"}
    for name, job in jobs.items():
        expect(set(job) <= known, f"{name}: unknown: {sorted(set(job) - known)}")
        expect(job["kubernetes_sd_configs"] == [{"role": "pod"}], f"{name}: not discovered by pods")
        for owner, (labels, port) in PODS.items():
            target = relabelled(discovered(labels), job["relabel_configs"])
            if owner != name:
                expect(target is None, f"{name}: takes a pod of {owner}")
            else:
                expect(target and target["__address__"] == f"10.0.0.7:{port}", f"{name}: {target}")
                expect(target and target.get("namespace") == "n" and target.get("pod") == "p", f"{name}: {target}")
            ended = discovered(labels) | {"__meta_kubernetes_pod_phase": "Succeeded"}
            expect(relabelled(ended, job["relabel_configs"]) is None, f"{name}: scrapes pods that have ended")


def check_ledger_places():
    """Wherever an example has its ledger in a database it says where keys and state are, each replica having its own state."""
    guide = (deploy.parent / "docs/postgresql.md").read_text()
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)]
    example = (deploy / "helix.example.yaml").read_text()
    configs = [block for block in blocks if "ledger" in block] + [yaml.safe_load(example)]
    for config in configs:
        if config["ledger"].startswith("postgres"):
            expect(config.get("state") and config.get("signing", "auto") != "auto",
                   f"{config['ledger']}: keys or state lie in the working directory")
    expect(len(configs) > 1, "docs/postgresql.md has no example of a configuration")
    pods = [block for block in blocks if "template" in block]
    expect(len(pods) == 1, "docs/postgresql.md does not show the replicas' pods")
    for pod in pods:
        spec = pod["template"]["spec"]
        mounts = {mount["mountPath"]: mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
        shared = {volume["name"] for volume in spec["volumes"]}
        own = {claim["metadata"]["name"] for claim in pod["volumeClaimTemplates"]}
        expect(mounts[configs[0]["signing"]] in shared, "the keys are not shared by the replicas")
        expect(mounts[configs[0]["state"]] in own, "the state is not each replica's own")
        expect(spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] != 0,
               "the keys cannot be read by the pod's user")


check_vector()
check_prometheus()
check_ledger_places()
for failure in failures:
    print(f"FAILED: {failure}", file=sys.stderr)
sys.exit(1 if failures else 0)
