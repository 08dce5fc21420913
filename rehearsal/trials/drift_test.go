package trials

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// hand changes the cloud past the stack, as somebody does in the console.
type hand struct {
	*world
	provider plugin.Provider
}

func (w *world) byHand() *hand {
	w.t.Helper()
	provider := w.cloud.NewProvider()
	inputs := sdk.PropertyMap{}
	for _, key := range []string{"region", "defaultTags"} {
		inputs[sdk.PropertyKey(key)] = sdk.NewProperty(w.stack.Config()["aws:"+key])
	}
	_, err := provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: inputs})
	require.NoError(w.t, err)
	return &hand{w, provider}
}

// find returns a resource of the stack by its label, such as "Vpc network".
func (w *world) find(name string) *resource.State {
	w.t.Helper()
	customs := w.customs()
	at := slices.IndexFunc(customs, func(s *resource.State) bool { return label(string(s.Type), s.URN.Name()) == name })
	require.GreaterOrEqual(w.t, at, 0, name)
	return customs[at]
}

// create makes something that the stack knows nothing of.
func (h *hand) create(token string, inputs map[string]any) {
	h.t.Helper()
	urn := sdk.NewURN("console", "console", "", tokens.Type(token), "by-hand")
	checked, err := h.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: sdk.NewPropertyMapFromMap(inputs)})
	require.NoError(h.t, err)
	require.Empty(h.t, checked.Failures)
	_, err = h.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn, Name: "by-hand", Type: tokens.Type(token), Properties: checked.Properties,
	})
	require.NoError(h.t, err)
}

// remove deletes a resource of the stack.
func (h *hand) remove(name string) {
	h.t.Helper()
	state := h.find(name)
	_, err := h.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: state.URN, ID: state.ID, Name: state.URN.Name(), Type: state.Type, Inputs: state.Inputs, Outputs: state.Outputs,
	})
	require.NoError(h.t, err)
}

// edit sets a property of a resource of the stack.
func (h *hand) edit(name, property string, value any) {
	h.t.Helper()
	h.change(h.find(name), property, value)
}

func (h *hand) change(state *resource.State, property string, value any) {
	h.t.Helper()
	inputs := maps.Clone(state.Inputs)
	inputs[sdk.PropertyKey(property)] = sdk.NewPropertyValue(value)
	_, err := h.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: state.URN, ID: state.ID, Name: state.URN.Name(), Type: state.Type,
		OldInputs: state.Inputs, OldOutputs: state.Outputs, NewInputs: inputs,
	})
	require.NoError(h.t, err)
}

const (
	ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRule  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	attachment  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	openToAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	allowAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// rule adds a rule that lets everything through.
func (h *hand) rule(token, group string) {
	h.t.Helper()
	h.create(token, map[string]any{"securityGroupId": group, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
}

// drift is a change of the cloud by hand, what a refresh shows of it, and what an up does about it.
type drift struct {
	name, stack string
	by          func(h *hand)
	shows, does []string
}

// seen is the drift of a resource that is there and differs.
func seen(name, stack, resource string, by func(h *hand)) drift {
	return drift{name, stack, by, []string{resource + ": update"}, []string{resource + ": update"}}
}

// gone is the drift of a resource that is there no more.
func gone(name, stack, resource string, more ...string) drift {
	return drift{
		name, stack, func(h *hand) { h.remove(resource) },
		[]string{resource + ": delete"},
		lines(more, resource+": create"),
	}
}

func drifts() []drift {
	return []drift{
		seen("a rule added to the instances' group", "dev", "SecurityGroup security-instances", func(h *hand) {
			h.rule(ingressRule, string(h.find("SecurityGroup security-instances").ID))
		}),
		seen("a rule added to what the endpoints send", "dev", "SecurityGroup security-endpoints", func(h *hand) {
			h.rule(egressRule, string(h.find("SecurityGroup security-endpoints").ID))
		}),
		seen("a rule added to the default group", "dev", "DefaultSecurityGroup network-default-sg", func(h *hand) {
			h.rule(ingressRule, string(h.find("DefaultSecurityGroup network-default-sg").ID))
		}),
		seen("a rule opened", "dev", "SecurityGroupIngressRule security-ingress-instances", func(h *hand) {
			h.edit("SecurityGroupIngressRule security-ingress-instances", "fromPort", 1.0)
		}),
		gone("a rule deleted", "dev", "SecurityGroupEgressRule security-egress-endpoints"),
		gone("a policy detached", "dev", "RolePolicyAttachment instance-role-core"),
		seen("a policy rewritten", "dev", "RolePolicy session-role", func(h *hand) {
			h.edit("RolePolicy session-role", "policy", allowAll)
		}),
		seen("a trust policy rewritten", "dev", "Role session-role", func(h *hand) {
			h.edit("Role session-role", "assumeRolePolicy", strings.ReplaceAll(
				h.find("Role session-role").Inputs["assumeRolePolicy"].StringValue(), "true", "false"))
		}),
		gone("an endpoint deleted", "dev", "VpcEndpoint endpoints-ssmmessages"),
		gone("the endpoint for S3 deleted", "dev", "VpcEndpoint endpoints-s3"),
		seen("an endpoint opened", "dev", "VpcEndpoint endpoints-ssm", func(h *hand) {
			h.edit("VpcEndpoint endpoints-ssm", "policy", openToAll)
		}),
		gone("a subnet taken off its route table", "dev", "RouteTableAssociation network-app-a"),
		seen("a tag of the VPC edited", "dev", "Vpc network", func(h *hand) {
			h.edit("Vpc network", "tags", sdk.NewPropertyMapFromMap(map[string]any{"Name": "mine"}))
		}),
		seen("a tag of an instance edited", "dev", "Instance instances-a-1", func(h *hand) {
			h.edit("Instance instances-a-1", "tags", sdk.NewPropertyMapFromMap(map[string]any{"owner": "ann"}))
		}),
		gone("an instance terminated", "dev", "Instance instances-a-1", named...),
		gone("the agents' updates deleted", "dev", "Association instances-agent-update"),
		seen("protection taken off", "prod", "Instance instances-c-1", func(h *hand) {
			h.edit("Instance instances-c-1", "disableApiTermination", false)
		}),
		seen("records kept for a day", "prod", "LogGroup audit", func(h *hand) { h.edit("LogGroup audit", "retentionInDays", 1.0) }),
		gone("flow logs stopped", "prod", "FlowLog flow-logs"),
		gone("the bucket's policy deleted", "prod", "BucketPolicy audit-records"),
	}
}

// What somebody changes by hand a refresh shows, and an up mends.
func TestDrift(t *testing.T) {
	t.Parallel()
	taken := &photos{all: map[string]*picture{}}
	for _, d := range drifts() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			ran.drifts.Add(1)
			w := taken.of(t, d.stack, nil).world(t)
			d.by(w.byHand())
			require.Equal(t, d.shows, changed(w.refresh()), "what the refresh shows")
			require.Equal(t, d.does, changed(w.up()), "what the up does")
			w.settled()
			w.proven()
			w.goes()
		})
	}
}

// Where a group's rules are resources of their own, the provider takes no other rule of that direction for the stack's: no
// refresh shows it, and no up takes it away. The state has it all the same, so that a claim can tell of it: the provider
// writes all rules that a group has into its outputs.
func TestDrift_thatNothingShows(t *testing.T) {
	t.Parallel()
	ran.drifts.Add(1)
	w := newWorld(t, "dev", nil)
	w.up()
	w.byHand().rule(egressRule, string(w.find("SecurityGroup security-instances").ID))
	require.Empty(t, changed(w.refresh()))
	require.Empty(t, changed(w.up()))
	var found []string
	for _, rule := range w.find("SecurityGroup security-instances").Outputs["egress"].ArrayValue() {
		for _, block := range rule.ObjectValue()["cidrBlocks"].ArrayValue() {
			found = append(found, block.StringValue())
		}
	}
	require.Equal(t, []string{"0.0.0.0/0"}, found)
	for _, claim := range w.claim() {
		if claim.ID == "egress" {
			require.Equal(t, proof.Refuted, claim.Result, claim.Why())
		}
	}
	w.unprotect()
	w.destroy()
	require.Empty(t, w.holds()) // with its group
}

// A policy that somebody attaches to a role of the stack is nobody's: no refresh shows it, and IAM deletes no role that has
// one. The error says so. But a refresh writes down what a role has attached, and the provider then detaches that first.
func TestDrift_thatHoldsADestroy(t *testing.T) {
	t.Parallel()
	ran.drifts.Add(1)
	w := newWorld(t, "dev", nil)
	w.up()
	w.byHand().create(attachment, map[string]any{
		"role": string(w.find("Role instance-role").ID), "policyArn": "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
	})
	failure := w.stack.Destroy(context.Background()).Failure()
	require.Contains(t, failure, `aws:iam/role:Role "instance-role": `)
	require.Contains(t, failure, "DeleteConflict: Cannot delete entity, must detach all policies first.")
	require.Empty(t, changed(w.refresh()))
	w.goes()
}
