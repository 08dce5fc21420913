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

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/stacktest"
)

// The stack with an application is stable and proven, and can be destroyed.
func TestWorkload(t *testing.T) {
	t.Parallel()
	deployed(t, "workload", nil).requireLifecycle()
}

// The policies of the instance role and of the endpoints allow what the application does, and no more. The test does not show
// that the AWS services then work.
func TestWorkload_requests(t *testing.T) {
	t.Parallel()
	const (
		region, bucket  = "ap-northeast-1", "arn:aws:s3:::app-files-123456789012"
		secret          = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app/database-AbCdEf"
		repository      = "arn:aws:ecr:ap-northeast-1:123456789012:repository/app"
		layers          = "arn:aws:s3:::prod-" + region + "-starport-layer-bucket/x"
		otherRepository = "arn:aws:ecr:ap-northeast-1:123456789012:repository/other"
	)
	e := deployed(t, "workload", nil)
	for _, test := range []struct {
		endpoint, action, resource string
		// unsigned is a request without a signature of the account, for an object that everyone can read.
		unsigned bool
		want     policy.Effect
	}{
		// docker login and docker pull
		{"ecr.api", "ecr:GetAuthorizationToken", "*", false, policy.Allowed},
		{"ecr.dkr", "ecr:BatchGetImage", repository, false, policy.Allowed},
		{"ecr.dkr", "ecr:GetDownloadUrlForLayer", repository, false, policy.Allowed},
		{"s3", "s3:GetObject", layers, true, policy.Allowed},
		{"ecr.dkr", "ecr:BatchGetImage", otherRepository, false, policy.Denied},
		{"ecr.dkr", "ecr:PutImage", repository, false, policy.Denied},
		// packages: those of Amazon Linux, of CloudWatch and of the application
		{"s3", "s3:GetObject", "arn:aws:s3:::al2023-repos-" + region + "-de612dc2/x.rpm", true, policy.Allowed},
		{"s3", "s3:GetObject", "arn:aws:s3:::amazoncloudwatch-agent-" + region + "/x.rpm", true, policy.Allowed},
		{"s3", "s3:GetObject", "arn:aws:s3:::app-packages/x.rpm", true, policy.Allowed},
		{"s3", "s3:PutObject", "arn:aws:s3:::app-packages/x.rpm", true, policy.Denied},
		{"s3", "s3:GetObject", "arn:aws:s3:::others/x", true, policy.Denied},
		// files, and the password of the database
		{"s3", "s3:PutObject", bucket + "/x", false, policy.Allowed},
		{"s3", "s3:GetObject", bucket + "/x", false, policy.Allowed},
		{"s3", "s3:ListBucket", bucket, false, policy.Allowed},
		{"s3", "s3:DeleteObject", bucket + "/x", false, policy.Denied},
		{"s3", "s3:GetObject", bucket + "/x", true, policy.Denied},
		{"secretsmanager", "secretsmanager:GetSecretValue", secret, false, policy.Allowed},
		{"secretsmanager", "secretsmanager:PutSecretValue", secret, false, policy.Denied},
	} {
		decision := e.decide(test.endpoint, test.action, test.resource, test.unsigned)
		require.Equal(t, test.want, decision.Effect, "%s on %s, unsigned %t: %s", test.action, test.resource, test.unsigned, decision.Why)
	}
}

// decide decides a request of the instance role, or one without a signature, through an endpoint of the stack.
func (e *env) decide(endpoint, action, resource string, unsigned bool) policy.Decision {
	e.t.Helper()
	parse := func(name string, text any) *policy.Document {
		document, err := policy.Parse(name, text.(string))
		require.NoError(e.t, err)
		return document
	}
	role := e.find("Role instance-role")
	request := &policy.Request{
		Principal: policy.Session(role.Outputs["arn"].(string), "i-1"), Action: action, Resource: resource,
		Context: policy.CompleteContext().With("aws:PrincipalAccount", "123456789012").With("aws:ResourceAccount", "123456789012"),
	}
	policies := policy.Policies{
		Identity: []*policy.Document{parse("app", e.find("RolePolicy instance-role-policy-app").Outputs["policy"])},
		Endpoint: parse(endpoint, e.find("VpcEndpoint endpoints-" + endpoint).Outputs["policy"]), Gateway: endpoint == "s3",
	}
	if unsigned {
		request.Principal, request.Context = policy.Principal{}, policy.CompleteContext()
		policies.Resource = parse("bucket", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`)
		policies.Identity, policies.ResourceAccount = nil, "210987654321"
	}
	return policies.Decide(request)
}

// An instance that is replaced with "pulumi up --replace" or "pulumi state taint" is created from the newest AMI. The
// instance in the other zone does not change.
func TestWorkload_replaceOneZone(t *testing.T) {
	t.Parallel()
	e := deployed(t, "workload", nil)
	before := e.instancesByName()
	e.edit(func(r *apitype.ResourceV3) {
		if r.URN.Name() == "instances-a-1" {
			r.Taint = true
			r.Inputs["ami"] = "ami-0123456789abcdef0" // the newest when the instance was created
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

// An instance with another Linux distribution, whose user data installs the agent, has the usual lifecycle.
func TestOtherLinux(t *testing.T) {
	t.Parallel()
	deployed(t, "dev", config{"os": "other", "amiId": pinnedImage, "loginUser": "admin", "userDataFile": "install-agent.sh"}).requireLifecycle()
}
