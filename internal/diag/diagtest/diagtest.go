// Package diagtest compares diagnostics in tests.
package diagtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
)

// Want is an expected diagnostic.
type Want struct {
	key      string
	code     diag.Code
	contains []string
}

// Problem expects a key, a code and values that the message contains, such as the one that is refused.
func Problem(key string, code diag.Code, contains ...string) Want { return Want{key, code, contains} }

// Require requires exactly these diagnostics, in this order.
func Require(t testing.TB, want []Want, got diag.Diagnostics) {
	t.Helper()
	require.Len(t, got, len(want), "%v", got)
	for i, w := range want {
		require.Equal(t, w.key, got[i].Key, got[i])
		require.Equal(t, w.code, got[i].Code, got[i])
		for _, value := range w.contains {
			require.Contains(t, got[i].Message, value)
		}
	}
}
