package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/stacktest"
)

// TestStart_home rehearses although the user's PULUMI_HOME is unusable, and leaves no directory behind.
func TestStart_home(t *testing.T) {
	args := []string{"run", "--stack", "dev", "--dir", stacktest.Dir(t), "--program", stacktest.Program(t)}
	home, temporary := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "plugins"), nil, 0o600))
	t.Setenv("PULUMI_HOME", home)
	t.Setenv("TMPDIR", temporary)
	var out, stderr bytes.Buffer
	require.Equal(t, exitOK, start(context.Background(), args, streams{nil, &out, &stderr}), out.String()+stderr.String())
	entries, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, entries)
}
