"""The same court as a kopf operator: the peer of bench/court.

Every 60 s and for each trial it reads the policy reports of the subject's namespace through the Kubernetes client, scores them
by the same formula, and patches the status when it has changed. Run it with `kopf run`.
"""
import kopf
import kubernetes

kubernetes.config.load_kube_config()
objects = kubernetes.client.CustomObjectsApi()
apps = kubernetes.client.AppsV1Api()


@kopf.on.startup()
def settings(settings, **_):
    settings.posting.enabled = False


@kopf.timer("eose.ca", "v1", "trendaltrials", interval=60, idle=0)
def judge(spec, status, patch, **_):
    subject = spec["subject"]
    deployment = apps.read_namespaced_deployment(subject["deployment"], subject["namespace"])
    reports = objects.list_namespaced_custom_object("wgpolicyk8s.io", "v1alpha2", subject["namespace"], "policyreports")
    defects = {
        (result["policy"], result["rule"])
        for report in reports["items"]
        if report.get("scope", {}).get("uid") == deployment.metadata.uid
        for result in report.get("results", [])
        if result["result"] == "fail"
    }
    limited = all(container.resources.limits for container in deployment.spec.template.spec.containers)
    warmth = max(0, min(100, 100 - 25 * len(defects) - (0 if limited else 20)))
    floor = max(round(spec["warmthFloor"] * 100), 50)
    verdict = "DENY" if warmth < floor else "WATCH" if warmth < floor + 20 or not limited else "ADMIT"
    text = f"{warmth / 100:.2f}"
    if status.get("warmth") != text or status.get("verdict") != verdict:
        patch.status["warmth"] = text
        patch.status["verdict"] = verdict
