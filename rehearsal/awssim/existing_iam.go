package awssim

import (
	"encoding/json"
	"maps"
	"slices"

	"bastionless/rehearsal/account"
)

func (c *call) addRoles(f *account.File) {
	for _, role := range f.Roles {
		path := rootPath(role.Path)
		boundary := ""
		if role.PermissionsBoundary != nil {
			boundary = role.PermissionsBoundary.PermissionsBoundaryArn
		}
		o := c.putGlobal(roleToken, role.RoleName, values{
			"name": role.RoleName, "namePrefix": "", "path": path, "arn": c.iamARN("role" + path + role.RoleName), "description": "",
			"assumeRolePolicy": compactJSON(role.AssumeRolePolicyDocument), "permissionsBoundary": boundary, "maxSessionDuration": 3600.0,
			"forceDetachPolicies": false, "createDate": createdAt, "uniqueId": c.iamID("AROA"),
		})
		addTags(o, role.Tags)
		for _, attached := range role.AttachedPolicies {
			id := role.RoleName + "-" + attached.PolicyName
			c.putGlobal(attachmentToken, id, values{"role": role.RoleName, "policyArn": attached.PolicyArn}).Owner = o.key()
		}
		for _, name := range slices.Sorted(maps.Keys(role.InlinePolicies)) {
			policy := values{"role": role.RoleName, "name": name, "policy": compactJSON(role.InlinePolicies[name])}
			c.putGlobal(rolePolicyToken, role.RoleName+":"+name, policy).Owner = o.key()
		}
	}
	for _, profile := range f.InstanceProfiles {
		path := rootPath(profile.Path)
		state := values{
			"name": profile.InstanceProfileName, "namePrefix": "", "path": path, "arn": c.iamARN("instance-profile" + path + profile.InstanceProfileName),
			"createDate": createdAt, "uniqueId": c.iamID("AIPA"),
		}
		if len(profile.RoleNames) > 0 {
			state["role"] = profile.RoleNames[0]
		}
		addTags(c.putGlobal(profileToken, profile.InstanceProfileName, state), nil)
	}
}

func (c *call) addKeyPairs(f *account.File) {
	for _, pair := range f.KeyPairs {
		o := c.put(keyPairToken, pair.KeyName, values{
			"keyName": pair.KeyName, "keyNamePrefix": "", "keyPairId": pair.KeyPairId, "keyType": pair.KeyType, "publicKey": "",
			"fingerprint": hash(pair.KeyName, 32), "arn": c.arn("ec2", "key-pair/"+pair.KeyName),
		})
		addTags(o, pair.Tags)
	}
}

// rootPath returns an IAM path, or "/" for an empty one.
func rootPath(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// compactJSON returns a policy document, which the AWS CLI prints as an object, as a string.
func compactJSON(document any) string {
	if text, ok := document.(string); ok || document == nil {
		return text
	}
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // the document was decoded from JSON
	}
	return string(text)
}
