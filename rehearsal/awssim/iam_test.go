package awssim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
)

const (
	ec2Trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`
	somePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:StartSession"],"Resource":["*"]}]}`
	coreARN    = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
)

// keysOf are the replace keys of a diff.
func keysOf(keys ...resource.PropertyKey) []resource.PropertyKey { return keys }

func trusting(principal string) string {
	return policyWith(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
}

// Law 1.4, 1.9, 4.1.
func TestRole(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{}, values{
		"region": "ap-northeast-1", "defaultTags": values{"tags": values{"project": "p", "stack": "dev"}},
	})
	in := values{"assumeRolePolicy": ec2Trust, "tags": values{"Name": "n", "stack": "x"}}
	role := w.create(roleToken, "dev-role", in)
	require.Equal(t, "dev-role-0102030", string(role.id))
	out := role.state()
	require.Regexp(t, regexp.MustCompile(`^AROA[A-Z2-7]{17}$`), out["uniqueId"])
	delete(out, "uniqueId")
	require.Equal(t, values{
		"name": "dev-role-0102030", "assumeRolePolicy": ec2Trust, "path": "/", "maxSessionDuration": 3600.0,
		"forceDetachPolicies": false, "arn": "arn:aws:iam::123456789012:role/dev-role-0102030", "createDate": createdAt,
		"tags":    values{"Name": "n", "stack": "x"},
		"tagsAll": values{"Name": "n", "project": "p", "stack": "x"},
	}, out)
	w.requireNoDiff(role, in)
	w.delete(role)
	require.False(t, w.read(role))
	require.Empty(t, w.cloud.Inventory())
}

// Law 1.5, as the bridge has it: a name that was given is free before it is taken again; one that was made up is not waited for.
func TestRole_replaced(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"assumeRolePolicy": ec2Trust}
	generated := w.create(roleToken, "g", in)
	in["path"] = "/a/"
	require.False(t, w.diff(generated, in).DeleteBeforeReplace)
	in = values{"name": "r", "assumeRolePolicy": ec2Trust}
	given := w.create(roleToken, "r", in)
	in["path"] = "/a/"
	require.True(t, w.diff(given, in).DeleteBeforeReplace)
}

// Law 4.1, changes.
func TestRole_changes(t *testing.T) {
	t.Parallel()
	testChanges(t, roleToken, nil, values{
		"name": "r", "assumeRolePolicy": ec2Trust, "description": "d", "permissionsBoundary": coreARN,
	}, []inputChange{
		{"nothing", nil, nil, nil},
		{"name", values{"name": "s"}, keysOf("name"), nil},
		{"a prefix for the name", values{"name": nil, "namePrefix": "s"}, keysOf("namePrefix"), nil},
		{"path", values{"path": "/a/"}, keysOf("path"), nil},
		{"trust", values{"assumeRolePolicy": trusting(`{"AWS":"` + testAccount + `"}`)}, nil, []string{"assumeRolePolicy"}},
		{
			"the same trust in other words", values{"assumeRolePolicy": strings.NewReplacer("[", "", "]", "").Replace(
				ec2Trust)}, nil, nil,
		},
		{"description", values{"description": "e"}, nil, []string{"description"}},
		{"no description", values{"description": nil}, nil, []string{"description"}},
		{"duration", values{"maxSessionDuration": 7200.0}, nil, []string{"maxSessionDuration"}},
		{"no boundary", values{"permissionsBoundary": nil}, nil, []string{"permissionsBoundary"}},
		{"force", values{"forceDetachPolicies": true}, nil, []string{"forceDetachPolicies"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
		{"listed attachments", values{"managedPolicyArns": []any{coreARN}}, nil, []string{"managedPolicyArns"}},
		{
			"listed policies",
			values{"inlinePolicies": []any{values{"name": "p", "policy": somePolicy}}},
			nil,
			[]string{"inlinePolicies"},
		},
	})
}

// Law 1.6, 1.7, 4.1: what a preview refuses.
func TestRole_check(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		in   values
		want []string
	}{
		{values{"assumeRolePolicy": ec2Trust}, []string{}},
		{values{}, []string{"Missing required property 'assumeRolePolicy'"}},
		{values{"assumeRolePolicy": unknown{}, "name": unknown{}}, []string{}},
		{values{"assumeRolePolicy": " {}"}, []string{
			`"assume_role_policy" contains an invalid JSON policy: leading space characters are not allowed. ` +
				`Examine values at 'x.assumeRolePolicy'.`,
		}},
		{values{"assumeRolePolicy": "{}", "name": "a b"}, []string{
			`invalid value for name (must match [\w+=,.@-]). Examine values at 'x.name'.`,
		}},
		{values{"assumeRolePolicy": "{}", "name": strings.Repeat("n", 65)}, []string{
			"expected length of name to be in the range (1 - 64), got " + strings.Repeat("n", 65) +
				". Examine values at 'x.name'.",
		}},
		{values{"assumeRolePolicy": "{}", "namePrefix": strings.Repeat("n", 39)}, []string{
			"expected length of name_prefix to be in the range (1 - 38), got " + strings.Repeat("n", 39) +
				". Examine values at 'x.namePrefix'.",
		}},
		{values{"assumeRolePolicy": "{}", "name": "a", "namePrefix": "b"}, []string{
			`Conflicting configuration arguments. "name": conflicts with name_prefix. Examine values at 'x.name'.`,
		}},
		{values{"assumeRolePolicy": "{}", "maxSessionDuration": 60.0}, []string{
			"expected max_session_duration to be in the range (3600 - 43200), got 60. Examine values at " +
				"'x.maxSessionDuration'.",
		}},
		{values{"assumeRolePolicy": "{}", "description": "ann‘s"}, []string{
			"invalid value for description (cannot contain specially formatted single or double quotes: [“‘]). " +
				"Examine values at 'x.description'.",
		}},
		{values{"assumeRolePolicy": "{}", "permissionsBoundary": "core"}, []string{
			`"permissions_boundary" (core) is an invalid ARN: arn: invalid prefix. Examine values at 'x.permissionsBoundary'.`,
		}},
	} {
		require.Equal(t, test.want, w.checkFailures(roleToken, "x", test.in), "%v", test.in)
	}
}

// Law 4.1, server errors.
func TestRole_refusals(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(roleToken, "x", values{"name": "ops", "assumeRolePolicy": ec2Trust})
	const creating = "creating IAM Role (r): operation error IAM: CreateRole, https response error StatusCode: "
	for _, test := range []struct {
		name string
		in   values
		want string
	}{
		{
			"a name that is taken, in other letters",
			values{"name": "OPS", "assumeRolePolicy": ec2Trust},
			"creating IAM Role (OPS): operation error IAM: CreateRole, https response error StatusCode: 409, " +
				"EntityAlreadyExists: Role with name OPS already exists.",
		},
		{
			"a path that does not end",
			values{"path": "/a", "assumeRolePolicy": ec2Trust},
			creating + "400, ValidationError: The specified value for path is invalid. It must begin and end with / and " +
				"contain only alphanumeric characters and/or / characters.",
		},
		{
			"a description that IAM cannot write",
			values{"description": "日本", "assumeRolePolicy": ec2Trust},
			creating + "400, ValidationError: 1 validation error detected: Value at 'description' failed to satisfy " +
				`constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`,
		},
		{
			"a user who is not there",
			values{"assumeRolePolicy": trusting(`{"AWS":"arn:aws:iam::123456789012:user/eve"}`)},
			creating + `400, MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/eve"`,
		},
		{
			"a trust policy too long",
			values{"assumeRolePolicy": trusting(`{"AWS":["` + strings.Repeat(testAccount+`","`, 140) + testAccount + `"]}`)},
			creating + "409, LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048",
		},
		{
			"a boundary that is not there",
			values{"assumeRolePolicy": ec2Trust, "permissionsBoundary": "arn:aws:iam::aws:policy/None"},
			creating + "404, NoSuchEntity: Scope ARN: arn:aws:iam::aws:policy/None does not exist or is not attachable.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := clone(test.in)
			if !isSet(in, "name") {
				in["name"] = "r"
			}
			require.Equal(t, test.want, w.createError(roleToken, "r", in))
		})
	}
}

func TestRole_principals(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(roleToken, "ann", values{"assumeRolePolicy": trusting(`{"AWS":"arn:aws:iam::123456789012:user/ann"}`)})
	ops := w.create(roleToken, "ops", values{"path": "/a/", "assumeRolePolicy": ec2Trust})
	w.create(roleToken, "op", values{"assumeRolePolicy": trusting(`{"AWS":"` + str(ops.state(), "arn") + `"}`)})
	require.Contains(t, w.createError(roleToken, "x", values{
		"assumeRolePolicy": trusting(`{"AWS":"arn:aws:iam::123456789012:role/` + string(ops.id) + `"}`),
	}), "Invalid principal in policy")

	assuming := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "ap-northeast-1"})
	assuming.create(roleToken, "x", values{
		"assumeRolePolicy":    trusting(`{"AWS":["arn:aws:iam::123456789012:user/hogehoge","arn:aws:iam::123456789012:user/ann"]}`),
		"permissionsBoundary": "arn:aws:iam::123456789012:policy/bound",
	})
	require.Equal(t, []string{
		"IAM policy arn:aws:iam::123456789012:policy/bound exists",
		"IAM user arn:aws:iam::123456789012:user/hogehoge exists",
	}, assuming.cloud.Assumed())
}

// Law 4.1, updates and deletes; 10.2.
func TestRole_updates_and_deletes(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	role := w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	require.Equal(t, "updating IAM Role (r) assume role policy: operation error IAM: UpdateAssumeRolePolicy, https response "+
		"error StatusCode: 400, MalformedPolicyDocument: Missing required field Principal",
		awsError(t, w.tryUpdate(role, values{"name": "r", "assumeRolePolicy": trusting(`{"AWS":[]}`)})))

	attachment := w.create(attachmentToken, "a", values{"role": "r", "policyArn": coreARN})
	policy := w.create(rolePolicyToken, "p", values{"role": "r", "policy": somePolicy})
	profile := w.create(profileToken, "p", values{"role": "r"})
	const deleting = "deleting IAM Role (r): operation error IAM: DeleteRole, https response error StatusCode: 409, " +
		"DeleteConflict: Cannot delete entity, must "
	require.Equal(t, deleting+"detach all policies first.", awsError(t, w.tryDelete(role)))
	w.delete(attachment)
	require.Equal(t, deleting+"delete policies first.", awsError(t, w.tryDelete(role)))
	w.delete(policy)
	w.delete(role)
	require.True(t, w.read(profile))
	require.Nil(t, profile.state()["role"])
	w.delete(role) // what is gone is deleted
	w.delete(profile)
	require.Empty(t, w.cloud.Inventory())

	forced := w.create(roleToken, "f", values{"name": "f", "assumeRolePolicy": ec2Trust, "forceDetachPolicies": true})
	w.create(attachmentToken, "a", values{"role": "f", "policyArn": coreARN})
	w.create(rolePolicyToken, "p", values{"role": "f", "policy": somePolicy})
	w.delete(forced)
	require.Empty(t, w.cloud.Inventory())
}

// A role's own lists exclude what others attach, and go with it.
func TestRole_lists(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{
		"name": "r", "assumeRolePolicy": ec2Trust, "managedPolicyArns": []any{coreARN},
		"inlinePolicies": []any{values{"name": "p", "policy": somePolicy}},
	}
	role := w.create(roleToken, "r", in)
	w.requireNoDiff(role, in)
	other := w.create(attachmentToken, "a", values{"role": "r", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
	require.True(t, w.read(role))
	require.Equal(t, []any{coreARN, "arn:aws:iam::aws:policy/ReadOnlyAccess"}, role.state()["managedPolicyArns"])
	w.update(role, in)
	require.False(t, w.read(other))
	w.requireNoDiff(role, in)
	w.delete(role)
	require.Empty(t, w.cloud.Objects)
}

// Law 4.2.
func TestInstanceProfile(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	in := values{"role": "r", "path": "/a/"}
	profile := w.create(profileToken, "dev", in)
	out := profile.state()
	require.Regexp(t, regexp.MustCompile(`^AIPA[A-Z2-7]{17}$`), out["uniqueId"])
	delete(out, "uniqueId")
	require.Equal(t, values{
		"name": "dev-0102030", "path": "/a/", "role": "r", "createDate": createdAt, "tagsAll": values{},
		"arn": "arn:aws:iam::123456789012:instance-profile/a/dev-0102030",
	}, out)
	w.requireNoDiff(profile, in)

	require.Equal(t, "creating IAM Instance Profile (DEV-0102030): operation error IAM: CreateInstanceProfile, https response "+
		"error StatusCode: 409, EntityAlreadyExists: Instance Profile DEV-0102030 already exists.",
		w.createError(profileToken, "x", values{"name": "DEV-0102030"}))
	require.Equal(t, []string{
		"expected length of name to be in the range (1 - 128), got " + strings.Repeat("n", 129) +
			". Examine values at 'x.name'.",
	}, w.checkFailures(profileToken, "x", values{"name": strings.Repeat("n", 129)}))

	// The profile is there before a role is put into it.
	const noRole = "adding IAM Role (gone) to Instance Profile (p): operation error IAM: AddRoleToInstanceProfile, https " +
		"response error StatusCode: 404, NoSuchEntity: The role with name gone cannot be found."
	half, refusal := w.partialCreateError(profileToken, "p", values{"name": "p", "role": "gone"})
	require.Equal(t, noRole, refusal)
	require.Equal(t, []string{"role"}, diffPaths(w.diff(half, values{"name": "p", "role": "r"})))
	w.update(half, values{"name": "p", "role": "r"})
	w.requireNoDiff(half, values{"name": "p", "role": "r"})
	require.Equal(t, noRole, awsError(t, w.tryUpdate(half, values{"name": "p", "role": "gone"})))
	w.delete(half)
	w.delete(profile)
}

func TestInstanceProfile_changes(t *testing.T) {
	t.Parallel()
	prepare := func(w *testCloud) {
		w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
		w.create(roleToken, "s", values{"name": "s", "assumeRolePolicy": ec2Trust})
	}
	testChanges(t, profileToken, prepare, values{"role": "r"}, []inputChange{
		{"name", values{"name": "s"}, keysOf("name"), nil},
		{"path", values{"path": "/a/"}, keysOf("path"), nil},
		{"role", values{"role": "s"}, nil, []string{"role"}},
		{"no role", values{"role": nil}, nil, []string{"role"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

// Law 4.3.
func TestRolePolicy(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	in := values{"role": "r", "name": "p", "policy": somePolicy}
	policy := w.create(rolePolicyToken, "p", in)
	require.Equal(t, "r:p", string(policy.id))
	require.Equal(t, in, policy.state())
	w.requireNoDiff(policy, in)

	// A put overwrites.
	over := w.create(rolePolicyToken, "q", values{"role": "r", "name": "p", "policy": strings.Replace(somePolicy, "*", "arn:aws:ssm:*:*:document/d", 1)})
	require.Equal(t, policy.id, over.id)
	require.True(t, w.read(policy))
	require.Equal(t, []string{"policy"}, diffPaths(w.diff(policy, in)))

	putting := func(name string) string {
		return "putting IAM Role (r) Policy (" + name + "): operation error IAM: PutRolePolicy, https response error StatusCode: "
	}
	long := func(n int) string {
		base := strings.Replace(somePolicy, `"*"`, `"*","arn:aws:s3:::"`, 1)
		return strings.Replace(base, ":::", ":::"+strings.Repeat("b", n-len(base)), 1)
	}
	require.Equal(t, putting("x")+"400, MalformedPolicyDocument: Policy statement must contain resources.",
		w.createError(rolePolicyToken, "x", values{"role": "r", "name": "x", "policy": policyWith(`{"Effect":"Allow","Action":"s3:*"}`)}))
	w.create(rolePolicyToken, "big", values{"role": "r", "name": "big", "policy": long(10000)})
	require.Equal(t, putting("x")+"409, LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r",
		w.createError(rolePolicyToken, "x", values{"role": "r", "name": "x", "policy": long(200)}))
	require.Equal(t, "putting IAM Role (gone) Policy (x): operation error IAM: PutRolePolicy, https response error StatusCode: "+
		"404, NoSuchEntity: The role with name gone cannot be found.",
		w.createError(rolePolicyToken, "x", values{"role": "gone", "name": "x", "policy": somePolicy}))
	require.Equal(t, putting("p")+"400, MalformedPolicyDocument: Policy document should not specify a principal.",
		awsError(t, w.tryUpdate(policy, values{"role": "r", "name": "p", "policy": trusting(`"*"`)})))
	require.Equal(t, []string{`"role" must be the role's name not its ARN. Examine values at 'x.role'.`},
		w.checkFailures(rolePolicyToken, "x", values{"role": "arn:aws:iam::123456789012:role/r", "policy": somePolicy}))
}

func TestRolePolicy_changes(t *testing.T) {
	t.Parallel()
	prepare := func(w *testCloud) {
		w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	}
	testChanges(t, rolePolicyToken, prepare, values{"role": "r", "name": "p", "policy": somePolicy}, []inputChange{
		{"role", values{"role": "s"}, keysOf("role"), nil},
		{"name", values{"name": "q"}, keysOf("name"), nil},
		{"policy", values{"policy": strings.Replace(somePolicy, "Start", "End", 1)}, nil, []string{"policy"}},
		{
			"the same policy in other words",
			values{"policy": strings.Replace(somePolicy, `["*"]`, ` "*"`, 1)},
			nil, nil,
		},
	})
}

// Law 4.4.
func TestRolePolicyAttachment(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	role := w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	in := values{"role": "r", "policyArn": coreARN}
	first := w.create(attachmentToken, "a", in)
	require.Regexp(t, regexp.MustCompile(`^r-[0-9]{26}$`), string(first.id))
	require.Equal(t, in, first.state())
	w.requireNoDiff(first, in)
	for _, changed := range []values{
		{"role": "s", "policyArn": coreARN}, {"role": "r", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
	} {
		diff := w.diff(first, changed)
		require.Len(t, diff.ReplaceKeys, 1)
		require.True(t, diff.DeleteBeforeReplace)
	}
	require.True(t, w.read(role))
	require.Equal(t, []any{coreARN}, role.state()["managedPolicyArns"])
	require.Empty(t, diffPaths(w.diff(role, values{"name": "r", "assumeRolePolicy": ec2Trust})))

	// To attach twice is no mistake, and to detach once is enough.
	second := w.create(attachmentToken, "b", in)
	w.delete(first)
	require.False(t, w.read(second))
	w.delete(second)

	attaching := func(arn, role string) string {
		return "attaching IAM Policy (" + arn + ") to IAM Role (" + role + "): operation error IAM: AttachRolePolicy, " +
			"https response error StatusCode: "
	}
	for _, test := range []struct{ role, arn, want string }{
		{"gone", coreARN, "404, NoSuchEntity: The role with name gone cannot be found."},
		{
			"r", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCor",
			"404, NoSuchEntity: Policy arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCor does not exist or is not attachable.",
		},
		{
			"r", "arn:aws:iam::123456789012:policy/own",
			"404, NoSuchEntity: Policy arn:aws:iam::123456789012:policy/own does not exist or is not attachable.",
		},
		{
			"r", "arn:aws-cn:iam::aws:policy/AmazonSSMManagedInstanceCore",
			"400, InvalidInput: ARN arn:aws-cn:iam::aws:policy/AmazonSSMManagedInstanceCore is not valid.",
		},
	} {
		require.Equal(t, attaching(test.arn, test.role)+test.want,
			w.createError(attachmentToken, "x", values{"role": test.role, "policyArn": test.arn}))
	}
	for i, name := range managedPolicies[:10] {
		w.create(attachmentToken, fmt.Sprint("n", i), values{"role": "r", "policyArn": "arn:aws:iam::aws:policy/" + name})
	}
	require.Equal(t, attaching(coreARN, "r")+"409, LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10",
		w.createError(attachmentToken, "x", in))
}

// Every partition names its own copy of AWS's policies and its own EC2.
func TestIAM_partitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]struct{ partition, ec2 string }{
		"ap-northeast-1": {"aws", "ec2.amazonaws.com"}, "cn-north-1": {"aws-cn", "ec2.amazonaws.com.cn"},
		"us-gov-west-1": {"aws-us-gov", "ec2.amazonaws.com"},
	} {
		w := newTestCloudWith(t, Options{}, values{"region": region})
		w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": trusting(`{"Service":"` + want.ec2 + `"}`)})
		w.create(attachmentToken, "a", values{
			"role": "r", "policyArn": "arn:" + want.partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore",
		})
	}
}
