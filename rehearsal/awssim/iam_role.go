package awssim

import (
	"maps"
	"slices"

	"bastionless/rehearsal/awssim/iampolicy"
)

func createRole(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "name", "namePrefix")
	prefix := "creating IAM Role (" + name + ")"
	refuse := func(code, format string, args ...any) (string, values, error) {
		return "", nil, c.iamError(prefix, "CreateRole", code, format, args...)
	}
	if !iamPath.MatchString(str(in, "path")) {
		return refuse("ValidationError", "The specified value for path is invalid. It must begin and end with / and "+
			"contain only alphanumeric characters and/or / characters.")
	}
	if err := c.checkDescription(prefix, "CreateRole", in); err != nil {
		return "", nil, err
	}
	if invalid := iampolicy.Validate(iampolicy.Trust, str(in, "assumeRolePolicy"), c.policyContext()); invalid != nil {
		return refuse(invalid.Code, "%s", invalid.Message)
	}
	if err := c.checkBoundary(prefix, "CreateRole", in); err != nil {
		return "", nil, err
	}
	if err := c.checkIAMTags(prefix, "CreateRole", c.allTags(in), true); err != nil {
		return "", nil, err
	}
	if c.findByName(roleToken, name) != nil {
		return refuse("EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	if limit := c.quota(rolesPerAccount); len(c.find(roleToken, nil)) >= limit {
		return refuse("LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d", limit)
	}
	maps.Copy(in, values{
		"arn": c.iamARN("role" + str(in, "path") + name), "createDate": createdAt, "uniqueId": c.iamID("AROA"),
	})
	c.putGlobal(roleToken, name, in)
	return name, in, partial(c.setExclusivePolicies(name, in))
}

func (c *call) checkDescription(prefix, operation string, in values) error {
	if roleWords.MatchString(str(in, "description")) {
		return nil
	}
	return c.iamError(prefix, operation, "ValidationError", "1 validation error detected: Value at 'description' failed to "+
		`satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`)
}

func (c *call) checkBoundary(prefix, operation string, in values) error {
	arn := str(in, "permissionsBoundary")
	if arn == "" || c.policyExists(arn) {
		return nil
	}
	return c.iamError(prefix, operation, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", arn)
}

func updateRole(c *call, name string, old, in values) (values, error) {
	prefix := "updating IAM Role (" + name + ")"
	if trust := str(in, "assumeRolePolicy"); !iampolicy.Equivalent(str(old, "assumeRolePolicy"), trust) {
		if invalid := iampolicy.Validate(iampolicy.Trust, trust, c.policyContext()); invalid != nil {
			return nil, c.iamError(prefix+" assume role policy", "UpdateAssumeRolePolicy", invalid.Code, "%s", invalid.Message)
		}
	}
	if err := c.checkDescription(prefix+" description", "UpdateRoleDescription", in); err != nil {
		return nil, err
	}
	if err := c.checkBoundary(prefix+" permissions boundary", "PutRolePermissionsBoundary", in); err != nil {
		return nil, err
	}
	if err := c.checkIAMTags("updating tags for IAM Role ("+name+")", "TagRole", c.newTags(old, in), true); err != nil {
		return nil, err
	}
	if err := c.setExclusivePolicies(name, in); err != nil {
		return nil, err
	}
	return c.applyInputs(old, in), nil
}

func deleteRole(c *call, name string, state values) error {
	// The provider first removes the role from its instance profiles. It removes the role's policies if
	// they are arguments of the role or forceDetachPolicies is true.
	prefix, force := "deleting IAM Role ("+name+")", boolean(state, "forceDetachPolicies")
	for _, profile := range c.find(profileToken, ofRole(name)) {
		delete(profile.State, "role")
	}
	if !force && len(c.attachedPolicies(name)) > 0 && len(strList(state, "managedPolicyArns")) == 0 {
		return c.iamError(prefix, "DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	if !force && len(c.inlinePolicies(name)) > 0 && len(policiesByName(state["inlinePolicies"])) == 0 {
		return c.iamError(prefix, "DeleteRole", "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	c.dropOfRole(name, attachmentToken, rolePolicyToken)
	c.remove(c.get(roleToken, name))
	return nil
}

// refreshRole sets the arguments for the role's policies to what is attached to it.
func refreshRole(c *call, name string, state values) {
	if arns := c.attachedPolicies(name); len(arns) > 0 || isSet(state, "managedPolicyArns") {
		state["managedPolicyArns"] = toList(arns)
	}
	policies := []any{}
	inline := c.inlinePolicies(name)
	for _, policy := range slices.Sorted(maps.Keys(inline)) {
		policies = append(policies, values{"name": policy, "policy": inline[policy]})
	}
	if !sameInlinePolicies(state["inlinePolicies"], policies) {
		state["inlinePolicies"] = policies
	}
}

// ofRole matches resources that belong to a role.
func ofRole(name string) func(values) bool {
	return func(v values) bool { return str(v, "role") == name }
}

func (c *call) dropOfRole(role string, tokens ...string) {
	for _, token := range tokens {
		for _, o := range c.find(token, ofRole(role)) {
			c.remove(o)
		}
	}
}

// attachedPolicies returns the ARNs of the managed policies that are attached to a role, sorted.
func (c *call) attachedPolicies(role string) []string {
	var arns []string
	for _, o := range append(c.find(attachmentToken, ofRole(role)), c.find(listedAttachment, ofRole(role))...) {
		arns = append(arns, str(o.State, "policyArn"))
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// inlinePolicies returns the inline policies of a role by name.
func (c *call) inlinePolicies(role string) map[string]string {
	policies := map[string]string{}
	for _, o := range append(c.find(rolePolicyToken, ofRole(role)), c.find(listedPolicy, ofRole(role))...) {
		policies[str(o.State, "name")] = str(o.State, "policy")
	}
	return policies
}

// setExclusivePolicies makes the policies that are arguments of the role its only ones, if the arguments
// are set.
func (c *call) setExclusivePolicies(role string, in values) error {
	owner := objectKey(roleToken, "", role)
	if isSet(in, "managedPolicyArns") {
		c.dropOfRole(role, attachmentToken, listedAttachment)
		for _, arn := range strList(in, "managedPolicyArns") {
			if err := c.checkAttachment(role, arn); err != nil {
				return err
			}
			c.putGlobal(listedAttachment, role+" "+arn, values{"role": role, "policyArn": arn}).Owner = owner
		}
	}
	if isSet(in, "inlinePolicies") {
		c.dropOfRole(role, rolePolicyToken, listedPolicy)
		policies := policiesByName(in["inlinePolicies"])
		for _, name := range slices.Sorted(maps.Keys(policies)) {
			if err := c.checkRolePolicy(role, name, policies[name]); err != nil {
				return err
			}
			policy := values{"role": role, "name": name, "policy": policies[name]}
			c.putGlobal(listedPolicy, role+":"+name, policy).Owner = owner
		}
	}
	return nil
}
