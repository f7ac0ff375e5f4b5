package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"
)

// runUp starts a cluster and leaves it running, or stays with it when asked to.
func runUp(args []string) error {
	flags := pflag.NewFlagSet("up", pflag.ContinueOnError)
	foreground := flags.Bool("foreground", false, "stay, and stop the cluster on SIGTERM or SIGINT; it ends with this process, however that ends")
	untilStdin := flags.Bool("until-stdin-closes", false, "with --foreground: stop the cluster when standard input closes, too")
	wipe := flags.Bool("wipe", false, "with --foreground: delete the directory after stopping")
	resolution := flags.Duration("metric-resolution", 2*time.Second, "time between two scrapes of metrics-server; 15s is kinder with hundreds of nodes")
	timeout := flags.Duration("timeout", 2*time.Minute, "give up when the cluster is not ready by then")
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	if (*untilStdin || *wipe) && !*foreground {
		return fmt.Errorf("%w: --until-stdin-closes and --wipe need --foreground", errUsage)
	}
	// Before anything is started, so that a signal or a closed input during the start stops it cleanly.
	stop := stopRequests(*untilStdin)
	c, reserved, err := prepare(dir, *resolution, *foreground)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	if err := bringUp(ctx, c, reserved); err != nil {
		return errors.Join(err, c.stopAll(*wipe))
	}
	fmt.Printf("export KUBECONFIG=%s\n", c.adminKubeconfig())
	if !*foreground {
		return nil
	}
	<-stop
	if err := c.stopAll(*wipe); err != nil {
		return err
	}
	children.Wait() // so that not even zombies remain for whoever looks next
	return nil
}

// stopRequests is closed at the first SIGTERM or SIGINT, or when standard input ends if that is watched.
func stopRequests(watchStdin bool) <-chan struct{} {
	stop := make(chan struct{})
	var once sync.Once
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		once.Do(func() { close(stop) })
	}()
	if watchStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			once.Do(func() { close(stop) })
		}()
	}
	return stop
}

// prepare makes the directory, or takes up the one of a stopped cluster with its data, and writes every file in it.
func prepare(dir string, resolution time.Duration, foreground bool) (*Cluster, []*os.File, error) {
	syscall.Umask(0o077)
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	c, err := openCluster(absolute)
	if err != nil {
		c = &Cluster{Dir: absolute}
	}
	for _, name := range components {
		if id := c.running(name); id != nil {
			return nil, nil, fmt.Errorf("%s runs in %s already, as process %d; stop it with: helix-testcluster down --dir %s", name, dir, id.Pid, dir)
		}
	}
	for _, sub := range []string{"pki", "log", "run"} {
		if err := os.MkdirAll(c.path(sub), 0o700); err != nil {
			return nil, nil, err
		}
	}
	c.MetricResolution, c.Owner = resolution.String(), nil
	if foreground {
		self, err := identify(os.Getpid())
		if err != nil {
			return nil, nil, err
		}
		c.Owner = &self
	}
	var reserved []*os.File
	if c.Ports, reserved, err = reservePorts(append([]string{etcdPeer}, components...), c.Ports); err != nil {
		return nil, nil, err
	}
	for _, write := range []func(*Cluster) error{makePKI, writeTokens, writeKubeconfigs, writeSettings, (*Cluster).save} {
		if err := write(c); err != nil {
			return nil, nil, err
		}
	}
	return c, reserved, nil
}

// bringUp starts the components in order and returns when the cluster can be used: etcd, then the API server, then
// everything else together.
func bringUp(ctx context.Context, c *Cluster, reserved []*os.File) error {
	begin := time.Now()
	say := func(what string) { fmt.Fprintf(os.Stderr, "%6.2f s  %s\n", time.Since(begin).Seconds(), what) }
	for _, name := range components[:2] {
		if err := c.launch(name, reserved); err != nil {
			return err
		}
		if err := waitHealthy(ctx, c, name); err != nil {
			return err
		}
		say(name + " is ready")
	}
	for _, name := range components[2:] {
		if err := c.launch(name, reserved); err != nil {
			return err
		}
	}
	k, err := newClients(c)
	if err != nil {
		return err
	}
	if err := register(ctx, c, k); err != nil {
		return err
	}
	waits := make(chan error, len(components))
	for _, name := range components[2:] {
		go func() {
			err := waitHealthy(ctx, c, name)
			if err == nil {
				say(name + " is ready")
			}
			waits <- err
		}()
	}
	for range components[2:] {
		if err := <-waits; err != nil {
			return err
		}
	}
	if err := waitControllers(ctx, k); err != nil {
		return fmt.Errorf("the controller manager made no service account: %w", err)
	}
	say("controllers work")
	if err := waitRegistered(ctx, k); err != nil {
		return fmt.Errorf("metrics.k8s.io is not available: %w; %s", err, c.logTail(metricsServer))
	}
	say("metrics.k8s.io is served")
	return nil
}
