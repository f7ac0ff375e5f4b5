package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// A Cluster is everything that is known about one cluster: it lives in Dir and shares nothing with any other.
type Cluster struct {
	Dir string `json:"-"`
	// Ports on 127.0.0.1, by component (and etcd-peer).
	Ports map[string]int `json:"ports"`
	// MetricResolution is the time between two scrapes of metrics-server, as a Go duration.
	MetricResolution string `json:"metricResolution"`
	// Owner is the "up --foreground" process with which every component ends; nil for a detached cluster.
	Owner *processID `json:"owner,omitempty"`
}

func (c *Cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

func (c *Cluster) cert(name string) string { return c.path("pki", name+".crt") }
func (c *Cluster) key(name string) string  { return c.path("pki", name+".key") }

func (c *Cluster) port(name string) string { return strconv.Itoa(c.Ports[name]) }

func (c *Cluster) address(name string) string { return net.JoinHostPort("127.0.0.1", c.port(name)) }

func (c *Cluster) adminKubeconfig() string { return c.path("kubeconfig") }

// save writes the cluster's own description to DIR/cluster.json.
func (c *Cluster) save() error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.path("cluster.json"), append(text, '\n'), 0o600)
}

// openCluster reads the description that "up" has left in dir.
func openCluster(dir string) (*Cluster, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(absolute, "cluster.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no cluster; start one with: helix-testcluster up --dir %s", dir, dir)
	}
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: absolute}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s/cluster.json: %w", dir, err)
	}
	return c, nil
}
