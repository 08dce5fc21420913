package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckRegion(t *testing.T) {
	t.Parallel()
	for _, name := range Regions() {
		require.NoError(t, CheckRegion(name))
	}
	for name, want := range map[string]string{
		"":           "aws:region is not set: set it with `pulumi config set aws:region REGION`",
		"eu-wset-1":  `aws:region: unknown Region "eu-wset-1": did you mean "eu-west-1"?`,
		"us-eest-1":  `aws:region: unknown Region "us-eest-1": did you mean "us-east-1"?`,
		"EU-WEST-1":  `aws:region: unknown Region "EU-WEST-1": did you mean "eu-west-1"?`,
		"eu-west-1a": `aws:region: unknown Region "eu-west-1a": did you mean "eu-west-1"?`,
		"100%d":      `aws:region: unknown Region "100%d": did you mean "`,
	} {
		err := CheckRegion(name)
		require.ErrorContains(t, err, want)
	}
}
