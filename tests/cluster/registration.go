package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// register creates what the cluster needs inside: the metrics API's registration and the viewer's rights.
func register(ctx context.Context, c *Cluster, k *clients) error {
	if err := registerMetrics(ctx, c, k); err != nil {
		return fmt.Errorf("register metrics.k8s.io: %w", err)
	}
	// metrics-server ships this role with its manifests: it makes metrics part of view, edit and admin.
	reader := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{
			Name: "system:aggregated-metrics-reader",
			Labels: map[string]string{
				"rbac.authorization.k8s.io/aggregate-to-view":  "true",
				"rbac.authorization.k8s.io/aggregate-to-edit":  "true",
				"rbac.authorization.k8s.io/aggregate-to-admin": "true",
			},
		},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"metrics.k8s.io"}, Resources: []string{"pods", "nodes"}, Verbs: []string{"get", "list", "watch"},
		}},
	}
	_, err := k.core.RbacV1().ClusterRoles().Create(ctx, reader, metav1.CreateOptions{})
	if err := unlessExists(err); err != nil {
		return err
	}
	viewer := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "dev-viewer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dev-viewer"}},
	}
	_, err = k.core.RbacV1().ClusterRoleBindings().Create(ctx, viewer, metav1.CreateOptions{})
	return unlessExists(err)
}

// registerMetrics points metrics.k8s.io to the loopback port: no kube-proxy is there to carry a ClusterIP, so the
// service is an ExternalName.
func registerMetrics(ctx context.Context, c *Cluster, k *clients) error {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: metricsServer, Namespace: metav1.NamespaceSystem},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	_, err := k.core.CoreV1().Services(metav1.NamespaceSystem).Create(ctx, service, metav1.CreateOptions{})
	if err := unlessExists(err); err != nil {
		return err
	}
	ca, err := os.ReadFile(c.cert("ca"))
	if err != nil {
		return err
	}
	port := int32(c.Ports[metricsServer])
	wanted := apiregistrationv1.APIServiceSpec{
		Group: "metrics.k8s.io", Version: "v1beta1", GroupPriorityMinimum: 100, VersionPriority: 100, CABundle: ca,
		Service: &apiregistrationv1.ServiceReference{Name: metricsServer, Namespace: metav1.NamespaceSystem, Port: &port},
	}
	services := k.aggregator.ApiregistrationV1().APIServices()
	present, err := services.Get(ctx, "v1beta1.metrics.k8s.io", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		created := &apiregistrationv1.APIService{ObjectMeta: metav1.ObjectMeta{Name: "v1beta1.metrics.k8s.io"}, Spec: wanted}
		_, err = services.Create(ctx, created, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	present.Spec = wanted // a cluster started again may have another port
	_, err = services.Update(ctx, present, metav1.UpdateOptions{})
	return err
}

// waitRegistered returns once the API server has found metrics-server behind metrics.k8s.io.
func waitRegistered(ctx context.Context, k *clients) error {
	return poll(ctx, 50*time.Millisecond, func() (bool, error) {
		service, err := k.aggregator.ApiregistrationV1().APIServices().Get(ctx, "v1beta1.metrics.k8s.io", metav1.GetOptions{})
		if err != nil {
			return false, nil // asked again until the deadline
		}
		for _, condition := range service.Status.Conditions {
			if condition.Type == apiregistrationv1.Available {
				return condition.Status == apiregistrationv1.ConditionTrue, nil
			}
		}
		return false, nil
	})
}

// waitControllers returns once the controller manager has made the default namespace's service account.
func waitControllers(ctx context.Context, k *clients) error {
	return poll(ctx, 20*time.Millisecond, func() (bool, error) {
		_, err := k.core.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, nil
	})
}

func unlessExists(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
