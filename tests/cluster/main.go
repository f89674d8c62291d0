// The parts of Kubernetes that make a cluster of one node, in one executable: the first argument says which.
//
// They are those that a release consists of, compiled here because no registry of images is asked.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	// What the main packages of these parts register as well.
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var parts = map[string]func() *cobra.Command{
	"apiserver":          apiserver.NewAPIServerCommand,
	"controller-manager": controllers.NewControllerManagerCommand,
	"forward":            newForwardCommand,
	"kubectl":            kubectl.NewDefaultKubectlCommand,
	"kubelet":            func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kubernetes apiserver|controller-manager|forward|kubectl|kubelet|scheduler ...")
		os.Exit(2)
	}
	part := parts[os.Args[1]]
	os.Args = os.Args[1:]
	os.Exit(cli.Run(part()))
}

// The way out of the cluster's network: what connects to an address within reaches a socket that lies in a folder, behind
// which the tests have a server.
func newForwardCommand() *cobra.Command {
	return &cobra.Command{
		Use:  "forward ADDRESS SOCKET",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, arguments []string) error {
			listener, err := net.Listen("tcp", arguments[0])
			if err != nil {
				return err
			}
			for {
				inner, err := listener.Accept()
				if err != nil {
					return err
				}
				go forward(inner.(*net.TCPConn), arguments[1])
			}
		},
	}
}

// Passes bytes in both directions, until each has ended.
func forward(inner *net.TCPConn, socket string) {
	defer inner.Close()
	outer, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer outer.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.Copy(outer, inner)
		_ = outer.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(inner, outer)
	_ = inner.CloseWrite()
	<-sent
}
