package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// opened opens the stack dev of a directory with a program that does nothing.
func opened(dir string, overrides map[string]string) (*engine.Stack, error) {
	return engine.Open(engine.Options{
		Dir: dir, Stack: "dev", Config: overrides,
		Run:      func(engine.Invocation) error { return nil },
		Provider: enginetest.NewCloud().NewProvider,
	})
}

func TestOpen_acceptsConfiguration(t *testing.T) {
	t.Parallel()
	defaults := func(changed map[string]string) map[string]string {
		values := map[string]string{
			"test:count": "1", "test:flag": "true", "test:name": "none", "test:zones": `["a"]`,
		}
		for key, value := range changed {
			values[key] = value
		}
		return values
	}
	for name, test := range map[string]struct {
		file     string
		config   map[string]string
		expected map[string]string
	}{
		"nothing":            {expected: defaults(nil)},
		"no namespace":       {file: "config:\n  name: x\n", expected: defaults(map[string]string{"test:name": "x"})},
		"unknown key":        {file: "config:\n  test:nmae: x\n", expected: defaults(map[string]string{"test:nmae": "x"})},
		"other namespace":    {file: "config:\n  aws:region: eu-west-1\n", expected: defaults(map[string]string{"aws:region": "eu-west-1"})},
		"integer as text":    {file: "config:\n  count: \"7\"\n", expected: defaults(map[string]string{"test:count": "7"})},
		"boolean as text":    {file: "config:\n  flag: \"false\"\n", expected: defaults(map[string]string{"test:flag": "false"})},
		"number as text":     {file: "config:\n  name: 12\n", expected: defaults(map[string]string{"test:name": "12"})},
		"array":              {file: "config:\n  zones: [a, b]\n", expected: defaults(map[string]string{"test:zones": `["a","b"]`})},
		"salt":               {file: "encryptionsalt: v1:abc\n", expected: defaults(nil)},
		"overridden":         {file: "config:\n  name: x\n", config: map[string]string{"name": "y"}, expected: defaults(map[string]string{"test:name": "y"})},
		"overridden, full":   {config: map[string]string{"aws:region": "eu-west-1"}, expected: defaults(map[string]string{"aws:region": "eu-west-1"})},
		"overridden array":   {config: map[string]string{"zones": `["c"]`}, expected: defaults(map[string]string{"test:zones": `["c"]`})},
		"overridden integer": {config: map[string]string{"count": "3"}, expected: defaults(map[string]string{"test:count": "3"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := opened(enginetest.Directory(t, projectFile, test.file), test.config)
			require.NoError(t, err)
			require.Equal(t, test.expected, s.Config())
			require.Empty(t, s.Warnings())
		})
	}
}

func TestOpen_refusesConfiguration(t *testing.T) {
	t.Parallel()
	const must = "Pulumi.dev.yaml: Stack 'dev' with configuration key "
	for file, expected := range map[string]string{
		"config: {count: abc}":     must + "'count' must be of type 'integer'",
		"config: {count: 1.5}":     must + "'count' must be of type 'integer'",
		"config: {flag: \"yes\"}":  must + "'flag' must be of type 'boolean'",
		"config: {zones: a}":       must + "'zones' must be of type 'array<string>'",
		"config: {zones: '[a]'}":   must + "'zones' must be of type 'array<string>'",
		"config: {zones: [1, 2]}":  must + "'zones' must be of type 'array<string>'",
		"config: {name: {x: 1}}":   must + "'name' must be of type 'string'",
		"config: {a: b":            "Pulumi.dev.yaml: invalid YAML file: yaml: line 1: did not find expected ',' or '}'",
		"environment: [prod]":      "Pulumi.dev.yaml: environment: a rehearsal opens no Pulumi ESC environment; give its values in a stack file made for rehearsing",
		"config: {a: {secure: x}}": "Pulumi.dev.yaml: encrypted values (test:a): a rehearsal decrypts nothing; give them in the clear in a stack file made for rehearsing",
		"config:\n  test:b: {secure: x}\n  test:a:\n  - {secure: y}": "Pulumi.dev.yaml: encrypted values (test:a, test:b): a rehearsal decrypts nothing; " +
			"give them in the clear in a stack file made for rehearsing",
	} {
		_, err := opened(enginetest.Directory(t, projectFile, file), nil)
		require.EqualError(t, err, expected, file)
	}
}

func TestOpen_warnsOfNull(t *testing.T) {
	t.Parallel()
	s, err := opened(enginetest.Directory(t, projectFile, "config:\n  name:\n"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{
		`No value for configuration key "test:name". This is currently treated as an empty string ` + "`\"\"`" +
			", but will be treated as `null` in a future version of pulumi. Set the value to `\"\"` to avoid this warning.",
	}, s.Warnings())
	require.Empty(t, s.Config()["test:name"])
}

// A namespace that is the project's but for one or two letters is a typing error that Pulumi ignores in silence.
func TestOpen_warnsOfNamespace(t *testing.T) {
	t.Parallel()
	warning := func(namespace, key string) string {
		return namespace + ":" + key + `: nothing reads the namespace "` + namespace + `", and Pulumi ignores the value: is bastionless:` + key + " meant?"
	}
	file := "config:\n  bastonless:zones: [a]\n  bastonless:os: al2\n  bsationless:os: al2\n  Bastionless:os: al2\n  bastionless:os: al2\n" +
		"  bastion:os: al2\n  other:os: al2\n  aws:region: eu-west-1\n  pulumi:tags: {a: b}\n"
	s, err := opened(enginetest.Directory(t, "name: bastionless\nruntime: go\n", file), map[string]string{"bastionles:a": "b"})
	require.NoError(t, err)
	require.Equal(t, []string{
		warning("Bastionless", "os"), warning("bastionles", "a"), warning("bastonless", "os"), warning("bastonless", "zones"),
		warning("bsationless", "os"),
	}, s.Warnings())
	// No package that there is looks like a project's typing error.
	s, err = opened(enginetest.Directory(t, "name: awsx\nruntime: go\n", "config:\n  aws:region: eu-west-1\n"), nil)
	require.NoError(t, err)
	require.Empty(t, s.Warnings())
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	dir := enginetest.Directory(t, projectFile, "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.prod.yaml"), nil, 0o600))
	provider, run := enginetest.NewCloud().NewProvider, func(engine.Invocation) error { return nil }
	lone := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(lone, "Pulumi.yaml"), []byte(projectFile), 0o600))

	for name, test := range map[string]struct {
		options  engine.Options
		expected string
	}{
		"no such stack": {
			engine.Options{Dir: dir, Stack: "tset", Run: run, Provider: provider},
			`stack "tset": no Pulumi.tset.yaml in ` + dir + `; the stacks there are dev, prod`,
		},
		"no stack at all": {
			engine.Options{Dir: lone, Stack: "dev", Run: run, Provider: provider},
			`stack "dev": no Pulumi.dev.yaml in ` + lone + `; there are none`,
		},
		"no project": {
			engine.Options{Dir: filepath.Join(dir, "no"), Stack: "dev", Run: run, Provider: provider},
			"no Pulumi.yaml in " + filepath.Join(dir, "no"),
		},
		"a name that is none": {
			engine.Options{Dir: dir, Stack: "a b", Run: run, Provider: provider},
			`stack "a b": a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character ' ' at position 1`,
		},
		"no program": {
			engine.Options{Dir: dir, Stack: "dev", Provider: provider},
			"no program: Options.Program or Options.Run is required",
		},
		"no provider": {
			engine.Options{Dir: dir, Stack: "dev", Run: run},
			"no provider: Options.Provider is required",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := engine.Open(test.options)
			require.EqualError(t, err, test.expected)
		})
	}
}

func TestOpen_refusesProject(t *testing.T) {
	t.Parallel()
	_, err := opened(enginetest.Directory(t, projectFile+"requiredPulumiVersion: '>=3.999.0'\n", ""), nil)
	require.EqualError(t, err, `requiredPulumiVersion of Pulumi.yaml: `+
		`Pulumi CLI version `+strings.TrimPrefix(engine.PulumiVersion, "v")+` does not satisfy the version range ">=3.999.0"`)

	_, err = opened(enginetest.Directory(t, "name: test\nruntime: go\nconfig:\n  must: {type: string}\n", ""), nil)
	require.EqualError(t, err, "Pulumi.dev.yaml: Stack 'dev' is missing configuration value 'must'")
}

// The version that states carry is that of the modules that the engine is built of.
func TestPulumiVersion(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	for _, path := range []string{"github.com/pulumi/pulumi/pkg/v3 ", "github.com/pulumi/pulumi/sdk/v3 "} {
		require.Contains(t, string(module), path+engine.PulumiVersion+"\n")
	}
}
