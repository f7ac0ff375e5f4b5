package main

import (
	"os"
	"strings"

	metricsresource "sigs.k8s.io/kwok/kustomize/metrics/resource"
	metricsusage "sigs.k8s.io/kwok/kustomize/metrics/usage"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// kwokTuning lets KWOK keep up with a thousand nodes on two processors; its default of 4 loses heartbeats there.
const kwokTuning = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
metadata:
  name: kwok
options:
  podPlayStageParallelism: 16
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 16
`

// auditPolicy records who did what, without bodies. The reading that the control plane does for itself is left
// out: it is most of the traffic, and tests ask the log what clients and controllers did.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:kube-controller-manager", "system:kube-scheduler", "system:kwok", "system:metrics-server", "system:apiserver"]
  verbs: [get, list, watch]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
  verbs: [get, list, watch]
- level: Metadata
`

// nodeMetrics is KWOK's kubelet endpoint with a little use of each node's own beside that of its pods: 1 MiB and one
// thousandth of a processor. metrics-server drops a node whose figures are zero, and no real node's ever are.
func nodeMetrics() string {
	return strings.NewReplacer(
		`'node.Usage("memory")'`, `'node.Usage("memory") + 1048576.0'`,
		`'node.CumulativeUsage("cpu")'`, `'node.CumulativeUsage("cpu") + node.SinceSecond() * 0.001'`,
	).Replace(metricsresource.DefaultMetricsResource)
}

// podReady is KWOK's stage of a pod that runs, with the containers' IDs that every real runtime tells.
func podReady() string {
	const id = "containerID: {{ printf \"containerd://%s\" (printf \"%s/%s\" $.metadata.uid .name | sha256sum) | Quote }}"
	return strings.ReplaceAll(podfast.DefaultPodReady, "restartCount: 0\n", "restartCount: 0\n        "+id+"\n")
}

// writeSettings makes the files that components are pointed to.
func writeSettings(c *Cluster) error {
	kwok := strings.Join([]string{
		kwokTuning, nodefast.DefaultNodeInit, nodeheartbeat.DefaultNodeHeartbeatWithLease,
		podReady(), podfast.DefaultPodComplete, podfast.DefaultPodDelete,
		nodeMetrics(), metricsusage.DefaultUsageFromAnnotation,
	}, "\n---\n")
	if err := os.WriteFile(c.path("kwok.yaml"), []byte(kwok), 0o600); err != nil {
		return err
	}
	return os.WriteFile(c.path("audit-policy.yaml"), []byte(auditPolicy), 0o600)
}
