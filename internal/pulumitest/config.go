package pulumitest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/require"
)

// LoadProject reads Pulumi.yaml from a directory. It undoes what "pulumi new" changes: it sets the project's name to
// Project, and removes configuration of Pulumi itself, such as "pulumi:tags".
func LoadProject(t testing.TB, dir string) *workspace.Project {
	t.Helper()
	project, err := workspace.LoadProject(filepath.Join(dir, "Pulumi.yaml"))
	require.NoError(t, err)
	project.Name = Project
	maps.DeleteFunc(project.Config, func(key string, _ workspace.ProjectConfigType) bool { return strings.Contains(key, ":") })
	return project
}

// Defaults returns the defaults that Pulumi.yaml in a directory declares, by full key.
func Defaults(t testing.TB, dir string) map[string]string {
	t.Helper()
	project := LoadProject(t, dir)
	values := map[string]string{}
	for key, declared := range project.Config {
		values[project.Name.String()+":"+key] = encode(t, declared.Default)
	}
	return values
}

// encode returns a default in the form in which Pulumi passes it to a program.
func encode(t testing.TB, value any) string {
	t.Helper()
	switch value.(type) {
	case string, int, bool:
		return fmt.Sprint(value)
	}
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

// StackKeys returns the keys of the project that the frozen stack file of a stack sets.
func StackKeys(t testing.TB, dir, stack string) []string {
	t.Helper()
	project := LoadProject(t, dir)
	var keys []string
	for key := range loadStack(t, project, dir, stack).Config {
		if key.Namespace() == project.Name.String() {
			keys = append(keys, key.Name())
		}
	}
	return keys
}

// loadStack reads the frozen stack file of a stack.
func loadStack(t testing.TB, project *workspace.Project, dir, stack string) *workspace.ProjectStack {
	t.Helper()
	path := filepath.Join(dir, "testdata", "stacks", "Pulumi."+stack+".yaml")
	require.FileExists(t, path)
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	file, err := workspace.LoadProjectStack(sink, project, path)
	require.NoError(t, err)
	return file
}

// StackConfig returns the configuration of a stack: the values in its frozen stack file in testdata, and
// the defaults in Pulumi.yaml. A value of the wrong type fails the test, because Pulumi would reject it.
func StackConfig(t testing.TB, dir, stack string) map[string]string {
	t.Helper()
	project := LoadProject(t, dir)
	values := Defaults(t, dir)
	for key, value := range loadStack(t, project, dir, stack).Config {
		require.False(t, value.Secure(), "%s is a secret", key)
		decrypted, err := value.Value(config.NopDecrypter)
		require.NoError(t, err)
		values[key.String()] = decrypted
		if key.Namespace() == project.Name.String() {
			requireType(t, project.Config, key.Name(), value, decrypted)
		}
	}
	return values
}

func requireType(
	t testing.TB, schema map[string]workspace.ProjectConfigType, key string, value config.Value, text string,
) {
	t.Helper()
	declared, ok := schema[key]
	require.True(t, ok, "Pulumi.yaml does not declare %s", key)
	var content any = text
	if value.Object() {
		require.NoError(t, json.Unmarshal([]byte(text), &content))
	}
	require.True(t, workspace.ValidateConfigValue(*declared.Type, declared.Items, content),
		"%s: %s is not of type %s", key, text, *declared.Type)
}

// Values maps keys of the project, without the namespace, to values in the form in which Pulumi passes
// them to a program.
type Values map[string]string

// ConfigWith returns the defaults that Pulumi.yaml in a directory declares, with some values changed.
func ConfigWith(t testing.TB, dir string, values Values) map[string]string {
	t.Helper()
	all := Defaults(t, dir)
	for key, value := range values {
		all[Project+":"+key] = value
	}
	return all
}

// Strings encodes a list of strings as a configuration value.
func Strings(values ...string) string {
	encoded, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return string(encoded)
}
