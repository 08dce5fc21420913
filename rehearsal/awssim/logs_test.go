package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogGroup(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"retentionInDays": 365.0, "tags": values{"Name": "n"}}
	group := w.create(logGroupToken, "dev", in)
	require.Equal(t, "dev-0102030", string(group.id))
	require.Equal(t, values{
		"name": "dev-0102030", "retentionInDays": 365.0, "skipDestroy": false, "logGroupClass": "STANDARD",
		"arn":  "arn:aws:logs:ap-northeast-1:123456789012:log-group:dev-0102030",
		"tags": values{"Name": "n"}, "tagsAll": values{"Name": "n"},
	}, group.state())
	w.requireNoDiff(group, in)
	w.delete(group)
	require.False(t, w.read(group))

	// With skipDestroy, the group remains in the account.
	kept := w.create(logGroupToken, "kept", values{"skipDestroy": true})
	w.delete(kept)
	require.Equal(t, []Object{{Type: logGroupToken, ID: "kept-0102030", Name: "kept-0102030"}}, w.cloud.Inventory())
}

func TestLogGroup_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, logGroupToken, nil, values{"name": "/a/b"}, []inputChange{
		{"name", values{"name": "/a/c"}, keysOf("name"), nil},
		{"class", values{"logGroupClass": "INFREQUENT_ACCESS"}, keysOf("logGroupClass"), nil},
		{"days", values{"retentionInDays": 7.0}, nil, []string{"retentionInDays"}},
		{"kept", values{"skipDestroy": true}, nil, []string{"skipDestroy"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

func TestLogGroup_validation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	long := strings.Repeat("n", 513)
	for _, test := range []struct {
		in   values
		want string
	}{
		{values{"name": long}, `"name" cannot be longer than 512 characters: "` + long + `". Examine values at 'x.name'.`},
		{values{"name": "a b"}, `"name" isn't a valid log group name (alphanumeric characters, underscores, hyphens, slashes, hash ` +
			`signs and dots are allowed): "a b". Examine values at 'x.name'.`},
		{values{"namePrefix": long[:484]}, `"name_prefix" cannot be longer than 483 characters: "` + long[:484] +
			`". Examine values at 'x.namePrefix'.`},
		{values{"retentionInDays": 2.0}, "expected retention_in_days to be one of [0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 " +
			"731 1096 1827 2192 2557 2922 3288 3653], got 2. Examine values at 'x.retentionInDays'."},
		{values{"kmsKeyId": "alias/k"}, `"kms_key_id" (alias/k) is an invalid ARN: arn: invalid prefix. Examine values at ` +
			"'x.kmsKeyId'."},
	} {
		require.Equal(t, []string{test.want}, w.checkFailures(logGroupToken, "x", test.in))
	}
	require.Empty(t, w.checkFailures(logGroupToken, "x", values{"name": long[:512]}))
}

func TestLogGroup_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	group := w.create(logGroupToken, "g", values{"name": "/g"})
	creating := func(name string) string {
		return "creating CloudWatch Logs Log Group (" + name + "): operation error CloudWatch Logs: CreateLogGroup, https response " +
			"error StatusCode: 400, "
	}
	require.Equal(t, creating("/g")+"ResourceAlreadyExistsException: The specified log group already exists",
		w.createError(logGroupToken, "x", values{"name": "/g"}))
	require.Equal(t, creating("aws/g")+"InvalidParameterException: Log groups starting with AWS/ are reserved for AWS.",
		w.createError(logGroupToken, "x", values{"name": "aws/g"}))

	logs := func(condition string) string {
		return policyWith(rootStatement + `,{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-1.amazonaws.com"},"Action":` +
			`["kms:Encrypt*","kms:Decrypt*","kms:ReEncrypt*","kms:GenerateDataKey*","kms:Describe*"],"Resource":"*"` + condition + `}`)
	}
	forGroups := logs(`,"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":` +
		`"arn:aws:logs:ap-northeast-1:123456789012:log-group:/k*"}}`)
	key := func(in values) string { return str(w.create(keyToken, "k", in).state(), "arn") }
	good := key(values{"policy": forGroups})
	in := values{"name": "/k", "kmsKeyId": good}
	w.requireNoDiff(w.create(logGroupToken, "k", in), in)
	const refused = "InvalidParameterException: The specified KMS key does not exist or is not allowed to be used with LogGroup " +
		"'arn:aws:logs:ap-northeast-1:123456789012:log-group:/"
	for name, test := range map[string]struct{ group, key string }{
		"a key that does not exist":             {"/k2", "arn:aws:kms:ap-northeast-1:123456789012:key/none"},
		"a key of another Region":               {"/k2", strings.Replace(good, "ap-northeast-1", "us-east-1", 1)},
		"a key that CloudWatch Logs cannot use": {"/k2", key(nil)},
		"a key for other groups":                {"/other", good},
		"a key that is disabled":                {"/k2", key(values{"policy": forGroups, "isEnabled": false})},
		"a key with too few actions":            {"/k2", key(values{"policy": strings.Replace(forGroups, `"kms:Decrypt*",`, "", 1)})},
		"a key for the service's other Region": {
			"/k2", key(values{"policy": strings.Replace(forGroups, "logs.ap-northeast-1", "logs.us-east-1", 1)}),
		},
	} {
		require.Equal(t, creating(test.group)+refused+test.group[1:]+"'",
			w.createError(logGroupToken, "x", values{"name": test.group, "kmsKeyId": test.key}), name)
	}
	require.Equal(t, "updating CloudWatch Logs Log Group (/g): operation error CloudWatch Logs: AssociateKmsKey, https response "+
		"error StatusCode: 400, "+refused+"g'", awsError(t, w.tryUpdate(group, values{"name": "/g", "kmsKeyId": good})))
}
