package proof

import (
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// Every configuration key in a fix is declared in Pulumi.yaml, and the fix names it.
func TestKeyFixes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../Pulumi.yaml")
	require.NoError(t, err)
	var project struct{ Config map[string]any }
	require.NoError(t, yaml.Unmarshal(text, &project))
	fixes := reflect.ValueOf(keyFixes)
	require.NotZero(t, fixes.NumField())
	for i := range fixes.NumField() {
		key := fixes.Type().Field(i).Name
		require.Contains(t, project.Config, key)
		require.Contains(t, fixes.Field(i).String(), key)
	}
}
