package trials

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// defaultGroupType is the only resource type that the cloud's inventory does not list: AWS creates a
// default security group with each VPC.
const defaultGroupType = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"

// config maps configuration keys to values, in the form that "pulumi config set" accepts.
type config = map[string]string

// merge returns base with the values of overrides.
func merge(base, overrides config) config {
	merged := maps.Clone(base)
	if merged == nil {
		merged = config{}
	}
	maps.Copy(merged, overrides)
	return merged
}

// env is a stack in a simulated account.
type env struct {
	t      stacktest.T
	stack  *engine.Stack
	cloud  *awssim.Cloud
	config config
	// retained lists the objects that left the stack's state and that the stack leaves in the cloud on purpose.
	retained []string
}

// newEnv opens a stack in its account.
func newEnv(t stacktest.T, stack string, config config, faults ...awssim.Fault) *env {
	t.Helper()
	cloud, err := awssim.New(awssim.Options{
		AssumeExisting: true, Faults: awssim.NewFaults(faults...), Account: accountOf(t, stack),
	})
	require.NoError(t, err)
	return open(t, cloud, engine.Options{Stack: stack, Config: config})
}

// accountOf returns the account of a stack, or nil for an empty one.
func accountOf(t stacktest.T, stack string) *account.File {
	t.Helper()
	if stack != existingStack && stack != accessStack {
		return nil
	}
	return stacktest.Account(t, stack)
}

// open opens a stack in an account.
func open(t stacktest.T, cloud *awssim.Cloud, o engine.Options) *env {
	t.Helper()
	e, err := tryOpen(t, cloud, o)
	require.NoError(t, err)
	return e
}

// tryOpen is like open, but returns the error if the engine rejects the configuration.
func tryOpen(t stacktest.T, cloud *awssim.Cloud, o engine.Options) (*env, error) {
	t.Helper()
	o.Provider = cloud.NewProvider
	stack, err := stacktest.TryOpen(t, o)
	return &env{t: t, stack: stack, cloud: cloud, config: o.Config}, err
}

// snapshot is a copy of an env, from which many cases can start.
type snapshot struct {
	stack        string
	config       config
	state, cloud []byte
	retainable   []string
}

// snapshot returns a copy of the env, whose account is that of the stack.
func (e *env) snapshot() snapshot {
	e.t.Helper()
	var state bytes.Buffer
	require.NoError(e.t, e.stack.Export(&state))
	cloud, err := json.Marshal(e.cloud)
	require.NoError(e.t, err)
	return snapshot{e.stack.Name(), e.config, state.Bytes(), cloud, e.retainable()}
}

// restore returns a new env with the content of the snapshot.
func (s snapshot) restore(t stacktest.T, faults ...awssim.Fault) *env {
	t.Helper()
	e := newEnv(t, s.stack, s.config, faults...)
	require.NoError(t, json.Unmarshal(s.cloud, e.cloud))
	require.NoError(t, e.stack.Import(bytes.NewReader(s.state)))
	return e
}

// snapshots are the snapshots of deployed stacks by stack and configuration.
var snapshots struct {
	mu    sync.Mutex
	byKey map[string]*deployedOnce
}

// deployedOnce is a stack that the first caller deploys.
type deployedOnce struct {
	mu       sync.Mutex
	snapshot *snapshot
}

// deployedSnapshot returns a snapshot of a stack that was deployed in its account. Cases with the same
// configuration share one deployment.
func deployedSnapshot(t stacktest.T, stack string, config config) snapshot {
	t.Helper()
	encoded, err := json.Marshal(config)
	require.NoError(t, err)
	key := stack + string(encoded)

	snapshots.mu.Lock()
	if snapshots.byKey == nil {
		snapshots.byKey = map[string]*deployedOnce{}
	}
	once := snapshots.byKey[key]
	if once == nil {
		once = &deployedOnce{}
		snapshots.byKey[key] = once
	}
	snapshots.mu.Unlock()

	once.mu.Lock()
	defer once.mu.Unlock()
	if once.snapshot == nil {
		e := newEnv(t, stack, config)
		e.up()
		taken := e.snapshot()
		once.snapshot = &taken
	}
	return *once.snapshot
}

// deployed returns a stack that was deployed in an account of its own.
func deployed(t stacktest.T, stack string, config config) *env {
	t.Helper()
	return deployedSnapshot(t, stack, config).restore(t)
}

// value returns the value of a configuration key of the project.
func (e *env) value(key string) string {
	for fullKey, value := range e.stack.Config() {
		if namespace, name, _ := strings.Cut(fullKey, ":"); namespace != "aws" && name == key {
			return value
		}
	}
	return ""
}

// configure changes values of the configuration.
func (e *env) configure(overrides config) {
	e.t.Helper()
	e.config = merge(e.config, overrides)
	require.NoError(e.t, e.stack.Configure(e.config))
}

// up deploys the stack, which must succeed.
func (e *env) up() *engine.Result {
	e.t.Helper()
	before := e.retainable()
	result := e.stack.Up(context.Background())
	require.Empty(e.t, result.Failure(), "up")
	e.addRetained(before)
	return result
}

// addRetained adds to retained the objects of before that the state no longer has.
func (e *env) addRetained(before []string) {
	now := e.retainable()
	for _, object := range before {
		if !slices.Contains(now, object) {
			e.retained = append(e.retained, object)
		}
	}
}

// refresh refreshes the stack, which must succeed.
func (e *env) refresh() *engine.Result {
	e.t.Helper()
	result := e.stack.Refresh(context.Background())
	require.Empty(e.t, result.Failure(), "refresh")
	return result
}

// destroy destroys the stack, which must succeed.
func (e *env) destroy() *engine.Result {
	e.t.Helper()
	result := e.stack.Destroy(context.Background())
	require.Empty(e.t, result.Failure(), "destroy")
	return result
}

// requireStable requires that a further up and a refresh change nothing, and that state and cloud agree.
func (e *env) requireStable() {
	e.t.Helper()
	require.Empty(e.t, effects(e.up()), "a second up changes something")
	require.Empty(e.t, effects(e.refresh()), "a refresh finds drift")
	e.requireConsistent()
}

// requireConsistent requires that the state has exactly the objects that the cloud has, except for those
// that were retained on purpose, and no pending operations.
func (e *env) requireConsistent() {
	e.t.Helper()
	known := append(e.stateObjects(), e.retained...)
	slices.Sort(known)
	require.Equal(e.t, e.cloudObjects(), known, "objects in the cloud, and in the state")
	require.Empty(e.t, e.stack.State().PendingOperations)
}

// stateObjects lists the type and the ID of each object in the state that the cloud's inventory lists, too.
func (e *env) stateObjects() []string {
	objects := []string{}
	for _, state := range e.resources() {
		if string(state.Type) != defaultGroupType {
			objects = append(objects, string(state.Type)+" "+string(state.ID))
		}
	}
	slices.Sort(objects)
	return objects
}

// cloudObjects lists the type and the ID of each object in the cloud.
func (e *env) cloudObjects() []string {
	objects := []string{}
	for _, object := range e.cloud.Inventory() {
		objects = append(objects, object.Type+" "+object.ID)
	}
	slices.Sort(objects)
	return objects
}

// resources returns the resources of the stack that have an object in the cloud. A resource that was
// deleted in order to be replaced stays in the state, marked as pending, and has none. A resource that the
// stack only reads belongs to somebody else.
func (e *env) resources() []apitype.ResourceV3 {
	var resources []apitype.ResourceV3
	for _, state := range e.stack.State().Resources {
		inAWS := state.Custom && strings.HasPrefix(string(state.Type), "aws:")
		if inAWS && !state.External && !state.PendingReplacement {
			resources = append(resources, state)
		}
	}
	return resources
}

// requireProven requires that all required claims about the stack pass.
func (e *env) requireProven() {
	e.t.Helper()
	allowed := e.undecidable()
	for _, claim := range e.claims() {
		family, _, _ := strings.Cut(claim.ID, ".")
		undecided := claim.Result == proof.Undecided && slices.Contains(allowed, family)
		if claim.Class == proof.Required && !claim.Passes() && !undecided {
			require.Fail(e.t, claim.ID+" "+claim.Subject+" is "+claim.Result, strings.Join(claim.Why(), "\n"))
		}
	}
}

// claims checks all claims about the stack.
func (e *env) claims() []proof.Claim {
	e.t.Helper()
	deployment, err := proof.Read(stacktest.Export(e.t, e.stack))
	require.NoError(e.t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(e.t, err)
	require.NotEmpty(e.t, claims)
	return claims
}

// undecidable lists the prefixes of claims that the state does not decide, because they depend on a
// permissions boundary outside the stack.
func (e *env) undecidable() []string {
	if e.value("permissionsBoundary") == "" {
		return nil
	}
	return []string{"agent", "session", "recorded"}
}

// unprotect turns off termination protection, as a person has to do before a destroy.
func (e *env) unprotect() {
	e.t.Helper()
	if e.value("terminationProtection") == "true" {
		e.configure(config{"terminationProtection": "false"})
		e.up()
	}
}

// tearDown destroys the stack, and requires that the account then contains only what the stack leaves on
// purpose.
func (e *env) tearDown() {
	e.t.Helper()
	e.unprotect()
	expected := append(e.retainable(), e.retained...)
	slices.Sort(expected)
	e.destroy()
	require.Empty(e.t, e.stack.State().Resources)
	require.Equal(e.t, expected, e.cloudObjects(), "objects to retain, and objects left in the cloud")
	e.requireUnchanged()
}

// requireUnchanged requires that the objects that the account contained from the start are what they were.
func (e *env) requireUnchanged() {
	e.t.Helper()
	changed, err := e.cloud.Changed()
	require.NoError(e.t, err)
	require.Empty(e.t, changed)
}

// requireLifecycle requires that a deployed stack is stable and proven, and can be destroyed.
func (e *env) requireLifecycle() {
	e.requireStable()
	e.requireProven()
	e.tearDown()
}

// retainable lists the objects of the stack that a destroy leaves in the cloud on purpose.
func (e *env) retainable() []string {
	objects := []string{}
	for _, state := range e.resources() {
		if state.RetainOnDelete {
			objects = append(objects, string(state.Type)+" "+string(state.ID))
		}
	}
	slices.Sort(objects)
	return objects
}
