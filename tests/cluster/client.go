package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"
	metricsclient "k8s.io/metrics/pkg/client/clientset/versioned"
)

// clients talk to the cluster as its administrator. Safe for many goroutines.
type clients struct {
	core       kubernetes.Interface
	metrics    metricsclient.Interface
	aggregator aggregator.Interface
}

// newClients makes unthrottled clients: the API server's own priority and fairness is the only brake.
func newClients(c *Cluster) (*clients, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.adminKubeconfig())
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	config.UserAgent = "helix-testcluster"
	plain := rest.CopyConfig(config)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metrics, err := metricsclient.NewForConfig(plain)
	if err != nil {
		return nil, err
	}
	registrations, err := aggregator.NewForConfig(plain)
	if err != nil {
		return nil, err
	}
	return &clients{core, metrics, registrations}, nil
}

// commandContext ends after timeout or with the first SIGINT or SIGTERM.
func commandContext(timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	return ctx, func() { cancel(); stop() }
}

// poll calls done at once and then every interval until it says true, fails, or ctx ends.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(interval):
		}
	}
}
