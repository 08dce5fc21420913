package htmlreport

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastionless/rehearsal/diagram"
	"bastionless/rehearsal/proof"
)

// snapshot is what a report says about a state.
type snapshot struct {
	state    *state
	claims   []proof.Claim
	chart    *diagram.Chart
	requests []proof.Request
	// unproven says why nothing is claimed, and undrawn why there is no picture.
	unproven, undrawn string
	// err is the reason why the network cannot be read.
	err error
}

// newSnapshot reads a state. Nothing is claimed about a state without instances.
func newSnapshot(d *apitype.DeploymentV3, options proof.Options) (*snapshot, error) {
	s := &snapshot{state: newState(d)}
	if d == nil {
		s.undrawn = "nothing was deployed"
		return s, nil
	}
	var err error
	if s.claims, err = proof.Check(d, options); err != nil {
		s.unproven = strings.TrimPrefix(err.Error(), fmt.Sprintf("stack %s: ", proof.StackName(d)))
		if !errors.Is(err, proof.ErrNoInstance) {
			s.undrawn = s.unproven
			return s, err
		}
	} else if s.requests, err = proof.Requests(d); err != nil {
		s.undrawn = err.Error()
		return s, err
	}
	topology, err := proof.ReadTopology(d)
	if err != nil {
		s.undrawn, s.err = err.Error(), err
	} else {
		s.chart = diagram.NewChart(topology)
		if len(s.chart.Nodes) == 0 {
			s.undrawn = "the state has no VPC, no instance and no role that people can assume to start sessions"
		}
	}
	return s, nil
}
