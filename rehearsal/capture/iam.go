package capture

import (
	"context"
	"strings"

	"bastionless/rehearsal/account"
)

// readIAM reads users, instance profiles and roles. It reads the policies of roles that instances use.
func (r *reader) readIAM(ctx context.Context) {
	f := r.file
	readList(ctx, r, listUsers, &f.Users)
	r.readProfiles(ctx)
	roles, ok := read[[]account.Role](ctx, r, listRoles)
	if !ok {
		return
	}
	used := r.usedRoles()
	for i := range roles {
		roles[i] = account.Role{RoleName: roles[i].RoleName, Path: roles[i].Path}
		if used[roles[i].RoleName] {
			roles[i] = r.readRole(ctx, roles[i])
		}
	}
	setList(r, listRoles, &f.Roles, roles)
}

func (r *reader) readProfiles(ctx context.Context) {
	type profile struct {
		account.InstanceProfile
		Roles []struct{ RoleName string }
	}
	found, ok := read[[]profile](ctx, r, listProfiles)
	if !ok {
		return
	}
	profiles := make([]account.InstanceProfile, len(found))
	for i, p := range found {
		profiles[i] = p.InstanceProfile
		profiles[i].RoleNames = []string{}
		for _, role := range p.Roles {
			profiles[i].RoleNames = append(profiles[i].RoleNames, role.RoleName)
		}
	}
	setList(r, listProfiles, &r.file.InstanceProfiles, profiles)
}

// usedRoles returns the names of the roles of the instances.
func (r *reader) usedRoles() map[string]bool {
	used := map[string]bool{}
	for _, instance := range r.file.Instances {
		if instance.IamInstanceProfile == nil {
			continue
		}
		arn := instance.IamInstanceProfile.Arn
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		for _, profile := range r.file.InstanceProfiles {
			if profile.InstanceProfileName != name {
				continue
			}
			for _, role := range profile.RoleNames {
				used[role] = true
			}
		}
	}
	return used
}

// readRole reads the policies of a role.
func (r *reader) readRole(ctx context.Context, role account.Role) account.Role {
	of := []string{"--role-name", role.RoleName}
	if detailed, ok := read[account.Role](ctx, r, getRole, of...); ok {
		role = detailed
	}
	role.AttachedPolicies, _ = read[[]account.AttachedPolicy](ctx, r, listAttachedPolicies, of...)
	names, _ := read[[]string](ctx, r, listRolePolicies, of...)
	for _, name := range names {
		document, ok := read[any](ctx, r, getRolePolicy, append(of, "--policy-name", name)...)
		if !ok {
			continue
		}
		if role.InlinePolicies == nil {
			role.InlinePolicies = map[string]any{}
		}
		role.InlinePolicies[name] = document
	}
	return role
}
