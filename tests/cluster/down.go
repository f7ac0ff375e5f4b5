package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/pflag"
)

// patience is how long a component may take to end after SIGTERM, before SIGKILL.
//
// The API server waits for its watchers and keeps nothing of its own; etcd alone has data to close.
func patience(name string) time.Duration {
	if name == etcd {
		return 10 * time.Second
	}
	return 2 * time.Second
}

func runDown(args []string) error {
	flags := pflag.NewFlagSet("down", pflag.ContinueOnError)
	wipe := flags.Bool("wipe", false, "delete the directory too; nothing is worth closing then, so every process is killed at once")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	c, err := openCluster(dir)
	if err != nil {
		return err
	}
	if c.Owner != nil && c.Owner.alive() && c.Owner.Pid != os.Getpid() {
		return fmt.Errorf("the cluster belongs to \"up --foreground\", process %d; end that one", c.Owner.Pid)
	}
	return c.stopAll(*wipe)
}

// stopAll ends every component: the clients of the API server, then the API server, then etcd. With wipe the
// directory goes as well.
func (c *Cluster) stopAll(wipe bool) error {
	var failed error
	for _, together := range [][]string{components[2:], {kubeAPIServer}, {etcd}} {
		failed = errors.Join(failed, c.haltTogether(together, wipe))
	}
	if failed == nil && wipe {
		return os.RemoveAll(c.Dir)
	}
	return failed
}

func (c *Cluster) haltTogether(names []string, hard bool) error {
	failures := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		limit := patience(name)
		if hard {
			limit = 0
		}
		group.Go(func() { failures[i] = c.halt(name, limit) })
	}
	group.Wait()
	return errors.Join(failures...)
}
