package trials

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// adopted is the one type whose resources are none of the account's own: AWS makes a default group with each VPC.
const adopted = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"

// failing is a test or one case of a property.
type failing interface {
	require.TestingT
	Helper()
}

// settings are configuration, as `pulumi config set` takes it.
type settings = map[string]string

// with is settings, and others that win.
func with(base, more settings) settings {
	merged := maps.Clone(base)
	if merged == nil {
		merged = settings{}
	}
	maps.Copy(merged, more)
	return merged
}

// world is a stack in an account.
type world struct {
	t     failing
	stack *engine.Stack
	cloud *awssim.Cloud
	given settings
	// released are what the stack has let go of on purpose, and the account keeps.
	released []string
}

// newWorld opens a stack in an account that is empty.
func newWorld(t failing, stack string, given settings, faults ...awssim.Fault) *world {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{AssumeExisting: true, Faults: awssim.NewFaults(faults...)})
	require.NoError(t, err)
	return open(t, cloud, engine.Options{Stack: stack, Config: given})
}

// open opens a stack in an account.
func open(t failing, cloud *awssim.Cloud, o engine.Options) *world {
	t.Helper()
	w, err := tryOpen(t, cloud, o)
	require.NoError(t, err)
	return w
}

// tryOpen is open for configurations that the engine may refuse.
func tryOpen(t failing, cloud *awssim.Cloud, o engine.Options) (*world, error) {
	t.Helper()
	o.Provider = cloud.NewProvider
	stack, err := stacktest.TryOpen(t, o)
	return &world{t: t, stack: stack, cloud: cloud, given: o.Config}, err
}

// photo is a world as it was.
type photo struct {
	stack        string
	given        settings
	state, cloud []byte
	kept         []string
}

// photo keeps a world, to begin many cases with it.
func (w *world) photo() photo {
	w.t.Helper()
	var state bytes.Buffer
	require.NoError(w.t, w.stack.Export(&state))
	cloud, err := json.Marshal(w.cloud)
	require.NoError(w.t, err)
	return photo{w.stack.Name(), w.given, state.Bytes(), cloud, w.kept()}
}

// world is a copy of what the photo shows.
func (p photo) world(t failing, faults ...awssim.Fault) *world {
	t.Helper()
	w := newWorld(t, p.stack, p.given, faults...)
	require.NoError(t, json.Unmarshal(p.cloud, w.cloud))
	require.NoError(t, w.stack.Import(bytes.NewReader(p.state)))
	return w
}

// configure changes the configuration.
func (w *world) configure(more settings) {
	w.t.Helper()
	w.given = with(w.given, more)
	require.NoError(w.t, w.stack.Configure(w.given))
}

// up, refresh and destroy must succeed.
func (w *world) up() *engine.Result {
	w.t.Helper()
	kept := w.kept()
	result := w.stack.Up(context.Background())
	require.Empty(w.t, result.Failure(), "up")
	w.release(kept)
	return result
}

// release notes what the stack has let go of, of what it was to keep.
func (w *world) release(kept []string) {
	still := w.kept()
	w.released = append(w.released, slices.DeleteFunc(kept, func(object string) bool { return slices.Contains(still, object) })...)
}

func (w *world) refresh() *engine.Result {
	w.t.Helper()
	result := w.stack.Refresh(context.Background())
	require.Empty(w.t, result.Failure(), "refresh")
	return result
}

func (w *world) destroy() *engine.Result {
	w.t.Helper()
	result := w.stack.Destroy(context.Background())
	require.Empty(w.t, result.Failure(), "destroy")
	return result
}

// settled holds a stack to be as the program wants it, and the cloud as the state says.
func (w *world) settled() {
	w.t.Helper()
	require.Empty(w.t, changed(w.up()), "a second up changes something")
	require.Empty(w.t, changed(w.refresh()), "a refresh finds drift")
	w.agrees()
}

// agrees holds the state to know exactly what the cloud holds, both ways, and to have no doubts about it.
func (w *world) agrees() {
	w.t.Helper()
	known := append(w.owns(), w.released...)
	slices.Sort(known)
	require.Equal(w.t, w.holds(), known, "the cloud's, and the state's")
	require.Empty(w.t, w.stack.Snapshot().PendingOperations)
}

// owns lists what the state knows of what the cloud holds.
func (w *world) owns() []string {
	known := []string{}
	for _, state := range w.customs() {
		if string(state.Type) != adopted {
			known = append(known, string(state.Type)+" "+string(state.ID))
		}
	}
	slices.Sort(known)
	return known
}

// holds lists what the cloud holds.
func (w *world) holds() []string {
	held := []string{}
	for _, object := range w.cloud.Inventory() {
		held = append(held, object.Type+" "+object.ID)
	}
	slices.Sort(held)
	return held
}

// customs are the resources that a provider made. What was deleted to be replaced, and is not yet, stays in the state with a
// mark; it is none of them.
func (w *world) customs() []*resource.State {
	var customs []*resource.State
	for _, state := range w.stack.Snapshot().Resources {
		if state.Custom && !state.PendingReplacement && !providers.IsProviderType(state.Type) {
			customs = append(customs, state)
		}
	}
	return customs
}

// proven holds the stack to its purpose.
func (w *world) proven() {
	w.t.Helper()
	beyond := w.beyondProof()
	for _, claim := range w.claim() {
		family, _, _ := strings.Cut(claim.ID, ".")
		if claim.Class == proof.Required && claim.Result != proof.Proven && claim.Result != beyond[family] {
			require.Fail(w.t, claim.ID+" "+claim.Subject+" is "+claim.Result, strings.Join(claim.Why(), "\n"))
		}
	}
}

// claim makes all claims about the stack.
func (w *world) claim() []proof.Claim {
	w.t.Helper()
	var state bytes.Buffer
	require.NoError(w.t, w.stack.Export(&state))
	deployment, err := proof.Read(&state)
	require.NoError(w.t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(w.t, err)
	require.NotEmpty(w.t, claims)
	return claims
}

// beyondProof says what becomes of a family of claims where it rests on what no state tells: what a boundary of the
// account's own lets roles do.
func (w *world) beyondProof() map[string]string {
	if w.stack.Config()["bastionless:permissionsBoundary"] == "" {
		return nil
	}
	return map[string]string{"agent": proof.Undecided, "session": proof.Undecided, "recorded": proof.Undecided}
}

// unprotect takes termination protection off where the stack has it, as a person does before a destroy.
func (w *world) unprotect() {
	w.t.Helper()
	if w.stack.Config()["bastionless:terminationProtection"] == "true" {
		w.configure(settings{"terminationProtection": "false"})
		w.up()
	}
}

// goes destroys the stack. What is left in the cloud is what the program keeps on purpose.
func (w *world) goes() {
	w.t.Helper()
	w.unprotect()
	kept := append(w.kept(), w.released...)
	slices.Sort(kept)
	w.destroy()
	require.Empty(w.t, w.stack.Snapshot().Resources)
	require.Equal(w.t, kept, w.holds(), "what is kept on purpose, and what is left")
}

// kept lists what a destroy leaves on purpose.
func (w *world) kept() []string {
	kept := []string{}
	for _, state := range w.customs() {
		if state.RetainOnDelete {
			kept = append(kept, string(state.Type)+" "+string(state.ID))
		}
	}
	slices.Sort(kept)
	return kept
}
