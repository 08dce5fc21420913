package proof_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof"
)

// TestAgent_missingRole checks the claim about the agent of an existing instance whose role the state does not contain: what the
// stack adds to the role counts.
func TestAgent_missingRole(t *testing.T) {
	t.Parallel()
	missing := func(change func(*peer)) proof.Claim {
		p := foreignPeer()
		p.remove("instance-role", "core")
		change(p)
		return claimNamed(t, check(t, p.export(t)), "agent")
	}
	add := func(statement string) func(*peer) {
		return func(p *peer) {
			p.put("aws:iam/rolePolicy:RolePolicy", "agent-policy", "instance-role:p", props{"role": "instance-role", "name": "p", "policy": document(statement)})
		}
	}
	const actions = `"Action":["ssm:UpdateInstanceInformation","ssmmessages:*","ec2messages:*"],"Resource":"*"`
	require.Equal(t, proof.Undecided, missing(func(*peer) {}).Result)
	require.Equal(t, proof.Assumed, missing(add(`{"Effect":"Allow",`+actions+`}`)).Result)
	require.Equal(t, proof.Undecided, missing(add(`{"Effect":"Allow","Action":"ssmmessages:*","Resource":"*"}`)).Result)
	require.Equal(t, proof.Refuted, missing(add(`{"Effect":"Deny",`+actions+`}`)).Result)
	require.Equal(t, proof.Assumed, missing(func(p *peer) {
		p.put("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "read", "core-1", props{
			"role": "instance-role", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
		})
		p.external("read")
	}).Result)
	require.Equal(t, proof.Undecided, missing(func(p *peer) {
		add(`{"Effect":"Allow",` + actions + `}`)(p)
		p.resources["profile"].External = false
	}).Result)
}

// TestAgent_lookedUp checks that the permissions of a role that the program looked up are an assumption. Those for records
// are not among them.
func TestAgent_lookedUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lookedUp string
		recorded bool
		want     string
	}{
		{"instance-role", false, proof.Assumed}, {"other", false, proof.Undecided}, {"instance-role", true, proof.Undecided},
	} {
		p := foreignPeer()
		p.component(contract.TargetsType, "targets", props{contract.AgentRolesInput: list(test.lookedUp)})
		if test.recorded {
			recording(p, "session-logs", "session-logs", "")
			p.remove("logging", "decrypt")
		}
		p.remove("instance-role", "core")
		require.Equal(t, test.want, claimNamed(t, check(t, p.export(t)), "agent").Result, test)
	}
}

// TestAgent_denied checks that the claim is refuted if the program found that policies of the role deny the agent's requests.
func TestAgent_denied(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{contract.DenyingRolesInput: proof.Refuted, contract.AgentRolesInput: proof.Assumed} {
		p := foreignPeer()
		p.component(contract.TargetsType, "targets", props{contract.AgentRolesInput: list("instance-role"), input: list("instance-role")})
		p.remove("instance-role", "core")
		require.Equal(t, want, claimNamed(t, check(t, p.export(t)), "agent").Result, input)
	}
}

// TestAgent_trustPolicy checks that the trust policy of a role that the program looked up decides whether EC2 can assume the
// role. Without one, the claim rests on an assumption.
func TestAgent_trustPolicy(t *testing.T) {
	t.Parallel()
	const assumption = `EC2 can assume the role instance-role of InstanceProfile "profile", `
	trusts := func(service, condition string) string {
		return document(`{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"` + condition + `}`)
	}
	for name, test := range map[string]struct{ policy, want string }{
		"not looked up":            {"", proof.Assumed},
		"EC2":                      {trusts("ec2.amazonaws.com", ""), proof.Assumed},
		"another service":          {trusts("ecs-tasks.amazonaws.com", ""), proof.Refuted},
		"a condition":              {trusts("ec2.amazonaws.com", `,"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`), proof.Undecided},
		"a policy that is no JSON": {"{", proof.Undecided},
	} {
		p := foreignPeer()
		inputs := props{contract.AgentRolesInput: list("instance-role")}
		if test.policy != "" {
			inputs[contract.TrustPoliciesInput] = props{"instance-role": test.policy}
		}
		p.component(contract.TargetsType, "targets", inputs)
		p.remove("instance-role", "core")
		c := claimNamed(t, check(t, p.export(t)), "agent")
		require.Equal(t, test.want, c.Result, name)
		require.Equal(t, name == "not looked up", strings.Contains(strings.Join(c.Why(), "\n"), assumption), name)
		require.Equal(t, test.want == proof.Refuted, strings.Contains(fixesOf(c), `ask the owner of InstanceProfile "profile" to allow sts:AssumeRole to `+
			"ec2.amazonaws.com in the trust policy of the role instance-role"), name)
	}
}

// TestAgent_hostManagement checks instances without a profile in an account with Default Host Management Configuration.
func TestAgent_hostManagement(t *testing.T) {
	t.Parallel()
	const role = "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole"
	for name, test := range map[string]struct{ setting, value, want string }{
		"on":              {"default-ec2-instance-management-role", role, proof.Assumed},
		"off":             {"default-ec2-instance-management-role", "$None", proof.Refuted},
		"another setting": {"activation-tier", "advanced", proof.Refuted},
	} {
		p := foreignPeer()
		p.set("box", "iamInstanceProfile", "")
		id := "arn:aws:ssm:eu-west-1:123456789012:servicesetting/ssm/managed-instance/" + test.setting
		p.put("aws:ssm/serviceSetting:ServiceSetting", "setting", id, props{"settingId": id, "settingValue": test.value, "arn": id})
		p.external("box", "setting")
		claims := check(t, p.export(t))
		require.Equal(t, test.want, claimNamed(t, claims, "agent").Result, name)
		start := claimNamed(t, claims, "session.start")
		require.Equal(t, name != "another setting", start.Passes(), "%s: %s", name, start.Why())
	}
}

// TestAgent_existingRole checks that a role that the stack reads decides like one that it manages.
func TestAgent_existingRole(t *testing.T) {
	t.Parallel()
	p := foreignPeer()
	p.remove("core")
	p.set("instance-role", "managedPolicyArns", list("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"))
	p.external("instance-role")
	require.Equal(t, proof.Proven, claimNamed(t, check(t, p.export(t)), "agent").Result)
	p.set("instance-role", "managedPolicyArns", list())
	p.external("instance-role")
	c := claimNamed(t, check(t, p.export(t)), "agent")
	require.Equal(t, proof.Refuted, c.Result)
	require.Contains(t, fixesOf(c), `ask the owner of Role "instance-role" to attach AmazonSSMManagedInstanceCore`)
}

// TestOrdered_existing checks that an instance that existed before the stack is not ordered after what the stack creates, but has to
// connect again.
func TestOrdered_existing(t *testing.T) {
	t.Parallel()
	ordered := func(p *peer) []proof.Claim {
		return slices.DeleteFunc(check(t, p.export(t)), func(c proof.Claim) bool { return c.ID != "ordered" })
	}
	p := foreignPeer()
	p.remove("core", "instance-role")
	require.Empty(t, ordered(p), "the stack creates nothing that the agents need")
	p.resources["ssm"].External = false
	for _, c := range ordered(p) {
		require.Equal(t, proof.Assumed, c.Result)
	}
	require.Len(t, ordered(p), 2)
	p.resources["box"].External = false
	p.resources["box"].Dependencies = nil
	require.Equal(t, proof.Refuted, ordered(p)[0].Result, "an instance of the stack")
}

// TestAssociations_byTag checks that an association that chooses instances by tag makes S3 required for these only.
func TestAssociations_byTag(t *testing.T) {
	t.Parallel()
	for value, class := range map[string]string{"db": proof.Required, "web": proof.Hardening} {
		p := foreignPeer()
		p.put("aws:ssm/association:Association", "agent-update", "association-1", props{
			"name": "AWS-UpdateSSMAgent", "targets": list(props{"key": "tag:team", "values": list(value)}),
		})
		require.Equal(t, class, claimNamed(t, check(t, p.export(t)), "reach.s3").Class, value)
	}
}
