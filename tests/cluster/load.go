package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A loadPlan says what "load" creates. Objects that are there already are left as they are.
type loadPlan struct {
	namespace               string
	nodes, zones            int
	nodeCPU, nodeMemory     string
	podsPerNode             int
	pods, deployments       int
	bound                   bool
	podCPU, podMemory       string
	usageCPU, usageMemory   string
	workers                 int
	waitReady, waitMeasured bool
}

func loadFlags(p *loadPlan) *pflag.FlagSet {
	flags := pflag.NewFlagSet("load", pflag.ContinueOnError)
	flags.StringVar(&p.namespace, "namespace", "load", "namespace of the pods, created when missing")
	flags.IntVar(&p.nodes, "nodes", 0, "nodes to have: node-0000, node-0001, ...")
	flags.IntVar(&p.zones, "zones", 3, "zones over which the nodes are spread")
	flags.StringVar(&p.nodeCPU, "node-cpu", "8", "processors of a node")
	flags.StringVar(&p.nodeMemory, "node-memory", "16Gi", "memory of a node")
	flags.IntVar(&p.podsPerNode, "pods-per-node", 110, "pods that a node takes")
	flags.IntVar(&p.pods, "pods", 0, "pods to have in the namespace")
	flags.IntVar(&p.deployments, "deployments", 1, "deployments load-000, ... over which the pods are spread")
	flags.BoolVar(&p.bound, "bound", false, "plain pods with a node name instead of deployments: no controller and no scheduler")
	flags.StringVar(&p.podCPU, "pod-cpu", "10m", "processor request of a pod")
	flags.StringVar(&p.podMemory, "pod-memory", "128Mi", "memory request of a pod")
	flags.StringVar(&p.usageCPU, "usage-cpu", "", "processor use of a pod (default: its request)")
	flags.StringVar(&p.usageMemory, "usage-memory", "", "memory use of a pod (default: its request)")
	flags.IntVar(&p.workers, "workers", 16, "requests in flight")
	flags.BoolVar(&p.waitReady, "wait", true, "wait until the nodes are Ready and the pods Running")
	flags.BoolVar(&p.waitMeasured, "wait-metrics", false, "and until metrics.k8s.io has figures for all of them")
	return flags
}

func (p *loadPlan) check() error {
	if p.nodes < 0 || p.pods < 0 || p.deployments < 1 || p.zones < 1 || p.workers < 1 || p.podsPerNode < 1 {
		return fmt.Errorf("%w: load: counts must be positive (--nodes and --pods may be 0)", errUsage)
	}
	if p.usageCPU == "" {
		p.usageCPU = p.podCPU
	}
	if p.usageMemory == "" {
		p.usageMemory = p.podMemory
	}
	return checkQuantities(p.nodeCPU, p.nodeMemory, p.podCPU, p.podMemory, p.usageCPU, p.usageMemory)
}

// runLoad creates nodes that KWOK plays, and pods on them.
func runLoad(args []string) error {
	var plan loadPlan
	flags := loadFlags(&plan)
	timeout := flags.Duration("timeout", 10*time.Minute, "give up after this time")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	if err := plan.check(); err != nil {
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
	return plan.carryOut(ctx, k)
}

func (p *loadPlan) carryOut(ctx context.Context, k *clients) error {
	begin := time.Now()
	say := func(what string) { fmt.Fprintf(os.Stderr, "%6.2f s  %s\n", time.Since(begin).Seconds(), what) }
	if err := p.createNodes(ctx, k); err != nil {
		return err
	}
	say(fmt.Sprintf("%d nodes are created", p.nodes))
	if p.waitReady { // before there are pods: the scheduler would put them all on the first nodes that are Ready
		if err := waitCount(ctx, "nodes are not Ready", func() (int, error) { return unreadyNodes(ctx, k) }); err != nil {
			return err
		}
		say("every node is Ready")
	}
	if p.pods > 0 {
		if err := p.createPods(ctx, k); err != nil {
			return err
		}
		say(fmt.Sprintf("%d pods are asked for", p.pods))
	}
	if p.waitReady {
		if err := waitCount(ctx, "pods do not run", func() (int, error) { return missingPods(ctx, k, p.namespace) }); err != nil {
			return err
		}
		say("every pod runs")
	}
	if p.waitMeasured {
		return waitMeasured(ctx, k, say)
	}
	return nil
}

func (p *loadPlan) createNodes(ctx context.Context, k *clients) error {
	return inParallel(ctx, "nodes", p.nodes, p.workers, func(i int) error {
		_, err := k.core.CoreV1().Nodes().Create(ctx, p.node(i), metav1.CreateOptions{})
		return unlessExists(err)
	})
}

func (p *loadPlan) createPods(ctx context.Context, k *clients) error {
	if err := ensureNamespace(ctx, k, p.namespace); err != nil {
		return err
	}
	if !p.bound {
		return inParallel(ctx, "deployments", p.deployments, p.workers, func(i int) error {
			_, err := k.core.AppsV1().Deployments(p.namespace).Create(ctx, p.deployment(i), metav1.CreateOptions{})
			return unlessExists(err)
		})
	}
	nodes, err := k.core.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	if len(nodes.Items)*p.podsPerNode < p.pods {
		return fmt.Errorf("%d nodes with %d pods each have no room for %d pods", len(nodes.Items), p.podsPerNode, p.pods)
	}
	return inParallel(ctx, "pods", p.pods, p.workers, func(i int) error {
		pod := p.boundPod(i, nodes.Items[i%len(nodes.Items)].Name)
		_, err := k.core.CoreV1().Pods(p.namespace).Create(ctx, pod, metav1.CreateOptions{})
		return unlessExists(err)
	})
}

// ensureNamespace returns when pods can be created in it, which is when its service account is there.
func ensureNamespace(ctx context.Context, k *clients, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := k.core.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err := unlessExists(err); err != nil {
		return err
	}
	return poll(ctx, 20*time.Millisecond, func() (bool, error) {
		_, err := k.core.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, nil
	})
}

// inParallel calls each(0), ..., each(count-1) from workers goroutines, with progress on stderr; it ends early and
// returns every error when a call fails.
func inParallel(ctx context.Context, what string, count, workers int, each func(int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	results := make(chan error)
	for range workers {
		go func() {
			for i := int(next.Add(1)) - 1; i < count && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := each(i); err != nil {
					cancel(err)
					results <- err
					return
				}
				if n := done.Add(1); n%500 == 0 {
					fmt.Fprintf(os.Stderr, "          %d of %d %s\n", n, count, what)
				}
			}
			results <- nil
		}()
	}
	var failed error
	for range workers {
		failed = errors.Join(failed, <-results)
	}
	if failed == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return failed
}
