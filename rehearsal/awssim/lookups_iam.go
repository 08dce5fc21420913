package awssim

import (
	"fmt"
	"maps"
)

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:iam/getRole:getRole":                         {[]string{"name", "tags"}, nil, nil, getRole},
		"aws:iam/getInstanceProfile:getInstanceProfile":   {[]string{"name"}, nil, nil, getInstanceProfile},
		"aws:iam/getInstanceProfiles:getInstanceProfiles": {[]string{"roleName"}, nil, nil, getInstanceProfiles},
	})
}

func getRole(c *call, args values) (values, error) {
	name := str(args, "name")
	role := c.get(roleToken, name)
	if role == nil {
		return nil, fmt.Errorf("reading IAM Role (%s): couldn't find resource", name)
	}
	answer := values{"id": name, "name": name, "roleLastUseds": []any{}, "tags": role.providerTags()}
	for _, property := range []string{
		"arn", "assumeRolePolicy", "createDate", "maxSessionDuration", "path", "uniqueId",
	} {
		answer[property] = role.State[property]
	}
	answer["description"], answer["permissionsBoundary"] = str(role.State, "description"), str(role.State, "permissionsBoundary")
	return answer, nil
}

func getInstanceProfile(c *call, args values) (values, error) {
	name := str(args, "name")
	profile := c.get(profileToken, name)
	if profile == nil {
		return nil, fmt.Errorf("reading IAM Instance Profile (%s): couldn't find resource", name)
	}
	answer := values{
		"id": profile.State["uniqueId"], "name": name, "arn": profile.State["arn"], "path": profile.State["path"],
		"createDate": profile.State["createDate"], "roleName": "", "roleArn": "", "roleId": "",
	}
	if role := c.get(roleToken, str(profile.State, "role")); role != nil {
		answer["roleName"], answer["roleArn"], answer["roleId"] = role.ID, role.State["arn"], role.State["uniqueId"]
	}
	return answer, nil
}

func getInstanceProfiles(c *call, args values) (values, error) {
	role := str(args, "roleName")
	if c.get(roleToken, role) == nil {
		return nil, fmt.Errorf("reading IAM Instance Profiles for Role (%s): couldn't find resource", role)
	}
	names, arns, paths := []any{}, []any{}, []any{}
	for _, profile := range c.find(profileToken, ofRole(role)) {
		names, arns, paths = append(names, profile.ID), append(arns, profile.State["arn"]), append(paths, profile.State["path"])
	}
	return values{"id": role, "roleName": role, "names": names, "arns": arns, "paths": paths}, nil
}
