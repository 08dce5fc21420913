package trials

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// The stack with an application is stable and proven, and can be destroyed.
func TestWorkload(t *testing.T) {
	t.Parallel()
	deployed(t, "workload", nil).requireLifecycle()
}

// An instance that people ask to replace, with "pulumi up --replace" or "pulumi state taint", is created from the newest
// AMI. The instance of the other zone stays.
func TestWorkload_replaceOneZone(t *testing.T) {
	t.Parallel()
	e := deployed(t, "workload", nil)
	before := e.instancesByName()
	e.edit(func(r *apitype.ResourceV3) {
		if r.URN.Name() == "instances-a-1" {
			r.Taint = true
			r.Inputs["ami"] = "ami-0123456789abcdef0" // of the time when it was created
		}
	})
	require.Equal(t, lines(instanceReferences, instanceReplaced), effects(e.up()))
	after := e.instancesByName()
	require.NotEqual(t, before["instances-a-1"].ID, after["instances-a-1"].ID)
	require.Equal(t, before["instances-a-1"].Inputs["ami"], after["instances-a-1"].Inputs["ami"], "the newest AMI")
	require.Equal(t, before["instances-c-1"].ID, after["instances-c-1"].ID)
	e.requireLifecycle()
}

// instancesByName returns the instances in the state by name.
func (e *env) instancesByName() map[string]apitype.ResourceV3 {
	found := map[string]apitype.ResourceV3{}
	for _, r := range e.resources() {
		if r.Type == "aws:ec2/instance:Instance" {
			found[r.URN.Name()] = r
		}
	}
	return found
}

// edit changes the resources in the state.
func (e *env) edit(change func(*apitype.ResourceV3)) {
	e.t.Helper()
	state := *e.stack.State()
	state.Resources = slices.Clone(state.Resources)
	for i := range state.Resources {
		state.Resources[i].Inputs = maps.Clone(state.Resources[i].Inputs)
		change(&state.Resources[i])
	}
	deployment, err := json.Marshal(state)
	require.NoError(e.t, err)
	export, err := json.Marshal(apitype.UntypedDeployment{Version: 3, Deployment: deployment})
	require.NoError(e.t, err)
	require.NoError(e.t, e.stack.Import(bytes.NewReader(export)))
}

// docs/workload.md shows the files of the stack that TestWorkload deploys.
func TestWorkload_documented(t *testing.T) {
	t.Parallel()
	read := func(elements ...string) string {
		content, err := os.ReadFile(filepath.Join(append([]string{stacktest.Root()}, elements...)...))
		require.NoError(t, err)
		return string(content)
	}
	page := read("docs", "workload.md")
	_, stack, _ := strings.Cut(read("testdata", "stacks", "Pulumi.workload.yaml"), "\n")
	for _, block := range [][2]string{
		{"yaml", stack},
		{"json", read("testdata", "stacks", "policies", "app.json")},
		{"bash", read("testdata", "stacks", "user-data.sh")},
		{"bash", read("testdata", "stacks", "install-agent.sh")},
	} {
		require.Contains(t, page, "```"+block[0]+"\n"+block[1]+"```")
	}
}

// Instances of another Linux whose user data installs the agent deploy, do not change and go.
func TestOtherLinux(t *testing.T) {
	t.Parallel()
	deployed(t, "dev", config{"os": "other", "amiId": pinnedImage, "loginUser": "admin", "userDataFile": "install-agent.sh"}).requireLifecycle()
}
