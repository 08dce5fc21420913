package controls

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

var update = flag.Bool("update", false, "write docs/controls.md")

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// deployed deploys a frozen stack to the simulated AWS, and checks the claims about it.
func deployed(t *testing.T, stack string) (*apitype.DeploymentV3, []proof.Claim) {
	t.Helper()
	deployment, err := proof.Read(stacktest.Export(t, stacktest.Deploy(t, stack, nil)))
	require.NoError(t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	return deployment, claims
}

// TestPage checks that docs/controls.md is up to date. With -update it writes the page.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := Page()
	require.NoError(t, err)
	path := filepath.Join(stacktest.Root(), "docs", "controls.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, page, string(text), "docs/controls.md is stale: go generate ./rehearsal/controls")
}

func TestMet_prod(t *testing.T) {
	t.Parallel()
	deployment, claims := deployed(t, "prod")
	for _, row := range Met() {
		require.Empty(t, row.Check(deployment, claims), row)
	}
}

// dev meets fewer controls than prod. The test shows that a row can fail.
func TestMet_dev(t *testing.T) {
	t.Parallel()
	deployment, claims := deployed(t, "dev")
	var failing []string
	for _, row := range Met() {
		if len(row.Check(deployment, claims)) > 0 {
			failing = append(failing, row.Control+" "+row.Property)
		}
	}
	require.Equal(t, []string{
		"EC2.6, CIS 3.7 trafficType",
		"SSM.4 permissions",
		"KMS.4, CIS 3.6 enableKeyRotation",
		"S3.2, S3.3, S3.8, CIS 2.1.4 blockPublicAcls",
		"S3.2, S3.3, S3.8, CIS 2.1.4 blockPublicPolicy",
		"S3.2, S3.3, S3.8, CIS 2.1.4 ignorePublicAcls",
		"S3.2, S3.3, S3.8, CIS 2.1.4 restrictPublicBuckets",
		"S3.5, CIS 2.1.1 policy",
		"S3.12 rule.objectOwnership",
		"S3.13 rules[0].status",
		"S3.14 versioningConfiguration.status",
		"S3.17 rules[0].applyServerSideEncryptionByDefault.sseAlgorithm",
		"CloudWatch.16 retentionInDays",
	}, failing)
}

// statement is a policy statement.
type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string][]string
}

// policies returns the inline policies of the stack's roles, by resource name.
func policies(t *testing.T, deployment *apitype.DeploymentV3) map[string][]statement {
	t.Helper()
	all := map[string][]statement{}
	for _, resource := range deployment.Resources {
		if resource.Type != "aws:iam/rolePolicy:RolePolicy" {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(resource.Outputs["policy"].(string)))
		decoder.DisallowUnknownFields()
		var document struct {
			Version   string
			Statement []statement
		}
		require.NoError(t, decoder.Decode(&document), resource.URN.Name())
		all[resource.URN.Name()] = document.Statement
	}
	return all
}

// IAM.1 and IAM.21: no policy allows all actions, or all of a service. KMS.1 and KMS.2: no policy allows
// decryption with every key.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string][]string{
		"prod":    {"flow-logs", "instance-role-agent", "instance-role-records", "session-role"},
		"dev":     {"session-role"},
		"article": {"session-role"},
	} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			deployment, _ := deployed(t, stack)
			found := policies(t, deployment)
			var names []string
			for name, statements := range found {
				names = append(names, name)
				for _, s := range statements {
					require.Equal(t, "Allow", s.Effect, s)
					for _, action := range s.Action {
						require.NotContains(t, action, "*", "%s allows %s", name, action)
						if strings.HasPrefix(action, "kms:") {
							for _, resource := range s.Resource {
								require.Regexp(t, `^arn:aws:kms:ap-northeast-1:123456789012:key/[0-9a-f-]{36}$`, resource, name)
							}
						}
					}
				}
			}
			slices.Sort(names)
			require.Equal(t, want, names)
		})
	}
}

// S3.5: the bucket policy denies all requests without TLS.
func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	deployment, _ := deployed(t, "prod")
	for _, resource := range deployment.Resources {
		if resource.Type == "aws:s3/bucketPolicy:BucketPolicy" {
			arn := "arn:aws:s3:::" + resource.Outputs["bucket"].(string)
			require.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":["s3:*"],`+
				`"Resource":["`+arn+`","`+arn+`/*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`,
				resource.Outputs["policy"].(string))
			return
		}
	}
	require.Fail(t, "the stack has no bucket policy")
}

func TestRow_Check(t *testing.T) {
	t.Parallel()
	deployment := &apitype.DeploymentV3{Resources: []apitype.ResourceV3{
		{Type: "t", URN: "urn:pulumi:s::p::t::one", Outputs: map[string]any{"on": true, "list": []any{map[string]any{"n": 1.0}}, "empty": ""}},
		{Type: "t", URN: "urn:pulumi:s::p::t::two", Outputs: map[string]any{"on": false, "list": []any{}, "empty": []any{}}},
	}}
	claims := []proof.Claim{
		{ID: "always", Subject: "one", Result: proof.Proven},
		{ID: "sometimes", Subject: "one", Result: proof.Proven},
		{ID: "sometimes", Subject: "two", Result: proof.Refuted},
	}
	for name, test := range map[string]struct {
		row  Row
		want []string
	}{
		"met":                     {Row{Type: "t", Property: "empty", Value: "absent", Claim: "always"}, nil},
		"not every resource":      {Row{Type: "t", Property: "on", Value: "true"}, []string{"C.1: t on of two is false, not true"}},
		"a path that is too long": {Row{Type: "t", Property: "list[0].n", Value: "1"}, []string{"C.1: t list[0].n of two is absent, not 1"}},
		"no such property":        {Row{Type: "t", Property: "on.off", Value: "present"}, []string{"C.1: t on.off of one is absent, not present", "C.1: t on.off of two is absent, not present"}},
		"no such resource":        {Row{Type: "u", Property: "on", Value: "true"}, []string{"C.1: the stack has no u"}},
		"a claim refuted":         {Row{Type: "t", Property: "empty", Value: "absent", Claim: "sometimes"}, []string{"C.1: sometimes of two is refuted"}},
		"a claim not made":        {Row{Type: "t", Property: "empty", Value: "absent", Claim: "none"}, []string{"C.1: no claim none is proven"}},
		"a value that is not JSON": {
			Row{Type: "t", Property: "on", Value: "yes"},
			[]string{"C.1: t on of one is true, not yes", "C.1: t on of two is false, not yes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.row.Control = "C.1"
			require.Equal(t, test.want, test.row.Check(deployment, claims))
		})
	}
}
