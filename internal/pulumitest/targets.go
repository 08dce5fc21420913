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

// TaggedInstances returns the answers to the lookups of instances in the existing VPC that have a tag. Of these, those in
// own have the owner tag with the given value. Other lookups of instances find none.
func TaggedInstances(key, value, owner string, own []string, all ...string) []Answer {
	vpc := filters("vpc-id", VPC)
	return []Answer{
		{Token: GetInstances, Result: ids()},
		FoundInstances(Map{key: value}, nil, all...), FoundInstances(nil, vpc, all...), FoundInstances(Map{"bastionless:owner": owner}, vpc, own...),
	}
}

// FoundInstances returns the answer to one lookup of instances, by tags and filters.
func FoundInstances(tags Map, filters List, all ...string) Answer {
	args := Map{"instanceStateNames": List{"pending", "running", "stopping", "stopped"}}
	if tags != nil {
		args["instanceTags"] = tags
	}
	if filters != nil {
		args["filters"] = filters
	}
	return Answer{Token: GetInstances, Args: args, Result: ids(all...)}
}
