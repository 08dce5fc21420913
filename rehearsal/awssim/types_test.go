package awssim

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
)

// Inputs that replace a resource only in combination with others are tested with their types.
func TestTypes_forceNew(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		vpcToken:                  "cidrBlock instanceTenancy ipv4IpamPoolId ipv4NetmaskLength",
		subnetToken:               "availabilityZone availabilityZoneId cidrBlock ipv6Native outpostArn vpcId",
		routeTableToken:           "vpcId",
		associationToken:          "gatewayId subnetId",
		routeToken:                "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId",
		securityGroupToken:        "description name namePrefix vpcId",
		defaultSecurityGroupToken: "vpcId",
		ingressRuleToken:          "securityGroupId",
		egressRuleToken:           "securityGroupId",
		endpointToken:             "resourceConfigurationArn serviceName serviceNetworkArn serviceRegion vpcEndpointType vpcId",
		flowLogToken: "deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination logDestinationType logFormat logGroupName " +
			"maxAggregationInterval subnetId trafficType transitGatewayAttachmentId transitGatewayId vpcId",
		instanceToken:         "ami associatePublicIpAddress availabilityZone ebsOptimized keyName privateIp subnetId tenancy",
		keyPairToken:          "keyName keyNamePrefix publicKey",
		roleToken:             "name namePrefix path",
		profileToken:          "name namePrefix path",
		rolePolicyToken:       "name namePrefix role",
		attachmentToken:       "policyArn role",
		documentToken:         "name",
		ssmAssociationToken:   "instanceId name",
		logGroupToken:         "logGroupClass name namePrefix",
		keyToken:              "customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId",
		aliasToken:            "name namePrefix",
		bucketToken:           "bucket bucketPrefix objectLockEnabled",
		publicAccessToken:     "bucket",
		bucketEncryptionToken: "bucket expectedBucketOwner",
		versioningToken:       "bucket expectedBucketOwner",
		lifecycleToken:        "bucket expectedBucketOwner",
		bucketPolicyToken:     "bucket",
		ownershipToken:        "bucket",
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(resourceTypes)))
	for token, kind := range resourceTypes {
		var replaces []string
		for _, key := range slices.Sorted(maps.Keys(kind.Inputs)) {
			if kind.Inputs[key].ForceNew {
				replaces = append(replaces, key)
			}
		}
		require.Equal(t, want[token], strings.Join(replaces, " "), token)
		require.Equal(t, token == attachmentToken, kind.DeleteBeforeReplace, "%s", token)
	}
}

// If a resource does not exist, a read returns nothing, a deletion succeeds, and an update returns the
// service's error.
func TestTypes_notFound(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	ec2 := func(doing, operation, code, message string) string {
		return "updating " + doing + " (x): operation error EC2: " + operation + ", https response error StatusCode: 400, api error " + code +
			": " + message
	}
	modeled := func(service, doing, operation, status, code, message string) string {
		return "updating " + doing + " (x): operation error " + service + ": " + operation + ", https response error StatusCode: " + status +
			", " + code + ": " + message
	}
	want := map[string]string{
		vpcToken:           ec2("EC2 VPC", "ModifyVpcAttribute", "InvalidVpcID.NotFound", "The vpc ID 'x' does not exist"),
		subnetToken:        ec2("EC2 Subnet", "ModifySubnetAttribute", "InvalidSubnetID.NotFound", "The subnet ID 'x' does not exist"),
		routeTableToken:    ec2("Route Table", "DescribeRouteTables", "InvalidRouteTableID.NotFound", "The routeTable ID 'x' does not exist"),
		securityGroupToken: ec2("Security Group", "DescribeSecurityGroups", "InvalidGroup.NotFound", "The security group 'x' does not exist"),
		endpointToken:      ec2("EC2 VPC Endpoint", "ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id 'x' does not exist"),
		instanceToken:      ec2("EC2 Instance", "ModifyInstanceAttribute", "InvalidInstanceID.NotFound", "The instance ID 'x' does not exist"),
		keyPairToken:       ec2("EC2 Key Pair", "CreateTags", "InvalidKeyPair.NotFound", "The key pair 'x' does not exist"),
		flowLogToken:       ec2("Flow Log", "CreateTags", "InvalidFlowLogId.NotFound", "The flowLog ID 'x' does not exist"),
		roleToken:          modeled("IAM", "IAM Role", "UpdateRole", "404", "NoSuchEntity", "The role with name x cannot be found."),
		profileToken: modeled("IAM", "IAM Instance Profile", "AddRoleToInstanceProfile", "404", "NoSuchEntity",
			"Instance Profile x cannot be found."),
		documentToken: modeled("SSM", "SSM Document", "UpdateDocument", "400", "InvalidDocument", "Document with name x does not exist."),
		ssmAssociationToken: modeled("SSM", "SSM Association", "UpdateAssociation", "400", "AssociationDoesNotExist",
			"The specified association does not exist."),
		logGroupToken: modeled("CloudWatch Logs", "CloudWatch Logs Log Group", "PutRetentionPolicy", "400", "ResourceNotFoundException",
			"The specified log group does not exist."),
		keyToken: modeled("KMS", "KMS Key", "UpdateKeyDescription", "400", "NotFoundException",
			"Key 'arn:aws:kms:ap-northeast-1:123456789012:key/x' does not exist"),
		aliasToken: modeled("KMS", "KMS Alias", "UpdateAlias", "400", "NotFoundException",
			"Alias arn:aws:kms:ap-northeast-1:123456789012:x is not found."),
		bucketToken: modeled("S3", "S3 Bucket", "PutBucketTagging", "404", "NoSuchBucket", "The specified bucket does not exist"),
	}
	for token := range resourceTypes {
		missing := &testResource{urn: testURN(token, "x"), id: "x", outputs: resource.PropertyMap{"arn": resource.NewProperty("x")}}
		require.False(t, w.read(missing), token)
		w.delete(missing)
		_, err := w.provider.Update(background, updateRequest{URN: missing.urn, ID: "x"})
		require.Error(t, err, token)
		if text, ok := want[token]; ok {
			require.Equal(t, text, awsError(t, err), token)
		}
	}
}

// createAll creates a resource of each type with many inputs.
func createAll(w *testCloud) []createdResource {
	m := &creator{testCloud: w}
	vpc := m.id(vpcToken, values{
		"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true, "enableNetworkAddressUsageMetrics": true,
		"instanceTenancy": "default",
	})
	subnet := m.id(subnetToken, values{
		"vpcId": vpc, "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-northeast-1a", "mapPublicIpOnLaunch": true,
		"enableResourceNameDnsARecordOnLaunch": true, "privateDnsHostnameTypeOnLaunch": "resource-name",
	})
	table := m.id(routeTableToken, values{"vpcId": vpc, "propagatingVgws": []any{}})
	m.id(associationToken, values{"routeTableId": table, "subnetId": subnet})
	m.id(defaultSecurityGroupToken, values{"vpcId": vpc, "ingress": []any{}, "egress": []any{}})
	group := m.id(securityGroupToken, values{"vpcId": vpc, "description": "d", "revokeRulesOnDelete": true})
	other := m.id(securityGroupToken, values{"vpcId": vpc, "name": "other", "ingress": []any{values{
		"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": []any{"10.0.0.0/24", "10.0.1.0/24"}, "description": "d",
	}}, "egress": []any{values{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "self": true}}})
	m.id(ingressRuleToken, values{
		"securityGroupId": group, "ipProtocol": "TCP", "fromPort": 443.0, "toPort": 443.0, "referencedSecurityGroupId": other, "description": "d",
	})
	m.id(egressRuleToken, values{"securityGroupId": group, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"})
	m.id(endpointToken, values{
		"vpcId": vpc, "serviceName": "com.amazonaws.ap-northeast-1.ssm", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
		"subnetIds": []any{subnet}, "securityGroupIds": []any{group}, "ipAddressType": "ipv4", "policy": defaultEndpointPolicy,
	})
	m.id(endpointToken, values{"vpcId": vpc, "serviceName": "com.amazonaws.ap-northeast-1.s3", "routeTableIds": []any{table}})
	role := m.id(roleToken, values{
		"assumeRolePolicy": trusting(`{"Service":["ec2.amazonaws.com","vpc-flow-logs.amazonaws.com"]}`), "description": "d", "path": "/a/",
		"maxSessionDuration": 7200.0, "forceDetachPolicies": true,
	})
	m.id(rolePolicyToken, values{"role": role, "policy": somePolicy})
	m.id(attachmentToken, values{"role": role, "policyArn": coreARN})
	profile := m.id(profileToken, values{"role": role, "path": "/b/"})
	key := m.id(keyToken, values{"description": "d", "deletionWindowInDays": 7.0, "enableKeyRotation": true})
	m.id(aliasToken, values{"targetKeyId": key})
	logs := m.id(logGroupToken, values{"retentionInDays": 30.0})
	m.id(flowLogToken, values{
		"vpcId": vpc, "trafficType": "ALL", "logDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:" + logs,
		"iamRoleArn": m.created[m.index(roleToken)].state()["arn"], "maxAggregationInterval": 60.0,
	})
	pair := m.id(keyPairToken, values{"publicKey": keyED25519})
	instance := m.id(instanceToken, values{
		"ami": imageX86, "instanceType": "t3.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{group}, "keyName": pair,
		"iamInstanceProfile": profile, "userData": "#!/bin/sh\n", "associatePublicIpAddress": false,
		"rootBlockDevice": values{"volumeType": "gp3", "volumeSize": 16.0, "encrypted": true, "tags": values{"a": "b"}},
	})
	m.id(routeToken, values{
		"routeTableId": table, "destinationCidrBlock": "192.168.0.0/16",
		"networkInterfaceId": m.created[m.index(instanceToken)].state()["primaryNetworkInterfaceId"],
	})
	m.id(ssmAssociationToken, values{
		"name": "AWS-UpdateSSMAgent", "associationName": "agents", "scheduleExpression": "cron(0 2 ? * SUN *)", "applyOnlyAtCronInterval": true,
		"targets": []any{values{"key": "InstanceIds", "values": []any{instance}}},
	})
	m.id(documentToken, values{"content": sessionDocument(""), "documentType": "Session"})
	m.buckets()
	return m.created
}

// createdResource is a resource with its inputs.
type createdResource struct {
	*testResource
	in values
}

type creator struct {
	*testCloud
	created []createdResource
}

// id creates a resource and returns its ID.
func (m *creator) id(token string, in values) string {
	m.t.Helper()
	if resourceTypes[token].Taggable {
		in["tags"] = values{"Name": "x"}
	}
	x := m.create(token, "x", in)
	m.created = append(m.created, createdResource{x, in})
	return string(x.id)
}

func (m *creator) index(token string) int {
	return slices.IndexFunc(m.created, func(x createdResource) bool { return string(x.urn.Type()) == token })
}

func (m *creator) buckets() {
	bucket := m.id(bucketToken, values{"forceDestroy": true})
	m.id(publicAccessToken, values{
		"bucket": bucket, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	m.id(ownershipToken, values{"bucket": bucket, "rule": values{"objectOwnership": "BucketOwnerEnforced"}})
	m.id(versioningToken, values{"bucket": bucket, "versioningConfiguration": values{"status": "Enabled"}})
	m.id(bucketEncryptionToken, values{"bucket": bucket, "rules": []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "AES256"},
	}}})
	m.id(lifecycleToken, values{"bucket": bucket, "rules": []any{values{
		"id": "r", "status": "Enabled", "filter": values{"prefix": ""}, "expiration": values{"days": 30.0},
	}}})
	m.id(bucketPolicyToken, values{"bucket": bucket, "policy": policyWith(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::` +
		bucket + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)})
}

// For every type: a read returns what was created; a second update and a refresh change nothing; tags are
// updated in place; an import returns the same properties; and deletions in reverse order leave nothing in
// the account.
func TestTypes_lifecycle(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{}, values{"region": "ap-northeast-1", "defaultTags": values{"tags": values{"project": "p"}}})
	all := createAll(w)
	seen := map[string]bool{}
	for _, x := range all {
		token := string(x.urn.Type())
		seen[token] = true
		w.requireNoDiff(x.testResource, x.in)
		for key := range x.outputs {
			_, isInput := resourceTypes[token].Inputs[string(key)]
			require.True(t, isInput || slices.Contains(resourceTypes[token].Outputs, string(key)), "%s of %s is not declared", key, token)
		}
		for _, output := range resourceTypes[token].Outputs {
			require.Contains(t, x.state(), output, token)
		}
		if resourceTypes[token].Taggable {
			tagged := with(x.in, values{"tags": values{"Name": "y"}})
			require.Equal(t, []string{"tags", "tagsAll"}, diffPaths(w.diff(x.testResource, tagged)), token)
			w.update(x.testResource, tagged)
			require.Equal(t, values{"Name": "y", "project": "p"}, x.state()["tagsAll"], token)
			w.requireNoDiff(x.testResource, tagged)
			bare := with(x.in, values{"tags": nil})
			w.update(x.testResource, bare)
			w.requireNoDiff(x.testResource, bare)
		}
		found := &testResource{urn: x.urn, id: x.id}
		if token == associationToken {
			found.id = resource.ID(str(x.state(), "subnetId") + "/" + str(x.state(), "routeTableId"))
		}
		require.True(t, w.read(found), token)
		require.Equal(t, x.outputs, found.outputs, token)
	}
	require.Len(t, seen, len(resourceTypes), "createAll lacks a type")
	for _, x := range slices.Backward(all) {
		w.delete(x.testResource)
		require.False(t, w.read(x.testResource) && string(x.urn.Type()) != defaultSecurityGroupToken, "%s still exists", x.urn)
	}
	w.requireEmpty()
}

// requireEmpty requires an account that contains only keys that are scheduled for deletion.
func (w *testCloud) requireEmpty() {
	w.t.Helper()
	require.Empty(w.t, w.cloud.Inventory())
	for _, o := range w.cloud.Objects {
		require.Equal(w.t, pendingKey, o.Type)
	}
}

func TestTypes_savedCloud(t *testing.T) {
	t.Parallel()
	options, config := Options{Path: t.TempDir() + "/cloud.json"}, values{"region": "ap-northeast-1"}
	all := createAll(newTestCloudWith(t, options, config))
	later := newTestCloudWith(t, options, config)
	for _, x := range all {
		later.requireNoDiff(x.testResource, x.in)
	}
	for _, x := range slices.Backward(all) {
		later.delete(x.testResource)
	}
	newTestCloudWith(t, options, config).requireEmpty()
}

// Some resources cannot be deleted while others exist.
func TestTypes_dependencies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ blocked, code string }{
		{vpcToken, "DependencyViolation"}, {subnetToken, "DependencyViolation"}, {securityGroupToken, "DependencyViolation"},
	} {
		w := newTestCloud(t)
		all := createAll(w)
		at := slices.IndexFunc(all, func(x createdResource) bool { return string(x.urn.Type()) == test.blocked })
		require.ErrorContains(t, w.tryDelete(all[at].testResource), "api error "+test.code+": ", test.blocked)
		require.True(t, w.read(all[at].testResource), "a failed deletion has no effect")
	}
	free := []string{
		defaultSecurityGroupToken, routeTableToken, endpointToken, flowLogToken, keyPairToken, ssmAssociationToken, logGroupToken, aliasToken,
		keyToken, instanceToken, profileToken, documentToken, associationToken, routeToken, ingressRuleToken, egressRuleToken,
	}
	w := newTestCloud(t)
	for _, x := range createAll(w) {
		if slices.Contains(free, string(x.urn.Type())) {
			w.delete(x.testResource)
		}
	}
}
