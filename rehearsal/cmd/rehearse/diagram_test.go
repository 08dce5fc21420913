package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// drawn runs diagram on a text, which stands in a file or comes by the standard input.
func drawn(text string, args ...string) (status int, stdout, stderr string) {
	var out, errors strings.Builder
	status = draw(args, strings.NewReader(text), &out, &errors)
	return status, out.String(), errors.String()
}

func TestDiagram(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := drawn(mistake(t), "-")
	require.Equal(t, held, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "flowchart LR\n  people[\"IAM user ann\"]\n"), stdout)
	require.Contains(t, stdout, `["interface endpoint<br/>ssm"]`)

	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(mistake(t)), 0o600))
	status, same, stderr := drawn("", path)
	require.Equal(t, held, status)
	require.Empty(t, stderr)
	require.Equal(t, stdout, same)
}

func TestDiagram_refuses(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.json")
	for name, test := range map[string]struct {
		text string
		args []string
		want string
	}{
		"no state":     {"", nil, `rehearse diagram: 0 states to read: give one file of "pulumi stack export", or - for the standard input`},
		"two states":   {"", []string{"a", "b"}, `rehearse diagram: 2 states to read: give one file of "pulumi stack export", or - for the standard input`},
		"a flag":       {"", []string{"-json", "x", "-"}, "rehearse diagram: flag provided but not defined: -json"},
		"no file":      {"", []string{missing}, "rehearse diagram: " + missing + ": open " + missing + ": no such file or directory"},
		"nothing":      {"", []string{"-"}, `rehearse diagram: -: not a state as "pulumi stack export" writes it: EOF`},
		"half of it":   {mistake(t)[:1000], []string{"-"}, `rehearse diagram: -: not a state as "pulumi stack export" writes it: unexpected EOF`},
		"no JSON":      {"state", []string{"-"}, `rehearse diagram: -: not a state as "pulumi stack export" writes it: invalid character 's' looking for beginning of value`},
		"an empty one": {`{"version": 3, "deployment": {}}`, []string{"-"}, "rehearse diagram: -: the state is empty: deploy the stack first"},
		"one without instances": {
			strings.ReplaceAll(mistake(t), "aws:ec2/instance:Instance", "aws:ec2/keyPair:KeyPair"),
			[]string{"-"},
			"rehearse diagram: -: the state has no EC2 instance, so there is nothing to draw: deploy the stack first",
		},
		"one that is not done": {
			strings.Replace(mistake(t), `"id": "vpce-ssm",`, `"id": "vpce-ssm", "delete": true,`, 1),
			[]string{"-"},
			`rehearse diagram: -: the state still holds aws:ec2/vpcEndpoint:VpcEndpoint "ssm" that was replaced and not yet deleted: run "pulumi up", then try again`,
		},
		"one with encrypted secrets": {
			strings.Replace(mistake(t), `"cidrBlock": "10.0.0.0/16"`,
				`"cidrBlock": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}`, 2),
			[]string{"-"},
			`rehearse diagram: -: the state holds encrypted secrets where claims need the value: cidrBlock of Vpc "vpc": ` +
				`export it with "pulumi stack export --show-secrets"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := drawn(test.text, test.args...)
			require.Equal(t, unusable, status)
			require.Empty(t, stdout)
			require.Equal(t, test.want, last(stderr))
		})
	}
}

func TestDiagram_tellsUsage(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call("diagram", "-h")
	require.Equal(t, held, status)
	require.Empty(t, stderr)
	require.True(t, strings.HasPrefix(stdout, "Usage:\n\n    rehearse diagram STATE.json | -\n"), stdout)
}
