package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine/enginetest"
	"bastionless/rehearsal/report"
)

// verified runs verify on a text, which stands in a file or comes by the standard input.
func verified(t *testing.T, text string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors strings.Builder
	status = verify(args, strings.NewReader(text), &out, &errors)
	return status, out.String(), errors.String()
}

// mistake is a state in which something that is required does not hold.
func mistake(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../proof/testdata/no-ssmmessages-endpoint.json")
	require.NoError(t, err)
	return string(text)
}

func TestVerify_doesNotHold(t *testing.T) {
	t.Parallel()
	result := filepath.Join(t.TempDir(), "result.json")
	status, stdout, stderr := verified(t, mistake(t), "-", "--json", result)
	require.Equal(t, didNotHold, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "State of peer\nClaims, required: "), stdout)
	require.Contains(t, stdout, `  FAIL  reach.ssmmessages    box
          broken: Vpc "vpc" has no endpoint of ssmmessages, so ssmmessages.eu-west-1.amazonaws.com resolves to AWS's public addresses
          to mend: create an interface endpoint of com.amazonaws.eu-west-1.ssmmessages in Vpc "vpc", with privateDnsEnabled
`)
	require.Equal(t, "peer: did not hold: reach.ssmmessages (box): refuted", last(stdout))

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
	// Without the association nothing needs S3, and all that is required holds.
	text := mistake(t)
	text = strings.ReplaceAll(text, "com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.ssmmessages")
	text = strings.ReplaceAll(text, `"vpcEndpointType": "Gateway"`, `"vpcEndpointType": "Interface", "privateDnsEnabled": true, `+
		`"subnetIds": ["subnet-app"], "securityGroupIds": ["sg-endpoint"]`)
	text = strings.ReplaceAll(text, "AWS-UpdateSSMAgent", "AWS-GatherSoftwareInventory")
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	status, stdout, _ := verified(t, "", path)
	require.Equal(t, "peer: all held", last(stdout), stdout)
	require.Equal(t, held, status)

	status, stdout, _ = verified(t, "", "--strict", path)
	require.Equal(t, didNotHold, status)
	require.Contains(t, last(stdout), "peer: did not hold: ")
}

func TestVerify_refuses(t *testing.T) {
	t.Parallel()
	const signature = `"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"`
	missing := filepath.Join(t.TempDir(), "none.json")
	for name, test := range map[string]struct {
		text string
		args []string
		want string
	}{
		"no state":   {"", nil, `rehearse verify: 0 states to read: give one file of "pulumi stack export", or - for the standard input`},
		"two states": {"", []string{"a", "b"}, `rehearse verify: 2 states to read: give one file of "pulumi stack export", or - for the standard input`},
		"no file":    {"", []string{missing}, "rehearse verify: " + missing + ": open " + missing + ": no such file or directory"},
		"nothing":    {"", []string{"-"}, `rehearse verify: -: not a state as "pulumi stack export" writes it: EOF`},
		"half of it": {mistake(t)[:1000], []string{"-"}, `rehearse verify: -: not a state as "pulumi stack export" writes it: unexpected EOF`},
		"no JSON":    {"state", []string{"-"}, `rehearse verify: -: not a state as "pulumi stack export" writes it: invalid character 's' looking for beginning of value`},
		"an empty one": {
			`{"version": 3, "deployment": null}`, []string{"-"}, "rehearse verify: -: the state is empty: deploy the stack first",
		},
		"an emptied one": {
			`{"version": 3, "deployment": {}}`, []string{"-"}, "rehearse verify: -: the state is empty: deploy the stack first",
		},
		"a newer one": {
			`{"version": 9, "deployment": {}}`, []string{"-"}, "rehearse verify: -: a state of version 9, which cannot be read: this stack's deployment version is too new",
		},
		"an older one": {
			`{"version": 0, "deployment": {"resources": []}}`, []string{"-"}, "rehearse verify: -: a state of version 0, which cannot be read: this stack's deployment is too old",
		},
		"one without instances": {
			strings.ReplaceAll(mistake(t), "aws:ec2/instance:Instance", "aws:ec2/keyPair:KeyPair"),
			[]string{"-"},
			"rehearse verify: -: stack peer: the state has no EC2 instance, so there is nothing to prove: deploy the stack first",
		},
		"an interrupted one": {
			strings.Replace(mistake(t), `"resources": [`, `"pending_operations": [{"type": "creating", "resource": {"urn": "urn:pulumi:peer::peer::t::half"}}], "resources": [`, 1),
			[]string{"-"},
			`rehearse verify: -: the state has 1 interrupted operations (creating half), so what exists is not known: run "pulumi refresh", then try again`,
		},
		"one that is not done": {
			strings.Replace(mistake(t), `"id": "vpce-ssm",`, `"id": "vpce-ssm", "delete": true,`, 1),
			[]string{"-"},
			`rehearse verify: -: the state still holds aws:ec2/vpcEndpoint:VpcEndpoint "ssm" that was replaced and not yet deleted: run "pulumi up", then try again`,
		},
		"one with encrypted secrets": {
			strings.ReplaceAll(mistake(t), `"policy": "{\"Statement\":[{\"Action\":\"*\"`, `"policy": {`+signature+`}, "was": "{\"Statement\":[{\"Action\":\"*\"`),
			[]string{"-"},
			`rehearse verify: -: the state holds encrypted secrets where claims need the value: policy of VpcEndpoint "s3", policy of VpcEndpoint "ssm": ` +
				`export it with "pulumi stack export --show-secrets"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := verified(t, test.text, test.args...)
			require.Equal(t, unusable, status)
			require.Empty(t, stdout)
			require.Equal(t, test.want, last(stderr))
		})
	}
}

// What run finds of a stack, verify finds of the state that run exports.
func TestVerify_saysWhatRunSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	export, result := filepath.Join(dir, "state.json"), filepath.Join(dir, "result.json")
	_, rehearsed, text := rehearseProgram(t, context.Background(), runOptions{export: export}, enginetest.NewCloud(), instance)
	require.NotEmpty(t, rehearsed.Claims)
	require.Contains(t, text, "Claims, required: ")

	status, stdout, stderr := verified(t, "", export, "--json", result)
	require.Equal(t, didNotHold, status, stdout)
	require.Empty(t, stderr)
	written, err := os.ReadFile(result)
	require.NoError(t, err)
	var read report.Report
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, rehearsed.Claims, read.Claims)
}

func TestVerify_tellsFlags(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call("verify", "-h")
	require.Equal(t, held, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "Usage:\n\n    rehearse verify [--json RESULT.json] [--strict] STATE.json | -\n"), stdout)
}
