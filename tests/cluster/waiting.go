package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/spf13/pflag"
)

// fromCache asks the API server for what it has in memory; enough for asking again and again.
var fromCache = metav1.ListOptions{ResourceVersion: "0"}

// waitCount asks until count is 0. Each question is followed by a rest at least as long as the answer took, so that
// large lists do not starve those whose work is waited for.
func waitCount(ctx context.Context, what string, count func() (int, error)) error {
	last := 0
	for {
		begin := time.Now()
		n, err := count()
		if err == nil && n == 0 {
			return nil
		}
		if err == nil {
			last = n
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d %s: %w (last answer: %v)", last, what, ctx.Err(), err)
		case <-time.After(max(100*time.Millisecond, 3*time.Since(begin))):
		}
	}
}

func unreadyNodes(ctx context.Context, k *clients) (int, error) {
	nodes, err := k.core.CoreV1().Nodes().List(ctx, fromCache)
	if err != nil {
		return 0, err
	}
	unready := len(nodes.Items)
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				unready--
			}
		}
	}
	return unready, nil
}

// missingPods counts the replicas that deployments still lack and the plain pods that do not run.
func missingPods(ctx context.Context, k *clients, namespace string) (int, error) {
	ours := fromCache
	ours.LabelSelector = labels.FormatLabels(managedBy)
	deployments, err := k.core.AppsV1().Deployments(namespace).List(ctx, ours)
	if err != nil {
		return 0, err
	}
	missing := 0
	for _, d := range deployments.Items {
		missing += int(*d.Spec.Replicas - d.Status.ReadyReplicas)
	}
	ours.FieldSelector = "status.phase!=Running"
	pods, err := k.core.CoreV1().Pods(namespace).List(ctx, ours)
	if err != nil {
		return 0, err
	}
	return max(missing, len(pods.Items)), nil
}

// runWaitMetrics is "load --wait-metrics" without the load.
func runWaitMetrics(args []string) error {
	flags := pflag.NewFlagSet("wait-metrics", pflag.ContinueOnError)
	timeout := flags.Duration("timeout", 2*time.Minute, "give up after this time")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	c, err := openCluster(dir)
	if err != nil {
		return err
	}
	k, err := newClients(c)
	if err != nil {
		return err
	}
	ctx, cancel := commandContext(*timeout)
	defer cancel()
	return waitMeasured(ctx, k, func(string) {})
}

// waitMeasured returns once metrics.k8s.io has figures for every node and every running pod.
func waitMeasured(ctx context.Context, k *clients, say func(string)) error {
	if err := waitCount(ctx, "nodes have no figures", func() (int, error) { return unmeasuredNodes(ctx, k) }); err != nil {
		return err
	}
	if err := waitCount(ctx, "pods have no figures", func() (int, error) { return unmeasuredPods(ctx, k) }); err != nil {
		return err
	}
	say("metrics.k8s.io has figures for all")
	return nil
}

func unmeasuredNodes(ctx context.Context, k *clients) (int, error) {
	nodes, err := k.core.CoreV1().Nodes().List(ctx, fromCache)
	if err != nil {
		return 0, err
	}
	figures, err := k.metrics.MetricsV1beta1().NodeMetricses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	measured := make(map[string]bool, len(figures.Items))
	for _, figure := range figures.Items {
		measured[figure.Name] = true
	}
	missing := 0
	for _, node := range nodes.Items {
		if !measured[node.Name] {
			missing++
		}
	}
	return missing, nil
}

func unmeasuredPods(ctx context.Context, k *clients) (int, error) {
	running := fromCache
	running.FieldSelector = "status.phase=Running"
	pods, err := k.core.CoreV1().Pods("").List(ctx, running)
	if err != nil {
		return 0, err
	}
	figures, err := k.metrics.MetricsV1beta1().PodMetricses("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	measured := make(map[string]bool, len(figures.Items))
	for _, figure := range figures.Items {
		measured[figure.Namespace+"/"+figure.Name] = true
	}
	missing := 0
	for _, pod := range pods.Items {
		if !measured[pod.Namespace+"/"+pod.Name] {
			missing++
		}
	}
	return missing, nil
}
