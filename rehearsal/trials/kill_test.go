package trials

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/stacktest"
)

// Kills are at so many random points where one thing is done at a time, and at so many where several are.
const (
	killsOneByOne   = 20
	killsSideBySide = 6
	sideBySide      = 8
)

// TestKilled kills the process of an up or a destroy outright at random points, and recovers as docs/recovery.md says.
// TRIALS_SEED repeats a run.
func TestKilled(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv("TRIALS_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("TRIALS_SEED=%d repeats these", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	deployed := map[string]photo{}
	calls := map[string]int{}
	for _, stack := range stacks {
		w := newWorld(t, stack, nil)
		w.up()
		w.unprotect()
		deployed[stack], calls[stack] = w.photo(), len(w.customs())
	}
	for n := range killsOneByOne + killsSideBySide {
		d := doom{
			Stack: stacks[random.IntN(len(stacks))], Destroy: random.IntN(3) == 0, Parallel: 1,
			Moment: []moment{before, after, beyond}[random.IntN(3)],
		}
		d.Call = 1 + random.Int64N(int64(calls[d.Stack])/2)
		if !d.Destroy {
			d.Call *= 2 // records stay when the rest goes, so that there are fewer calls
		}
		if n >= killsOneByOne {
			d.Parallel = sideBySide
		}
		patience := time.Duration(random.IntN(20_000)) * time.Microsecond
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			ran.kills.Add(1)
			d.Dir = t.TempDir()
			dies(t, d, deployed[d.Stack], patience).recovers(t, d)
		})
	}
}

// dies lets a victim work until it is killed, and returns what it leaves.
func dies(t *testing.T, d doom, deployed photo, patience time.Duration) *world {
	t.Helper()
	if d.Destroy {
		d.Given = deployed.given
		require.NoError(t, os.WriteFile(d.state(), deployed.state, 0o600))
		require.NoError(t, os.WriteFile(d.cloud(), deployed.cloud, 0o600))
	}
	orders, err := json.Marshal(d)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	victim := exec.Command(self)
	victim.Env = append(os.Environ(), victimVariable+"="+string(orders), dirVariable+"="+stacktest.Dir(t), stacktest.ProgramVariable+"="+stacktest.Program(t))
	victim.Stderr = os.Stderr
	output, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	_, err = bufio.NewReader(output).ReadString('\n')
	if d.Moment == beyond {
		time.Sleep(patience)
	}
	require.NoError(t, errors.Join(err, victim.Process.Kill()))
	_, _ = io.Copy(io.Discard, output)
	var exit *exec.ExitError
	if err := victim.Wait(); d.Moment != beyond {
		require.ErrorAs(t, err, &exit)
		require.Equal(t, "signal: killed", exit.String())
	}

	// The state can be read and is whole, or open would fail.
	cloud, err := awssim.New(awssim.Options{Path: d.cloud(), AssumeExisting: true})
	require.NoError(t, err)
	w := open(t, cloud, engine.Options{Stack: d.Stack, StatePath: d.state(), Config: d.Given})
	if d.Destroy {
		w.release(slices.Clone(deployed.kept))
	}
	return w
}

// recovers does what docs/recovery.md tells people.
func (w *world) recovers(t *testing.T, d doom) {
	pending := w.stack.Snapshot().PendingOperations
	require.LessOrEqual(t, len(pending), int(d.Parallel), "pending operations")
	orphans := w.unknown()
	if d.Moment == after && !d.Destroy && d.Parallel == 1 {
		require.Len(t, pending, 1)
	}
	w.named(t, orphans, pending)

	// Step 1: the warning of an up or a destroy names what was interrupted.
	if len(pending) > 0 {
		warning := strings.Join(w.photo().world(t).stack.Destroy(context.Background()).Messages("warning"), "\n")
		for _, operation := range pending {
			require.Contains(t, warning, "  * "+string(operation.Resource.URN)+", interrupted while "+string(operation.Type))
		}
	}
	// Step 2: what was made and is not known is deleted in AWS.
	h := w.byHand()
	for range orphans { // one may stand on another
		for _, orphan := range w.unknown() {
			_, _ = h.provider.Delete(context.Background(), plugin.DeleteRequest{
				URN: resource.NewURN("console", "console", "", tokens.Type(orphan.Type), "by-hand"), ID: resource.ID(orphan.ID),
				Outputs: resource.PropertyMap{},
			})
		}
	}
	require.Empty(t, w.unknown())
	// Step 3: pulumi refresh --clear-pending-creates.
	cleared, err := w.stack.ClearPendingCreates()
	require.NoError(t, err)
	require.LessOrEqual(t, len(cleared), len(pending))
	w.refresh()
	w.agrees()
	// Step 4: whatever was wanted.
	if d.Destroy {
		w.goes()
		return
	}
	w.up()
	w.settled()
	w.proven()
	w.goes()
}

// unknown lists what the cloud holds and the state does not.
func (w *world) unknown() []awssim.Object {
	return slices.DeleteFunc(w.cloud.Inventory(), func(object awssim.Object) bool {
		return slices.ContainsFunc(w.customs(), func(state *pkgresource.State) bool {
			return string(state.Type) == object.Type && string(state.ID) == object.ID
		}) || slices.Contains(w.released, object.Type+" "+object.ID)
	})
}

// named holds every orphan to be of a creation that the state tells is pending.
func (w *world) named(t *testing.T, orphans []awssim.Object, pending []pkgresource.Operation) {
	t.Helper()
	creating := map[string]int{}
	for _, operation := range pending {
		if operation.Type == pkgresource.OperationTypeCreating {
			creating[string(operation.Resource.Type)]++
		}
	}
	for _, orphan := range orphans {
		creating[orphan.Type]--
		require.GreaterOrEqual(t, creating[orphan.Type], 0, "no pending operation is of the orphan %v", orphan)
	}
}

// TestRecovery_commands holds docs/recovery.md to the commands that these tests go through, in its order. The ordinary CLI
// was tried with each of them by hand.
func TestRecovery_commands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(), "docs", "recovery.md"))
	require.NoError(t, err)
	var commands []string
	for line := range strings.Lines(string(text)) {
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
		"pulumi refresh", // TestProtectionTakenOffTooLate
		"pulumi up",
		"pulumi state delete URN",
	}, commands)
}
