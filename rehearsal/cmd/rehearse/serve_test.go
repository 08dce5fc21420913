package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// serve fails at once if it could not save the account.
func TestServe_noDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", "cloud.json")
	exit, stdout, stderr := call("", "serve", "--state", path)
	require.Equal(t, exitUsage, exit)
	require.Empty(t, stdout)
	require.Equal(t, "rehearse serve: --state "+path+": directory "+filepath.Dir(path)+" does not exist\n", stderr)
}
