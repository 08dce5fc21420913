package awssim

import (
	"maps"
)

func createProfile(c *call, in values) (string, values, error) {
	name := c.nameOrPrefix(in, "name", "namePrefix")
	prefix := "creating IAM Instance Profile (" + name + ")"
	if c.findByName(profileToken, name) != nil {
		return "", nil, c.iamError(prefix, "CreateInstanceProfile", "EntityAlreadyExists", "Instance Profile %s already exists.", name)
	}
	if limit := c.quota(profilesPerAccount); len(c.find(profileToken, nil)) >= limit {
		return "", nil, c.iamError(prefix, "CreateInstanceProfile", "LimitExceeded", "Cannot exceed quota for InstanceProfilesPerAccount: %d", limit)
	}
	if err := c.checkIAMTags(prefix, "CreateInstanceProfile", c.allTags(in), false); err != nil {
		return "", nil, err
	}
	maps.Copy(in, values{
		"arn":        c.iamARN("instance-profile" + str(in, "path") + name),
		"createDate": createdAt, "uniqueId": c.iamID("AIPA"),
	})
	role := in["role"]
	delete(in, "role") // added when the profile exists
	c.putGlobal(profileToken, name, in)
	err := c.partialFault()
	if err == nil {
		roleName, _ := role.(string)
		err = c.checkProfileRole(name, roleName)
	}
	if err == nil && role != nil {
		in["role"] = role
	}
	return name, in, partial(err)
}

func updateProfile(c *call, name string, old, in values) (values, error) {
	if err := c.checkProfileRole(name, str(in, "role")); err != nil {
		delete(c.get(profileToken, name).State, "role") // the provider removes the old role first
		return nil, err
	}
	return c.applyInputs(old, in), nil
}

func (c *call) checkProfileRole(profile, role string) error {
	if role == "" || c.get(roleToken, role) != nil {
		return nil
	}
	return c.roleNotFound("adding IAM Role ("+role+") to Instance Profile ("+profile+")", "AddRoleToInstanceProfile", role)
}

// instanceProfile reports whether an instance profile exists and whether it has a role.
func (c *call) instanceProfile(name string) (exists, hasRole bool) {
	profile := c.get(profileToken, name)
	return profile != nil, profile != nil && str(profile.State, "role") != ""
}
