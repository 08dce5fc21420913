package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/engine/enginetest"
	"bastionless/rehearsal/report"
)

// verify runs verify with a standard input.
func verify(stdin string, args ...string) (status int, stdout, stderr string) {
	return call(stdin, append([]string{"verify"}, args...)...)
}

// mistake returns a state that fails a required claim.
func mistake(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../proof/testdata/no-ssmmessages-endpoint.json")
	require.NoError(t, err)
	return string(text)
}

func TestVerify_fails(t *testing.T) {
	t.Parallel()
	result := filepath.Join(t.TempDir(), "result.json")
	status, stdout, stderr := verify(mistake(t), "-", "--json", result)
	require.Equal(t, exitFailed, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "Required claims: "), stdout)
	require.Contains(t, stdout, `  FAIL  reach.ssmmessages    box
          Vpc "vpc" has no endpoint for ssmmessages: ssmmessages.eu-west-1.amazonaws.com resolves to public addresses
          fix: create an interface endpoint of com.amazonaws.eu-west-1.ssmmessages with privateDnsEnabled in Vpc "vpc"
`)
	require.Equal(t, "peer: 1 check failed: reach.ssmmessages (box) is refuted", last(stdout))

	text, err := os.ReadFile(result)
	require.NoError(t, err)
	var read report.Report
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, "peer", read.Stack)
	require.False(t, read.OK)
	require.Len(t, read.Claims, 21)
}

func TestVerify_strict(t *testing.T) {
	t.Parallel()
	// Without the association nothing needs S3, and all required claims are proven.
	text := mistake(t)
	text = strings.ReplaceAll(text, "com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.ssmmessages")
	text = strings.ReplaceAll(text, `"vpcEndpointType": "Gateway"`, `"vpcEndpointType": "Interface", "privateDnsEnabled": true, `+
		`"subnetIds": ["subnet-app"], "securityGroupIds": ["sg-endpoint"]`)
	text = strings.ReplaceAll(text, "AWS-UpdateSSMAgent", "AWS-GatherSoftwareInventory")
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	status, stdout, _ := verify("", path)
	require.Equal(t, "peer: all checks passed", last(stdout), stdout)
	require.Equal(t, exitOK, status)

	status, stdout, _ = verify("", "--strict", path)
	require.Equal(t, exitFailed, status)
	require.Equal(t, "peer: 5 checks failed: endpoint-policy.ssm (ssm) is refuted, egress (box) is undecided, default-sg (vpc) is refuted, "+
		"flow-logs (vpc) is refuted, multi-zone (peer) is refuted", last(stdout), stdout)
}

// TestVerify_invalidInput checks the errors about inputs that diagram rejects with the same errors.
func TestVerify_invalidInput(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.json")
	const usage, fix = ": name one file that \"pulumi stack export --file\" wrote, or - for standard input",
		": \"pulumi stack export --file state.json\" writes one"
	for name, test := range map[string]struct {
		text string
		args []string
		want string
	}{
		"no argument":           {"", nil, "got 0 arguments" + usage},
		"two arguments":         {"", []string{"a", "b"}, "got 2 arguments" + usage},
		"an unknown flag":       {"", []string{"-jsno", "x", "-"}, "flag provided but not defined: -jsno"},
		"a missing file":        {"", []string{missing}, "open " + missing + ": no such file or directory"},
		"empty":                 {" ", []string{"-"}, "standard input: not a Pulumi state: the input is empty" + fix},
		"truncated":             {mistake(t)[:1000], []string{"-"}, "standard input: not a Pulumi state: the input is not valid JSON; it may be incomplete" + fix},
		"text":                  {"state", []string{"-"}, "standard input: not a Pulumi state: the input is not JSON" + fix},
		"a list":                {"[]", []string{"-"}, "standard input: not a Pulumi state: the input is JSON, but not an object" + fix},
		"any object":            {`{"a": 1}`, []string{"-"}, `standard input: not a Pulumi state: this JSON object has no "deployment"` + fix},
		"Terraform":             {`{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": []}`, []string{"-"}, "standard input: not a Pulumi state: this is a Terraform state" + fix},
		"a Terraform plan":      {`{"format_version": "1.2", "planned_values": {}, "resource_changes": []}`, []string{"-"}, "standard input: not a Pulumi state: this is a Terraform plan" + fix},
		"an empty checkpoint":   {`{"version": 3, "checkpoint": {"stack": "dev", "latest": {}}}`, []string{"-"}, "the state has no resources: deploy the stack first"},
		"no checkpoint yet":     {`{"version": 3, "checkpoint": {"stack": "dev"}}`, []string{"-"}, "standard input: the state has no resources: deploy the stack first"},
		"a preview":             {`{"config": {}, "steps": [], "changeSummary": {}}`, []string{"-"}, `standard input: not a Pulumi state: this is the output of "pulumi preview --json"` + fix},
		"a result":              {`{"stack": "dev", "ok": true, "steps": [], "claims": []}`, []string{"-"}, "standard input: not a Pulumi state: this is the result of a rehearsal" + fix},
		"a deployment":          {`{"manifest": {}, "resources": []}`, []string{"-"}, "standard input: not a Pulumi state: this is the content of a Pulumi deployment without its version" + fix},
		"CloudFormation":        {`{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}`, []string{"-"}, "standard input: not a Pulumi state: this is a CloudFormation template" + fix},
		"a version of text":     {`{"version": "3", "deployment": {}}`, []string{"-"}, "standard input: not a Pulumi state: the field \"version\" has a value of the wrong type: string" + fix},
		"resources of text":     {`{"version": 3, "deployment": {"resources": "x"}}`, []string{"-"}, `standard input: cannot read the state: the field "resources" has a value of the wrong type: string`},
		"never deployed":        {`{"version": 3, "deployment": null}`, []string{"-"}, "standard input: the state has no resources: deploy the stack first"},
		"destroyed":             {`{"version": 3, "deployment": {}}`, []string{"-"}, "the state has no resources: deploy the stack first"},
		"a version that is new": {`{"version": 9, "deployment": {}}`, []string{"-"}, "standard input: cannot read a state of version 9: it is too new: the versions are 3 and 4"},
		"a version that is old": {`{"version": 0, "deployment": {"resources": []}}`, []string{"-"}, "standard input: cannot read a state of version 0: it is too old: the versions are 3 and 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"verify", "diagram"} {
				status, stdout, stderr := call(test.text, append([]string{command}, test.args...)...)
				require.Equal(t, exitUsage, status)
				require.Empty(t, stdout)
				require.Equal(t, "rehearse "+command+": "+test.want, last(stderr))
			}
		})
	}
}

// With --principal a principal of another account is meant to assume the role.
func TestVerify_principal(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(mistake(t), `arn:aws:iam::123456789012:user/ann`, `arn:aws:iam::210987654321:user/ann`)
	_, stdout, _ := verify(text, "-")
	require.Contains(t, stdout, "  FAIL  session.foreign")
	_, stdout, _ = verify(text, "--principal", "arn:aws:iam::210987654321:user/ann", "-")
	require.Contains(t, stdout, "  ok    session.foreign")

	status, stdout, stderr := verify(text, "--principal", "ann", "-")
	require.Equal(t, exitUsage, status)
	require.Empty(t, stdout)
	require.Equal(t, `rehearse verify: invalid value "ann" for flag -principal: neither an IAM ARN nor a 12-digit account ID`, last(stderr))
}

func TestVerify_noInstances(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(mistake(t), "aws:ec2/instance:Instance", "aws:ec2/keyPair:KeyPair")
	status, _, stderr := verify(text, "-")
	require.Equal(t, exitUsage, status)
	require.Equal(t, "rehearse verify: stack peer: the state has no EC2 instance, so there is nothing to prove: deploy the stack first\n", stderr)

	// A stack of this project that has none of its own is checked.
	component := `{"urn": "urn:pulumi:peer::peer::` + contract.SessionRoleType + `::session-role", "custom": false, "type": "` +
		contract.SessionRoleType + `"}`
	text = strings.Replace(text, `"resources": [`, `"resources": [`+component+",", 1)
	status, stdout, stderr := verify(text, "-")
	require.Equal(t, exitOK, status)
	require.Empty(t, stderr)
	require.Contains(t, stdout, `
  -     session.start        people: the state has no instance on which Role "people" is meant to allow sessions
`)
	status, stdout, _ = call(text, "diagram", "-")
	require.Equal(t, exitOK, status)
	require.Contains(t, stdout, "interface endpoint<br/>ssm")
}

func TestVerify_encryptedSecrets(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(mistake(t), `"policy": "{\"Statement\":[{\"Action\":\"*\"`,
		`"policy": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}, "was": "{\"Statement\":[{\"Action\":\"*\"`)
	status, stdout, stderr := verify(text, "-")
	require.Equal(t, exitFailed, status)
	require.Empty(t, stderr)
	require.Contains(t, stdout, `VpcEndpoint "ssm": its property policy is encrypted (run "pulumi stack export --show-secrets")`)
}

// A resource that may not exist makes the claims undecided that rest on it.
func TestVerify_uncertainResources(t *testing.T) {
	t.Parallel()
	for change, want := range map[[2]string]string{
		{`"resources": [`, `"pending_operations": [{"type": "creating", "resource": {"urn": "urn:pulumi:peer::peer::aws:ec2/vpcEndpoint:VpcEndpoint::half", "type": "aws:ec2/vpcEndpoint:VpcEndpoint"}}], "resources": [`}: `aws:ec2/vpcEndpoint:VpcEndpoint half: its operation "creating" was interrupted (run "pulumi refresh")`,
		{`"id": "vpce-ssm",`, `"id": "vpce-ssm", "delete": true,`}:             `aws:ec2/vpcEndpoint:VpcEndpoint ssm: a replacement has not deleted this copy yet (run "pulumi up")`,
		{`"id": "vpce-ssm",`, `"id": "vpce-ssm", "pendingReplacement": true,`}: `VpcEndpoint "ssm": a replacement has deleted it and not created it again (run "pulumi up")`,
	} {
		status, stdout, stderr := verify(strings.Replace(mistake(t), change[0], change[1], 1), "-")
		require.Equal(t, exitFailed, status)
		require.Empty(t, stderr)
		require.Contains(t, stdout, want)
	}
}

func TestVerify_noDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", "result.json")
	status, stdout, stderr := verify(mistake(t), "-", "--json", path)
	require.Equal(t, exitUsage, status)
	require.Empty(t, stdout)
	require.Equal(t, "rehearse verify: --json "+path+": directory "+filepath.Dir(path)+" does not exist\n", stderr)
}

// verify makes the same claims about an exported state as run.
func TestVerify_sameClaimsAsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	export, result := filepath.Join(dir, "state.json"), filepath.Join(dir, "result.json")
	_, rehearsed, text := rehearseProgram(context.Background(), t, runOptions{export: export}, enginetest.NewCloud(), instance)
	require.NotEmpty(t, rehearsed.Claims)
	require.Contains(t, text, "Required claims: ")

	status, stdout, stderr := verify("", export, "--json", result)
	require.Equal(t, exitFailed, status, stdout)
	require.Empty(t, stderr)
	written, err := os.ReadFile(result)
	require.NoError(t, err)
	var read report.Report
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, rehearsed.Claims, read.Claims)
}
