package network

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.32.0/24:5432": "10.0.32.0/24:5432", "10.0.32.10:5432": "10.0.32.10/32:5432", "0.0.0.0/0:1": "0.0.0.0/0:1",
		"10.0.32.10/32:65535": "10.0.32.10/32:65535",
	} {
		target, err := ParseTarget(text)
		require.NoError(t, err)
		require.Equal(t, want, target.String())
		again, err := ParseTarget(target.String())
		require.NoError(t, err)
		require.Equal(t, target, again)
	}
	for _, text := range []string{
		"", "10.0.32.0/24", "10.0.32.10", "10.0.32.0/24:0", "10.0.32.0/24:65536", "10.0.32.0/24:05432", "db:5432", "fd00::/64:1", "[fd00::1]:1",
		"10.0.32.7/24:5432",
	} {
		_, err := ParseTarget(text)
		require.ErrorContains(t, err, `"`+text+`"`)
	}
	_, err := ParseTarget("10.0.32.7/24:5432")
	require.ErrorContains(t, err, "use 10.0.32.0/24:5432")
}
