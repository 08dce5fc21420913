package diag_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
)

// Text that a user wrote is an argument of the format, never the format itself.
func TestDiagnostics_Add(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	diags.Add("zones", diag.Malformed, "%q is not a zone letter", "%d%s")
	diags.Add("50%", diag.UnknownKey, "there is no such key")
	require.Equal(t, diag.Diagnostics{
		{Key: "zones", Code: diag.Malformed, Message: `"%d%s" is not a zone letter`},
		{Key: "50%", Code: diag.UnknownKey, Message: "there is no such key"},
	}, diags)
	require.EqualError(t, diags.Err("100% wrong:"),
		"100% wrong:\n  - zones: \"%d%s\" is not a zone letter\n  - 50%: there is no such key")
}

func TestDiagnostics_none(t *testing.T) {
	t.Parallel()
	require.NoError(t, diag.Diagnostics{}.Err("wrong:"))
	require.NoError(t, diag.Diagnostics(nil).Err("wrong:"))
}

func TestDiagnostics_Append(t *testing.T) {
	t.Parallel()
	first := diag.Diagnostic{Key: "a", Code: diag.NoValue, Message: "no value"}
	second := diag.Diagnostic{Key: "b", Code: diag.Conflict, Message: "conflict"}
	diags := diag.Diagnostics{first}
	diags.Append(diag.Diagnostics{second, first})
	require.Equal(t, diag.Diagnostics{first, second, first}, diags)
	diags.Append(nil)
	require.Len(t, diags, 3)
}

func TestDiagnostics_Has(t *testing.T) {
	t.Parallel()
	diags := diag.Diagnostics{{Key: "zones", Code: diag.NoValue}}
	require.True(t, diags.Has("zones"))
	require.False(t, diags.Has("zone"))
	require.False(t, diag.Diagnostics(nil).Has(""))
}
