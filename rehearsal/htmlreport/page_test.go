package htmlreport_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/htmlreport"
)

// htmlOf returns the page about an input.
func htmlOf(t *testing.T, in htmlreport.Input) string {
	t.Helper()
	r, err := htmlreport.New(in)
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, r.WriteHTML(&text))
	return text.String()
}

// TestPages writes the page of every kind of state.
func TestPages(t *testing.T) {
	t.Parallel()
	for name, in := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := htmlOf(t, in)
			if *pagesDir != "" {
				require.NoError(t, os.WriteFile(filepath.Join(*pagesDir, name+".html"), []byte(text), 0o600))
			}
			require.Less(t, len(text), 2_000_000)
		})
	}
}
