package awssim

import (
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

// keysOf converts names to property keys.
func keysOf(keys ...resource.PropertyKey) []resource.PropertyKey { return keys }

func trusting(principal string) string {
	return policyWith(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
}

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

// A resource with an explicit name is deleted before it is replaced, one with a generated name after that.
func TestRole_replacement(t *testing.T) {
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

func TestRole_diff(t *testing.T) {
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
			"an equivalent trust policy", values{"assumeRolePolicy": strings.NewReplacer("[", "", "]", "").Replace(
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

func TestRole_validation(t *testing.T) {
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

func TestRole_errors(t *testing.T) {
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
			"an existing name in another case",
			values{"name": "OPS", "assumeRolePolicy": ec2Trust},
			"creating IAM Role (OPS): operation error IAM: CreateRole, https response error StatusCode: 409, " +
				"EntityAlreadyExists: Role with name OPS already exists.",
		},
		{
			"a path without a slash at the end",
			values{"path": "/a", "assumeRolePolicy": ec2Trust},
			creating + "400, ValidationError: The specified value for path is invalid. It must begin and end with / and " +
				"contain only alphanumeric characters and/or / characters.",
		},
		{
			"a description with unsupported characters",
			values{"description": "日本", "assumeRolePolicy": ec2Trust},
			creating + "400, ValidationError: 1 validation error detected: Value at 'description' failed to satisfy " +
				`constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`,
		},
		{
			"a user that does not exist",
			values{"assumeRolePolicy": trusting(`{"AWS":"arn:aws:iam::123456789012:user/eve"}`)},
			creating + `400, MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/eve"`,
		},
		{
			"a trust policy that is too long",
			values{"assumeRolePolicy": trusting(`{"AWS":["` + strings.Repeat(testAccount+`","`, 140) + testAccount + `"]}`)},
			creating + "409, LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048",
		},
		{
			"a boundary that does not exist",
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
	require.Contains(t, w.createError(roleToken, "ann", values{
		"assumeRolePolicy": trusting(`{"AWS":"arn:aws:iam::123456789012:user/ann"}`),
	}), "Invalid principal in policy")
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
		"IAM user arn:aws:iam::123456789012:user/ann exists",
		"IAM user arn:aws:iam::123456789012:user/hogehoge exists",
	}, assuming.cloud.Assumed())
}

func TestRole_updatesAndDeletions(t *testing.T) {
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

// Policies that are arguments of a role exclude others, and are deleted with the role.
func TestRole_exclusivePolicies(t *testing.T) {
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
