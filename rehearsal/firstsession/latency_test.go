package firstsession

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
)

// The simulated account takes as long for a thing as the draws do: one number of those between which they are drawn.
func TestDurations_areTheSimulatedAccounts(t *testing.T) {
	t.Parallel()
	spans := map[Kind]Span{}
	for _, d := range Durations() {
		spans[d.Kind] = d.Span
	}
	for _, d := range awssim.Durations {
		kind, ok := kinds[d.Type]
		switch d.Type {
		case "aws:ec2/vpcEndpoint:VpcEndpoint":
			kind = InterfaceEndpoint
		case "aws:ec2/instance:Instance":
			kind = Running
		default:
			require.True(t, ok, d.Type)
		}
		require.GreaterOrEqual(t, d.Create, spans[kind].From, d.Type)
		require.LessOrEqual(t, d.Create, spans[kind].To, d.Type)
	}
}
