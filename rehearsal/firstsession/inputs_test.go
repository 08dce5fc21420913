package firstsession

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
)

// The latencies of the simulated AWS are within the ranges of the inputs.
func TestInputs_includeSimulatedLatencies(t *testing.T) {
	t.Parallel()
	ranges := map[Kind]Range{}
	for _, input := range Inputs() {
		ranges[input.Kind] = input.Range
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
		require.GreaterOrEqual(t, d.Create, ranges[kind].Min, d.Type)
		require.LessOrEqual(t, d.Create, ranges[kind].Max, d.Type)
	}
}
