package pulumitest

// AgentActions are the actions without which the SSM Agent does not offer sessions.
var AgentActions = List{
	"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
	"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
}

// Target describes an existing instance in the existing VPC, with an instance profile and a role of the same name.
type Target struct {
	ID, Subnet, State string
	// Profile is the name of the profile and of the role. Empty: there is none.
	Profile string
	// Trusts is the service that may assume the role.
	Trusts, Boundary string
	// Denied is an action that the role does not allow. Explicit: a policy denies it.
	Denied   string
	Explicit bool
	Tags     Map
}

// Answers returns the answers to the lookups of the instance.
func (t Target) Answers() []Answer {
	tags := Map{}
	for key, value := range t.Tags {
		tags[key] = value
	}
	answers := []Answer{{Token: GetInstance, Args: Map{"instanceId": t.ID}, Result: Map{
		"id": t.ID, "instanceState": t.State, "subnetId": t.Subnet, "availabilityZone": "ap-northeast-1a", "privateIp": "10.9.1.10",
		"iamInstanceProfile": t.Profile, "vpcSecurityGroupIds": List{Clients}, "tags": tags,
	}}}
	if t.Profile == "" {
		return answers
	}
	return append(append(answers, Answer{
		Token: GetInstanceProfile, Args: Map{"name": t.Profile}, Result: Map{"name": t.Profile, "roleName": t.Profile},
	}), role(t.Profile, t.Trusts, t.Boundary, t.Denied, t.Explicit)...)
}

// Role returns the answers to the lookups of a role of instances, which a service may assume.
func Role(name, trusts string) []Answer { return role(name, trusts, "", "", false) }

func role(name, trusts, boundary, denied string, explicit bool) []Answer {
	decision := "implicitDeny"
	if explicit {
		decision = "explicitDeny"
	}
	arn := "arn:aws:iam::123456789012:role/" + name
	results := List{}
	for _, action := range AgentActions {
		result := Map{"actionName": action, "allowed": true, "decision": "allowed"}
		if action == denied {
			result["allowed"], result["decision"] = false, decision
		}
		results = append(results, result)
	}
	return []Answer{{Token: GetRole, Args: Map{"name": name}, Result: Map{
		"name": name, "arn": arn, "permissionsBoundary": boundary,
		"assumeRolePolicy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"` + trusts + `"},"Action":"sts:AssumeRole"}]}`,
	}}, {
		Token: SimulatePolicy, Args: Map{"policySourceArn": arn, "actionNames": AgentActions},
		Result: Map{"id": "-", "results": results},
	}}
}

// Instances returns the answer to the lookup of the instances of the existing VPC that have a tag.
func Instances(key, value string, all ...string) Answer {
	return Answer{Token: GetInstances, Args: Map{
		"instanceTags": Map{key: value}, "instanceStateNames": List{"pending", "running", "stopping", "stopped"},
		"filters": filters("vpc-id", VPC),
	}, Result: ids(all...)}
}
