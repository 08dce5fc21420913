// Command languagehost stands in for pulumi-language-go, the plugin by which the Pulumi CLI runs Go programs. It runs a program that
// is compiled already: the one in the environment variable STACKTEST_PROGRAM.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

func main() {
	if err := run(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves the plugin until the CLI kills it.
func run(engineAddress string) error {
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, host{engineAddress: engineAddress})
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // as plugins do
	return <-server.Done
}

// host runs the compiled program.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engineAddress string
}

// GetPluginInfo implements pulumirpc.LanguageRuntimeServer.
func (host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "0.0.1"}, nil
}

// GetRequiredPlugins implements pulumirpc.LanguageRuntimeServer: the simulated AWS is running already.
func (host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// GetRequiredPackages implements pulumirpc.LanguageRuntimeServer.
func (host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// Run implements pulumirpc.LanguageRuntimeServer.
func (h host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(req.GetConfig())
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(req.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	program := exec.CommandContext(ctx, os.Getenv("STACKTEST_PROGRAM"), req.GetArgs()...)
	program.Dir = req.GetPwd()
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	program.Env = append(
		os.Environ(),
		pulumi.EnvOrganization+"="+req.GetOrganization(),
		pulumi.EnvProject+"="+req.GetProject(),
		pulumi.EnvStack+"="+req.GetStack(),
		pulumi.EnvPulumiRootDirectory+"="+req.GetInfo().GetRootDirectory(),
		pulumi.EnvConfig+"="+string(config),
		pulumi.EnvConfigSecretKeys+"="+string(secretKeys),
		pulumi.EnvDryRun+"="+strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel+"="+strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor+"="+req.GetMonitorAddress(),
		pulumi.EnvEngine+"="+h.engineAddress,
	)
	response := &pulumirpc.RunResponse{}
	if err := program.Run(); err != nil {
		response.Error = err.Error()
	}
	return response, nil
}
