package main

import (
	"fmt"
	"strings"
)

// The components of a cluster, by the names that "start", "stop" and the log files use.
const (
	etcd              = "etcd"
	kubeAPIServer     = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	kubeScheduler     = "kube-scheduler"
	kwokController    = "kwok"
	metricsServer     = "metrics-server"
)

// components is the order of starting; stopping goes backwards, so that etcd outlives its clients.
var components = []string{etcd, kubeAPIServer, controllerManager, kubeScheduler, kwokController, metricsServer}

// Ports that belong to no component of their own: etcd listens on two.
const etcdPeer = "etcd-peer"

func checkComponent(name string) error {
	for _, known := range components {
		if known == name {
			return nil
		}
	}
	return fmt.Errorf("%w: no component %q; there are %s", errUsage, name, strings.Join(components, ", "))
}

// componentArgs are the flags with which the named component runs in c.
func componentArgs(c *Cluster, name string) []string {
	switch name {
	case etcd:
		return etcdArgs(c)
	case kubeAPIServer:
		return apiServerArgs(c)
	case controllerManager:
		return append(servingArgs(c, name), controllerManagerArgs(c)...)
	case kubeScheduler:
		return append(servingArgs(c, name), "--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000")
	case kwokController:
		return kwokArgs(c)
	default:
		return append(servingArgs(c, name), metricsServerArgs(c)...)
	}
}

func etcdArgs(c *Cluster) []string {
	client, peer := "http://"+c.address(etcd), "http://"+c.address(etcdPeer)
	return []string{
		"--name=test", "--data-dir=" + c.path("etcd"), "--log-level=warn",
		"--unsafe-no-fsync", // a test cluster has nothing to lose in a power cut
		"--auto-compaction-retention=1h", "--quota-backend-bytes=4294967296",
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=test=" + peer,
	}
}

func apiServerArgs(c *Cluster) []string {
	return []string{
		"--etcd-servers=http://" + c.address(etcd),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + c.port(kubeAPIServer),
		"--endpoint-reconciler-type=none", // a loopback address is no valid endpoint
		"--tls-cert-file=" + c.cert("server"), "--tls-private-key-file=" + c.key("server"),
		"--client-ca-file=" + c.cert("ca"), "--token-auth-file=" + c.path("pki", "tokens.csv"),
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.key("service-account"),
		"--service-account-signing-key-file=" + c.key("service-account"),
		"--requestheader-client-ca-file=" + c.cert("front-proxy-ca"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.cert("front-proxy-client"), "--proxy-client-key-file=" + c.key("front-proxy-client"),
		"--kubelet-client-certificate=" + c.cert("kubelet-client"), "--kubelet-client-key=" + c.key("kubelet-client"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-cluster-ip-range=10.0.0.0/16", "--allow-privileged=true",
		"--max-requests-inflight=800", "--max-mutating-requests-inflight=400",
		"--audit-policy-file=" + c.path("audit-policy.yaml"), "--audit-log-path=" + c.path("log", "audit.jsonl"),
		"--audit-log-maxsize=2048",
	}
}

// servingArgs are shared by the components that talk to the API server and serve their own health over TLS.
func servingArgs(c *Cluster, name string) []string {
	kubeconfig := c.path(name + ".kubeconfig")
	return []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1", "--secure-port=" + c.port(name),
		"--tls-cert-file=" + c.cert("server"), "--tls-private-key-file=" + c.key("server"),
	}
}

func controllerManagerArgs(c *Cluster) []string {
	return []string{
		"--service-account-private-key-file=" + c.key("service-account"), "--root-ca-file=" + c.cert("ca"),
		"--cluster-signing-cert-file=" + c.cert("ca"), "--cluster-signing-key-file=" + c.key("ca"),
		"--use-service-account-credentials", "--leader-elect=false",
		"--kube-api-qps=300", "--kube-api-burst=600", "--concurrent-replicaset-syncs=20",
		"--node-monitor-grace-period=10m", // a busy test machine must not turn nodes NotReady
	}
}

func kwokArgs(c *Cluster) []string {
	return []string{
		"--kubeconfig=" + c.path(kwokController+".kubeconfig"), "--config=" + c.path("kwok.yaml"),
		"--manage-all-nodes=true", "--node-lease-duration-seconds=300",
		"-v", "ERROR", // it warns at every scrape of a node without pods
		"--node-ip=127.0.0.1", "--node-port=" + c.port(kwokController), "--server-address=" + c.address(kwokController),
		"--tls-cert-file=" + c.cert("server"), "--tls-private-key-file=" + c.key("server"),
		"--cidr=10.200.0.1/16",
	}
}

func metricsServerArgs(c *Cluster) []string {
	return []string{
		"--kubelet-certificate-authority=" + c.cert("ca"), "--kubelet-preferred-address-types=InternalIP",
		"--kubelet-use-node-status-port", "--kubelet-request-timeout=5s",
		"--metric-resolution=10s", "--scrape-every=" + c.MetricResolution,
	}
}
