// Command helix-testcluster is a real Kubernetes control plane in one program, made for tests.
//
// It holds etcd, kube-apiserver, kube-controller-manager, kube-scheduler, KWOK, metrics-server and kubectl, all
// compiled from their own modules. "up" starts each of them as a child process that is this same program under
// another name; see README.md for the commands and for what is real and what KWOK plays.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
)

// errUsage marks a command line that cannot be understood; the process exits with 2 instead of 1.
var errUsage = errors.New("usage")

// A command is one verb of the program: its flags and positional arguments are its own business.
type command struct {
	name    string
	summary string
	run     func(args []string) error
}

var commands = []command{
	{"up", "start a cluster in --dir", runUp},
	{"down", "stop the cluster in --dir", runDown},
	{"stop", "stop one component, for instance: stop kube-apiserver --dir DIR", runStop},
	{"start", "start one component again", runStart},
	{"load", "create nodes and pods", runLoad},
	{"usage", "set what chosen pods use, as metrics.k8s.io will report it", runUsage},
	{"wait-metrics", "wait until every node and running pod has figures", runWaitMetrics},
	{"token", "print an ExecCredential (the kubeconfig context dev-exec calls this)", runToken},
	{"status", "say which components run, with their process ids", runStatus},
}

func main() {
	if len(os.Args) < 2 {
		printUsage()
		os.Exit(2)
	}
	name, args := os.Args[1], os.Args[2:]
	if isProgram(name) {
		os.Exit(runProgram(name, args))
	}
	for _, c := range commands {
		if c.name == name {
			os.Exit(exitCode(c.run(args)))
		}
	}
	printUsage()
	os.Exit(2)
}

// exitCode reports err on stderr: 0 for none or for a request for help, 2 for a wrong command line, 1 for the rest.
func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "helix-testcluster:", err)
		return 2
	}
	fmt.Fprintln(os.Stderr, "helix-testcluster:", err)
	return 1
}

// parse reads args into flags, which get --dir as well, and returns the directory and the positional arguments.
func parse(flags *pflag.FlagSet, args []string, positional int) (string, []string, error) {
	dir := flags.String("dir", "", "directory of the cluster")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return "", nil, err
		}
		return "", nil, fmt.Errorf("%w: %s: %v", errUsage, flags.Name(), err)
	}
	if *dir == "" {
		return "", nil, fmt.Errorf("%w: %s needs --dir DIR", errUsage, flags.Name())
	}
	if flags.NArg() != positional {
		return "", nil, fmt.Errorf("%w: %s takes %d argument(s) beside its flags, not %d", errUsage, flags.Name(), positional, flags.NArg())
	}
	return *dir, flags.Args(), nil
}

func printUsage() {
	fmt.Fprintln(os.Stderr, "usage: helix-testcluster COMMAND --dir DIR [flags]   (COMMAND --help lists the flags)")
	for _, c := range commands {
		fmt.Fprintf(os.Stderr, "  %-14s%s\n", c.name, c.summary)
	}
	fmt.Fprintln(os.Stderr, "  kubectl       kubectl itself; give it --kubeconfig DIR/kubeconfig or KUBECONFIG")
}
