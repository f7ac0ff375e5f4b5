package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// runStop ends one component and leaves the others alone.
func runStop(args []string) error {
	flags := pflag.NewFlagSet("stop", pflag.ContinueOnError)
	kill := flags.Bool("kill", false, "SIGKILL at once, as in a crash")
	dir, names, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	c, err := openComponent(dir, names[0])
	if err != nil {
		return err
	}
	return c.haltTogether(names, *kill)
}

// runStart starts one component with the flags and the port that it had, and waits until it is healthy.
func runStart(args []string) error {
	flags := pflag.NewFlagSet("start", pflag.ContinueOnError)
	timeout := flags.Duration("timeout", time.Minute, "give up when it is not healthy by then")
	more := flags.StringArray("flag", nil, "a further flag for this one run, for instance --flag=--goaway-chance=0.02")
	dir, names, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	c, err := openComponent(dir, names[0])
	if err != nil {
		return err
	}
	ctx, cancel := commandContext(*timeout)
	defer cancel()
	if err := c.launch(names[0], nil, *more...); err != nil {
		return err
	}
	return waitHealthy(ctx, c, names[0])
}

func openComponent(dir, name string) (*Cluster, error) {
	if err := checkComponent(name); err != nil {
		return nil, err
	}
	return openCluster(dir)
}

// runStatus prints one line per component: its name, its process or "-", its port.
func runStatus(args []string) error {
	flags := pflag.NewFlagSet("status", pflag.ContinueOnError)
	dir, _, err := parse(flags, args, 0)
	if err != nil {
		return err
	}
	c, err := openCluster(dir)
	if err != nil {
		return err
	}
	for _, name := range components {
		pid := "-"
		if id := c.running(name); id != nil {
			pid = fmt.Sprint(id.Pid)
		}
		fmt.Printf("%-24s %8s  127.0.0.1:%s\n", name, pid, c.port(name))
	}
	return nil
}
