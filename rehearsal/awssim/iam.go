package awssim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	roleToken       = "aws:iam/role:Role"
	profileToken    = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyToken = "aws:iam/rolePolicy:RolePolicy"
	attachmentToken = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	// Quotas. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	maxRoles       = 1000
	maxAttachments = 10
)

// managedPolicies are AWS's own that exist, of those that a stack like these could name.
var managedPolicies = []string{
	"AmazonSSMManagedInstanceCore", "AmazonSSMPatchAssociation", "CloudWatchAgentServerPolicy", "AmazonSSMDirectoryServiceAccess",
	"AmazonSSMManagedEC2InstanceDefaultPolicy", "AmazonS3ReadOnlyAccess", "ReadOnlyAccess", "AdministratorAccess", "PowerUserAccess",
}

var iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)

// iamNamed are the inputs of what IAM names.
func iamNamed(longest, longestPrefix int) map[string]attribute {
	charset := matching(iamName, `must match [\w+=,.@-]`)
	return map[string]attribute{
		"name":       {replace: true, check: both(length(1, longest), charset)},
		"namePrefix": {replace: true, computed: true, check: both(length(1, longestPrefix), charset)},
		"path":       {replace: true, fallback: "/", check: length(0, 512)},
	}
}

func init() {
	role := iamNamed(64, 38)
	maps.Copy(role, map[string]attribute{
		"assumeRolePolicy":    {required: true, policy: true, check: policyDocument},
		"description":         {check: length(0, 1000)},
		"maxSessionDuration":  {fallback: 3600.0, check: between(3600, 43200)},
		"permissionsBoundary": {check: arnText},
		"forceDetachPolicies": {fallback: false},
	})
	profile := iamNamed(128, 102)
	profile["role"] = attribute{}
	names := [][]string{{"name", "namePrefix"}}
	register(&resourceType{
		token: roleToken, inputs: role, conflicts: names, taggable: true,
		name:    &autoname{attribute: "name", unless: "namePrefix", longest: 64},
		outputs: []string{"arn", "createDate", "uniqueId", "managedPolicyArns", "inlinePolicies"},
		create:  createRole, update: updateRole, remove: removeRole,
	}, &resourceType{
		token: profileToken, inputs: profile, conflicts: names, taggable: true,
		name:    &autoname{attribute: "name", unless: "namePrefix", longest: 255},
		outputs: []string{"arn", "createDate", "uniqueId"},
		create:  createProfile, update: updateProfile,
	}, &resourceType{
		token: rolePolicyToken, conflicts: names,
		name: &autoname{attribute: "name", unless: "namePrefix", longest: 255},
		inputs: map[string]attribute{
			"role":       {required: true, replace: true, check: roleName},
			"policy":     {required: true, policy: true, check: policyDocument},
			"name":       {replace: true, check: both(length(1, 128), matching(iamName, `must match [\w+=,.@-]`))},
			"namePrefix": {replace: true, computed: true, check: length(1, 102)},
		},
		create: createRolePolicy, update: updateRolePolicy,
	}, &resourceType{
		token: attachmentToken, deleteFirst: true,
		inputs: map[string]attribute{
			"role":      {required: true, replace: true},
			"policyArn": {required: true, replace: true, check: arnText},
		},
		create: attachPolicy,
	})
}

func roleName(path string, value any) []string {
	if text, _ := value.(string); strings.HasPrefix(text, "arn:") {
		return []string{`"` + path + `" must be the role's name not its ARN`}
	}
	return both(length(1, 128), matching(iamName, `must match [\w+=,.@-]`))(path, value)
}

// iam is an error of IAM's.
func (c *call) iam(prefix, operation string, status int, code, format string, args ...any) error {
	return c.refuse(prefix, "IAM", operation, status, code, format, args...)
}

// named returns the role or profile of this name. IAM does not tell names apart by the case of their letters.
func (c *call) named(token, name string) *object {
	for _, o := range c.all(token, func(v values) bool { return strings.EqualFold(text(v, "name"), name) }) {
		return o
	}
	return nil
}

// scope is what policies are judged against.
func (c *call) scope() policyScope {
	return policyScope{partition: c.partition, account: c.account(), principal: c.principalExists}
}

// principalExists says whether an IAM user or role of the account exists. Those of other accounts cannot be known, and are assumed.
func (c *call) principalExists(arn string) bool {
	kind, name := "user", arn[strings.LastIndex(arn, "/")+1:]
	if strings.Contains(arn, ":role/") {
		kind = "role"
	}
	own := strings.Contains(arn, "::"+c.account()+":")
	switch {
	case own && kind == "user" && slices.Contains(account.Users, name), own && kind == "role" && c.named(roleToken, name) != nil:
		return true
	}
	return c.assume("IAM %s %s exists", kind, arn)
}

func createRole(c *call, in values) (string, values, error) {
	name := text(in, "name")
	prefix := "creating IAM Role (" + name + ")"
	if c.named(roleToken, name) != nil {
		return "", nil, c.iam(prefix, "CreateRole", 409, "EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	if len(c.all(roleToken, nil)) >= maxRoles {
		return "", nil, c.iam(prefix, "CreateRole", 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d", maxRoles)
	}
	if err := c.checkRole(prefix, "CreateRole", in); err != nil {
		return "", nil, err
	}
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.globalARN("iam", "role"+text(in, "path")+name), "createDate": "2026-01-01T00:00:00Z",
		"uniqueId": "AROA" + strings.ToUpper(c.random(17)), "managedPolicyArns": []any{}, "inlinePolicies": []any{},
	})
	c.putGlobal(roleToken, name, state)
	return name, state, nil
}

func (c *call) checkRole(prefix, operation string, in values) error {
	if code, message := policyProblem(trustPolicy, text(in, "assumeRolePolicy"), c.scope()); code != "" {
		status := 400
		if code == "LimitExceeded" {
			status = 409
		}
		return c.iam(prefix, operation, status, code, "%s", message)
	}
	if boundary := text(in, "permissionsBoundary"); boundary != "" && !c.policyExists(boundary) {
		return c.iam(prefix, operation, 404, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", boundary)
	}
	return nil
}

// policyExists says whether there is a managed policy, AWS's own or one that is assumed.
func (c *call) policyExists(arn string) bool {
	if name, ok := strings.CutPrefix(arn, "arn:"+c.partition+":iam::aws:policy/"); ok {
		return slices.Contains(managedPolicies, name[strings.LastIndex(name, "/")+1:])
	}
	return strings.HasPrefix(arn, "arn:"+c.partition+":iam::"+c.account()+":policy/") && c.assume("IAM policy %s exists", arn)
}

func updateRole(c *call, id string, old, in values) (values, error) {
	if err := c.checkRole("updating IAM Role ("+id+") assume role policy", "UpdateAssumeRolePolicy", in); err != nil {
		return nil, err
	}
	if !given(in, "permissionsBoundary") {
		delete(old, "permissionsBoundary")
	}
	return merge(c, id, old, in)
}

func removeRole(c *call, id string, state values) error {
	prefix := "deleting IAM Role (" + id + ")"
	// The provider takes the role out of its instance profiles first.
	for _, profile := range c.all(profileToken, func(v values) bool { return text(v, "role") == id }) {
		profile.State["role"] = ""
	}
	ofRole := func(v values) bool { return text(v, "role") == id }
	if !flag(state, "forceDetachPolicies") {
		if len(c.all(attachmentToken, ofRole)) > 0 {
			return c.iam(prefix, "DeleteRole", 409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
		}
		if len(c.all(rolePolicyToken, ofRole)) > 0 {
			return c.iam(prefix, "DeleteRole", 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
		}
	}
	c.drop(c.get(roleToken, id))
	return nil
}

func (c *call) noRole(prefix, operation, name string) error {
	return c.iam(prefix, operation, 404, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

func createProfile(c *call, in values) (string, values, error) {
	name, role := text(in, "name"), text(in, "role")
	prefix := "creating IAM Instance Profile (" + name + ")"
	if c.named(profileToken, name) != nil {
		return "", nil, c.iam(prefix, "CreateInstanceProfile", 409, "EntityAlreadyExists", "Instance Profile %s already exists.", name)
	}
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.globalARN("iam", "instance-profile"+text(in, "path")+name), "createDate": "2026-01-01T00:00:00Z",
		"uniqueId": "AIPA" + strings.ToUpper(c.random(17)),
	})
	c.putGlobal(profileToken, name, state)
	if role != "" && c.get(roleToken, role) == nil {
		state["role"] = ""
		return name, state, partly(c.noRole("adding IAM Role ("+role+") to Instance Profile ("+name+")", "AddRoleToInstanceProfile", role))
	}
	return name, state, nil
}

func updateProfile(c *call, id string, old, in values) (values, error) {
	if role := text(in, "role"); role != "" && c.get(roleToken, role) == nil {
		return nil, c.noRole("adding IAM Role ("+role+") to Instance Profile ("+id+")", "AddRoleToInstanceProfile", role)
	}
	return merge(c, id, old, in)
}

// instanceProfile says whether a profile exists, and whether it has a role.
func (c *call) instanceProfile(name string) (exists, hasRole bool) {
	profile := c.get(profileToken, name)
	return profile != nil, profile != nil && text(profile.State, "role") != ""
}

func createRolePolicy(c *call, in values) (string, values, error) {
	role, name := text(in, "role"), text(in, "name")
	if err := c.checkRolePolicy(role, name, text(in, "policy")); err != nil {
		return "", nil, err
	}
	id := role + ":" + name
	// A put: one of the same name is overwritten without a word.
	c.putGlobal(rolePolicyToken, id, clone(in))
	return id, clone(in), nil
}

func updateRolePolicy(c *call, id string, old, in values) (values, error) {
	if err := c.checkRolePolicy(text(in, "role"), text(in, "name"), text(in, "policy")); err != nil {
		return nil, err
	}
	return merge(c, id, old, in)
}

func (c *call) checkRolePolicy(role, name, policy string) error {
	prefix, operation := "putting IAM Role ("+role+") Policy ("+name+")", "PutRolePolicy"
	if c.get(roleToken, role) == nil {
		return c.noRole(prefix, operation, role)
	}
	if code, message := policyProblem(identityPolicy, policy, c.scope()); code != "" {
		return c.iam(prefix, operation, 400, code, "%s", message)
	}
	size := policyLength(policy)
	for _, other := range c.all(rolePolicyToken, func(v values) bool { return text(v, "role") == role && text(v, "name") != name }) {
		size += policyLength(text(other.State, "policy"))
	}
	if size > maxInlinePolicies {
		return c.iam(prefix, operation, 409, "LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInlinePolicies, role)
	}
	return nil
}

func attachPolicy(c *call, in values) (string, values, error) {
	role, arn := text(in, "role"), text(in, "policyArn")
	prefix, operation := "attaching IAM Policy ("+arn+") to IAM Role ("+role+")", "AttachRolePolicy"
	if c.get(roleToken, role) == nil {
		return "", nil, c.noRole(prefix, operation, role)
	}
	if !c.policyExists(arn) {
		return "", nil, c.iam(prefix, operation, 404, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
	}
	attached := map[string]bool{arn: true}
	for _, other := range c.all(attachmentToken, func(v values) bool { return text(v, "role") == role }) {
		attached[text(other.State, "policyArn")] = true
	}
	if len(attached) > maxAttachments {
		return "", nil, c.iam(prefix, operation, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttachments)
	}
	c.Sequence++
	id := role + "-20260101000000" + strings.Repeat("0", 6) + c.decimal(6)
	c.putGlobal(attachmentToken, id, clone(in))
	return id, clone(in), nil
}
