package awssim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
	"bastionless/rehearsal/awssim/iampolicy"
)

const (
	roleToken       = "aws:iam/role:Role"
	profileToken    = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyToken = "aws:iam/rolePolicy:RolePolicy"
	attachmentToken = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	// The attachments and inline policies that are arguments of a role instead of resources.
	listedAttachment = "iam:listedAttachment"
	listedPolicy     = "iam:listedPolicy"

	// deployer is the name of the role that deploys the stack, and of its session.
	deployer = "deployer"
	// createdAt is the creation date of all resources, so that every run returns the same.
	createdAt = "2026-01-01T00:00:00Z"
)

var (
	iamName    = stringMatch(regexp.MustCompile(`^[\w+=,.@-]*$`), `must match [\w+=,.@-]`)
	iamPath    = regexp.MustCompile(`^/([!-~]+/)?$`)
	roleQuotes = stringMatch(regexp.MustCompile(`^[^“‘]*$`), `cannot contain specially formatted single or double quotes: [“‘]`)
	roleWords  = regexp.MustCompile(`^[\x09\x0A\x0D\x20-\x7E\x{A1}-\x{FF}]*$`)
)

func init() {
	names := [][]string{{"name", "namePrefix"}}
	register(&resourceType{
		Token: roleToken,
		Inputs: map[string]attribute{
			"assumeRolePolicy":    {Required: true, IsPolicy: true, Validate: validatePolicyJSON},
			"name":                {ForceNew: true, Computed: true, Validate: allOf(lengthBetween(1, 64), iamName)},
			"namePrefix":          {ForceNew: true, Validate: allOf(lengthBetween(1, 38), iamName)},
			"path":                {ForceNew: true, Default: "/", Validate: lengthBetween(0, 512)},
			"description":         {Validate: allOf(lengthBetween(0, 1000), roleQuotes)},
			"maxSessionDuration":  {Default: 3600.0, Validate: intBetween(3600, 43200)},
			"permissionsBoundary": {Validate: validateARN},
			"forceDetachPolicies": {Default: false},
			"managedPolicyArns":   {Computed: true, Set: true, Validate: eachElement(validateARN)},
			"inlinePolicies":      {Computed: true, Set: true, DiffSuppress: sameInlinePolicies, Validate: eachElement(inlinePolicy)},
		},
		Outputs:  []string{"arn", "createDate", "uniqueId"},
		AutoName: &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 64}, ConflictsWith: names, Taggable: true,
		Create: createRole, Update: updateRole, Delete: deleteRole, Read: refreshRole,
		NotFound: func(c *call, name string) error {
			return c.roleNotFound("updating IAM Role ("+name+")", "UpdateRole", name)
		},
	}, &resourceType{
		Token: profileToken,
		Inputs: map[string]attribute{
			"name":       {ForceNew: true, Computed: true, Validate: allOf(lengthBetween(1, 128), iamName)},
			"namePrefix": {ForceNew: true, Validate: allOf(lengthBetween(1, 102), iamName)},
			"path":       {ForceNew: true, Default: "/"},
			"role":       {},
		},
		Outputs:  []string{"arn", "createDate", "uniqueId"},
		AutoName: &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 255}, ConflictsWith: names, Taggable: true,
		Create: createProfile, Update: updateProfile,
		NotFound: func(c *call, name string) error {
			return c.iamError("updating IAM Instance Profile ("+name+")", "AddRoleToInstanceProfile", "NoSuchEntity",
				"Instance Profile %s cannot be found.", name)
		},
	}, &resourceType{
		Token: rolePolicyToken, SingleCall: true,
		Inputs: map[string]attribute{
			"role":       {Required: true, ForceNew: true, Validate: roleName},
			"policy":     {Required: true, IsPolicy: true, Validate: validatePolicyJSON},
			"name":       {ForceNew: true, Computed: true, Validate: allOf(lengthBetween(1, 128), iamName)},
			"namePrefix": {ForceNew: true, Validate: allOf(lengthBetween(1, 102), iamName)},
		},
		AutoName: &autoName{attribute: "name", unlessSet: "namePrefix", maxLength: 255}, ConflictsWith: names,
		Create: createRolePolicy, Update: updateRolePolicy,
	}, &resourceType{
		Token: attachmentToken, DeleteBeforeReplace: true, SingleCall: true,
		Inputs: map[string]attribute{
			"role":      {Required: true, ForceNew: true},
			"policyArn": {Required: true, ForceNew: true, Validate: validateARN},
		},
		Create: attachPolicy, Delete: detachPolicy,
	})
}

func roleName(path string, value any) []string {
	if text, _ := value.(string); strings.HasPrefix(text, "arn:") {
		return []string{`"` + path + `" must be the role's name not its ARN`}
	}
	return allOf(lengthBetween(1, 128), iamName)(path, value)
}

func inlinePolicy(path string, value any) []string {
	policy, _ := value.(values)
	var reasons []string
	if isSet(policy, "name") {
		reasons = allOf(lengthBetween(1, 128), iamName)(path+".name", policy["name"])
	}
	if isSet(policy, "policy") {
		reasons = append(reasons, validatePolicyJSON(path+".policy", policy["policy"])...)
	}
	return reasons
}

// sameInlinePolicies reports whether two lists contain equivalent policies.
func sameInlinePolicies(a, b any) bool {
	x, y := policiesByName(a), policiesByName(b)
	for name, policy := range x {
		if other, ok := y[name]; !ok || !iampolicy.Equivalent(policy, other) {
			return false
		}
	}
	return len(x) == len(y)
}

func policiesByName(value any) map[string]string {
	byName := map[string]string{}
	items, _ := value.([]any)
	for _, item := range items {
		if policy, ok := item.(values); ok {
			byName[str(policy, "name")] = str(policy, "policy")
		}
	}
	return byName
}

// iamError returns an error of IAM.
func (c *call) iamError(prefix, operation, code, format string, args ...any) error {
	status := 400
	switch code {
	case "DeleteConflict", "EntityAlreadyExists", "LimitExceeded":
		status = 409
	case "NoSuchEntity":
		status = 404
	}
	return c.apiError(prefix, "IAM", operation, status, code, format, args...)
}

func (c *call) roleNotFound(prefix, operation, name string) error {
	return c.iamError(prefix, operation, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

// findByName returns the role or profile with this name, or nil. Names are case-insensitive in IAM.
func (c *call) findByName(token, name string) *object {
	for _, o := range c.find(token, func(v values) bool { return strings.EqualFold(str(v, "name"), name) }) {
		return o
	}
	return nil
}

// nameOrPrefix returns the name of a new resource. If it is not set, it is set to the prefix and a unique
// suffix.
func (c *call) nameOrPrefix(in values, attribute, prefix string) string {
	if !isSet(in, attribute) {
		in[attribute] = str(in, prefix) + c.uniqueSuffix()
	}
	return str(in, attribute)
}

// uniqueSuffix returns 26 digits in the form of the provider's unique IDs: a time and a counter.
func (c *Cloud) uniqueSuffix() string {
	c.Sequence++
	return fmt.Sprintf("20260101%018d", c.Sequence)
}

// iamID returns a unique ID of IAM: a prefix with 17 letters and digits.
func (c *call) iamID(prefix string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(prefix)
	for _, digit := range []byte(c.random(17)) {
		id = append(id, alphabet[(int(digit)+len(id))%len(alphabet)])
	}
	return string(id)
}

// policyContext returns what policies are validated against.
func (c *call) policyContext() iampolicy.Context {
	return iampolicy.Context{
		Partition: c.partition, Account: c.account, PrincipalExists: c.principalExists,
		Caller: c.iamARN("role/" + deployer),
	}
}

// principalExists reports whether an IAM user or role exists. Those that the account does not contain, and
// those of other accounts, can only be assumed to exist.
func (c *call) principalExists(arn string) bool {
	kind, name, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
	switch {
	case arn != c.iamARN(kind+"/"+name):
	case kind == "user" && slices.Contains(c.userNames(), name), kind == "role" && name == deployer:
		return true
	case kind == "role" && len(c.find(roleToken, func(v values) bool { return str(v, "arn") == arn })) > 0:
		return true
	case kind == "user" && c.usersCaptured(), kind == "role" && c.rolesCaptured():
		return false
	}
	return c.assume("IAM %s %s exists", kind, arn)
}

// policyExists reports whether a managed policy exists. The simulated AWS has no resource type for customer
// managed policies: those that no role of the account has can only be assumed to exist.
func (c *call) policyExists(arn string) bool {
	attached := func(v values) bool { return str(v, "policyArn") == arn || str(v, "permissionsBoundary") == arn }
	for _, o := range append(c.find(attachmentToken, attached), c.find(roleToken, attached)...) {
		if o.Existing {
			return true
		}
	}
	if name, ok := strings.CutPrefix(arn, "arn:"+c.partition+":iam::aws:policy/"); ok {
		return slices.Contains(catalog.ManagedPolicies(), name)
	}
	return strings.HasPrefix(arn, c.iamARN("policy/")) && c.assume("IAM policy %s exists", arn)
}
