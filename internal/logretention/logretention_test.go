package logretention_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/logretention"
)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func TestCheck(t *testing.T) {
	t.Parallel()
	allowed := map[int]bool{
		1: true, 3: true, 5: true, 7: true, 14: true, 30: true, 60: true, 90: true, 120: true, 150: true, 180: true, 365: true,
		400: true, 545: true, 731: true, 1096: true, 1827: true, 2192: true, 2557: true, 2922: true, 3288: true, 3653: true,
	}
	for days := -1; days <= 4000; days++ {
		err := logretention.Check(days)
		if allowed[days] {
			require.NoError(t, err, days)
		} else {
			require.ErrorContains(t, err, "1827, 2192", days)
		}
	}
	require.ErrorContains(t, logretention.Check(364), "364")
}
