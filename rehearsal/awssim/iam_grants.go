package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"maps"
	"slices"
	"strings"
)

func createProfile(c *call, in values) (string, values, error) {
	name := c.fillName(in, "name", "namePrefix")
	prefix := "creating IAM Instance Profile (" + name + ")"
	if c.named(profileToken, name) != nil {
		return "", nil, c.iam(prefix, "CreateInstanceProfile", "EntityAlreadyExists", "Instance Profile %s already exists.", name)
	}
	maps.Copy(in, values{
		"arn":        c.globalARN("iam", "instance-profile"+text(in, "path")+name),
		"createDate": someDay, "uniqueId": c.iamID("AIPA"),
	})
	role := in["role"]
	delete(in, "role") // it is added once the profile is there
	c.putGlobal(profileToken, name, in)
	err := c.step()
	if err == nil {
		wanted, _ := role.(string)
		err = c.checkProfileRole(name, wanted)
	}
	if err == nil && role != nil {
		in["role"] = role
	}
	return name, in, partly(err)
}

func updateProfile(c *call, name string, old, in values) (values, error) {
	if err := c.checkProfileRole(name, text(in, "role")); err != nil {
		delete(c.get(profileToken, name).State, "role") // the provider takes the old one out first
		return nil, err
	}
	return c.settle(old, in), nil
}

func (c *call) checkProfileRole(profile, role string) error {
	if role == "" || c.get(roleToken, role) != nil {
		return nil
	}
	return c.noRole("adding IAM Role ("+role+") to Instance Profile ("+profile+")", "AddRoleToInstanceProfile", role)
}

// instanceProfile says whether a profile exists, and whether it has a role.
func (c *call) instanceProfile(name string) (exists, hasRole bool) {
	profile := c.get(profileToken, name)
	return profile != nil, profile != nil && text(profile.State, "role") != ""
}

func createRolePolicy(c *call, in values) (string, values, error) {
	role, name := text(in, "role"), c.fillName(in, "name", "namePrefix")
	if err := c.checkRolePolicy(role, name, text(in, "policy")); err != nil {
		return "", nil, err
	}
	id := role + ":" + name
	c.putGlobal(rolePolicyToken, id, in) // a put: one of the same name is overwritten without a word
	return id, in, nil
}

func updateRolePolicy(c *call, _ string, old, in values) (values, error) {
	if err := c.checkRolePolicy(text(old, "role"), text(old, "name"), text(in, "policy")); err != nil {
		return nil, err
	}
	return c.settle(old, in), nil
}

func (c *call) checkRolePolicy(role, name, policy string) error {
	prefix, operation := "putting IAM Role ("+role+") Policy ("+name+")", "PutRolePolicy"
	if c.get(roleToken, role) == nil {
		return c.noRole(prefix, operation, role)
	}
	if invalid := iampolicy.Validate(iampolicy.Identity, policy, c.policyContext()); invalid != nil {
		return c.iam(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	size := iampolicy.Size(policy)
	for other, text := range c.inline(role) {
		if other != name {
			size += iampolicy.Size(text)
		}
	}
	if size > iampolicy.MaxInlineSize {
		return c.iam(prefix, operation, "LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", iampolicy.MaxInlineSize, role)
	}
	return nil
}

// attachable refuses a policy that cannot be put on a role.
func (c *call) attachable(role, arn string) error {
	prefix, operation := "attaching IAM Policy ("+arn+") to IAM Role ("+role+")", "AttachRolePolicy"
	attached := c.attached(role)
	switch {
	case c.get(roleToken, role) == nil:
		return c.noRole(prefix, operation, role)
	case !strings.HasPrefix(arn, "arn:"+c.partition+":iam::"):
		return c.iam(prefix, operation, "InvalidInput", "ARN %s is not valid.", arn)
	case !c.policyExists(arn):
		return c.iam(prefix, operation, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
	case !slices.Contains(attached, arn) && len(attached) >= maxAttachments:
		return c.iam(prefix, operation, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttachments)
	}
	return nil
}

func attachPolicy(c *call, in values) (string, values, error) {
	role := text(in, "role")
	if err := c.attachable(role, text(in, "policyArn")); err != nil {
		return "", nil, err
	}
	id := role + "-" + c.counter()
	c.putGlobal(attachmentToken, id, in)
	return id, in, nil
}

// detachPolicy detaches the policy, however many resources attach it.
func detachPolicy(c *call, _ string, state values) error {
	for _, token := range []string{attachmentToken, listedAttachment} {
		for _, o := range c.all(token, ofRole(text(state, "role"))) {
			if text(o.State, "policyArn") == text(state, "policyArn") {
				c.drop(o)
			}
		}
	}
	return nil
}
