package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"fmt"
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

	// What a role's own lists attach and hold, which are no resources of a stack.
	listedAttachment = "iam:listedAttachment"
	listedPolicy     = "iam:listedPolicy"

	// Quotas. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	maxRoles       = 1000
	maxAttachments = 10

	// deployer is the role that runs the deployment.
	deployer = "deployer"
	// someDay is when everything was made: the same in every run.
	someDay = "2026-01-01T00:00:00Z"
)

// managedPolicies are AWS's own that exist, of those that a stack like these could name.
var managedPolicies = []string{
	"AWSXRayDaemonWriteAccess", "AdministratorAccess", "AmazonEC2ContainerRegistryReadOnly", "AmazonEC2FullAccess",
	"AmazonEC2ReadOnlyAccess", "AmazonInspector2ManagedCispolicy", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess",
	"AmazonSSMAutomationApproverAccess", "AmazonSSMDirectoryServiceAccess", "AmazonSSMFullAccess",
	"AmazonSSMManagedEC2InstanceDefaultPolicy", "AmazonSSMManagedInstanceCore", "AmazonSSMPatchAssociation",
	"AmazonSSMReadOnlyAccess", "CloudWatchAgentAdminPolicy", "CloudWatchAgentServerPolicy", "CloudWatchFullAccess",
	"CloudWatchLogsFullAccess", "CloudWatchLogsReadOnlyAccess", "CloudWatchReadOnlyAccess", "EC2InstanceConnect",
	"IAMReadOnlyAccess", "PowerUserAccess", "ReadOnlyAccess", "SecretsManagerReadWrite", "SecurityAudit",
	"job-function/ViewOnlyAccess", "service-role/AmazonEC2RoleforSSM", "service-role/AmazonSSMAutomationRole",
	"service-role/AmazonSSMMaintenanceWindowRole",
}

var (
	iamName    = matching(regexp.MustCompile(`^[\w+=,.@-]*$`), `must match [\w+=,.@-]`)
	iamPath    = regexp.MustCompile(`^/([!-~]+/)?$`)
	roleQuotes = matching(regexp.MustCompile(`^[^“‘]*$`), `cannot contain specially formatted single or double quotes: [“‘]`)
	roleWords  = regexp.MustCompile(`^[\x09\x0A\x0D\x20-\x7E\x{A1}-\x{FF}]*$`)
)

func init() {
	names := [][]string{{"name", "namePrefix"}}
	register(&resourceType{
		token: roleToken,
		inputs: map[string]attribute{
			"assumeRolePolicy":    {required: true, policy: true, check: policyDocument},
			"name":                {replace: true, computed: true, check: both(length(1, 64), iamName)},
			"namePrefix":          {replace: true, check: both(length(1, 38), iamName)},
			"path":                {replace: true, fallback: "/", check: length(0, 512)},
			"description":         {check: both(length(0, 1000), roleQuotes)},
			"maxSessionDuration":  {fallback: 3600.0, check: between(3600, 43200)},
			"permissionsBoundary": {check: arnText},
			"forceDetachPolicies": {fallback: false},
			"managedPolicyArns":   {computed: true, unordered: true, check: each(arnText)},
			"inlinePolicies":      {computed: true, unordered: true, same: sameInlinePolicies, check: each(inlinePolicy)},
		},
		outputs: []string{"arn", "createDate", "uniqueId"},
		name:    &autoname{attribute: "name", unless: "namePrefix", longest: 64}, conflicts: names, taggable: true,
		create: createRole, update: updateRole, remove: removeRole, refresh: refreshRole,
		gone: func(c *call, name string) error { return c.noRole("updating IAM Role ("+name+")", "UpdateRole", name) },
	}, &resourceType{
		token: profileToken,
		inputs: map[string]attribute{
			"name":       {replace: true, computed: true, check: both(length(1, 128), iamName)},
			"namePrefix": {replace: true, check: both(length(1, 102), iamName)},
			"path":       {replace: true, fallback: "/"},
			"role":       {},
		},
		outputs: []string{"arn", "createDate", "uniqueId"},
		name:    &autoname{attribute: "name", unless: "namePrefix", longest: 255}, conflicts: names, taggable: true,
		create: createProfile, update: updateProfile,
		gone: func(c *call, name string) error {
			return c.iam("updating IAM Instance Profile ("+name+")", "AddRoleToInstanceProfile", "NoSuchEntity",
				"Instance Profile %s cannot be found.", name)
		},
	}, &resourceType{
		token: rolePolicyToken, atomic: true,
		inputs: map[string]attribute{
			"role":       {required: true, replace: true, check: roleName},
			"policy":     {required: true, policy: true, check: policyDocument},
			"name":       {replace: true, computed: true, check: both(length(1, 128), iamName)},
			"namePrefix": {replace: true, check: both(length(1, 102), iamName)},
		},
		name: &autoname{attribute: "name", unless: "namePrefix", longest: 255}, conflicts: names,
		create: createRolePolicy, update: updateRolePolicy,
	}, &resourceType{
		token: attachmentToken, deleteFirst: true, atomic: true,
		inputs: map[string]attribute{
			"role":      {required: true, replace: true},
			"policyArn": {required: true, replace: true, check: arnText},
		},
		create: attachPolicy, remove: detachPolicy,
	})
}

// each applies a check to the elements of a list.
func each(check func(string, any) []string) func(string, any) []string {
	return func(path string, value any) []string {
		var reasons []string
		items, _ := value.([]any)
		for i, item := range items {
			reasons = append(reasons, check(fmt.Sprintf("%s.%d", path, i), item)...)
		}
		return reasons
	}
}

func roleName(path string, value any) []string {
	if text, _ := value.(string); strings.HasPrefix(text, "arn:") {
		return []string{`"` + path + `" must be the role's name not its ARN`}
	}
	return both(length(1, 128), iamName)(path, value)
}

func inlinePolicy(path string, value any) []string {
	policy, _ := value.(values)
	var reasons []string
	if given(policy, "name") {
		reasons = both(length(1, 128), iamName)(path+".name", policy["name"])
	}
	if given(policy, "policy") {
		reasons = append(reasons, policyDocument(path+".policy", policy["policy"])...)
	}
	return reasons
}

// sameInlinePolicies compares lists of policies by their meaning.
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
			byName[text(policy, "name")] = text(policy, "policy")
		}
	}
	return byName
}

// iam is an error of IAM's.
func (c *call) iam(prefix, operation, code, format string, args ...any) error {
	status := 400
	switch code {
	case "DeleteConflict", "EntityAlreadyExists", "LimitExceeded":
		status = 409
	case "NoSuchEntity":
		status = 404
	}
	return c.refuse(prefix, "IAM", operation, status, code, format, args...)
}

func (c *call) noRole(prefix, operation, name string) error {
	return c.iam(prefix, operation, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

// named returns the role or profile of this name. IAM does not tell names apart by the case of their letters.
func (c *call) named(token, name string) *object {
	for _, o := range c.all(token, func(v values) bool { return strings.EqualFold(text(v, "name"), name) }) {
		return o
	}
	return nil
}

// fillName gives a thing that was asked for with a prefix its name.
func (c *call) fillName(in values, attribute, prefix string) string {
	if !given(in, attribute) {
		in[attribute] = text(in, prefix) + c.counter()
	}
	return text(in, attribute)
}

// counter is 26 digits in the form of the provider's unique ids: a time, then a count.
func (c *Cloud) counter() string {
	c.Sequence++
	return fmt.Sprintf("20260101%018d", c.Sequence)
}

// iamID is one of IAM's unique ids: a prefix and 17 letters and digits.
func (c *call) iamID(prefix string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(prefix)
	for _, digit := range []byte(c.random(17)) {
		id = append(id, alphabet[(int(digit)+len(id))%len(alphabet)])
	}
	return string(id)
}

// settle is what an update makes of properties: what is no longer given goes, unless AWS fills it in, and a policy of
// the same meaning keeps its text.
func (c *call) settle(old, in values) values {
	return settle(resourceTypes[string(c.urn.Type())].inputs, old, in)
}

func settle(attributes map[string]attribute, old, in values) values {
	for name, a := range attributes {
		was, _ := old[name].(values)
		is, isObject := in[name].(values)
		switch {
		case a.fields != nil && isObject && was != nil:
			old[name] = settle(a.fields, clone(was), is)
		case given(in, name):
			if !a.policy || !a.equal(old[name], in[name]) {
				old[name] = in[name]
			}
		case !a.computed:
			delete(old, name)
		}
	}
	return old
}

// scope is what policies are judged against.
func (c *call) policyContext() iampolicy.Context {
	return iampolicy.Context{
		Partition: c.partition, Account: c.account(), PrincipalExists: c.principalExists,
		Caller: c.globalARN("iam", "role/"+deployer),
	}
}

// principalExists says whether an IAM user or role exists. What the account lacks, and those of other accounts, which
// cannot be known, can only be assumed.
func (c *call) principalExists(arn string) bool {
	kind, name, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
	switch {
	case arn != c.globalARN("iam", kind+"/"+name):
	case kind == "user" && slices.Contains(c.existing.Users, name), kind == "role" && name == deployer:
		return true
	case kind == "role" && len(c.all(roleToken, func(v values) bool { return text(v, "arn") == arn })) > 0:
		return true
	}
	return c.assume("IAM %s %s exists", kind, arn)
}

// policyExists says whether there is a managed policy, AWS's own or one that is assumed: no simulated type declares one.
func (c *call) policyExists(arn string) bool {
	if name, ok := strings.CutPrefix(arn, "arn:"+c.partition+":iam::aws:policy/"); ok {
		return slices.Contains(managedPolicies, name)
	}
	return strings.HasPrefix(arn, c.globalARN("iam", "policy/")) && c.assume("IAM policy %s exists", arn)
}

func createRole(c *call, in values) (string, values, error) {
	name := c.fillName(in, "name", "namePrefix")
	prefix := "creating IAM Role (" + name + ")"
	refuse := func(code, format string, args ...any) (string, values, error) {
		return "", nil, c.iam(prefix, "CreateRole", code, format, args...)
	}
	if !iamPath.MatchString(text(in, "path")) {
		return refuse("ValidationError", "The specified value for path is invalid. It must begin and end with / and "+
			"contain only alphanumeric characters and/or / characters.")
	}
	if err := c.checkDescription(prefix, "CreateRole", in); err != nil {
		return "", nil, err
	}
	if invalid := iampolicy.Validate(iampolicy.Trust, text(in, "assumeRolePolicy"), c.policyContext()); invalid != nil {
		return refuse(invalid.Code, "%s", invalid.Message)
	}
	if err := c.checkBoundary(prefix, "CreateRole", in); err != nil {
		return "", nil, err
	}
	if c.named(roleToken, name) != nil {
		return refuse("EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	if len(c.all(roleToken, nil)) >= maxRoles {
		return refuse("LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d", maxRoles)
	}
	maps.Copy(in, values{
		"arn": c.globalARN("iam", "role"+text(in, "path")+name), "createDate": someDay, "uniqueId": c.iamID("AROA"),
	})
	c.putGlobal(roleToken, name, in)
	return name, in, partly(c.setListed(name, in))
}

func (c *call) checkDescription(prefix, operation string, in values) error {
	if roleWords.MatchString(text(in, "description")) {
		return nil
	}
	return c.iam(prefix, operation, "ValidationError", "1 validation error detected: Value at 'description' failed to "+
		`satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`)
}

func (c *call) checkBoundary(prefix, operation string, in values) error {
	arn := text(in, "permissionsBoundary")
	if arn == "" || c.policyExists(arn) {
		return nil
	}
	return c.iam(prefix, operation, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", arn)
}

func updateRole(c *call, name string, old, in values) (values, error) {
	prefix := "updating IAM Role (" + name + ")"
	if trust := text(in, "assumeRolePolicy"); !iampolicy.Equivalent(text(old, "assumeRolePolicy"), trust) {
		if invalid := iampolicy.Validate(iampolicy.Trust, trust, c.policyContext()); invalid != nil {
			return nil, c.iam(prefix+" assume role policy", "UpdateAssumeRolePolicy", invalid.Code, "%s", invalid.Message)
		}
	}
	if err := c.checkDescription(prefix+" description", "UpdateRoleDescription", in); err != nil {
		return nil, err
	}
	if err := c.checkBoundary(prefix+" permissions boundary", "PutRolePermissionsBoundary", in); err != nil {
		return nil, err
	}
	if err := c.setListed(name, in); err != nil {
		return nil, err
	}
	return c.settle(old, in), nil
}

func removeRole(c *call, name string, state values) error {
	// The provider takes the role out of its profiles before, and its policies away where it is told to or where they
	// are listed on the role.
	prefix, force := "deleting IAM Role ("+name+")", flag(state, "forceDetachPolicies")
	for _, profile := range c.all(profileToken, ofRole(name)) {
		delete(profile.State, "role")
	}
	if !force && len(c.attached(name)) > 0 && len(list(state, "managedPolicyArns")) == 0 {
		return c.iam(prefix, "DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	if !force && len(c.inline(name)) > 0 && len(policiesByName(state["inlinePolicies"])) == 0 {
		return c.iam(prefix, "DeleteRole", "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	c.dropOfRole(name, attachmentToken, rolePolicyToken)
	c.drop(c.get(roleToken, name))
	return nil
}

// refreshRole reads what others have put on the role.
func refreshRole(c *call, name string, state values) {
	if arns := c.attached(name); len(arns) > 0 || given(state, "managedPolicyArns") {
		state["managedPolicyArns"] = anys(arns)
	}
	policies := []any{}
	inline := c.inline(name)
	for _, policy := range slices.Sorted(maps.Keys(inline)) {
		policies = append(policies, values{"name": policy, "policy": inline[policy]})
	}
	if !sameInlinePolicies(state["inlinePolicies"], policies) {
		state["inlinePolicies"] = policies
	}
}

// ofRole fits what belongs to a role.
func ofRole(name string) func(values) bool {
	return func(v values) bool { return text(v, "role") == name }
}

func (c *call) dropOfRole(role string, tokens ...string) {
	for _, token := range tokens {
		for _, o := range c.all(token, ofRole(role)) {
			c.drop(o)
		}
	}
}

// attached are the ARNs of the managed policies on a role, in order.
func (c *call) attached(role string) []string {
	var arns []string
	for _, o := range append(c.all(attachmentToken, ofRole(role)), c.all(listedAttachment, ofRole(role))...) {
		arns = append(arns, text(o.State, "policyArn"))
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// inline are the policies in a role, by name.
func (c *call) inline(role string) map[string]string {
	policies := map[string]string{}
	for _, o := range append(c.all(rolePolicyToken, ofRole(role)), c.all(listedPolicy, ofRole(role))...) {
		policies[text(o.State, "name")] = text(o.State, "policy")
	}
	return policies
}

// setListed makes the lists that stand on the role itself true, to the exclusion of what others have put there.
func (c *call) setListed(role string, in values) error {
	owner := key(roleToken, "", role)
	if given(in, "managedPolicyArns") {
		c.dropOfRole(role, attachmentToken, listedAttachment)
		for _, arn := range list(in, "managedPolicyArns") {
			if err := c.attachable(role, arn); err != nil {
				return err
			}
			c.putGlobal(listedAttachment, role+" "+arn, values{"role": role, "policyArn": arn}).Owner = owner
		}
	}
	if given(in, "inlinePolicies") {
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
