package iampolicy

import (
	"testing"
)

func TestValidate_endpoint(t *testing.T) {
	t.Parallel()
	testValidate(t, Endpoint, endpointTests)
}

var endpointTests = []validation{
	{
		"valid", resourcePolicy(`"Action":"*","Resource":"*"`), "", "",
	},
	{
		"the default", `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`, "", "",
	},
	{
		"a Sid with hyphens and spaces", document(`{"Sid":"Only-this one","Principal":"*",` + allow + `}`), "", "",
	},
	{
		"not JSON", "{\n  \"Version\": }",
		"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (2,14)",
	},
	{
		"no principal", document(`{` + allow + `}`),
		"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,38)",
	},
	{
		"a condition in the form of getPolicyDocument",
		document(`{"Principal":"*",` + allow + `,"Condition":{"test":"StringEquals"}}`),
		"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,143)",
	},
	{
		"20480 characters", padded(resourcePolicy(`"Action":"*","Resource":"*"`), 20480), "", "",
	},
	{
		"20481 characters, mostly white space", padded(resourcePolicy(`"Action":"*","Resource":"*"`), 20481), "InvalidPolicyDocument", "The Policy Document is not valid. It is longer than 20480 characters",
	},
}

func TestValidate_gatewayEndpoint(t *testing.T) {
	t.Parallel()
	testValidate(t, GatewayEndpoint, gatewayEndpointTests)
}

var gatewayEndpointTests = []validation{
	{"valid", resourcePolicy(`"Action":"*","Resource":"*"`), "", ""},
	{
		"an account",
		document(`{"Principal":{"AWS":"` + testAccount + `"},` + allow + `}`),
		"InvalidPolicyDocument", "The Policy Document is not valid. Syntax error at position (1,38)",
	},
}

func TestValidate_key(t *testing.T) {
	t.Parallel()
	testValidate(t, Key, keyTests)
}

var keyTests = []validation{
	{
		"valid", document(`{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
			testAccount + `:root"},"Action":"kms:*","Resource":"*"}`), "", "",
	},
	{
		"only the caller", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
			`:user/ann"},"Action":"kms:Put*","Resource":"*"}`), "", "",
	},
	{
		"no principal can change it", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
			`:root"},"Action":"kms:Decrypt","Resource":"*"}`),
		"MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.",
	},
	{
		"a role that does not exist",
		document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + testAccount +
			`:role/gone"},"Action":"kms:*","Resource":"*"}`),
		"MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.",
	},
}

func TestValidate_bucket(t *testing.T) {
	t.Parallel()
	testValidate(t, Bucket, bucketTests)
}

var bucketTests = []validation{
	{"valid", resourcePolicy(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1/*"`), "", ""},
	{
		"actions on the bucket and on objects",
		resourcePolicy(`"Action":["s3:PutObject","s3:ListBucket"],"Resource":["arn:aws:s3:::logs-1","arn:aws:s3:::logs-1/*"]`), "", "",
	},
	{
		"not JSON", `policy`,
		"MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'",
	},
	{
		"no statement", `{"Version":"2012-10-17"}`,
		"MalformedPolicy", "Missing required field Statement",
	},
	{
		"no principal", document(`{` + allow + `}`),
		"MalformedPolicy", "Missing required field Principal",
	},
	{
		"another service's action", resourcePolicy(`"Action":"kms:Decrypt","Resource":"arn:aws:s3:::logs-1"`), "MalformedPolicy", "Policy has invalid action",
	},
	{
		"another effect",
		document(`{"Effect":"Maybe","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs-1"}`), "MalformedPolicy", "Invalid effect: Maybe",
	},
	{
		"another bucket", resourcePolicy(`"Action":"s3:*","Resource":"arn:aws:s3:::logs-10/*"`),
		"MalformedPolicy", "Policy has invalid resource",
	},
	{
		"a user that does not exist", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
			testAccount + `:user/eve"},"Action":"s3:*","Resource":"arn:aws:s3:::logs-1"}`),
		"MalformedPolicy", "Invalid principal in policy",
	},
	{
		"an object action on the bucket",
		resourcePolicy(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs-1"`),
		"MalformedPolicy", "Action does not apply to any resource(s) in statement",
	},
	{
		"a bucket action on objects",
		resourcePolicy(`"Action":"s3:GetEncryptionConfiguration","Resource":"arn:aws:s3:::logs-1/*"`),
		"MalformedPolicy", "Action does not apply to any resource(s) in statement",
	},
	{
		"20481 bytes", padded(resourcePolicy(`"Action":"s3:*","Resource":"arn:aws:s3:::logs-1"`), 20481), "MalformedPolicy", "Policy exceeds the maximum allowed document size.",
	},
}
