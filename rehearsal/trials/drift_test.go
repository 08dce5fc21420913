package trials

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/protocol"
)

// console changes the cloud without the stack's knowledge, as a person does in the AWS console.
type console struct {
	*env
	provider pulumirpc.ResourceProviderServer
}

func (e *env) console() *console {
	e.t.Helper()
	provider := e.cloud.NewProvider()
	c := &console{e, provider}
	_, err := provider.Configure(context.Background(), &pulumirpc.ConfigureRequest{Args: c.properties(map[string]any{
		"region": e.stack.Config()["aws:region"], "defaultTags": e.stack.Config()["aws:defaultTags"],
	})})
	require.NoError(e.t, err)
	return c
}

// properties converts properties to the form in which the protocol transports them.
func (c *console) properties(properties map[string]any) *structpb.Struct {
	c.t.Helper()
	marshaled, err := protocol.Marshal(resource.NewPropertyMapFromMap(properties))
	require.NoError(c.t, err)
	return marshaled
}

// find returns a resource of the stack by its label, such as "Vpc network".
func (e *env) find(name string) apitype.ResourceV3 {
	e.t.Helper()
	resources := e.resources()
	i := slices.IndexFunc(resources, func(s apitype.ResourceV3) bool { return label(string(s.Type), s.URN.Name()) == name })
	require.GreaterOrEqual(e.t, i, 0, name)
	return resources[i]
}

// consoleURN is the URN of an object that no stack has.
func consoleURN(token string) resource.URN {
	return resource.NewURN("console", "console", "", tokens.Type(token), "console")
}

// create creates an object that the stack does not know.
func (c *console) create(token string, inputs map[string]any) {
	c.t.Helper()
	urn := consoleURN(token)
	checked, err := c.provider.Check(context.Background(), &pulumirpc.CheckRequest{Urn: string(urn), News: c.properties(inputs)})
	require.NoError(c.t, err)
	require.Empty(c.t, checked.GetFailures())
	_, err = c.provider.Create(context.Background(), &pulumirpc.CreateRequest{Urn: string(urn), Properties: checked.GetInputs()})
	require.NoError(c.t, err)
}

// remove deletes the object of a resource of the stack.
func (c *console) remove(name string) {
	c.t.Helper()
	state := c.find(name)
	_, err := c.provider.Delete(context.Background(), &pulumirpc.DeleteRequest{
		Urn: string(state.URN), Id: string(state.ID), OldInputs: c.properties(state.Inputs), Properties: c.properties(state.Outputs),
	})
	require.NoError(c.t, err)
}

// edit sets a property of the object of a resource, which it finds by label.
func (c *console) edit(name, property string, value any) {
	c.t.Helper()
	c.editResource(c.find(name), property, value)
}

func (c *console) editResource(state apitype.ResourceV3, property string, value any) {
	c.t.Helper()
	inputs := maps.Clone(state.Inputs)
	inputs[property] = value
	_, err := c.provider.Update(context.Background(), &pulumirpc.UpdateRequest{
		Urn: string(state.URN), Id: string(state.ID),
		OldInputs: c.properties(state.Inputs), Olds: c.properties(state.Outputs), News: c.properties(inputs),
	})
	require.NoError(c.t, err)
}

// allowAllTraffic adds a rule for all traffic to a security group of the stack.
func (c *console) allowAllTraffic(token, group string) {
	c.t.Helper()
	c.create(token, map[string]any{
		"securityGroupId": string(c.find(group).ID), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0",
	})
}

const (
	ingressRuleType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleType  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	attachmentType  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	allowEverybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	allowAll       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// drift is a change in the console, with the effects that a refresh shows and those of the next update.
type drift struct {
	name, stack     string
	change          func(c *console)
	onRefresh, onUp []string
}

// edited is a drift that changes a resource.
func edited(name, stack, key string, change func(c *console)) drift {
	return drift{name, stack, change, []string{key + ": update"}, []string{key + ": update"}}
}

// removed is a drift that deletes a resource. The next update creates it again, and has these further effects.
func removed(name, stack, key string, moreOnUp ...string) drift {
	return drift{
		name, stack, func(c *console) { c.remove(key) },
		[]string{key + ": delete"},
		lines(moreOnUp, key+": create"),
	}
}

func drifts() []drift {
	return []drift{
		edited("ingress rule added to the instances' group", "dev", "SecurityGroup security-instances", func(c *console) {
			c.allowAllTraffic(ingressRuleType, "SecurityGroup security-instances")
		}),
		edited("egress rule added to the endpoints' group", "dev", "SecurityGroup security-endpoints", func(c *console) {
			c.allowAllTraffic(egressRuleType, "SecurityGroup security-endpoints")
		}),
		edited("rule added to the default group", "dev", "DefaultSecurityGroup network-default-sg", func(c *console) {
			c.allowAllTraffic(ingressRuleType, "DefaultSecurityGroup network-default-sg")
		}),
		edited("rule edited", "dev", "SecurityGroupIngressRule security-ingress-instances", func(c *console) {
			c.edit("SecurityGroupIngressRule security-ingress-instances", "fromPort", 1.0)
		}),
		removed("rule deleted", "dev", "SecurityGroupEgressRule security-egress-endpoints"),
		removed("managed policy detached", "dev", "RolePolicyAttachment instance-role-core"),
		edited("inline policy edited", "dev", "RolePolicy session-role", func(c *console) {
			c.edit("RolePolicy session-role", "policy", allowAll)
		}),
		edited("trust policy edited", "dev", "Role session-role", func(c *console) {
			trust := c.find("Role session-role").Inputs["assumeRolePolicy"].(string)
			c.edit("Role session-role", "assumeRolePolicy", strings.ReplaceAll(trust, "true", "false"))
		}),
		removed("interface endpoint deleted", "dev", "VpcEndpoint endpoints-ssmmessages"),
		removed("S3 gateway endpoint deleted", "dev", "VpcEndpoint endpoints-s3"),
		edited("endpoint policy edited", "dev", "VpcEndpoint endpoints-ssm", func(c *console) {
			c.edit("VpcEndpoint endpoints-ssm", "policy", allowEverybody)
		}),
		removed("route table association deleted", "dev", "RouteTableAssociation network-app-a"),
		edited("tag of the VPC edited", "dev", "Vpc network", func(c *console) {
			c.edit("Vpc network", "tags", map[string]any{"Name": "mine"})
		}),
		edited("tag of an instance edited", "dev", "Instance instances-a-1", func(c *console) {
			c.edit("Instance instances-a-1", "tags", map[string]any{"owner": "ann"})
		}),
		removed("instance terminated", "dev", "Instance instances-a-1", instanceReferences...),
		removed("agent update association deleted", "dev", "Association instances-agent-update"),
		edited("termination protection turned off", "prod", "Instance instances-c-1", func(c *console) {
			c.edit("Instance instances-c-1", "disableApiTermination", false)
		}),
		edited("retention of session logs shortened", "prod", "LogGroup audit", func(c *console) {
			c.edit("LogGroup audit", "retentionInDays", 1.0)
		}),
		removed("interface endpoint in an existing VPC deleted", "existing", "VpcEndpoint endpoints-ssm"),
		edited("endpoint policy in an existing VPC edited", "existing", "VpcEndpoint endpoints-ssm", func(c *console) {
			c.edit("VpcEndpoint endpoints-ssm", "policy", allowEverybody)
		}),
		removed("rule for the existing VPC deleted", "existing", "SecurityGroupIngressRule security-ingress-vpc"),
		removed("policy of an existing role deleted", "access", "RolePolicy agent-policies-acme-db"),
		edited("policy of an existing role edited", "access", "RolePolicy agent-policies-acme-db", func(c *console) {
			c.edit("RolePolicy agent-policies-acme-db", "policy", allowAll)
		}),
		edited("session policy for existing instances edited", "access", "RolePolicy session-role", func(c *console) {
			c.edit("RolePolicy session-role", "policy", allowAll)
		}),
		removed("flow log deleted", "prod", "FlowLog flow-logs"),
		removed("bucket policy deleted", "prod", "BucketPolicy audit-records"),
	}
}

// A refresh shows a change in the console, and the next update reverts it.
func TestDrift(t *testing.T) {
	t.Parallel()
	for _, d := range drifts() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			counts.drifts.Add(1)
			e := deployed(t, d.stack, nil)
			d.change(e.console())
			require.Equal(t, d.onRefresh, effects(e.refresh()), "refresh")
			require.Equal(t, d.onUp, effects(e.up()), "up")
			e.requireLifecycle()
		})
	}
}

// If the rules of a security group are separate resources, the provider ignores other rules of the same
// direction: no refresh shows them, and no update removes them. But the group's outputs list all rules,
// so a claim can see them.
func TestDrift_additionalRuleIsNotShown(t *testing.T) {
	t.Parallel()
	counts.drifts.Add(1)
	e := deployed(t, "dev", nil)
	e.console().allowAllTraffic(egressRuleType, "SecurityGroup security-instances")
	require.Empty(t, effects(e.refresh()))
	require.Empty(t, effects(e.up()))
	var blocks []any
	for _, rule := range e.find("SecurityGroup security-instances").Outputs["egress"].([]any) {
		blocks = append(blocks, rule.(map[string]any)["cidrBlocks"].([]any)...)
	}
	require.Equal(t, []any{"0.0.0.0/0"}, blocks)
	var results []string
	for _, claim := range e.claims() {
		if claim.ID == "egress" {
			results = append(results, claim.Result)
		}
	}
	require.Equal(t, []string{proof.Refuted}, results)
	e.unprotect()
	e.destroy()
	require.Empty(t, e.cloudObjects(), "the rule is deleted with its group")
}

// No refresh shows a policy that somebody attached to a role of the stack, and IAM does not delete a role
// with attached policies, as the error says. A refresh then records the attached policies, and the
// provider detaches them before it deletes the role.
func TestDrift_attachedPolicyBlocksDestroy(t *testing.T) {
	t.Parallel()
	counts.drifts.Add(1)
	e := deployed(t, "dev", nil)
	e.console().create(attachmentType, map[string]any{
		"role": string(e.find("Role instance-role").ID), "policyArn": "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
	})
	failure := e.stack.Destroy(context.Background()).Failure()
	require.Contains(t, failure, `aws:iam/role:Role "instance-role": `)
	require.Contains(t, failure, "DeleteConflict: Cannot delete entity, must detach all policies first.")
	require.Empty(t, effects(e.refresh()))
	e.tearDown()
}
