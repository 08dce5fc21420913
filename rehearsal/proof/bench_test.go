package proof_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// BenchmarkCheck checks the claims about 5 and about 50 instances, and reports the ratio of the times. It is
// 10 if the time is linear in the number of instances.
func BenchmarkCheck(b *testing.B) {
	var first time.Duration
	for _, count := range []int{5, 50} {
		deployment := deployed(b, "dev", map[string]string{"instancesPerZone": strconv.Itoa(count)})
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			for b.Loop() {
				_, err := proof.Check(deployment, proof.Options{})
				require.NoError(b, err)
			}
			spent := b.Elapsed() / time.Duration(b.N)
			if first == 0 {
				first = spent
			}
			b.ReportMetric(float64(spent)/float64(first), "times-of-5")
		})
	}
}
