package config

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/diag"
	"bastionless/internal/pulumitest"
)

// root is the directory of Pulumi.yaml.
const root = "../.."

type values = pulumitest.Values

// load loads a configuration as the program does.
func load(t *testing.T, configuration map[string]string) (Config, diag.Diagnostics) {
	t.Helper()
	var c Config
	var diags diag.Diagnostics
	result := pulumitest.Run(t, pulumitest.Setup{Config: configuration}, func(ctx *pulumi.Context) error {
		c, diags = Load(ctx)
		return nil
	})
	require.NoError(t, result.Err)
	require.Empty(t, result.Invokes, "AWS is asked nothing")
	return c, diags
}

func loadValues(t *testing.T, set values) (Config, diag.Diagnostics) {
	t.Helper()
	return load(t, pulumitest.ConfigWith(t, root, set))
}

// keysAndCodes returns the keys and codes of diagnostics, "key code".
func keysAndCodes(diags diag.Diagnostics) []string {
	all := []string{}
	for _, diagnostic := range diags {
		all = append(all, diagnostic.Key+" "+string(diagnostic.Code))
	}
	return all
}

func TestLoad_defaults(t *testing.T) {
	t.Parallel()
	c, diags := loadValues(t, nil)
	require.Empty(t, diags)
	require.Equal(t, "bastionless-test", c.NamePrefix)
	require.Equal(t, []iam.Principal{{}}, c.SessionRole.Principals)
	require.Equal(t, []iam.Document{iam.Shell, iam.SSH}, c.SessionRole.Documents)
	require.True(t, c.UsesInstanceConnect())

	c, diags = loadValues(t, values{"sessionEncryption": "true"})
	require.Empty(t, diags)
	require.Equal(t, []iam.Document{iam.Shell}, c.SessionRole.Documents)
	require.False(t, c.UsesInstanceConnect())
}

// The SSH user is known unless the stack has instances with another operating system.
func TestConfig_LoginUser(t *testing.T) {
	t.Parallel()
	image := values{"os": "other", "amiId": "ami-06098fd00463352b6"}
	with := func(more values) values {
		all := maps.Clone(image)
		maps.Copy(all, more)
		return all
	}
	for name, test := range map[string]struct {
		set  values
		want string
	}{
		"Amazon Linux":          {nil, "ec2-user"},
		"Amazon Linux, changed": {values{"loginUser": "app"}, "app"},
		"another OS":            {with(values{"loginUser": "ubuntu"}), "ubuntu"},
		"another OS, no SSH":    {with(values{"sessionDocuments": pulumitest.Strings("shell")}), ""},
		"no instances":          {values{"os": "other", "instancesPerZone": "0", "sessionTargets": "any", "endpointIngress": "vpc"}, "ec2-user"},
	} {
		c, diags := loadValues(t, test.set)
		require.Empty(t, diags, name)
		require.Equal(t, test.want, c.LoginUser(), name)
	}
}

// Pulumi refuses such values before it runs the program, unless Pulumi.yaml was changed.
func TestLoad_wrongTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		set  values
		want []string
	}{
		{values{"s3Endpoint": "yep"}, []string{"s3Endpoint wrong-type"}},
		{values{"rootVolumeGiB": "0x10"}, []string{"rootVolumeGiB wrong-type"}},
		{values{"zones": "a", "forwardTo": "[1]"}, []string{"zones wrong-type", "forwardTo wrong-type"}},
		// Rules about several keys are not applied if a value is invalid.
		{values{"s3Endpoint": "no way", "s3Buckets": `["mine"]`}, []string{"s3Endpoint wrong-type"}},
		{values{"requireMfa": "maybe", "mfaMaxAgeMinutes": "5"}, []string{"requireMfa wrong-type"}},
	} {
		_, diags := loadValues(t, test.set)
		require.Equal(t, test.want, keysAndCodes(diags), diags)
	}
}

// Each key without a value is reported exactly once.
func TestLoad_missingDefaults(t *testing.T) {
	t.Parallel()
	_, diags := load(t, nil)
	var want []string
	for key := range pulumitest.LoadProject(t, root).Config {
		want = append(want, key+" no-value")
	}
	require.ElementsMatch(t, want, keysAndCodes(diags))
}

// The program reads the keys that Pulumi.yaml declares, each with a type, a description and a default.
func TestLoad_keysAreDeclared(t *testing.T) {
	t.Parallel()
	var read []string
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		r := newReader(ctx)
		r.config(ctx)
		read = slices.Sorted(maps.Keys(r.knownKeys))
		return nil
	})
	require.NoError(t, result.Err)
	project := pulumitest.LoadProject(t, root)
	require.Equal(t, "go", project.Runtime.Name())
	require.Equal(t, slices.Sorted(maps.Keys(project.Config)), read)
	for key, declared := range project.Config {
		require.NotNil(t, declared.Type, key)
		require.NotEmpty(t, declared.Description, key)
		require.NotNil(t, declared.Default, key)
		require.False(t, declared.Secret, key)
		require.Equal(t, *declared.Type == "array", declared.Items != nil, key)
	}
}

func TestReader_checkKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		project, encoded string
		want             []string
		suggested        string
	}{
		"nothing":          {"p", "", []string{}, ""},
		"not an object":    {"p", "[]", []string{}, ""},
		"known keys":       {"p", `{"p:zones":"[]","p:vpcCidr":"","p:os":"al2"}`, []string{}, ""},
		"other namespaces": {"p", `{"aws:region":"eu-west-1","other:zone":"a"}`, []string{}, ""},
		"a typo":           {"p", `{"p:zone":"a"}`, []string{"zone unknown-key"}, "zones"},
		"another case":     {"p", `{"p:VPCCIDR":"a"}`, []string{"VPCCIDR unknown-key"}, "vpcCidr"},
		"nothing similar":  {"p", `{"p:frobnicate":"a"}`, []string{"frobnicate unknown-key"}, ""},
		"percent signs":    {"p", `{"p:%d%s":"a"}`, []string{"%d%s unknown-key"}, ""},
		"several, sorted":  {"p", `{"p:zonez":"a","p:oss":"b"}`, []string{"oss unknown-key", "zonez unknown-key"}, "zones"},
		"keys of the project before it was renamed": {
			"p", `{"bastionless:zones":"[]","p:os":"al2"}`, []string{"bastionless:zones unknown-key"}, "p:zones",
		},
		"keys of the project's original name": {"bastionless", `{"bastionless:zones":"[]"}`, []string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reader{knownKeys: map[string]bool{"zones": true, "vpcCidr": true, "os": true}}
			r.checkKeys(test.project, test.encoded)
			require.Equal(t, test.want, keysAndCodes(r.diags))
			if len(r.diags) > 0 {
				require.Contains(t, r.diags[len(r.diags)-1].Message, test.suggested)
				require.NotContains(t, r.diags[0].Message, "%!")
			}
		})
	}
}

// Load finds unknown keys in the environment variable in which Pulumi passes the configuration.
func TestLoad_unknownKeys(t *testing.T) {
	all := pulumitest.ConfigWith(t, root, values{"vpcCIDRs": "10.0.0.0/16", "terminationProtect": "true"})
	encoded, err := json.Marshal(all)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(encoded))
	_, diags := load(t, all)
	require.Equal(t, []string{"terminationProtect unknown-key", "vpcCIDRs unknown-key"}, keysAndCodes(diags))
	require.Contains(t, diags[0].Message, "terminationProtection")
	require.Contains(t, diags[1].Message, "vpcCidr")
}

// Each unknown key in the project's namespace is reported once, and no other key.
func FuzzCheckKeys(f *testing.F) {
	for _, text := range []string{
		`{"bastionless:zone":"[\"a\"]"}`, `{"aws:region":"eu-west-1"}`, `{`, `{"bastionless:":""}`, `[]`, `{"bastionless:zones":1}`,
	} {
		f.Add(text)
	}
	known := map[string]bool{"zones": true, "vpcCidr": true}
	f.Fuzz(func(t *testing.T, encoded string) {
		r := &reader{knownKeys: known}
		r.checkKeys(originalProject, encoded)
		want := []string{}
		var all map[string]json.RawMessage
		if json.Unmarshal([]byte(encoded), &all) == nil {
			for _, key := range slices.Sorted(maps.Keys(all)) {
				const namespace = originalProject + ":"
				if len(key) >= len(namespace) && key[:len(namespace)] == namespace && !known[key[len(namespace):]] {
					want = append(want, key[len(namespace):]+" unknown-key")
				}
			}
		}
		require.Equal(t, want, keysAndCodes(r.diags))
	})
}

func TestOneOf(t *testing.T) {
	t.Parallel()
	require.Empty(t, oneOf([]string{}))
	require.Equal(t, `"a"`, oneOf([]string{"a"}))
	require.Equal(t, `"a" or "b"`, oneOf([]string{"a", "b"}))
	require.Equal(t, `"a", "b" or "c"`, oneOf([]string{"a", "b", "c"}))
}

// Each endpoint names the first key that requires it.
func TestConfig_vpcEndpoints(t *testing.T) {
	t.Parallel()
	c, diags := loadValues(t, values{
		"ec2messagesEndpoint": "true", "sessionLogs": `["cloudwatch"]`, "sessionEncryption": "true",
		"interfaceEndpoints": `["logs","ecr.api"]`,
	})
	require.Empty(t, diags)
	var got []string
	for _, endpoint := range c.VPCEndpoints() {
		require.NotEmpty(t, endpoint.Remedy)
		got = append(got, endpoint.Service+" "+endpoint.Key)
	}
	require.Equal(t, []string{
		"ssm aws:region", "ssmmessages aws:region", "ec2messages ec2messagesEndpoint", "logs sessionLogs", "kms sessionEncryption",
		"ecr.api interfaceEndpoints",
	}, got)
}
