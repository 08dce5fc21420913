package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const testAccount = "123456789012"

// statement puts one statement into a document of today's version.
func statement(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }

func TestPolicyProblem(t *testing.T) {
	t.Parallel()
	scope := policyScope{
		partition: "aws", account: testAccount, bucket: "logs-1", caller: "arn:aws:iam::" + testAccount + ":user/ann",
		principal: func(arn string) bool {
			return arn == "arn:aws:iam::"+testAccount+":user/ann" || arn == "arn:aws:iam::"+testAccount+":role/ops"
		},
	}
	allow := `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1/*"`
	trust := func(principal string) string {
		return statement(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`)
	}
	identity := func(rest string) string { return statement(`{"Effect":"Allow",` + rest + `}`) }
	bucket := func(rest string) string { return statement(`{"Effect":"Allow","Principal":"*",` + rest + `}`) }
	for _, test := range []struct {
		name, text    string
		mode          policyMode
		code, message string
	}{
		// Law 4.3: inline policies.
		{"identity", identity(`"Action":"ssm:*","Resource":"*"`), identityPolicy, "", ""},
		{"identity, everything", identity(`"Action":"*","Resource":"*"`), identityPolicy, "", ""},
		{
			"identity, not JSON", `{"Version":`, identityPolicy,
			"MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, a list", `[{}]`, identityPolicy,
			"MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, an unknown element", `{"Version":"2012-10-17","Rule":"x","Statement":[{` + allow + `}]}`,
			identityPolicy, "MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, an unknown statement element", statement(`{"Actions":"x",` + allow + `}`),
			identityPolicy, "MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, no version", `{"Statement":[{` + allow + `}]}`, identityPolicy,
			"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
		},
		{
			"identity, a later version", `{"Version":"2013-01-01","Statement":[{` + allow + `}]}`, identityPolicy,
			"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
		},
		{
			"identity, the old version", `{"Version":"2008-10-17","Statement":[{` + allow + `}]}`, identityPolicy,
			"", "",
		},
		{
			"identity, no effect", statement(`{"Action":"s3:*","Resource":"*"}`), identityPolicy,
			"MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, an effect in small letters", statement(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`),
			identityPolicy, "MalformedPolicyDocument", "The policy failed legacy parsing",
		},
		{
			"identity, no actions", identity(`"Resource":"*"`), identityPolicy,
			"MalformedPolicyDocument", "Policy statement must contain actions.",
		},
		{
			"identity, an empty list of actions", identity(`"Action":[],"Resource":"*"`), identityPolicy,
			"MalformedPolicyDocument", "Policy statement must contain actions.",
		},
		{
			"identity, no resources", identity(`"Action":"s3:*"`), identityPolicy,
			"MalformedPolicyDocument", "Policy statement must contain resources.",
		},
		{
			"identity, an action without a vendor", identity(`"Action":"StartSession","Resource":"*"`), identityPolicy,
			"MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		},
		{
			"identity, an action with two colons", identity(`"Action":"ssm:Start:Session","Resource":"*"`),
			identityPolicy, "MalformedPolicyDocument", "Actions/Condition can contain only one colon.",
		},
		{
			"identity, a vendor with a blank", identity(`"Action":"s sm:StartSession","Resource":"*"`), identityPolicy,
			"MalformedPolicyDocument", "Vendor s sm is not valid",
		},
		{
			"identity, a resource that is no ARN", identity(`"Action":"s3:*","Resource":"logs-1"`), identityPolicy,
			"MalformedPolicyDocument", `Resource logs-1 must be in ARN format or "*".`,
		},
		{
			"identity, a short ARN", identity(`"Action":"s3:*","Resource":"arn:aws:s3"`), identityPolicy,
			"MalformedPolicyDocument", "The policy failed legacy parsing",
		},
		{
			"identity, a resource of another partition", identity(`"Action":"s3:*","Resource":"arn:aws-cn:s3:::x"`),
			identityPolicy, "MalformedPolicyDocument",
			`Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::x".`,
		},
		{
			"identity, a principal", identity(`"Principal":"*","Action":"s3:*","Resource":"*"`), identityPolicy,
			"MalformedPolicyDocument", "Policy document should not specify a principal.",
		},
		{
			"identity, a Sid with a hyphen", statement(`{"Sid":"a-b",` + allow + `}`), identityPolicy,
			"MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies " +
				"the regular expression [0-9A-Za-z]*",
		},
		{
			"identity, a Sid twice", statement(`{"Sid":"a",` + allow + `},{"Sid":"a",` + allow + `}`), identityPolicy,
			"MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique.",
		},
		{
			"identity, no Sid twice", statement(`{"Sid":"",` + allow + `},{"Sid":"",` + allow + `}`), identityPolicy,
			"", "",
		},
		{
			"identity, an unknown operator",
			identity(`"Action":"s3:*","Resource":"*","Condition":{"StringIs":{"aws:x":"y"}}`), identityPolicy,
			"MalformedPolicyDocument", "Syntax errors in policy.",
		},
		{
			"identity, a condition key without a vendor",
			identity(`"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"x":"y"}}`), identityPolicy,
			"MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
		},
		{
			"identity, conditions of every shape",
			identity(`"Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:x":true},` +
				`"ForAnyValue:StringLike":{"aws:y":["a","b"]},"NumericLessThan":{"aws:z":5}}`), identityPolicy,
			"", "",
		},

		// Law 4.1: trust policies.
		{"trust, a service", trust(`{"Service":"ec2.amazonaws.com"}`), trustPolicy, "", ""},
		{"trust, the account", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:root"}`), trustPolicy, "", ""},
		{"trust, an account id", trust(`{"AWS":"210987654321"}`), trustPolicy, "", ""},
		{"trust, a user", trust(`{"AWS":["arn:aws:iam::` + testAccount + `:user/ann"]}`), trustPolicy, "", ""},
		{"trust, a role", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:role/ops"}`), trustPolicy, "", ""},
		{
			"trust, a session", trust(`{"AWS":"arn:aws:sts::` + testAccount + `:assumed-role/ops/ann"}`), trustPolicy,
			"", "",
		},
		{
			"trust, not JSON", `{"Version"`, trustPolicy,
			"MalformedPolicyDocument", "This policy contains invalid Json",
		},
		{
			"trust, no version", `{"Statement":[{}]}`, trustPolicy,
			"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
		},
		{
			"trust, no statement", `{"Version":"2012-10-17"}`, trustPolicy,
			"MalformedPolicyDocument", "Missing required field Statement",
		},
		{
			"trust, no action", statement(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}`), trustPolicy,
			"MalformedPolicyDocument", "Missing required field Action",
		},
		{
			"trust, no principal", statement(`{"Effect":"Allow","Action":"sts:AssumeRole"}`), trustPolicy,
			"MalformedPolicyDocument", "Missing required field Principal",
		},
		{
			"trust, an empty list of principals", trust(`{"AWS":[]}`), trustPolicy,
			"MalformedPolicyDocument", "Missing required field Principal",
		},
		{
			"trust, a resource",
			statement(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}`), trustPolicy,
			"MalformedPolicyDocument", "Has prohibited field Resource",
		},
		{
			"trust, another action", statement(`{"Effect":"Allow","Action":"ssm:StartSession","Principal":"*"}`),
			trustPolicy, "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.",
		},
		{
			"trust, a user who is not there", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:user/eve"}`), trustPolicy,
			"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/eve"`,
		},
		{
			"trust, a session of a role that is not there",
			trust(`{"AWS":"arn:aws:sts::` + testAccount + `:assumed-role/gone/ann"}`), trustPolicy,
			"MalformedPolicyDocument",
			`Invalid principal in policy: "AWS":"arn:aws:sts::123456789012:assumed-role/gone/ann"`,
		},
		{
			"trust, an account id of eight digits", trust(`{"AWS":"arn:aws:iam::12345678:user/ann"}`), trustPolicy,
			"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::12345678:user/ann"`,
		},
		{
			"trust, an ARN of another partition", trust(`{"AWS":"arn:aws-cn:iam::` + testAccount + `:root"}`),
			trustPolicy, "MalformedPolicyDocument",
			`Invalid principal in policy: "AWS":"arn:aws-cn:iam::123456789012:root"`,
		},
		{
			"trust, an ARN with a wildcard", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:user/*"}`), trustPolicy,
			"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"`,
		},
		{
			"trust, a service that is none", trust(`{"Service":"ec3.amazonaws.com"}`), trustPolicy,
			"MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"ec3.amazonaws.com"`,
		},
		{
			"trust, a service with China's suffix", trust(`{"Service":"ec2.amazonaws.com.cn"}`), trustPolicy,
			"MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"ec2.amazonaws.com.cn"`,
		},
		{
			"trust, 2049 characters", trust(`{"AWS":["` + strings.Repeat(testAccount+`","`, 131) + testAccount + `"]}`),
			trustPolicy, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048",
		},

		// Law 2.9 and the rules of endpoint policies.
		{
			"endpoint", bucket(`"Action":"*","Resource":"*"`), endpointPolicy, "", "",
		},
		{
			"endpoint, the default", `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`,
			endpointPolicy, "", "",
		},
		{
			"endpoint, a Sid with hyphens", statement(`{"Sid":"Only-this one","Principal":"*",` + allow + `}`),
			endpointPolicy, "", "",
		},
		{
			"endpoint, not JSON", "{\n  \"Version\": }", endpointPolicy,
			"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (2,14)",
		},
		{
			"endpoint, no principal", statement(`{` + allow + `}`), endpointPolicy,
			"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,38)",
		},
		{
			"endpoint, a condition as getPolicyDocument takes it",
			statement(`{"Principal":"*",` + allow + `,"Condition":{"test":"StringEquals"}}`), endpointPolicy,
			"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,143)",
		},
		{
			"endpoint, 20480 characters", padded(bucket(`"Action":"*","Resource":"*"`), 20480), endpointPolicy, "", "",
		},
		{
			"endpoint, 20481 characters of which most are white", padded(bucket(`"Action":"*","Resource":"*"`), 20481),
			endpointPolicy, "InvalidPolicyDocument", "The Policy Document is not valid. It is longer than 20480 characters",
		},
		{"gateway endpoint", bucket(`"Action":"*","Resource":"*"`), gatewayEndpointPolicy, "", ""},
		{
			"gateway endpoint, an account",
			statement(`{"Principal":{"AWS":"` + testAccount + `"},` + allow + `}`), gatewayEndpointPolicy,
			"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,38)",
		},

		// Law 7.1: key policies.
		{
			"key", statement(`{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
				testAccount + `:root"},"Action":"kms:*","Resource":"*"}`), keyPolicy, "", "",
		},
		{
			"key, the caller alone", statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
				`:user/ann"},"Action":"kms:Put*","Resource":"*"}`), keyPolicy, "", "",
		},
		{
			"key, nobody may change it", statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
				`:root"},"Action":"kms:Decrypt","Resource":"*"}`), keyPolicy,
			"MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.",
		},
		{
			"key, a role that is not there",
			statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
				`:role/gone"},"Action":"kms:*","Resource":"*"}`), keyPolicy,
			"MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.",
		},

		// Law 8.2: bucket policies.
		{"bucket", bucket(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1/*"`), bucketPolicy, "", ""},
		{
			"bucket, both levels",
			bucket(`"Action":["s3:PutObject","s3:ListBucket"],"Resource":["arn:aws:s3:::logs-1","arn:aws:s3:::logs-1/*"]`),
			bucketPolicy, "", "",
		},
		{
			"bucket, not JSON", `policy`, bucketPolicy,
			"MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'",
		},
		{
			"bucket, no statement", `{"Version":"2012-10-17"}`, bucketPolicy,
			"MalformedPolicy", "Missing required field Statement",
		},
		{
			"bucket, no principal", statement(`{` + allow + `}`), bucketPolicy,
			"MalformedPolicy", "Missing required field Principal",
		},
		{
			"bucket, another service's action", bucket(`"Action":"kms:Decrypt","Resource":"arn:aws:s3:::logs-1"`),
			bucketPolicy, "MalformedPolicy", "Policy has invalid action",
		},
		{
			"bucket, another effect",
			statement(`{"Effect":"Maybe","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs-1"}`),
			bucketPolicy, "MalformedPolicy", "Invalid effect: Maybe",
		},
		{
			"bucket, another bucket", bucket(`"Action":"s3:*","Resource":"arn:aws:s3:::logs-10/*"`), bucketPolicy,
			"MalformedPolicy", "Policy has invalid resource",
		},
		{
			"bucket, a user who is not there", statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
				testAccount + `:user/eve"},"Action":"s3:*","Resource":"arn:aws:s3:::logs-1"}`), bucketPolicy,
			"MalformedPolicy", "Invalid principal in policy",
		},
		{
			"bucket, an object's action on the bucket",
			bucket(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1"`), bucketPolicy,
			"MalformedPolicy", "Action does not apply to any resource(s) in statement",
		},
		{
			"bucket, a bucket's action on objects",
			bucket(`"Action":"s3:GetEncryptionConfiguration","Resource":"arn:aws:s3:::logs-1/*"`), bucketPolicy,
			"MalformedPolicy", "Action does not apply to any resource(s) in statement",
		},
		{
			"bucket, 20481 bytes", padded(bucket(`"Action":"s3:*","Resource":"arn:aws:s3:::logs-1"`), 20481),
			bucketPolicy, "MalformedPolicy", "Policy exceeds the maximum allowed document size.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, message := policyProblem(test.mode, test.text, scope)
			require.Equal(t, test.code, code)
			require.Equal(t, test.message, message)
		})
	}
}

// padded puts white space behind the document.
func padded(text string, size int) string { return text + strings.Repeat(" ", size-len(text)) }

func TestPolicyProblem_partitions(t *testing.T) {
	t.Parallel()
	trust := func(service string) string {
		return statement(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"` + service + `"}}`)
	}
	for _, test := range []struct {
		partition, service string
		ok                 bool
	}{
		{"aws", "ec2.amazonaws.com", true},
		{"aws", "logs.ap-northeast-1.amazonaws.com", true},
		{"aws", "ec2.amazonaws.com.cn", false},
		{"aws-us-gov", "ec2.amazonaws.com", true},
		{"aws-cn", "ec2.amazonaws.com.cn", true},
		{"aws-cn", "ec2.amazonaws.com", false},
		{"aws-cn", "ssm.amazonaws.com", true},
		{"aws-cn", "logs.cn-north-1.amazonaws.com.cn", true},
		{"aws-cn", "logs.cn-north-1.amazonaws.com", false},
	} {
		t.Run(test.partition+" "+test.service, func(t *testing.T) {
			t.Parallel()
			code, _ := policyProblem(trustPolicy, trust(test.service), policyScope{partition: test.partition})
			require.Equal(t, test.ok, code == "")
		})
	}
}

func TestSamePolicy(t *testing.T) {
	t.Parallel()
	base := `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"123456789012"},` +
		`"Action":["s3:GetObject"],"Resource":["x","y"],"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`
	for _, test := range []struct {
		name, old, new string
		same           bool
	}{
		{"the same", base, base, true},
		{
			"order of keys, one statement for a list, one string for a list, order of members, a bool for a string",
			base, `{"Statement": {"Resource":["y","x"],"Action":"s3:GetObject","Sid":"a","Effect":"allow",
			"Principal":{"AWS":["123456789012"]},"Condition":{"Bool":{"aws:SecureTransport":true}}},
			"Version":"2012-10-17"}`, true,
		},
		{
			"an account id and its root ARN", base,
			strings.Replace(base, `"123456789012"`, `"arn:aws:iam::123456789012:root"`, 1), true,
		},
		{"another action", base, strings.Replace(base, "GetObject", "PutObject", 1), false},
		{"an action in small letters", base, strings.Replace(base, "GetObject", "getobject", 1), false},
		{"another Sid", base, strings.Replace(base, `"a"`, `"b"`, 1), false},
		{"another version", base, strings.Replace(base, "2012", "2008", 1), false},
		{"another condition", base, strings.Replace(base, "true", "false", 1), false},
		{"everybody, written in two ways", statement(`{"Principal":"*"}`), statement(`{"Principal":{"AWS":"*"}}`), false},
		{"order of statements", statement(`{"Sid":"a"},{"Sid":"b"}`), statement(`{"Sid":"b"},{"Sid":"a"}`), true},
		{"a statement more", statement(`{"Sid":"a"}`), statement(`{"Sid":"a"},{"Sid":"a"}`), false},
		{"nothing and an empty object", "", "{}", true},
		{"no JSON", base, "{", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.same, samePolicy(test.old, test.new))
			require.Equal(t, test.same, samePolicy(test.new, test.old))
		})
	}
}

// Law 1.7: ValidIAMPolicyJSON.
func TestPolicyJSONProblem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`{}`, ""},
		{`{"a":["1","2"]}`, ""},
		{``, `"policy" is an empty string, which is not a valid JSON value`},
		{` {}`, `"policy" contains an invalid JSON policy: leading space characters are not allowed`},
		{
			`"a"`,
			`"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a JSON-encoded object`,
		},
		{
			`"policy.json"`, `"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a ` +
				`JSON-encoded object (have you passed a JSON-encoded filename instead of the content of that file?)`,
		},
		{
			`"{}"`, `"policy" contains an invalid JSON policy: contains a JSON-encoded string, not a ` +
				`JSON-encoded object (have you double-encoded your JSON data?)`,
		},
		{`[{}]`, `"policy" contains an invalid JSON policy: contains a JSON array, not a JSON object`},
		{`policy`, `"policy" contains an invalid JSON policy: not a JSON object`},
		{
			`{0:"1"}`, `"policy" contains an invalid JSON policy: invalid character '0' looking for beginning of ` +
				`object key string, at byte offset 2`,
		},
		{
			`{"a":}`, `"policy" contains an invalid JSON policy: invalid character '}' looking for beginning of ` +
				`value, at byte offset 6`,
		},
		{`{"a":1,"a":2}`, `"policy" contains duplicate JSON keys: duplicate key "a"`},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, policyJSONProblem("policy", test.text))
		})
	}
}

func TestServiceMay(t *testing.T) {
	t.Parallel()
	const group = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/bastionless/dev"
	policy := func(condition string) string {
		return statement(`{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-1.amazonaws.com"},` +
			`"Action":["kms:Encrypt*","kms:Decrypt*"],"Resource":"*"` + condition + `}`)
	}
	like := func(pattern string) string {
		return policy(`,"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"` + pattern + `"}}`)
	}
	request := map[string]string{"kms:EncryptionContext:aws:logs:arn": group}
	for _, test := range []struct {
		name, text, action string
		may                bool
	}{
		{"no condition", policy(""), "kms:Encrypt", true},
		{"another action", policy(""), "kms:GenerateDataKey", false},
		{"its group", like(group), "kms:Decrypt", true},
		{"its groups", like("arn:aws:logs:*:123456789012:log-group:/bastionless/*"), "kms:Decrypt", true},
		{"another group", like("arn:aws:logs:*:123456789012:log-group:/other/*"), "kms:Decrypt", false},
		{"a key that the request lacks", policy(`,"Condition":{"StringEquals":{"aws:x":"y"}}`), "kms:Decrypt", false},
		{
			"a denial", strings.Replace(policy(""), `}]}`,
				`},{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}]}`, 1), "kms:Decrypt", false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.may, serviceMay(test.text, "logs.ap-northeast-1.amazonaws.com", test.action, request))
		})
	}
}

func TestPublicPolicy(t *testing.T) {
	t.Parallel()
	policy := func(principal, condition string) string {
		return statement(`{"Effect":"Allow","Principal":` + principal +
			`,"Action":"s3:*","Resource":"arn:aws:s3:::b"` + condition + `}`)
	}
	for _, test := range []struct {
		name, text string
		public     bool
	}{
		{"everybody", policy(`"*"`, ""), true},
		{"everybody, the other way", policy(`{"AWS":"*"}`, ""), true},
		{"an account", policy(`{"AWS":"123456789012"}`, ""), false},
		{"an account by condition", policy(`"*"`, `,"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`), false},
		{"any account by condition", policy(`"*"`, `,"Condition":{"StringLike":{"aws:SourceAccount":"*"}}`), true},
		{"TLS alone", policy(`"*"`, `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`), true},
		{
			"a denial", statement(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}`), false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.public, publicPolicy(test.text))
		})
	}
}
