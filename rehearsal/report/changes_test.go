package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Destroying a stack discards the resources that it only reads.
func TestChanges(t *testing.T) {
	t.Parallel()
	require.Equal(t, "25 deleted, 8 no longer read",
		changes(Step{Name: "destroy", Changes: map[string]int{"delete": 25, "discard": 8}}))
	require.Equal(t, "2 to create, 1 refresh",
		changes(Step{Name: "preview", Changes: map[string]int{"create": 2, "refresh": 1, "delete": 0}}))
	require.Equal(t, "no resources", changes(Step{Name: "up"}))
}
