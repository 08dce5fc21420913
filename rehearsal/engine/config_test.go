package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/engine/enginetest"
)

// openDir opens the stack "dev" in a directory, with a program that does nothing.
func openDir(dir string, overrides map[string]string) (*engine.Stack, error) {
	return engine.Open(engine.Options{
		Dir: dir, Stack: "dev", Config: overrides,
		Run:      func(context.Context, engine.Invocation) error { return nil },
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
		"nothing":              {expected: defaults(nil)},
		"no namespace":         {file: "config:\n  name: x\n", expected: defaults(map[string]string{"test:name": "x"})},
		"unknown key":          {file: "config:\n  test:unknown: x\n", expected: defaults(map[string]string{"test:unknown": "x"})},
		"other namespace":      {file: "config:\n  aws:region: eu-west-1\n", expected: defaults(map[string]string{"aws:region": "eu-west-1"})},
		"integer as text":      {file: "config:\n  count: \"7\"\n", expected: defaults(map[string]string{"test:count": "7"})},
		"boolean as text":      {file: "config:\n  flag: \"false\"\n", expected: defaults(map[string]string{"test:flag": "false"})},
		"number as text":       {file: "config:\n  name: 12\n", expected: defaults(map[string]string{"test:name": "12"})},
		"array":                {file: "config:\n  zones: [a, b]\n", expected: defaults(map[string]string{"test:zones": `["a","b"]`})},
		"salt":                 {file: "encryptionsalt: v1:abc\n", expected: defaults(nil)},
		"overridden":           {file: "config:\n  name: x\n", config: map[string]string{"name": "y"}, expected: defaults(map[string]string{"test:name": "y"})},
		"overridden, full key": {config: map[string]string{"aws:region": "eu-west-1"}, expected: defaults(map[string]string{"aws:region": "eu-west-1"})},
		"overridden array":     {config: map[string]string{"zones": `["c"]`}, expected: defaults(map[string]string{"test:zones": `["c"]`})},
		"overridden integer":   {config: map[string]string{"count": "3"}, expected: defaults(map[string]string{"test:count": "3"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := openDir(enginetest.Directory(t, projectFile, test.file), test.config)
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
		"environment: [prod]":      "Pulumi.dev.yaml: environment: a rehearsal cannot open a Pulumi ESC environment; rehearse a copy of the stack file with the environment's values",
		"config: {a: {secure: x}}": "Pulumi.dev.yaml: encrypted values (test:a): a rehearsal cannot decrypt them; rehearse a copy of the stack file with plain values",
		"config:\n  test:b: {secure: x}\n  test:a:\n  - {secure: y}": "Pulumi.dev.yaml: encrypted values (test:a, test:b): a rehearsal cannot decrypt them; " +
			"rehearse a copy of the stack file with plain values",
	} {
		_, err := openDir(enginetest.Directory(t, projectFile, file), nil)
		require.EqualError(t, err, expected, file)
	}
}

func TestOpen_warnsOfNull(t *testing.T) {
	t.Parallel()
	s, err := openDir(enginetest.Directory(t, projectFile, "config:\n  name:\n"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{
		`No value for configuration key "test:name". This is currently treated as an empty string ` + "`\"\"`" +
			", but will be treated as `null` in a future version of pulumi. Set the value to `\"\"` to avoid this warning.",
	}, s.Warnings())
	require.Empty(t, s.Config()["test:name"])
}

// A namespace within two edits of the project's name is probably a misspelling, which Pulumi ignores silently.
func TestOpen_warnsOfMisspelledNamespace(t *testing.T) {
	t.Parallel()
	warning := func(namespace, key string) string {
		return namespace + ":" + key + `: no package reads the namespace "` + namespace + `", so Pulumi ignores this value; did you mean bastionless:` + key + "?"
	}
	file := "config:\n  bastonless:zones: [a]\n  bastonless:os: al2\n  bsationless:os: al2\n  Bastionless:os: al2\n  bastionless:os: al2\n" +
		"  bastion:os: al2\n  other:os: al2\n  aws:region: eu-west-1\n  pulumi:tags: {a: b}\n"
	s, err := openDir(enginetest.Directory(t, "name: bastionless\nruntime: go\n", file), map[string]string{"bastionles:a": "b"})
	require.NoError(t, err)
	require.Equal(t, []string{
		warning("Bastionless", "os"), warning("bastionles", "a"), warning("bastonless", "os"), warning("bastonless", "zones"),
		warning("bsationless", "os"),
	}, s.Warnings())
	// The namespace of the AWS provider is not a misspelling, even if the project is named "awsx".
	s, err = openDir(enginetest.Directory(t, "name: awsx\nruntime: go\n", "config:\n  aws:region: eu-west-1\n"), nil)
	require.NoError(t, err)
	require.Empty(t, s.Warnings())
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	dir := enginetest.Directory(t, projectFile, "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.prod.yaml"), nil, 0o600))
	provider, run := enginetest.NewCloud().NewProvider, func(context.Context, engine.Invocation) error { return nil }
	noStacks := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(noStacks, "Pulumi.yaml"), []byte(projectFile), 0o600))

	for name, test := range map[string]struct {
		options  engine.Options
		expected string
	}{
		"unknown stack": {
			engine.Options{Dir: dir, Stack: "tset", Run: run, Provider: provider},
			`stack "tset": no Pulumi.tset.yaml in ` + dir + `; existing stacks: dev, prod`,
		},
		"no stack files": {
			engine.Options{Dir: noStacks, Stack: "dev", Run: run, Provider: provider},
			`stack "dev": no Pulumi.dev.yaml in ` + noStacks + `; no stack has a file`,
		},
		"no project": {
			engine.Options{Dir: filepath.Join(dir, "no"), Stack: "dev", Run: run, Provider: provider},
			"no Pulumi.yaml in " + filepath.Join(dir, "no"),
		},
		"invalid stack name": {
			engine.Options{Dir: dir, Stack: "a b", Run: run, Provider: provider},
			`stack "a b": a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character ' ' at position 1`,
		},
		"missing program": {
			engine.Options{Dir: dir, Stack: "dev", Provider: provider},
			"missing program: set Options.Program or Options.Run",
		},
		"missing provider": {
			engine.Options{Dir: dir, Stack: "dev", Run: run},
			"missing provider: set Options.Provider",
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
	_, err := openDir(enginetest.Directory(t, projectFile+"requiredPulumiVersion: '>=3.999.0'\n", ""), nil)
	require.EqualError(t, err, `requiredPulumiVersion in Pulumi.yaml: `+
		`Pulumi CLI version `+strings.TrimPrefix(engine.PulumiVersion, "v")+` does not satisfy the version range ">=3.999.0"`)

	_, err = openDir(enginetest.Directory(t, "name: test\nruntime: go\nconfig:\n  must: {type: string}\n", ""), nil)
	require.EqualError(t, err, "Pulumi.dev.yaml: Stack 'dev' is missing configuration value 'must'")
}

// The version in states is the version of the Pulumi modules in go.mod.
func TestPulumiVersion(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	for _, path := range []string{"github.com/pulumi/pulumi/pkg/v3 ", "github.com/pulumi/pulumi/sdk/v3 "} {
		require.Contains(t, string(module), path+engine.PulumiVersion+"\n")
	}
}
