package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// healthURL is where the named component says that it can work.
func healthURL(c *Cluster, name string) string {
	switch name {
	case etcd:
		return "http://" + c.address(etcd) + "/health"
	case kubeAPIServer:
		return "https://" + c.address(name) + "/readyz"
	case metricsServer:
		return "https://" + c.address(name) + "/livez" // its /readyz waits for a node to scrape
	default:
		return "https://" + c.address(name) + "/healthz"
	}
}

// waitHealthy returns once the named component answers 200, or with the end of its log when it exits before.
func waitHealthy(ctx context.Context, c *Cluster, name string) error {
	client, err := healthClient(c)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	last := "no answer"
	err = poll(ctx, 20*time.Millisecond, func() (bool, error) {
		if c.running(name) == nil {
			return false, fmt.Errorf("%s has ended; %s", name, c.logTail(name))
		}
		answer, err := client.Get(healthURL(c, name))
		if err != nil {
			last = err.Error()
			return false, nil
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		last = answer.Status
		return answer.StatusCode == http.StatusOK, nil
	})
	if ctx.Err() != nil {
		return fmt.Errorf("%s is not healthy in time (%s); %s", name, last, c.logTail(name))
	}
	return err
}

// healthClient trusts the cluster's authority alone and carries the administrator's certificate.
func healthClient(c *Cluster) (*http.Client, error) {
	ca, err := os.ReadFile(c.cert("ca"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	admin, err := tls.LoadX509KeyPair(c.cert("admin"), c.key("admin"))
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{admin}}}
	return &http.Client{Transport: transport, Timeout: 2 * time.Second}, nil
}
