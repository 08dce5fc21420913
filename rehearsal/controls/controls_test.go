package controls

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
	"bastionless/rehearsal/stacktest"
)

func TestMain(m *testing.M) { os.Exit(stacktest.Main(m)) }

// deployed deploys a stack in a simulated account, and makes the claims about it.
func deployed(t *testing.T, stack string) (*apitype.DeploymentV3, []proof.Claim) {
	t.Helper()
	deployment, err := proof.Read(stacktest.Export(t, stacktest.Deploy(t, stack, nil)))
	require.NoError(t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	return deployment, claims
}

func rows(t *testing.T) []Row {
	t.Helper()
	text, err := os.ReadFile(stacktest.Root() + "/docs/controls.md")
	require.NoError(t, err)
	all, err := Rows(string(text))
	require.NoError(t, err)
	return all
}

// Every row of the map holds in prod.
func TestControls_areMetByProd(t *testing.T) {
	t.Parallel()
	deployment, claims := deployed(t, "prod")
	for _, row := range rows(t) {
		require.Empty(t, row.Check(deployment, claims), row)
	}
}

// That the map can fail, dev shows, which has not all that prod has.
func TestControls_areNotAllMetByDev(t *testing.T) {
	t.Parallel()
	deployment, claims := deployed(t, "dev")
	var failing []string
	for _, row := range rows(t) {
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

// statement is one of a policy.
type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string][]string
}

// policies are the own policies of a stack's roles, by resource name.
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

// IAM.1 and IAM.21: nothing is allowed on everything, and no whole service. KMS.1 and KMS.2: nothing is decrypted or
// re-encrypted with every key.
func TestControls_ofPolicies(t *testing.T) {
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

// S3.5: the bucket's policy denies everything that does not come over TLS, to everybody.
func TestControls_ofTheBucketsPolicy(t *testing.T) {
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
	require.Fail(t, "no policy of a bucket")
}

func TestRows(t *testing.T) {
	t.Parallel()
	got, err := Rows("# Map\n\n## Met\n\n| Control | Asks for | Resource | Property | Value | Claim |\n|---|---|---|---|---|---|\n" +
		"| A.1, B.2 | this | `t` | `a.b[0]` | `\"x\"` | `c` |\n| A.2 | that | `t` | `d` | absent | |\n\n## Not met\n\n| A.3 | it | no |\n")
	require.NoError(t, err)
	require.Equal(t, []Row{
		{Control: "A.1, B.2", Type: "t", Property: "a.b[0]", Value: `"x"`, Claim: "c"}, {Control: "A.2", Type: "t", Property: "d", Value: "absent"},
	}, got)

	for text, want := range map[string]string{
		"# Map\n":                        "no heading Met",
		"\n## Met\n":                     "no rows under the heading Met",
		"\n## Met\n| A.1 | this | `t` |": `"| A.1 | this | ` + "`t`" + ` |" has 3 columns, and not 6`,
	} {
		_, err := Rows(text)
		require.EqualError(t, err, want)
	}
}

func TestRow_Check(t *testing.T) {
	t.Parallel()
	deployment := &apitype.DeploymentV3{Resources: []apitype.ResourceV3{
		{Type: "t", URN: "urn:pulumi:s::p::t::one", Outputs: map[string]any{"on": true, "list": []any{map[string]any{"n": 1.0}}, "empty": ""}},
		{Type: "t", URN: "urn:pulumi:s::p::t::two", Outputs: map[string]any{"on": false, "list": []any{}, "empty": []any{}}},
	}}
	claims := []proof.Claim{
		{ID: "sure", Subject: "one", Result: report.Proven},
		{ID: "torn", Subject: "one", Result: report.Proven},
		{ID: "torn", Subject: "two", Result: report.Refuted},
	}
	for name, test := range map[string]struct {
		row  Row
		want []string
	}{
		"met":              {Row{Type: "t", Property: "empty", Value: "absent", Claim: "sure"}, nil},
		"not by each":      {Row{Type: "t", Property: "on", Value: "true"}, []string{"C.1: t on of two is false, and not true"}},
		"not deep enough":  {Row{Type: "t", Property: "list[0].n", Value: "1"}, []string{"C.1: t list[0].n of two is absent, and not 1"}},
		"no such property": {Row{Type: "t", Property: "on.off", Value: "present"}, []string{"C.1: t on.off of one is absent, and not present", "C.1: t on.off of two is absent, and not present"}},
		"no such resource": {Row{Type: "u", Property: "on", Value: "true"}, []string{"C.1: there is no u"}},
		"a claim refuted":  {Row{Type: "t", Property: "empty", Value: "absent", Claim: "torn"}, []string{"C.1: torn of two is refuted"}},
		"a claim not made": {Row{Type: "t", Property: "empty", Value: "absent", Claim: "none"}, []string{"C.1: no claim none is proven"}},
		"a value that is no JSON": {
			Row{Type: "t", Property: "on", Value: "yes"},
			[]string{"C.1: t on of one is true, and not yes", "C.1: t on of two is false, and not yes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.row.Control = "C.1"
			require.Equal(t, test.want, test.row.Check(deployment, claims))
		})
	}
}
