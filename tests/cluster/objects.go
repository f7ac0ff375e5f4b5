package main

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The annotations from which KWOK takes what each container of a pod uses.
const (
	usageCPUAnnotation    = "kwok.x-k8s.io/usage-cpu"
	usageMemoryAnnotation = "kwok.x-k8s.io/usage-memory"
)

// managedBy marks everything that "load" has created.
var managedBy = map[string]string{"app.kubernetes.io/managed-by": "helix-testcluster"}

func (p *loadPlan) node(i int) *corev1.Node {
	name := fmt.Sprintf("node-%04d", i)
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(p.nodeCPU),
		corev1.ResourceMemory: resource.MustParse(p.nodeMemory),
		corev1.ResourcePods:   *resource.NewQuantity(int64(p.podsPerNode), resource.DecimalSI),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name,
			Annotations: map[string]string{
				"kwok.x-k8s.io/node":                   "fake",
				"metrics.k8s.io/resource-metrics-path": "/metrics/nodes/" + name + "/metrics/resource",
			},
			Labels: with(managedBy, map[string]string{
				corev1.LabelHostname:     name,
				corev1.LabelOSStable:     "linux",
				corev1.LabelArchStable:   "amd64",
				corev1.LabelTopologyZone: fmt.Sprintf("zone-%d", i%p.zones),
			}),
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
}

// deployment is the i-th of p.deployments; the first ones take one pod more when the pods do not divide evenly.
func (p *loadPlan) deployment(i int) *appsv1.Deployment {
	name := fmt.Sprintf("load-%03d", i)
	replicas := int32(p.pods / p.deployments)
	if i < p.pods%p.deployments {
		replicas++
	}
	app := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: with(managedBy, app)},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: app},
			Template: corev1.PodTemplateSpec{ObjectMeta: p.podMeta(app), Spec: p.podSpec()},
		},
	}
}

func (p *loadPlan) boundPod(i int, node string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: p.podMeta(map[string]string{"app": "bound"}), Spec: p.podSpec()}
	pod.Name = fmt.Sprintf("bound-%05d", i)
	pod.Spec.NodeName = node
	return pod
}

func (p *loadPlan) podMeta(labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Labels:      with(managedBy, labels),
		Annotations: map[string]string{usageCPUAnnotation: p.usageCPU, usageMemoryAnnotation: p.usageMemory},
	}
}

func (p *loadPlan) podSpec() corev1.PodSpec {
	noToken := false
	requests := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(p.podCPU),
		corev1.ResourceMemory: resource.MustParse(p.podMemory),
	}
	return corev1.PodSpec{
		AutomountServiceAccountToken: &noToken,
		Containers: []corev1.Container{{
			Name: "main", Image: "example.invalid/load:1", // never pulled: KWOK says that it runs
			Resources: corev1.ResourceRequirements{Requests: requests},
		}},
	}
}

// with is the union of two sets of labels.
func with(a, b map[string]string) map[string]string {
	union := make(map[string]string, len(a)+len(b))
	for _, set := range []map[string]string{a, b} {
		for key, value := range set {
			union[key] = value
		}
	}
	return union
}

func checkQuantities(texts ...string) error {
	for _, text := range texts {
		if quantity, err := resource.ParseQuantity(text); err != nil || quantity.Sign() < 0 {
			return fmt.Errorf("%w: %q is no quantity such as 250m or 2Gi", errUsage, text)
		}
	}
	return nil
}
