package awssim

import (
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

func createRolePolicy(c *call, in values) (string, values, error) {
	role, name := str(in, "role"), c.nameOrPrefix(in, "name", "namePrefix")
	if err := c.checkRolePolicy(role, name, str(in, "policy")); err != nil {
		return "", nil, err
	}
	id := role + ":" + name
	c.putGlobal(rolePolicyToken, id, in) // a policy with the same name is overwritten
	return id, in, nil
}

func updateRolePolicy(c *call, _ string, old, in values) (values, error) {
	if err := c.checkRolePolicy(str(old, "role"), str(old, "name"), str(in, "policy")); err != nil {
		return nil, err
	}
	return c.applyInputs(old, in), nil
}

func (c *call) checkRolePolicy(role, name, policy string) error {
	prefix, operation := "putting IAM Role ("+role+") Policy ("+name+")", "PutRolePolicy"
	if c.get(roleToken, role) == nil {
		return c.roleNotFound(prefix, operation, role)
	}
	if invalid := iampolicy.Validate(iampolicy.Identity, policy, c.policyContext()); invalid != nil {
		return c.iamError(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	size := iampolicy.Size(policy)
	for other, text := range c.inlinePolicies(role) {
		if other != name {
			size += iampolicy.Size(text)
		}
	}
	if size > iampolicy.MaxInlineSize {
		return c.iamError(prefix, operation, "LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", iampolicy.MaxInlineSize, role)
	}
	return nil
}

// checkAttachment returns AWS's error for a policy that cannot be attached to a role.
func (c *call) checkAttachment(role, arn string) error {
	prefix, operation := "attaching IAM Policy ("+arn+") to IAM Role ("+role+")", "AttachRolePolicy"
	attached := c.attachedPolicies(role)
	switch {
	case c.get(roleToken, role) == nil:
		return c.roleNotFound(prefix, operation, role)
	case !strings.HasPrefix(arn, "arn:"+c.partition+":iam::"):
		return c.iamError(prefix, operation, "InvalidInput", "ARN %s is not valid.", arn)
	case !c.policyExists(arn):
		return c.iamError(prefix, operation, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
	case !slices.Contains(attached, arn) && len(attached) >= c.quota(policiesPerRole):
		return c.iamError(prefix, operation, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", c.quota(policiesPerRole))
	}
	return nil
}

func attachPolicy(c *call, in values) (string, values, error) {
	role := str(in, "role")
	if err := c.checkAttachment(role, str(in, "policyArn")); err != nil {
		return "", nil, err
	}
	id := role + "-" + c.uniqueSuffix()
	c.putGlobal(attachmentToken, id, in)
	return id, in, nil
}

// detachPolicy detaches the policy, even if other resources attach it as well.
func detachPolicy(c *call, _ string, state values) error {
	for _, token := range []string{attachmentToken, listedAttachment} {
		for _, o := range c.find(token, ofRole(str(state, "role"))) {
			if str(o.State, "policyArn") == str(state, "policyArn") {
				c.remove(o)
			}
		}
	}
	return nil
}
