package trials

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// refusedChange is a change to a valid configuration that AWS rejects because of the deployed resources.
// The program cannot predict that, and the documentation says so.
type refusedChange struct {
	name, stack string
	from, to    config
	// message lists what the error contains.
	message []string
	// mayPass is true if the change succeeds when the obstacle happens to be deleted in time.
	mayPass bool
	// back is a change of the configuration that repairs the stack.
	back config
}

var refusedChanges = []refusedChange{
	{
		name: "volume shrinks", stack: "dev",
		from: config{"rootVolumeGiB": "20"}, to: config{"rootVolumeGiB": "10"},
		message: []string{`aws:ec2/instance:Instance "instances-a-1": `, "New size cannot be smaller than existing size"},
		back:    config{"rootVolumeGiB": "20"},
	},
	{
		name: "protected instances would be replaced", stack: "prod", to: config{"os": "al2"},
		message: []string{`aws:ec2/instance:Instance "instances-`, "api error OperationNotPermitted: "},
		back:    config{"os": "al2023"},
	},
	{
		name: "protected instance would move to another subnet", stack: "prod",
		to:      config{"appSubnetCidrs": `["10.0.40.0/24","10.0.13.0/24"]`},
		message: []string{`aws:ec2/instance:Instance "instances-a-1": `, "api error OperationNotPermitted: "},
		back:    config{"appSubnetCidrs": "[]"},
	},
	{
		name: "protected instance would be deleted", stack: "prod", to: config{"zones": `["a"]`},
		message: []string{`aws:ec2/instance:Instance "instances-c-1": `, "api error OperationNotPermitted: "},
		back:    config{"zones": `["a","c"]`},
	},
	{
		name: "another subnet has the CIDR block", stack: "dev", mayPass: true,
		from:    config{"appSubnetCidrs": `["10.0.40.0/24"]`, "privatelinkSubnetCidrs": `["10.0.41.0/24"]`},
		to:      config{"appSubnetCidrs": `["10.0.41.0/24"]`, "privatelinkSubnetCidrs": `["10.0.42.0/24"]`},
		message: []string{`aws:ec2/subnet:Subnet "network-app-a": `, "api error InvalidSubnet.Conflict: "},
		back:    config{"appSubnetCidrs": `["10.0.40.0/24"]`},
	},
}

// After a change that AWS refuses, state and cloud agree, no protected instance has changed, and another
// change of the configuration repairs the stack.
func TestChanges_refusedByAWS(t *testing.T) {
	t.Parallel()
	for _, c := range refusedChanges {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			counts.changes.Add(1)
			e := deployed(t, c.stack, c.from)
			before := e.instances()
			e.configure(c.to)
			failure := e.stack.Up(context.Background()).Failure()
			for _, part := range c.message {
				if failure != "" || !c.mayPass {
					require.Contains(t, failure, part)
				}
			}
			e.requireConsistent()
			if c.stack == "prod" {
				require.Equal(t, before, e.instances())
			}
			e.configure(c.back)
			e.up()
			e.requireLifecycle()
		})
	}
}

// instances lists the names and IDs of the instances in the state.
func (e *env) instances() []string {
	var instances []string
	for _, state := range e.resources() {
		if string(state.Type) == instanceType {
			instances = append(instances, state.URN.Name()+" "+string(state.ID))
		}
	}
	slices.Sort(instances)
	return instances
}

// If one update turns termination protection off and replaces the instances, the old instances remain
// next to the new ones, still protected. docs/recovery.md says how to repair that.
func TestProtectionTurnedOffTooLate(t *testing.T) {
	t.Parallel()
	counts.changes.Add(1)
	e := deployed(t, "prod", nil)
	before := e.instances()
	e.configure(config{"os": "al2", "terminationProtection": "false"})
	require.Contains(t, e.stack.Up(context.Background()).Failure(), "api error OperationNotPermitted: ")
	e.requireConsistent()
	require.Len(t, e.instances(), 2*len(before))
	require.Contains(t, e.stack.Up(context.Background()).Failure(), "api error OperationNotPermitted: ")

	c := e.console()
	for _, state := range e.resources() {
		if string(state.Type) == instanceType && state.Delete {
			c.editResource(state, "disableApiTermination", false)
		}
	}
	e.refresh()
	e.up()
	e.requireStable()
	e.tearDown()
}
