package proof_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

// addition is a resource that affects no claim.
type addition struct {
	name, kind, id string
	// why says why AWS does the same as before. It is an address, if a page says so.
	why        string
	properties props
}

// unrelated returns a role that nobody in the rest of the state uses.
func unrelated(trust string) props {
	return props{"name": "unrelated", "arn": "arn:aws:iam::123456789012:role/unrelated", "uniqueId": "AROAUNRELATED", "assumeRolePolicy": document(trust)}
}

const (
	noPermission = "it gives nobody permission to sessions"
	notRecords   = "the documents name another target of records"
)

// harmlessAdditions returns resources other than those of the network that affect no claim.
func harmlessAdditions() []addition {
	const key = "arn:aws:kms:eu-west-1:123456789012:key/k-2"
	everybody := `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
	return []addition{
		{"a role of a service", "aws:iam/role:Role", "unrelated", principals, unrelated(strings.Replace(ec2Trust, "ec2.", "lambda.", 1))},
		{"a role without policies", "aws:iam/role:Role", "unrelated", evaluation, unrelated(trustOf(rootPrincipal, ""))},
		{"a role of another account", "aws:iam/role:Role", "unrelated", evaluation, unrelated(trustOf(otherRoot, ""))},
		{"a role with a policy for S3", "aws:iam/role:Role", "unrelated", evaluation, func() props {
			role := unrelated(trustOf(rootPrincipal, ""))
			role["inlinePolicies"] = list(props{"name": "s3", "policy": document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)})
			return role
		}()},
		{"a managed policy that nothing attaches", "aws:iam/policy:Policy", "arn:aws:iam::123456789012:policy/free", evaluation, props{
			"arn": "arn:aws:iam::123456789012:policy/free", "policy": document(`{"Effect":"Allow","Action":"*","Resource":"*"}`),
		}},
		{"a policy of a role that is elsewhere", "aws:iam/rolePolicy:RolePolicy", "other:p", evaluation, props{
			"role": "other", "name": "p", "policy": document(`{"Effect":"Allow","Action":"*","Resource":"*"}`),
		}},
		{"an attachment to a role that is elsewhere", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "other-1", evaluation, props{
			"role": "other", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
		}},
		{"an instance profile that no instance has", "aws:iam/instanceProfile:InstanceProfile", "free", instanceRoles, props{"name": "free", "role": "other"}},
		{"a user without policies", "aws:iam/user:User", "carl", evaluation, props{"name": "carl", "arn": "arn:aws:iam::123456789012:user/carl"}},
		{"a group", "aws:iam/group:Group", "readers", evaluation, props{"name": "readers", "arn": "arn:aws:iam::123456789012:group/readers"}},
		{"a policy of a group without users", "aws:iam/groupPolicy:GroupPolicy", "readers:p", evaluation, props{
			"group": "readers", "name": "p", "policy": document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`),
		}},
		{"an access key", "aws:iam/accessKey:AccessKey", "AKIAEXAMPLE", noPermission, props{"user": "carl"}},
		{"a service-linked role", "aws:iam/serviceLinkedRole:ServiceLinkedRole", "slr", principals, props{"awsServiceName": "elasticbeanstalk.amazonaws.com"}},
		{"a SAML provider", "aws:iam/samlProvider:SamlProvider", "arn:aws:iam::123456789012:saml-provider/x", samlRoles, props{"name": "x"}},
		{"the password policy", "aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "iam-account-password-policy", noPermission, props{"minimumPasswordLength": 14.0}},
		{"another bucket", "aws:s3/bucketV2:BucketV2", "assets", notRecords, props{"bucket": "assets", "forceDestroy": true}},
		{"a public policy of another bucket", "aws:s3/bucketPolicy:BucketPolicy", "assets", notRecords, props{
			"bucket": "assets", "policy": document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::assets/*"}`),
		}},
		{"public access to another bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "assets", publicAccess, props{
			"bucket": "assets", "blockPublicAcls": false, "blockPublicPolicy": false, "ignorePublicAcls": false, "restrictPublicBuckets": false,
		}},
		{"replication of another bucket", "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "assets", notRecords, props{"bucket": "assets"}},
		{"an open key that encrypts nothing", "aws:kms/key:Key", "k-2", keyPolicies, props{"arn": key, "policy": document(everybody)}},
		{"a disabled key", "aws:kms/key:Key", "k-2", keyStates, props{"arn": key, "isEnabled": false}},
		{"an alias of another key", "aws:kms/alias:Alias", "alias/other", keyPolicies, props{"name": "alias/other", "targetKeyId": "k-9"}},
		{"a grant of another key", "aws:kms/grant:Grant", "k-9:g", grants, props{"keyId": "k-9", "granteePrincipal": "arn:aws:iam::210987654321:root"}},
		{"a document for commands", "aws:ssm/document:Document", "install", sessionActions, props{
			"name": "install", "documentType": "Command", "content": `{"schemaVersion":"2.2","mainSteps":[]}`,
		}},
		{"a parameter", "aws:ssm/parameter:Parameter", "/app/name", noPermission, props{"name": "/app/name", "type": "String"}},
		{"a patch baseline", "aws:ssm/patchBaseline:PatchBaseline", "pb-1", noPermission, props{"operatingSystem": "AMAZON_LINUX_2023"}},
		{"another log group", "aws:cloudwatch/logGroup:LogGroup", "app", notRecords, props{"name": "app", "retentionInDays": 1.0, "logGroupClass": "DELIVERY"}},
		{"a subscription of another log group", "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", "app-1", subscriptions, props{
			"logGroup": "app", "destinationArn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
		}},
		{"a flow log of another VPC", "aws:ec2/flowLog:FlowLog", "fl-9", flowLogTypes, props{"vpcId": "vpc-9", "trafficType": "REJECT"}},
		{"a second flow log", "aws:ec2/flowLog:FlowLog", "fl-9", flowLogTypes, props{"vpcId": "vpc-1", "trafficType": "REJECT", "logDestinationType": "s3"}},
		{"an alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", noPermission, props{"name": "alarm"}},
		{"a database", "aws:rds/instance:Instance", "db-1", noPermission, props{"engine": "postgres"}},
		{"a queue", "aws:sqs/queue:Queue", "queue", noPermission, props{"name": "queue"}},
		{"a topic", "aws:sns/topic:Topic", "topic", noPermission, props{"name": "topic"}},
		{"a table", "aws:dynamodb/table:Table", "table", noPermission, props{"name": "table"}},
		{"a secret", "aws:secretsmanager/secret:Secret", "secret", noPermission, props{"name": "secret"}},
		{"a trail", "aws:cloudtrail/trail:Trail", "trail", noPermission, props{"name": "trail"}},
		{"a repository of images", "aws:ecr/repository:Repository", "images", noPermission, props{"name": "images"}},
		{"a key pair", "aws:ec2/keyPair:KeyPair", "kp", noPermission, props{"keyName": "kp"}},
		{"an image", "aws:ec2/ami:Ami", "ami-9", noPermission, props{"name": "image"}},
		{"a snapshot", "aws:ebs/snapshot:Snapshot", "snap-9", noPermission, props{"volumeId": "vol-9"}},
		{"a random password", "random:index/randomPassword:RandomPassword", "none", "it is not in AWS", props{"length": 16.0}},
		{"a certificate of a program", "tls:index/privateKey:PrivateKey", "pk", "it is not in AWS", props{"algorithm": "ED25519"}},
	}
}

// TestHarmlessAdditions checks that resources that affect no claim leave every claim as it was.
func TestHarmlessAdditions(t *testing.T) {
	t.Parallel()
	additions := harmlessAdditions()
	require.GreaterOrEqual(t, len(additions)+len(harmlessNetworkChanges()), 100)
	before := resultsOf(check(t, fullPeer().export(t)))
	for _, a := range additions {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, a.why)
			p := fullPeer()
			p.put(a.kind, "extra", a.id, a.properties)
			claims := check(t, p.export(t))
			require.Equal(t, before, resultsOf(claims), unmet(claims))
		})
	}
}

// TestHarmlessAdditions_prod does the same for the stack prod, in its Region.
func TestHarmlessAdditions_prod(t *testing.T) {
	t.Parallel()
	base := deployed(t, "prod", nil)
	before := resultsOf(claimsOf(t, base))
	for _, a := range harmlessAdditions() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(a.properties)
			require.NoError(t, err)
			var properties props
			require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), "eu-west-1", "ap-northeast-1")), &properties))
			d := clone(base)
			insert(a.kind, "extra", a.id, properties)(d, &d.Resources[0])
			// The provider of the extra resource is that of the others.
			d.Resources[len(d.Resources)-1].Provider = providerOf(base)
			claims := claimsOf(t, d)
			require.Equal(t, before, resultsOf(claims), unmet(claims))
		})
	}
}

// providerOf returns the provider of AWS resources.
func providerOf(d *apitype.DeploymentV3) string {
	for _, r := range d.Resources {
		if r.Custom && strings.HasPrefix(string(r.Type), "aws:") {
			return r.Provider
		}
	}
	return ""
}
