package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	msoptions "sigs.k8s.io/metrics-server/cmd/metrics-server/app/options"
)

// programs are the upstream main functions, by the name under which this program runs them.
//
// They stay separate processes because they share global flag sets and feature gates.
var programs = map[string]func(args []string) int{
	etcd:              runEtcd,
	kubeAPIServer:     func([]string) int { return cli.Run(apiserver.NewAPIServerCommand()) },
	controllerManager: func([]string) int { return cli.Run(kcm.NewControllerManagerCommand()) },
	kubeScheduler:     func([]string) int { return cli.Run(scheduler.NewSchedulerCommand()) },
	kwokController:    runKwok,
	metricsServer:     func([]string) int { return cli.Run(newMetricsServerCommand()) },
	"kubectl":         runKubectl,
}

func isProgram(name string) bool {
	_, known := programs[name]
	return known
}

// runProgram becomes the named upstream program: its flags are read from os.Args, as in its own binary.
func runProgram(name string, args []string) int {
	endWithOwner()
	os.Args = append([]string{name}, args...)
	return programs[name](args)
}

func runEtcd([]string) int {
	etcdmain.Main(os.Args)
	return 0
}

func runKubectl(args []string) int {
	keepCacheBeside(args)
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
	return 0
}

// keepCacheBeside has kubectl keep what it learns of a cluster beside that cluster's kubeconfig: clusters that get the same
// port one after the other must not see each other's, and without a home it would write into the working folder.
func keepCacheBeside(args []string) {
	kubeconfig := os.Getenv("KUBECONFIG")
	for i, arg := range args {
		if value, found := strings.CutPrefix(arg, "--kubeconfig="); found {
			kubeconfig = value
		} else if arg == "--kubeconfig" && i+1 < len(args) {
			kubeconfig = args[i+1]
		}
	}
	if kubeconfig != "" && os.Getenv("KUBECACHEDIR") == "" {
		os.Setenv("KUBECACHEDIR", filepath.Join(filepath.Dir(kubeconfig), "kubectl-cache"))
	}
}

func runKwok([]string) int {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx := genericapiserver.SetupSignalContext()
	ctx, logger := kwoklog.InitFlags(ctx, flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		logger.Error("read flags", "err", err)
		return 1
	}
	cmd := kwok.NewCommand(ctx)
	cmd.Version = "" // component-base has put its own --version, which is no bool, into the global flag set
	cmd.PersistentFlags().AddFlagSet(flags)
	if err := cmd.ExecuteContext(ctx); err != nil {
		logger.Error("exit", "err", err)
		return 1
	}
	return 0
}

// newMetricsServerCommand is metrics-server's own start with one flag more, --scrape-every.
//
// metrics-server refuses a --metric-resolution under 10 s, a limit of its flag check alone: the scrape loop behind
// it takes any interval. Tests that wait for figures cannot spend 20 s on two scrapes, so the interval is set after
// the flags have passed their check.
func newMetricsServerCommand() *cobra.Command {
	options := msoptions.NewOptions()
	var every time.Duration
	cmd := &cobra.Command{
		Use: metricsServer,
		RunE: func(*cobra.Command, []string) error {
			if problems := options.Validate(); len(problems) > 0 {
				return problems[0]
			}
			config, err := options.ServerConfig()
			if err != nil {
				return err
			}
			config.MetricResolution = every
			server, err := config.Complete()
			if err != nil {
				return fmt.Errorf("configure metrics-server: %w", err)
			}
			return server.RunUntil(genericapiserver.SetupSignalHandler())
		},
	}
	for _, flags := range options.Flags().FlagSets {
		cmd.Flags().AddFlagSet(flags)
	}
	cmd.Flags().DurationVar(&every, "scrape-every", 10*time.Second, "time between two scrapes of the nodes")
	return cmd
}
