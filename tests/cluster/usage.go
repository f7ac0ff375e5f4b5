package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// A usageChange says which pods are to use how much from now on. An empty amount stays as it is.
type usageChange struct {
	namespace, selector string
	cpu, memory         string
}

// runUsage patches the annotations from which KWOK takes the use of a pod; the amounts count for each container.
func runUsage(args []string) error {
	flags := pflag.NewFlagSet("usage", pflag.ContinueOnError)
	var change usageChange
	flags.StringVar(&change.namespace, "namespace", "load", "namespace of the pods")
	flags.StringVar(&change.selector, "selector", "", "label selector of the pods; empty for all of the namespace")
	flags.StringVar(&change.cpu, "cpu", "", "processor use of each container")
	flags.StringVar(&change.memory, "memory", "", "memory use of each container")
	wait := flags.Bool("wait-metrics", false, "wait until metrics.k8s.io shows the new figures")
	timeout := flags.Duration("timeout", time.Minute, "give up after this time")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	annotations, err := change.annotations()
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
	begin := time.Now()
	if err := change.patch(ctx, k, annotations); err != nil || !*wait {
		return err
	}
	err = waitCount(ctx, "pods do not show the new use", func() (int, error) { return change.unseen(ctx, k) })
	if err == nil {
		fmt.Fprintf(os.Stderr, "%6.2f s  metrics.k8s.io shows the new use\n", time.Since(begin).Seconds())
	}
	return err
}

func (u *usageChange) annotations() (map[string]string, error) {
	set := map[string]string{}
	for key, amount := range map[string]string{usageCPUAnnotation: u.cpu, usageMemoryAnnotation: u.memory} {
		if amount == "" {
			continue
		}
		if err := checkQuantities(amount); err != nil {
			return nil, err
		}
		set[key] = amount
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("%w: usage needs --cpu or --memory", errUsage)
	}
	return set, nil
}

func (u *usageChange) patch(ctx context.Context, k *clients, annotations map[string]string) error {
	pods, err := k.core.CoreV1().Pods(u.namespace).List(ctx, metav1.ListOptions{LabelSelector: u.selector})
	if err != nil {
		return err
	}
	if len(pods.Items) == 0 {
		return fmt.Errorf("no pod in %s matches %q", u.namespace, u.selector)
	}
	patch, err := json.Marshal(object{"metadata": object{"annotations": annotations}})
	if err != nil {
		return err
	}
	return inParallel(ctx, "pods", len(pods.Items), 16, func(i int) error {
		_, err := k.core.CoreV1().Pods(u.namespace).Patch(ctx, pods.Items[i].Name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	})
}

// unseen counts the running pods whose figures are missing or still the old ones.
func (u *usageChange) unseen(ctx context.Context, k *clients) (int, error) {
	pods, err := k.core.CoreV1().Pods(u.namespace).List(ctx, metav1.ListOptions{
		LabelSelector: u.selector, FieldSelector: "status.phase=Running", ResourceVersion: "0",
	})
	if err != nil {
		return 0, err
	}
	figures, err := k.metrics.MetricsV1beta1().PodMetricses(u.namespace).List(ctx, metav1.ListOptions{LabelSelector: u.selector})
	if err != nil {
		return 0, err
	}
	seen := make(map[string]bool, len(figures.Items))
	for _, figure := range figures.Items {
		seen[figure.Name] = u.shownBy(figure.Containers)
	}
	missing := 0
	for _, pod := range pods.Items {
		if !seen[pod.Name] {
			missing++
		}
	}
	return missing, nil
}

// shownBy says whether every container uses the wanted amounts: memory exactly, processors within a tenth, because
// they are a rate between two scrapes.
func (u *usageChange) shownBy(containers []metricsv1beta1.ContainerMetrics) bool {
	for _, container := range containers {
		if u.memory != "" && container.Usage.Memory().Cmp(resource.MustParse(u.memory)) != 0 {
			return false
		}
		if u.cpu != "" {
			wanted := resource.MustParse(u.cpu)
			shown := container.Usage[corev1.ResourceCPU]
			if math.Abs(shown.AsApproximateFloat64()-wanted.AsApproximateFloat64()) > 0.1*wanted.AsApproximateFloat64()+0.001 {
				return false
			}
		}
	}
	return len(containers) > 0
}
