package iampolicy

import (
	"strings"
	"testing"
)

func TestValidate_identity(t *testing.T) {
	t.Parallel()
	testValidate(t, Identity, identityTests)
}

var identityTests = []validation{
	{"valid", identity(`"Action":"ssm:*","Resource":"*"`), "", ""},
	{"everything", identity(`"Action":"*","Resource":"*"`), "", ""},
	{"the last character of Latin-1", identity(`"Action":"ssm:*","Resource":"arn:aws:s3:::b/ÿ"`), "", ""},
	{
		"a character beyond Latin-1", identity(`"Action":"ssm:*","Resource":"arn:aws:s3:::b/日本"`),
		"ValidationError", "The specified value for policyDocument is invalid. It must contain only printable ASCII characters.",
	},
	{
		"not JSON", `{"Version":`,
		"MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"a list", `[{}]`,
		"MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"an unknown element", `{"Version":"2012-10-17","Rule":"x","Statement":[{` + allow + `}]}`, "MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"an unknown statement element", document(`{"Actions":"x",` + allow + `}`), "MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"no version", `{"Statement":[{` + allow + `}]}`,
		"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
	},
	{
		"a later version", `{"Version":"2013-01-01","Statement":[{` + allow + `}]}`,
		"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
	},
	{
		"the previous version", `{"Version":"2008-10-17","Statement":[{` + allow + `}]}`,
		"", "",
	},
	{
		"no effect", document(`{"Action":"s3:*","Resource":"*"}`),
		"MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"an effect in lower case", document(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`), "MalformedPolicyDocument", "The policy failed legacy parsing",
	},
	{
		"no actions", identity(`"Resource":"*"`),
		"MalformedPolicyDocument", "Policy statement must contain actions.",
	},
	{
		"an empty list of actions", identity(`"Action":[],"Resource":"*"`),
		"MalformedPolicyDocument", "Policy statement must contain actions.",
	},
	{
		"no resources", identity(`"Action":"s3:*"`),
		"MalformedPolicyDocument", "Policy statement must contain resources.",
	},
	{
		"an action without a vendor", identity(`"Action":"StartSession","Resource":"*"`),
		"MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
	},
	{
		"an action with two colons", identity(`"Action":"ssm:Start:Session","Resource":"*"`), "MalformedPolicyDocument", "Actions/Condition can contain only one colon.",
	},
	{
		"a vendor with a space", identity(`"Action":"s sm:StartSession","Resource":"*"`),
		"MalformedPolicyDocument", "Vendor s sm is not valid",
	},
	{
		"a resource that is not an ARN", identity(`"Action":"s3:*","Resource":"logs-1"`),
		"MalformedPolicyDocument", `Resource logs-1 must be in ARN format or "*".`,
	},
	{
		"an incomplete ARN", identity(`"Action":"s3:*","Resource":"arn:aws:s3"`),
		"MalformedPolicyDocument", "The policy failed legacy parsing",
	},
	{
		"a resource of another partition", identity(`"Action":"s3:*","Resource":"arn:aws-cn:s3:::x"`), "MalformedPolicyDocument",
		`Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::x".`,
	},
	{
		"a principal", identity(`"Principal":"*","Action":"s3:*","Resource":"*"`),
		"MalformedPolicyDocument", "Policy document should not specify a principal.",
	},
	{
		"a Sid with a hyphen", document(`{"Sid":"a-b",` + allow + `}`),
		"MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies " +
			"the regular expression [0-9A-Za-z]*",
	},
	{
		"a duplicate Sid", document(`{"Sid":"a",` + allow + `},{"Sid":"a",` + allow + `}`),
		"MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique.",
	},
	{
		"two empty Sids", document(`{"Sid":"",` + allow + `},{"Sid":"",` + allow + `}`),
		"", "",
	},
	{
		"an unknown operator",
		identity(`"Action":"s3:*","Resource":"*","Condition":{"StringIs":{"aws:x":"y"}}`),
		"MalformedPolicyDocument", "Syntax errors in policy.",
	},
	{
		"a condition key without a vendor",
		identity(`"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"x":"y"}}`),
		"MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
	},
	{
		"conditions with scalars and lists",
		identity(`"Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:x":true},` +
			`"ForAnyValue:StringLike":{"aws:y":["a","b"]},"NumericLessThan":{"aws:z":5}}`),
		"", "",
	},
}

func TestValidate_trust(t *testing.T) {
	t.Parallel()
	testValidate(t, Trust, trustTests)
}

var trustTests = []validation{
	{"a service", trust(`{"Service":"ec2.amazonaws.com"}`), "", ""},
	{"the account", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:root"}`), "", ""},
	{"an account ID", trust(`{"AWS":"210987654321"}`), "", ""},
	{"a user", trust(`{"AWS":["arn:aws:iam::` + testAccount + `:user/ann"]}`), "", ""},
	{"a role", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:role/ops"}`), "", ""},
	{
		"a session", trust(`{"AWS":"arn:aws:sts::` + testAccount + `:assumed-role/ops/ann"}`),
		"", "",
	},
	{
		"not JSON", `{"Version"`,
		"MalformedPolicyDocument", "This policy contains invalid Json",
	},
	{
		"no version", `{"Statement":[{}]}`,
		"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.",
	},
	{
		"no statement", `{"Version":"2012-10-17"}`,
		"MalformedPolicyDocument", "Missing required field Statement",
	},
	{
		"no action", document(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}`),
		"MalformedPolicyDocument", "Missing required field Action",
	},
	{
		"no principal", document(`{"Effect":"Allow","Action":"sts:AssumeRole"}`),
		"MalformedPolicyDocument", "Missing required field Principal",
	},
	{
		"an empty list of principals", trust(`{"AWS":[]}`),
		"MalformedPolicyDocument", "Missing required field Principal",
	},
	{
		"a resource",
		document(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}`),
		"MalformedPolicyDocument", "Has prohibited field Resource",
	},
	{
		"another action", document(`{"Effect":"Allow","Action":"ssm:StartSession","Principal":"*"}`), "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.",
	},
	{
		"a user that does not exist", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:user/eve"}`),
		"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/eve"`,
	},
	{
		"a session of a role that does not exist",
		trust(`{"AWS":"arn:aws:sts::` + testAccount + `:assumed-role/gone/ann"}`),
		"MalformedPolicyDocument",
		`Invalid principal in policy: "AWS":"arn:aws:sts::123456789012:assumed-role/gone/ann"`,
	},
	{
		"an account ID with eight digits", trust(`{"AWS":"arn:aws:iam::12345678:user/ann"}`),
		"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::12345678:user/ann"`,
	},
	{
		"an ARN of another partition", trust(`{"AWS":"arn:aws-cn:iam::` + testAccount + `:root"}`), "MalformedPolicyDocument",
		`Invalid principal in policy: "AWS":"arn:aws-cn:iam::123456789012:root"`,
	},
	{
		"an ARN with a wildcard", trust(`{"AWS":"arn:aws:iam::` + testAccount + `:user/*"}`),
		"MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"`,
	},
	{
		"an unknown service", trust(`{"Service":"ec3.amazonaws.com"}`),
		"MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"ec3.amazonaws.com"`,
	},
	{
		"a service with China's suffix", trust(`{"Service":"ec2.amazonaws.com.cn"}`),
		"MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"ec2.amazonaws.com.cn"`,
	},
	{
		"2049 characters", trust(`{"AWS":["` + strings.Repeat(testAccount+`","`, 131) + testAccount + `"]}`), "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048",
	},
}
