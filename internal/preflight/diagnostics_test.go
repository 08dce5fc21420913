package preflight_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/config"
	"bastionless/internal/diag"
	"bastionless/internal/preflight"
	"bastionless/internal/pulumitest"
)

// root is the directory of Pulumi.yaml.
const root = "../.."

type values = pulumitest.Values

var list = pulumitest.Strings

// badCase is a configuration that is rejected, and the answers to its lookups.
type badCase struct {
	set     values
	answers []pulumitest.Answer
	// want are the key and the code of each diagnostic, "key code".
	want []string
}

// resolve loads and resolves a configuration as the program does.
func resolve(
	t *testing.T, mode pulumitest.Mode, set values, answers ...pulumitest.Answer,
) (preflight.Plan, diag.Diagnostics, *pulumitest.Result) {
	t.Helper()
	var plan preflight.Plan
	var diags diag.Diagnostics
	setup := pulumitest.Setup{
		Mode: mode, Config: pulumitest.ConfigWith(t, root, set), Answers: append(pulumitest.Tokyo().Answers(), answers...),
	}
	result := pulumitest.Run(t, setup, func(ctx *pulumi.Context) error {
		c, found := config.Load(ctx)
		resolved, more, err := preflight.Resolve(ctx, c)
		plan, diags = resolved, append(found, more...)
		return err
	})
	return plan, diags, result
}

// messagesFile is the golden file with the wording of all messages. "go test ./internal/preflight
// -update" writes it.
const messagesFile = "testdata/messages.golden"

// Each configuration is rejected for exactly these reasons, in an update and in a preview.
func TestResolve_diagnostics(t *testing.T) {
	t.Parallel()
	cases := map[string]badCase{}
	for _, group := range []map[string]badCase{
		networkCases(), endpointCases(), instanceCases(), sessionCases(), combinedCases(), existingKeyCases(), existingNetworkCases(),
		existingEndpointCases(), declaredEndpointCases(), targetKeyCases(), targetCases(),
	} {
		for name, test := range group {
			require.NotContains(t, cases, name)
			cases[name] = test
		}
	}
	messages := map[string][]string{}
	for name, test := range cases {
		for _, mode := range []pulumitest.Mode{pulumitest.Update, pulumitest.Preview} {
			_, diags, result := resolve(t, mode, test.set, test.answers...)
			require.NoError(t, result.Err, name)
			require.Empty(t, result.Resources, name)
			var got []string
			messages[name] = nil
			for _, diagnostic := range diags {
				got = append(got, diagnostic.Key+" "+string(diagnostic.Code))
				messages[name] = append(messages[name], diagnostic.String())
			}
			require.Equal(t, test.want, got, "%s: %v", name, diags)
		}
	}
	requireGolden(t, messages)
}

// requireGolden compares the messages of all cases with the golden file.
func requireGolden(t *testing.T, messages map[string][]string) {
	t.Helper()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		fmt.Fprintf(&text, "# %s\n%s\n\n", name, strings.Join(messages[name], "\n"))
	}
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(messagesFile), 0o750))
		require.NoError(t, os.WriteFile(messagesFile, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(messagesFile)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "if this is meant: go test ./internal/preflight -update")
}

// Configurations at the limits of the rules are accepted.
func TestResolve_edges(t *testing.T) {
	t.Parallel()
	in := pulumitest.Tokyo()
	const image = "ami-0123456789abcdef0"
	for name, test := range map[string]badCase{
		"the image fills the volume": {
			set: values{"amiId": image, "rootVolumeGiB": "30"}, answers: []pulumitest.Answer{pulumitest.Image(image, "x86_64", 30)},
		},
		"another OS with a key pair, and user data that installs the agent": {
			set: values{
				"os": "other", "amiId": image, "loginUser": "admin", "keyName": "aws-ssh-key", "userDataFile": "install-agent.sh",
			},
			answers: []pulumitest.Answer{pulumitest.Image(image, "x86_64", 8)},
		},
		"another OS without SSH": {
			set:     values{"os": "other", "amiId": image, "sessionDocuments": list("shell", "port-forwarding")},
			answers: []pulumitest.Answer{pulumitest.Image(image, "x86_64", 8)},
		},
		"50 instances": {set: values{"zones": list("a", "c"), "instancesPerZone": "25"}},
		"1,000 tagged instances": {set: values{
			"instancesPerZone": "1000", "sessionTargets": "tagged", "targetTags": list("team=db"), "appSubnetCidrs": list("10.0.16.0/22"),
		}},
		"a default subnet that fills": {
			set: values{"instancesPerZone": "251", "sessionTargets": "tagged", "targetTags": list("team=db")},
		},
		"a subnet that fills":        {set: values{"instancesPerZone": "11", "appSubnetCidrs": list("10.0.11.0/28")}},
		"a shared subnet that fills": {set: values{"subnetLayout": "shared", "instancesPerZone": "9", "appSubnetCidrs": list("10.0.11.0/28")}},
		"the smallest VPC": {set: values{
			"vpcCidr": "10.0.0.0/27", "appSubnetCidrs": list("10.0.0.0/28"), "privatelinkSubnetCidrs": list("10.0.0.16/28"),
		}},
		"a service of the stack's zones": {
			set: values{"interfaceEndpoints": list("kms")}, answers: []pulumitest.Answer{in.Service(tokyo("kms"), "a")},
		},
		"a type of the stack's zones": {
			set: values{"instanceType": "c5.large"}, answers: in.InstanceType("c5.large", []string{"i386", "x86_64"}, "a"),
		},
		"the longest times":        {set: values{"sessionIdleMinutes": "60", "sessionMaxMinutes": "1440", "mfaMaxAgeMinutes": "2160"}},
		"any retention in S3":      {set: values{"sessionLogs": list("s3"), "sessionLogDays": "364"}},
		"no retention, no records": {set: values{"sessionLogDays": "0"}},
		"limited SSH":              {set: values{"sessionMaxMinutes": "60", "sessionDocuments": list("shell", "ssh", "port-forwarding")}},
		"AWS's own boundary":       {set: values{"permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}},
		"a boundary with a path":   {set: values{"permissionsBoundary": "arn:aws:iam::123456789012:policy/team/a/limits"}},
		"a key of another account": {set: values{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:210987654321:key/mrk-1234abcd"}},
		"logs and kms listed, too": {set: values{
			"sessionLogs": list("cloudwatch"), "sessionEncryption": "true", "interfaceEndpoints": list("logs", "kms"),
		}},
		"a forwarding target that is an address": {set: values{"forwardTo": list("10.0.32.10:5432")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
				_, diags, result := resolve(t, mode, test.set, test.answers...)
				require.NoError(t, result.Err)
				require.Empty(t, diags)
			})
		})
	}
}
