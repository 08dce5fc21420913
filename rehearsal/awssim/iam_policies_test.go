package awssim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim/catalog"
)

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

	// The profile exists before the role is added to it.
	const noRole = "adding IAM Role (gone) to Instance Profile (p): operation error IAM: AddRoleToInstanceProfile, https " +
		"response error StatusCode: 404, NoSuchEntity: The role with name gone cannot be found."
	half, message := w.partialCreateError(profileToken, "p", values{"name": "p", "role": "gone"})
	require.Equal(t, noRole, message)
	require.Equal(t, []string{"role"}, diffPaths(w.diff(half, values{"name": "p", "role": "r"})))
	w.update(half, values{"name": "p", "role": "r"})
	w.requireNoDiff(half, values{"name": "p", "role": "r"})
	require.Equal(t, noRole, awsError(t, w.tryUpdate(half, values{"name": "p", "role": "gone"})))
	w.delete(half)
	w.delete(profile)
}

func TestInstanceProfile_diff(t *testing.T) {
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

func TestRolePolicy(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	in := values{"role": "r", "name": "p", "policy": somePolicy}
	policy := w.create(rolePolicyToken, "p", in)
	require.Equal(t, "r:p", string(policy.id))
	require.Equal(t, in, policy.state())
	w.requireNoDiff(policy, in)

	// A policy with the same name is overwritten.
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

func TestRolePolicy_diff(t *testing.T) {
	t.Parallel()
	prepare := func(w *testCloud) {
		w.create(roleToken, "r", values{"name": "r", "assumeRolePolicy": ec2Trust})
	}
	testChanges(t, rolePolicyToken, prepare, values{"role": "r", "name": "p", "policy": somePolicy}, []inputChange{
		{"role", values{"role": "s"}, keysOf("role"), nil},
		{"name", values{"name": "q"}, keysOf("name"), nil},
		{"policy", values{"policy": strings.Replace(somePolicy, "Start", "End", 1)}, nil, []string{"policy"}},
		{
			"an equivalent policy",
			values{"policy": strings.Replace(somePolicy, `["*"]`, ` "*"`, 1)},
			nil, nil,
		},
	})
}

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

	// A policy can be attached twice, and is detached by one deletion.
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
	for i, name := range catalog.ManagedPolicies()[:10] {
		w.create(attachmentToken, fmt.Sprint("n", i), values{"role": "r", "policyArn": "arn:aws:iam::aws:policy/" + name})
	}
	require.Equal(t, attaching(coreARN, "r")+"409, LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10",
		w.createError(attachmentToken, "x", in))
}

// Managed policies and service principals depend on the partition.
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
