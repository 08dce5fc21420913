package preflight

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"bastionless/internal/diag"
)

// agentRole is an existing role of instances.
type agentRole struct {
	arn, boundary, trustPolicy string
	// trustsEC2 says that EC2 may assume the role.
	trustsEC2 bool
}

// lookUpAgentRoles checks the roles that get the agent's permissions.
func (r *resolver) lookUpAgentRoles() error {
	const key = "agentRoleNames"
	if r.plan.AgentPolicies.Validate().Has(key) {
		return nil
	}
	for _, name := range r.plan.AgentPolicies.RoleNames {
		role, err := r.lookUpRole(name)
		switch {
		case isMissing(err):
			r.diags.Add(key, diag.NotFound, "account %s has no role %q: list the names of roles of instances, without a path",
				r.plan.Env.AccountID, name)
			continue
		case err != nil:
			r.warnUnchecked(key, "role "+name+" could not be looked up", err)
			continue
		}
		if !role.trustsEC2 {
			r.warnNotReady(key, "EC2 cannot assume the role %s, so no instance has its permissions: list a role of instances, or ask its owner "+
				"to change its trust policy", name)
		}
		if role.boundary != "" {
			r.warnNotReady(key, "the role %s has the permissions boundary %s, which may deny what this stack allows: ask its owner whether the "+
				"boundary allows ssm:UpdateInstanceInformation and ssmmessages:*", name, role.boundary)
		}
	}
	return nil
}

// checkProfile warns about an instance whose profile does not give its agent permissions. It returns the name of the
// profile, or "" if it could not be looked up.
func (r *resolver) checkProfile(key, instance, name string) string {
	profile, err := iam.LookupInstanceProfile(r.ctx, &iam.LookupInstanceProfileArgs{Name: name})
	switch {
	case isMissing(err):
		r.warnNotReady(key, "the instance profile %s of %s does not exist any more: ask its owner to attach another one", name, instance)
		return ""
	case err != nil:
		r.warnUnchecked(key, "the instance profile "+name+" of "+instance+" could not be looked up", err)
		return ""
	case profile.RoleName == "":
		r.warnNotReady(key, "the instance profile %s of %s has no role: ask its owner to add one that has AmazonSSMManagedInstanceCore", name,
			instance)
		return name
	}
	role, err := r.lookUpRole(profile.RoleName)
	if err != nil {
		r.warnUnchecked(key, "role "+profile.RoleName+" of "+instance+" could not be looked up", err)
		return name
	}
	if r.plan.TrustPolicies == nil {
		r.plan.TrustPolicies = map[string]string{}
	}
	r.plan.TrustPolicies[profile.RoleName] = role.trustPolicy
	if !role.trustsEC2 {
		r.warnNotReady(key, "EC2 cannot assume the role %s of %s: ask its owner to allow it in the role's trust policy", profile.RoleName, instance)
	}
	if r.checkPermissions(key, instance, profile.RoleName, role.arn) && role.trustsEC2 {
		insert(&r.plan.AgentRoles, profile.RoleName)
	}
	return name
}

// insert adds a name to a sorted list, unless the list contains it.
func insert(names *[]string, name string) {
	if i, found := slices.BinarySearch(*names, name); !found {
		*names = slices.Insert(*names, i, name)
	}
}

// agentActions are the actions without which the SSM Agent does not offer sessions.
var agentActions = []string{
	"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
	"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
}

// checkPermissions warns about a role that does not have the agent's permissions and does not get them from the stack. It
// reports whether the role has them by itself: the state contains what the stack adds, which would otherwise change the
// answer after the first deployment.
func (r *resolver) checkPermissions(key, instance, name, arn string) bool {
	simulation, err := iam.LookupPrincipalPolicySimulation(r.ctx, &iam.LookupPrincipalPolicySimulationArgs{
		PolicySourceArn: arn, ActionNames: agentActions,
	})
	isSame := func(other string) bool { return strings.EqualFold(other, name) }
	granted := slices.ContainsFunc(r.plan.AgentPolicies.RoleNames, isSame)
	if err != nil {
		if !granted {
			r.warnUnchecked(key, "the permissions of the role "+name+" of "+instance+" could not be looked up", err)
		}
		return false
	}
	var missing, denied []string
	for _, result := range simulation.Results {
		switch {
		case result.Decision == "explicitDeny":
			denied = append(denied, result.ActionName)
		case !result.Allowed:
			missing = append(missing, result.ActionName)
		}
	}
	slices.Sort(missing)
	slices.Sort(denied)
	switch {
	case len(denied) > 0:
		r.warnNotReady(key, "a policy of the role %s of %s denies its agent %s: ask its owner to remove that from the policy", name, instance,
			strings.Join(denied, ", "))
		insert(&r.plan.DenyingRoles, name)
	case len(missing) > 0 && !granted:
		r.warnNotReady(key, "the role %s of %s does not allow its agent %s: add %s to agentRoleNames, or ask its owner to attach "+
			"AmazonSSMManagedInstanceCore", name, instance, strings.Join(missing, ", "), name)
	}
	return !granted && len(denied)+len(missing) == 0
}

// lookUpRole looks up a role once.
func (r *resolver) lookUpRole(name string) (*agentRole, error) {
	if role, ok := r.roles[name]; ok {
		return role, nil
	}
	found, err := iam.LookupRole(r.ctx, &iam.LookupRoleArgs{Name: name})
	if err != nil {
		return nil, err
	}
	role := &agentRole{found.Arn, found.PermissionsBoundary, found.AssumeRolePolicy, trustsEC2(found.AssumeRolePolicy)}
	if r.roles == nil {
		r.roles = map[string]*agentRole{}
	}
	r.roles[name] = role
	return role, nil
}

// isMissing reports whether a lookup in IAM failed because there is no such object. Errors of lookups have no code, so it
// compares the text.
func isMissing(err error) bool {
	return err != nil && strings.Contains(err.Error(), "couldn't find resource")
}

// trustsEC2 reports whether a trust policy has a statement that allows EC2 to assume the role. Conditions and statements
// that deny are not evaluated.
func trustsEC2(trustPolicy string) bool {
	var document struct{ Statement anyOf[trustStatement] }
	if json.Unmarshal([]byte(trustPolicy), &document) != nil {
		return false
	}
	for _, statement := range document.Statement {
		allows := slices.ContainsFunc(statement.Action, func(action string) bool {
			return slices.Contains([]string{"sts:assumerole", "sts:*", "*"}, strings.ToLower(action))
		})
		isEC2 := slices.ContainsFunc(statement.Principal.Service, func(service string) bool {
			return service == "ec2.amazonaws.com" || service == "ec2.amazonaws.com.cn"
		})
		if statement.Effect == "Allow" && allows && isEC2 {
			return true
		}
	}
	return false
}

type trustStatement struct {
	Effect    string
	Action    anyOf[string]
	Principal trustPrincipal
}

// trustPrincipal is the principal of a statement. The principal "*" is not a service.
type trustPrincipal struct{ Service anyOf[string] }

// UnmarshalJSON implements json.Unmarshaler.
func (p *trustPrincipal) UnmarshalJSON(data []byte) error {
	type object trustPrincipal
	if len(data) > 0 && data[0] != '{' {
		return nil
	}
	return json.Unmarshal(data, (*object)(p))
}

// anyOf is a list in a policy, which is written without brackets if it has one element.
type anyOf[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *anyOf[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(data, &(*l)[0])
}
