package trials

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// Variables that make this test's binary a victim: a process that works on a stack until it is killed.
const (
	dirVariable    = "TRIALS_DIR"
	victimVariable = "TRIALS_VICTIM"
)

// moment is where in a call of the provider a victim dies.
type moment string

const (
	before moment = "before its effect"
	after  moment = "after its effect, which the engine has not heard of"
	beyond moment = "some time after it"
)

// doom is when and how a victim dies.
type doom struct {
	Dir, Stack string // Dir holds the state and the cloud
	Given      settings
	Destroy    bool
	Parallel   int32
	Call       int64 // the creation or deletion, counted from 1
	Moment     moment
}

func (d doom) state() string { return filepath.Join(d.Dir, "state.json") }
func (d doom) cloud() string { return filepath.Join(d.Dir, "cloud.json") }

func (d doom) String() string {
	operation := "up"
	if d.Destroy {
		operation = "destroy"
	}
	return fmt.Sprintf("%s %s by %d, call %d, %s", d.Stack, operation, d.Parallel, d.Call, d.Moment)
}

// beVictim works on a stack, and says when it is time to die.
func beVictim() {
	var d doom
	err := json.Unmarshal([]byte(os.Getenv(victimVariable)), &d)
	if err == nil {
		err = d.work()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (d doom) work() error {
	cloud, err := awssim.New(awssim.Options{Path: d.cloud(), AssumeExisting: true})
	if err != nil {
		return err
	}
	calls := &atomic.Int64{}
	stack, err := engine.Open(engine.Options{
		Dir: os.Getenv(dirVariable), Stack: d.Stack, Program: os.Getenv(stacktest.ProgramVariable), StatePath: d.state(), Config: d.Given, Parallel: d.Parallel,
		Provider: func() plugin.Provider { return &mortal{cloud.NewProvider(), d, calls} },
	})
	if err != nil {
		return err
	}
	run := stack.Up
	if d.Destroy {
		run = stack.Destroy
	}
	return run(context.Background()).Err
}

// mortal is a provider in whose call its process dies.
type mortal struct {
	plugin.Provider
	doom  doom
	calls *atomic.Int64
}

func (m *mortal) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if r.Preview {
		return m.Provider.Create(ctx, r)
	}
	call := m.calls.Add(1)
	m.dies(call, before)
	response, err := m.Provider.Create(ctx, r)
	m.dies(call, after)
	return response, err
}

func (m *mortal) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	call := m.calls.Add(1)
	m.dies(call, before)
	response, err := m.Provider.Delete(ctx, r)
	m.dies(call, after)
	return response, err
}

// dies asks to be killed where it is time. Only who dies some time later goes on.
func (m *mortal) dies(call int64, now moment) {
	if call != m.doom.Call {
		return
	}
	switch m.doom.Moment {
	case now:
		fmt.Println(call)
		select {}
	case beyond:
		if now == after {
			fmt.Println(call)
		}
	}
}
