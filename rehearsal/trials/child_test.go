package trials

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// Environment variables that turn the test binary into a child process, which runs an operation until it
// is killed.
const (
	projectDirVariable = "TRIALS_PROJECT_DIR"
	killPlanVariable   = "TRIALS_KILL_PLAN"
)

// killPoint is where the child is killed, relative to the effect of a provider's call.
type killPoint string

const (
	beforeEffect killPoint = "before its effect"
	afterEffect  killPoint = "after its effect, before the engine learns of it"
	later        killPoint = "some time later"
)

// killPlan says what the child does and when it is killed.
type killPlan struct {
	Dir      string // of the files with the state and the cloud
	Stack    string
	Account  *account.File
	Config   config
	Destroy  bool
	Parallel int32
	Call     int64 // the number of the create or delete call, from 1
	Point    killPoint
}

func (p killPlan) statePath() string { return filepath.Join(p.Dir, "state.json") }
func (p killPlan) cloudPath() string { return filepath.Join(p.Dir, "cloud.json") }

// cloudOptions are the options of the cloud in the file.
func (p killPlan) cloudOptions() awssim.Options {
	return awssim.Options{Path: p.cloudPath(), AssumeExisting: true, Account: p.Account}
}

func (p killPlan) String() string {
	operation := "up"
	if p.Destroy {
		operation = "destroy"
	}
	return fmt.Sprintf("%s %s, %d in parallel, call %d, %s", p.Stack, operation, p.Parallel, p.Call, p.Point)
}

// runChild runs the operation of the kill plan in the environment. It prints a line when it is to be killed.
func runChild() {
	var plan killPlan
	err := json.Unmarshal([]byte(os.Getenv(killPlanVariable)), &plan)
	if err == nil {
		err = plan.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (p killPlan) run() error {
	cloud, err := awssim.New(p.cloudOptions())
	if err != nil {
		return err
	}
	calls := &atomic.Int64{}
	stack, err := engine.Open(engine.Options{
		Dir: os.Getenv(projectDirVariable), Stack: p.Stack, Program: os.Getenv(stacktest.ProgramVariable),
		StatePath: p.statePath(), Config: p.Config, Parallel: p.Parallel,
		Provider: func() pulumirpc.ResourceProviderServer { return &killableProvider{cloud.NewProvider(), p, calls} },
	})
	if err != nil {
		return err
	}
	operation := stack.Up
	if p.Destroy {
		operation = stack.Destroy
	}
	return operation(context.Background()).Err
}

// killableProvider is a provider that gets its process killed during a call.
type killableProvider struct {
	pulumirpc.ResourceProviderServer
	plan  killPlan
	calls *atomic.Int64
}

func (k *killableProvider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if req.GetPreview() {
		return k.ResourceProviderServer.Create(ctx, req)
	}
	call := k.calls.Add(1)
	k.reach(call, beforeEffect)
	response, err := k.ResourceProviderServer.Create(ctx, req)
	k.reach(call, afterEffect)
	return response, err
}

func (k *killableProvider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	call := k.calls.Add(1)
	k.reach(call, beforeEffect)
	response, err := k.ResourceProviderServer.Delete(ctx, req)
	k.reach(call, afterEffect)
	return response, err
}

// reach asks the parent to kill this process if the plan says so. It then blocks, unless the kill is to
// happen some time later.
func (k *killableProvider) reach(call int64, point killPoint) {
	if call != k.plan.Call {
		return
	}
	switch {
	case k.plan.Point == point:
		fmt.Println(call)
		select {}
	case k.plan.Point == later && point == afterEffect:
		fmt.Println(call)
	}
}
