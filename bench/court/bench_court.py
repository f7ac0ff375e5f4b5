"""What the court costs while nothing happens: memory, CPU and requests, beside the same reconcile written with kopf.

usage: bench_court.py HELIX TESTCLUSTER DEFINITIONS [--trials N] [--reports R] [--seconds S] [--kopf BIN]

Starts a real API server, puts N Deployments on trial for a day, each with R policy reports, and lets S seconds pass: once with
the service and its court, once with the service without it (court.enabled: false), once with the kopf operator. Memory is
RssAnon (what the process itself holds) with the whole RSS beside it; CPU is the process's own clock; requests are counted in
the API server's audit log, watches that are renewed apart.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "crash"))
from cluster import Cluster  # noqa: E402


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]), int(fields["VmRSS"].split()[0])


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def requests(cluster, agent, since):
    """Requests of `agent` after `since`: those that ask or write, and watches."""
    asked = watches = 0
    for event in cluster.audit():
        if event["stage"] != "ResponseComplete" or agent not in event.get("userAgent", ""):
            continue
        if event["requestReceivedTimestamp"] < since:
            continue
        if event["verb"] == "watch":
            watches += 1
        elif "metrics.k8s.io" not in event["requestURI"]:  # has no watch: read by the gate, with or without a court
            asked += 1
    return asked, watches


def settled(cluster, trials, deadline_s=900):
    """Waits until every trial has a warmth in its status."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        items = json.loads(cluster.kubectl("get", "trendaltrials", "-n", "court", "-o", "json"))["items"]
        if sum("warmth" in item.get("status", {}) for item in items) == trials:
            return
        time.sleep(2)
    raise SystemExit("not every trial was judged in time")


def create(cluster, documents):
    for first in range(0, len(documents), 1000):
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": documents[first:first + 1000]}))


def fill(cluster, trials, reports):
    documents = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "court"}}]
    for i in range(trials):
        name = f"web-{i}"
        container = {"name": "web", "image": "registry.example/web:1", "resources": {
            "requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "10m", "memory": "8Mi"}}}
        documents.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "court"},
                          "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
                              "metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}}})
        documents.append({"apiVersion": "eose.ca/v1", "kind": "TrendalTrial", "metadata": {"name": name, "namespace": "court"},
                          "spec": {"subject": {"deployment": name, "namespace": "court"}, "sostleTarget": "L2",
                                   "gates": ["kyverno"], "warmthFloor": 0.5, "duration": "24h", "crew": "BENCH",
                                   "pendingGates": "Tolerate", "trialId": name.upper()}})
    create(cluster, documents)
    deployments = cluster.objects("deployments", "court")
    create(cluster, [policy_report(name, each["metadata"]["uid"], number)
                     for name, each in deployments.items() for number in range(reports)])


def policy_report(name, uid, number):
    return {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport",
            "metadata": {"name": f"{uid}-{number}", "namespace": "court"},
            "scope": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "namespace": "court", "uid": uid},
            "results": [{"source": "kyverno", "policy": f"require-labels-{number}", "rule": "check-team", "result": "fail",
                         "message": "label team is required", "timestamp": {"seconds": int(time.time()), "nanos": 0}}]}


def measure(label, cluster, command, agent, trials, seconds, environment=None, judged=True):
    clean = json.dumps([{"op": "remove", "path": "/status"}])
    for name, trial in cluster.objects("trendaltrials", "court").items():
        if "status" in trial:
            cluster.kubectl("patch", "trendaltrials", "-n", "court", name, "--subresource=status", "--type=json", "-p", clean)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            if judged:
                settled(cluster, trials)
            time.sleep(30)  # what comes with the start is over
            began, since = cpu_s(process.pid), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            time.sleep(seconds)
            anonymous, resident = memory_kib(process.pid)
            spent = cpu_s(process.pid) - began
            asked, watches = requests(cluster, agent, since)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    per_minute = 60 / seconds
    print(f"{label:28} {anonymous / 1024:7.1f} MiB  {resident / 1024:7.1f} MiB  {1000 * spent / seconds:7.2f} m"
          f"  {asked * per_minute:8.1f}  {watches * per_minute:8.1f}", flush=True)
    return anonymous, spent


def service(helix, folder, cluster, enabled):
    config = os.path.join(folder, f"court-{enabled}.yaml")
    context = cluster.kubectl("config", "current-context").strip()
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"listen": "127.0.0.1:0", "ledger": os.path.join(folder, f"{enabled}.db"),
                   "kubeconfig": [cluster.kubeconfig], "targets": [{"name": "bench", "context": context}],
                   "court": {"enabled": enabled}}, file)
    return [helix, "serve", "--config", config]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("helix")
    parser.add_argument("testcluster")
    parser.add_argument("definitions", help="a file with the PolicyReport and Kyverno definitions")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--reports", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--kopf", default="", help="the kopf program; without it that row is left out")
    args = parser.parse_args()
    with Cluster(args.testcluster) as cluster, tempfile.TemporaryDirectory() as folder:
        cluster.run("load", "--nodes", str(3 + args.trials // 100), "--pods", "0")
        cluster.kubectl("apply", "--server-side", "-f", args.definitions)
        subprocess.run([args.helix, "crds", "install", "--kubeconfig", cluster.kubeconfig], check=True,
                       stdout=subprocess.DEVNULL)
        fill(cluster, args.trials, args.reports)
        print(f"{args.trials} trials with {args.trials * args.reports} reports, nothing happening for {args.seconds} s"
              "   (m: thousandths of a core; requests a minute)")
        print(f"{'':28} {'RssAnon':>11}  {'RSS':>11}  {'CPU':>9}  {'requests':>8}  {'watches':>8}")
        ours = measure("helixd with its court", cluster, service(args.helix, folder, cluster, True), "helix-coaster",
                       args.trials, args.seconds)
        bare = measure("helixd without", cluster, service(args.helix, folder, cluster, False), "helix-coaster",
                       args.trials, args.seconds, judged=False)
        print(f"the court alone (difference): {(ours[0] - bare[0]) / 1024:.1f} MiB, "
              f"{1000 * (ours[1] - bare[1]) / args.seconds:.2f} m")
        if not args.kopf:
            return
        environment = dict(os.environ, KUBECONFIG=cluster.kubeconfig)
        peer = measure("kopf operator", cluster, [args.kopf, "run", "-A", os.path.join(HERE, "kopf_court.py")], "",
                       args.trials, args.seconds, environment)
        print(f"kopf / helixd with its court: memory {peer[0] / ours[0]:.1f}x, CPU {peer[1] / ours[1]:.1f}x;"
              f"  kopf / the court alone: memory {peer[0] / max(1, ours[0] - bare[0]):.0f}x,"
              f" CPU {peer[1] / max(0.01, ours[1] - bare[1]):.0f}x")


if __name__ == "__main__":
    main()
