package trials

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

const (
	// killRounds is the number of times that each kind of kill is tried, each time in a random call of a
	// random stack.
	killRounds = 3
	// parallel is the parallelism of operations that are not sequential.
	parallel = 8
	// maxDelay is the longest time between a call and a kill "some time later".
	maxDelay = 20 * time.Millisecond
)

// The process of an up or a destroy is killed in a random call. The stack then recovers as
// docs/recovery.md says.
func TestKilled(t *testing.T) {
	t.Parallel()
	unprotected := map[string]snapshot{}
	resources := map[string]int{}
	for _, stack := range stacks {
		e := deployed(t, stack, interrupted[stack])
		e.unprotect()
		unprotected[stack], resources[stack] = e.snapshot(), len(e.resources())
	}
	rounds := killRounds
	if testing.Short() {
		rounds = 1
	}
	random := newRandom()
	for range rounds {
		for _, plan := range kindsOfKills() {
			plan.Stack = stacks[random.IntN(len(stacks))]
			// A destroy retains the records, so it has fewer calls than the stack has resources.
			calls := int64(resources[plan.Stack])
			if plan.Destroy {
				calls /= 2
			}
			plan.Call = 1 + random.Int64N(calls)
			delay := time.Duration(random.Int64N(int64(maxDelay)))
			t.Run(plan.String(), func(t *testing.T) {
				t.Parallel()
				counts.kills.Add(1)
				plan.Dir, plan.Account, plan.Config = t.TempDir(), accountOf(t, plan.Stack), interrupted[plan.Stack]
				e := runUntilKilled(t, plan, unprotected[plan.Stack], delay)
				e.recover(t, plan)
			})
		}
	}
}

// kindsOfKills returns a plan of each kind.
func kindsOfKills() []killPlan {
	var plans []killPlan
	for _, destroy := range []bool{false, true} {
		for _, parallelism := range []int32{1, parallel} {
			for _, point := range []killPoint{beforeEffect, afterEffect, later} {
				plans = append(plans, killPlan{Destroy: destroy, Parallel: parallelism, Point: point})
			}
		}
	}
	return plans
}

// runUntilKilled runs the operation of a plan in a child process until it is killed, and returns the
// resulting stack.
func runUntilKilled(t *testing.T, plan killPlan, deployed snapshot, delay time.Duration) *env {
	t.Helper()
	if plan.Destroy {
		plan.Config = deployed.config
		require.NoError(t, os.WriteFile(plan.statePath(), deployed.state, 0o600))
		require.NoError(t, os.WriteFile(plan.cloudPath(), deployed.cloud, 0o600))
	}
	encoded, err := json.Marshal(plan)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(self)
	child.Env = append(os.Environ(), killPlanVariable+"="+string(encoded),
		projectDirVariable+"="+stacktest.Dir(t), stacktest.ProgramVariable+"="+stacktest.Program(t))
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = bufio.NewReader(stdout).ReadString('\n')
	if plan.Point == later {
		time.Sleep(delay)
	}
	require.NoError(t, errors.Join(err, child.Process.Kill()))
	_, _ = io.Copy(io.Discard, stdout)
	var exit *exec.ExitError
	if err := child.Wait(); plan.Point != later { // by then the operation may have ended
		require.ErrorAs(t, err, &exit)
		require.Equal(t, "signal: killed", exit.String())
	}

	// The state file is complete; otherwise it could not be opened.
	cloud, err := awssim.New(plan.cloudOptions())
	require.NoError(t, err)
	e := open(t, cloud, engine.Options{Stack: plan.Stack, StatePath: plan.statePath(), Config: plan.Config})
	if plan.Destroy {
		e.addRetained(deployed.retainable)
	}
	return e
}

// recover takes the steps that docs/recovery.md describes.
func (e *env) recover(t *testing.T, plan killPlan) {
	pending := e.stack.State().PendingOperations
	require.LessOrEqual(t, len(pending), int(plan.Parallel), "pending operations")
	if plan.Point == afterEffect && !plan.Destroy && plan.Parallel == 1 {
		require.Len(t, pending, 1)
	}
	orphans := e.orphans()
	requirePending(t, orphans, pending)

	// The warning of an up or a destroy lists what was interrupted.
	if len(pending) > 0 {
		result := e.snapshot().restore(t).stack.Destroy(context.Background())
		warnings := strings.Join(result.Messages("warning"), "\n")
		for _, operation := range pending {
			require.Contains(t, warnings, "  * "+string(operation.Resource.URN)+", interrupted while "+string(operation.Type))
		}
	}
	// Delete in AWS what the state does not have. An orphan may depend on another one.
	c := e.console()
	for range orphans {
		for _, orphan := range e.orphans() {
			_, _ = c.provider.Delete(context.Background(), &pulumirpc.DeleteRequest{
				Urn: string(consoleURN(orphan.Type)), Id: orphan.ID,
			})
		}
	}
	require.Empty(t, e.orphans())
	// pulumi refresh --clear-pending-creates
	cleared, err := e.stack.ClearPendingCreates()
	require.NoError(t, err)
	require.LessOrEqual(t, len(cleared), len(pending))
	e.refresh()
	e.requireConsistent()
	// pulumi up or pulumi destroy
	if !plan.Destroy {
		e.up()
		e.requireStable()
		e.requireProven()
	}
	e.tearDown()
}

// orphans lists the objects that the cloud has and the state does not, except for those that were
// retained on purpose.
func (e *env) orphans() []awssim.Object {
	known := map[string]bool{}
	for _, object := range append(e.stateObjects(), e.retained...) {
		known[object] = true
	}
	var orphans []awssim.Object
	for _, object := range e.cloud.Inventory() {
		if !known[object.Type+" "+object.ID] {
			orphans = append(orphans, object)
		}
	}
	return orphans
}

// requirePending requires that the state has a pending creation for every orphan.
func requirePending(t *testing.T, orphans []awssim.Object, pending []apitype.OperationV2) {
	t.Helper()
	creations := map[string]int{}
	for _, operation := range pending {
		if operation.Type == apitype.OperationTypeCreating {
			creations[string(operation.Resource.Type)]++
		}
	}
	for _, orphan := range orphans {
		creations[orphan.Type]--
		require.GreaterOrEqual(t, creations[orphan.Type], 0, "no pending creation of the orphan %v", orphan)
	}
}

// docs/recovery.md contains the commands that correspond to these tests, in the same order. The commands
// were also tried by hand with the Pulumi CLI.
func TestRecovery_commands(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(stacktest.Root(), "docs", "recovery.md"))
	require.NoError(t, err)
	var commands []string
	for line := range strings.Lines(string(content)) {
		if command, ok := strings.CutPrefix(line, "    "); ok && strings.HasPrefix(strings.TrimSpace(command), "pulumi ") {
			command, _, _ = strings.Cut(command, " #")
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	require.Equal(t, []string{
		"pulumi up", // TestEverySingleFailure
		"pulumi cancel",
		"pulumi stack export | jq -r '.deployment.pending_operations[]? | .type + \" \" + .resource.urn'",
		"pulumi stack --show-ids",
		"pulumi refresh --clear-pending-creates", // TestKilled
		"pulumi up",
		"pulumi import TYPE NAME ID --parent PARENT=URN-OF-PARENT --protect=false --generate-code=false",
		"pulumi refresh", // TestDrift
		"pulumi up",
		"pulumi refresh", // TestProtectionTurnedOffTooLate
		"pulumi up",
		"pulumi state delete URN",
	}, commands)
}
