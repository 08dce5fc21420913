package trials

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/stacktest"
)

// A stack that records to an existing log group and bucket creates neither, changes nothing on the second up, and leaves
// only its key. What their owners control is assumed.
func TestSessions_lifecycle(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sessions", nil)
	result := e.up()
	require.Len(t, result.Messages("warning"), 2, "%v", result.Messages("warning"))
	for _, r := range e.resources() {
		require.NotContains(t, []string{"aws:cloudwatch/logGroup:LogGroup", "aws:s3/bucketV2:BucketV2"}, string(r.Type))
	}
	deployment, err := proof.Read(stacktest.Export(t, e.stack))
	require.NoError(t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	assumed := []string{}
	for _, claim := range claims {
		if claim.Class != proof.Required {
			continue
		}
		require.Contains(t, []string{proof.Proven, proof.Assumed}, claim.Result, "%s: %v", claim.ID, claim.Reasons)
		if claim.Result == proof.Assumed {
			assumed = append(assumed, claim.ID)
		}
	}
	require.ElementsMatch(t, []string{"agent", "reach.s3", "recorded", "session.start"}, assumed)
	e.requireStable()
	e.requireLifecycle()
}
