package diag_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
)

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	known := []string{"t3.micro", "t3.nano", "t3a.micro", "zones"}
	for name, want := range map[string]string{
		"t3.mirco":  "; did you mean t3.micro?",
		"T3.MICRO":  "; did you mean t3.micro?",
		"t4.micro":  "; did you mean t3.micro?",
		"zone":      "; did you mean zones?",
		"sidebar":   "",
		"t3.metal":  "",
		"":          "",
		"%s%d%n%%%": "",
	} {
		require.Equal(t, want, diag.DidYouMean(name, known), name)
	}
	require.Empty(t, diag.DidYouMean("zones", nil))
}
