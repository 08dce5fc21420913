package trials

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// refusal is a change that is legal by itself, and that AWS refuses because of what there is. The program cannot know that:
// the README says it.
type refusal struct {
	name, stack string
	from, to    settings
	says        []string // what the error must say
	// sometimes: what stands in the way may have gone in time.
	sometimes bool
	// back is a configuration from which all goes on.
	back settings
}

var refusals = []refusal{
	{
		name: "a volume that shrinks", stack: "dev",
		from: settings{"rootVolumeGiB": "20"}, to: settings{"rootVolumeGiB": "10"},
		says: []string{`aws:ec2/instance:Instance "instances-a-1": `, "New size cannot be smaller than existing size"},
		back: settings{"rootVolumeGiB": "20"},
	},
	{
		name: "a protected instance that would be replaced", stack: "prod", to: settings{"os": "al2"},
		says: []string{`aws:ec2/instance:Instance "instances-`, "api error OperationNotPermitted: "},
		back: settings{"os": "al2023"},
	},
	{
		name: "a protected instance that would move", stack: "prod", to: settings{"appSubnetCidrs": `["10.0.40.0/24","10.0.13.0/24"]`},
		says: []string{`aws:ec2/instance:Instance "instances-a-1": `, "api error OperationNotPermitted: "},
		back: settings{"appSubnetCidrs": "[]"},
	},
	{
		name: "a protected instance that would go", stack: "prod", to: settings{"zones": `["a"]`},
		says: []string{`aws:ec2/instance:Instance "instances-c-1": `, "api error OperationNotPermitted: "},
		back: settings{"zones": `["a","c"]`},
	},
	{
		name: "a block that another subnet has", stack: "dev", sometimes: true,
		from: settings{"appSubnetCidrs": `["10.0.40.0/24"]`, "privatelinkSubnetCidrs": `["10.0.41.0/24"]`},
		to:   settings{"appSubnetCidrs": `["10.0.41.0/24"]`, "privatelinkSubnetCidrs": `["10.0.42.0/24"]`},
		says: []string{`aws:ec2/subnet:Subnet "network-app-a": `, "api error InvalidSubnet.Conflict: "},
		back: settings{"appSubnetCidrs": `["10.0.40.0/24"]`},
	},
}

// After a change that AWS refuses, the state knows what the cloud holds, no protected instance has changed, and another
// change of the configuration mends the stack.
func TestChangesThatAWSRefuses(t *testing.T) {
	t.Parallel()
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			ran.changes.Add(1)
			w := newWorld(t, r.stack, r.from)
			w.up()
			before := w.instances()
			w.configure(r.to)
			failure := w.stack.Up(context.Background()).Failure()
			for _, words := range r.says {
				if failure != "" || !r.sometimes {
					require.Contains(t, failure, words)
				}
			}
			w.agrees()
			if r.stack == "prod" {
				require.Equal(t, before, w.instances())
			}
			w.configure(r.back)
			w.up()
			w.settled()
			w.proven()
			w.goes()
		})
	}
}

// instances lists the instances that the state knows.
func (w *world) instances() []string {
	var ids []string
	for _, state := range w.customs() {
		if string(state.Type) == instanceType {
			ids = append(ids, state.URN.Name()+" "+string(state.ID))
		}
	}
	slices.Sort(ids)
	return ids
}

// Where the protection is turned off by the same up that replaces the instances, the old ones stand beside the new ones, as
// protected as before. What docs/recovery.md says of it mends that.
func TestProtectionTakenOffTooLate(t *testing.T) {
	t.Parallel()
	ran.changes.Add(1)
	w := newWorld(t, "prod", nil)
	w.up()
	before := w.instances()
	w.configure(settings{"os": "al2", "terminationProtection": "false"})
	require.Contains(t, w.stack.Up(context.Background()).Failure(), "api error OperationNotPermitted: ")
	w.agrees()
	require.Len(t, w.instances(), 2*len(before))
	require.Contains(t, w.stack.Up(context.Background()).Failure(), "api error OperationNotPermitted: ")

	h := w.byHand()
	for _, state := range w.customs() {
		if string(state.Type) == instanceType && state.Delete {
			h.change(state, "disableApiTermination", false)
		}
	}
	w.refresh()
	w.up()
	w.settled()
	w.goes()
}
