package awssim

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"
)

const testAccount = "123456789012"

// testCloud is a cloud with a provider that is called as the engine does.
type testCloud struct {
	t        *testing.T
	cloud    *Cloud
	provider testProvider
}

// testResource is a resource in Pulumi's state.
type testResource struct {
	urn             resource.URN
	id              resource.ID
	inputs, outputs resource.PropertyMap
}

func newTestCloud(t *testing.T) *testCloud {
	t.Helper()
	return newTestCloudWith(t, Options{}, values{"region": "ap-northeast-1"})
}

// newTestCloudWith returns a new cloud with options, and a provider with a configuration.
func newTestCloudWith(t *testing.T, o Options, config values) *testCloud {
	t.Helper()
	cloud, err := New(o)
	require.NoError(t, err)
	return (&testCloud{t: t, cloud: cloud}).withConfig(config)
}

// withConfig returns the same cloud with another provider.
func (w *testCloud) withConfig(config values) *testCloud {
	w.t.Helper()
	p := directProvider(w.cloud.NewProvider())
	require.NoError(w.t, p.Configure(context.Background(), toProperties(config)))
	return &testCloud{t: w.t, cloud: w.cloud, provider: p}
}

// call returns a call in ap-northeast-1 that has not locked the cloud.
func (w *testCloud) call() *call {
	w.t.Helper()
	s := newSession(w.cloud)
	require.NoError(w.t, s.configure(values{"region": "ap-northeast-1"}))
	return s.newCall("")
}

func testURN(token, name string) resource.URN {
	return resource.NewURN("dev", "test", "", tokens.Type(token), name)
}

// checkFailures returns the failures of Check.
func (w *testCloud) checkFailures(token, name string, in values) []string {
	w.t.Helper()
	reasons, err := w.check(token, name, in)
	require.NoError(w.t, err)
	return reasons
}

// check returns the failures and the error of Check.
func (w *testCloud) check(token, name string, in values) ([]string, error) {
	response, err := w.provider.Check(context.Background(), checkRequest{
		URN: testURN(token, name), News: toProperties(in), RandomSeed: []byte{1, 2, 3, 4},
	})
	reasons := []string{}
	for _, failure := range response.Failures {
		reasons = append(reasons, failure.Reason)
	}
	return reasons, err
}

func (w *testCloud) checkedInputs(urn resource.URN, olds resource.PropertyMap, in values) resource.PropertyMap {
	w.t.Helper()
	response, err := w.provider.Check(context.Background(), checkRequest{
		URN: urn, Olds: olds, News: toProperties(in), RandomSeed: []byte{1, 2, 3, 4},
	})
	require.NoError(w.t, err)
	require.Empty(w.t, response.Failures)
	return response.Properties
}

// tryCreate creates a resource. It returns nil if the resource does not exist.
func (w *testCloud) tryCreate(token, name string, in values) (*testResource, error) {
	w.t.Helper()
	x := &testResource{urn: testURN(token, name)}
	x.inputs = w.checkedInputs(x.urn, nil, in)
	response, err := w.provider.Create(context.Background(), createRequest{
		URN: x.urn, Properties: x.inputs,
	})
	x.id, x.outputs = response.ID, response.Properties
	if x.id == "" {
		x = nil
	}
	return x, err
}

func (w *testCloud) create(token, name string, in values) *testResource {
	w.t.Helper()
	x, err := w.tryCreate(token, name, in)
	require.NoError(w.t, err)
	return x
}

// createError returns the error of a creation that has no effect. See awsError.
func (w *testCloud) createError(token, name string, in values) string {
	w.t.Helper()
	x, err := w.tryCreate(token, name, in)
	require.Nil(w.t, x)
	return awsError(w.t, err)
}

// partialCreateError returns the resource and the error of a partial creation.
func (w *testCloud) partialCreateError(token, name string, in values) (*testResource, string) {
	w.t.Helper()
	x, err := w.tryCreate(token, name, in)
	require.NotNil(w.t, x)
	var late *initError
	require.ErrorAs(w.t, err, &late)
	require.Len(w.t, late.Reasons, 1)
	return x, awsError(w.t, &plainError{late.Reasons[0]})
}

type plainError struct{ text string }

func (e *plainError) Error() string { return e.text }

// awsError returns an error message without the bridge's text around it and without the IDs of the request.
func awsError(t *testing.T, err error) string {
	t.Helper()
	require.Error(t, err)
	_, text, framed := strings.Cut(err.Error(), "1 error occurred:\n\t* ")
	if !framed {
		text = err.Error()
	}
	text = strings.TrimSuffix(text, "\n\n")
	for _, label := range []string{", RequestID: ", ", HostID: "} {
		if before, rest, ok := strings.Cut(text, label); ok {
			if i := strings.Index(rest, ", "); i >= 0 {
				text = before + rest[i:]
			}
		}
	}
	return text
}

func (w *testCloud) tryDiff(x *testResource, in values) (diffResult, error) {
	w.t.Helper()
	return w.provider.Diff(context.Background(), diffRequest{
		URN: x.urn, ID: x.id, OldInputs: x.inputs, OldOutputs: x.outputs, NewInputs: w.checkedInputs(x.urn, x.inputs, in),
	})
}

func (w *testCloud) diff(x *testResource, in values) diffResult {
	w.t.Helper()
	result, err := w.tryDiff(x, in)
	require.NoError(w.t, err)
	return result
}

// previewUpdate returns the state that a preview shows.
func (w *testCloud) previewUpdate(x *testResource, in values) values {
	w.t.Helper()
	response, err := w.provider.Update(context.Background(), updateRequest{
		URN: x.urn, ID: x.id, OldInputs: x.inputs, OldOutputs: x.outputs, NewInputs: w.checkedInputs(x.urn, x.inputs, in), Preview: true,
	})
	require.NoError(w.t, err)
	return fromProperties(response.Properties)
}

// tryUpdate updates the resource in place.
func (w *testCloud) tryUpdate(x *testResource, in values) error {
	w.t.Helper()
	news := w.checkedInputs(x.urn, x.inputs, in)
	response, err := w.provider.Update(context.Background(), updateRequest{
		URN: x.urn, ID: x.id, OldInputs: x.inputs, OldOutputs: x.outputs, NewInputs: news,
	})
	if err == nil {
		x.inputs, x.outputs = news, response.Properties
	}
	return err
}

func (w *testCloud) update(x *testResource, in values) {
	w.t.Helper()
	require.NoError(w.t, w.tryUpdate(x, in))
}

func (w *testCloud) tryDelete(x *testResource) error {
	w.t.Helper()
	return w.provider.Delete(context.Background(), deleteRequest{
		URN: x.urn, ID: x.id, Inputs: x.inputs, Outputs: x.outputs,
	})
}

func (w *testCloud) delete(x *testResource) {
	w.t.Helper()
	require.NoError(w.t, w.tryDelete(x))
}

// read refreshes the resource and reports whether it exists.
func (w *testCloud) read(x *testResource) bool {
	w.t.Helper()
	response, err := w.provider.Read(context.Background(), readRequest{
		URN: x.urn, ID: x.id, Inputs: x.inputs, State: x.outputs,
	})
	require.NoError(w.t, err)
	if response.ID == "" {
		return false
	}
	x.inputs, x.outputs = response.Inputs, response.Outputs
	return true
}

// state returns the properties of the resource.
func (x *testResource) state() values { return fromProperties(x.outputs) }

// requireNoDiff requires that neither an update with these inputs nor a refresh changes the resource.
func (w *testCloud) requireNoDiff(x *testResource, in values) {
	w.t.Helper()
	require.Empty(w.t, w.diff(x, in).DetailedDiff)
	before := clone(fromProperties(x.inputs))
	require.True(w.t, w.read(x))
	require.Equal(w.t, before, clone(fromProperties(x.inputs)))
	require.Empty(w.t, w.diff(x, in).DetailedDiff)
}

// inputChange is a change of inputs with the expected diff.
type inputChange struct {
	name     string
	in       values // nil removes an input
	replaces []resource.PropertyKey
	updates  []string
}

// testChanges tests each change on a new resource in a new account, to which prepare adds other resources.
// Changes that replace the resource are not applied.
func testChanges(t *testing.T, token string, prepare func(*testCloud), base values, rows []inputChange) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "ap-northeast-1"})
			if prepare != nil {
				prepare(w)
			}
			x := w.create(token, "x", base)
			in := clone(base)
			for key, value := range row.in {
				if in[key] = value; value == nil {
					delete(in, key)
				}
			}
			diff := w.diff(x, in)
			paths := []string{}
			for path := range diff.DetailedDiff {
				paths = append(paths, path)
			}
			require.ElementsMatch(t, row.replaces, diff.ReplaceKeys)
			if row.replaces != nil {
				return
			}
			require.ElementsMatch(t, row.updates, paths)
			if row.updates != nil {
				w.update(x, in)
			}
			w.requireNoDiff(x, in)
		})
	}
}

// diffPaths returns the paths that differ, sorted.
func diffPaths(diff diffResult) []string {
	found := []string{}
	for path := range diff.DetailedDiff {
		found = append(found, path)
	}
	slices.Sort(found)
	return found
}

// policyWith returns a policy document with these statements.
func policyWith(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}
