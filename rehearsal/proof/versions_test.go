package proof_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// version7Names replaces the names of types, and the name of the default provider.
var version7Names = strings.NewReplacer(
	"default_6_83_2", "default_7_48_0", "default_6_83_4", "default_7_48_0",
	"aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket",
	"aws:s3/bucketAclV2:BucketAclV2", "aws:s3/bucketAcl:BucketAcl",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
	"aws:s3/bucketVersioningV2:BucketVersioningV2", "aws:s3/bucketVersioning:BucketVersioning",
	"BucketV2 ", "Bucket ", "BucketAclV2 ", "BucketAcl ", "BucketLifecycleConfigurationV2 ", "BucketLifecycleConfiguration ",
	"BucketServerSideEncryptionConfigurationV2 ", "BucketServerSideEncryptionConfiguration ", "BucketVersioningV2 ", "BucketVersioning ",
)

// asVersion7 returns the state that the same program has with version 7 of pulumi-aws. With explicit, it sets the Region of
// each resource.
func asVersion7(t *testing.T, d *apitype.DeploymentV3, explicit bool) *apitype.DeploymentV3 {
	t.Helper()
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var converted apitype.DeploymentV3
	require.NoError(t, json.Unmarshal([]byte(version7Names.Replace(string(text))), &converted))
	region := "eu-west-1"
	for _, r := range converted.Resources {
		if value, ok := r.Inputs["region"].(string); ok && r.Type == "pulumi:providers:aws" {
			region = value
		}
	}
	for i := range converted.Resources {
		r := &converted.Resources[i]
		if !strings.HasPrefix(string(r.Type), "aws:") || strings.HasPrefix(string(r.Type), "aws:iam/") {
			continue
		}
		convertBucket(r)
		convertInputs(r)
		if explicit {
			set("region", region)(nil, r)
		} else if r.Outputs != nil {
			r.Outputs["region"] = region
		}
	}
	return &converted
}

// convertBucket makes lists of one object the objects that version 7 has.
func convertBucket(r *apitype.ResourceV3) {
	if r.Type != "aws:s3/bucket:Bucket" {
		return
	}
	// first makes a list of one an object.
	first := func(object props, list, name string) {
		if items, ok := object[list].([]any); ok {
			delete(object, list)
			if len(items) > 0 {
				object[name] = items[0]
			}
		}
	}
	for _, properties := range []props{r.Inputs, r.Outputs} {
		for list, name := range map[string]string{
			"loggings": "logging", "replicationConfigurations": "replicationConfiguration", "versionings": "versioning",
			"serverSideEncryptionConfigurations": "serverSideEncryptionConfiguration", "websites": "website",
		} {
			first(properties, list, name)
		}
		if encryption, ok := properties["serverSideEncryptionConfiguration"].(props); ok {
			first(encryption, "rules", "rule")
			if rule, ok := encryption["rule"].(props); ok {
				first(rule, "applyServerSideEncryptionByDefaults", "applyServerSideEncryptionByDefault")
			}
		}
		rules, _ := properties["lifecycleRules"].([]any)
		for _, rule := range rules {
			if rule, ok := rule.(props); ok {
				first(rule, "expirations", "expiration")
				first(rule, "noncurrentVersionExpirations", "noncurrentVersionExpiration")
			}
		}
	}
	if r.Outputs != nil {
		r.Outputs["bucketRegion"] = r.Outputs["region"]
	}
}

// convertInputs removes properties that version 7 does not have, and adds some that it computes.
func convertInputs(r *apitype.ResourceV3) {
	removed := map[string][]string{
		"aws:ec2/flowLog:FlowLog": {"logGroupName"}, "aws:ssm/association:Association": {"instanceId"},
		"aws:ec2/instance:Instance": {"cpuCoreCount", "cpuThreadsPerCore"},
	}
	computed := map[string]props{
		"aws:ec2/natGateway:NatGateway":    {"availabilityMode": "zonal"},
		"aws:cloudwatch/logGroup:LogGroup": {"deletionProtectionEnabled": false},
		"aws:ec2/instance:Instance": {
			"placementGroupId": "", "secondaryNetworkInterfaces": list(),
			"primaryNetworkInterface": props{"deleteOnTermination": true, "networkInterfaceId": r.Outputs["primaryNetworkInterfaceId"]},
		},
	}
	for _, name := range removed[string(r.Type)] {
		delete(r.Inputs, name)
		delete(r.Outputs, name)
	}
	if r.Outputs != nil {
		maps.Copy(r.Outputs, computed[string(r.Type)])
	}
}

// requireSameClaims checks that a state and the same state of version 7 verify alike. Only names of types may differ.
func requireSameClaims(t *testing.T, d *apitype.DeploymentV3, name string) {
	t.Helper()
	// As it is read from a file: mutants contain values of other types.
	exported, err := json.Marshal(d)
	require.NoError(t, err)
	var read apitype.DeploymentV3
	require.NoError(t, json.Unmarshal(exported, &read))
	text, err := json.Marshal(claimsOf(t, &read))
	require.NoError(t, err)
	// Reasons quote the names of resources, and list their URNs.
	want := strings.NewReplacer(`V2 \"`, ` \"`, "V2:", ":").Replace(string(text))
	for _, explicit := range []bool{false, true} {
		got, err := json.Marshal(claimsOf(t, asVersion7(t, d, explicit)))
		require.NoError(t, err)
		require.JSONEq(t, want, string(got), "%s, explicit Regions: %t", name, explicit)
	}
}

// TestVersion7_stacks checks that states of both versions verify alike.
func TestVersion7_stacks(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			d := deployed(t, stack, nil)
			requireSameClaims(t, d, stack)
			renamed := map[string]bool{}
			for _, r := range asVersion7(t, d, false).Resources {
				require.NotContains(t, string(r.URN), "V2")
				renamed[string(r.Type)] = true
			}
			require.Equal(t, stack == "prod", renamed["aws:s3/bucketVersioning:BucketVersioning"])
		})
	}
}

// TestVersion7_mutants checks that a change of a state affects the claims about both versions alike.
func TestVersion7_mutants(t *testing.T) {
	t.Parallel()
	for i, m := range mutate(t, deployed(t, "prod", nil)) {
		if !testing.Short() || i%10 == 0 || strings.HasPrefix(m.name, "Bucket") {
			requireSameClaims(t, m.state, m.name)
		}
	}
}

// TestVersion7_bucketSettings checks a bucket whose settings are inputs of its own, which both versions support.
func TestVersion7_bucketSettings(t *testing.T) {
	t.Parallel()
	const keyARN = "arn:aws:kms:eu-west-1:123456789012:key/k-1"
	p := goodPeer()
	bucketRecording(p)
	p.remove("sse")
	p.set("bucket", "serverSideEncryptionConfigurations", list(props{"rules": list(props{
		"applyServerSideEncryptionByDefaults": list(props{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": keyARN}),
	})}))
	p.set("bucket", "lifecycleRules", list(props{"id": "all", "enabled": true, "expirations": list(props{"days": 400.0})}))
	read := func() *apitype.DeploymentV3 {
		d, err := proof.Read(strings.NewReader(string(p.export(t))))
		require.NoError(t, err)
		return d
	}
	requireSameClaims(t, read(), "settings")
	claims := claimsOf(t, asVersion7(t, read(), false))
	i := slices.IndexFunc(claims, func(c proof.Claim) bool { return c.ID == "recorded" })
	require.Contains(t, claims[i].Why(), `Bucket "bucket" retains records for 400 days`)
	text, _ := p.resources["recording"].Outputs["policy"].(string)
	p.set("recording", "policy", strings.Replace(text, "kms:GenerateDataKey", "kms:DescribeKey", 1))
	requireSameClaims(t, read(), "no permission to use the key")
	require.Contains(t, failing(claimsOf(t, asVersion7(t, read(), false)), proof.Required), "agent: refuted")
}

// TestVersion7_inputs checks inputs that only version 7 has.
func TestVersion7_inputs(t *testing.T) {
	t.Parallel()
	otherGroup := func(p *peer) {
		p.put("aws:ec2/securityGroup:SecurityGroup", "other", "sg-other", props{"vpcId": "vpc-1", "ingress": list(), "egress": list()}, "vpc")
		p.put("aws:ec2/networkInterface:NetworkInterface", "face", "eni-1", props{"subnetId": "subnet-app", "securityGroups": list("sg-other")}, "app", "other")
	}
	for name, test := range map[string]struct {
		change func(p *peer)
		claim  string
		result string
	}{
		"the first network interface of another resource": {func(p *peer) {
			otherGroup(p)
			p.set("box", "vpcSecurityGroupIds", nil)
			p.set("box", "primaryNetworkInterface", props{"networkInterfaceId": "eni-1"})
		}, "reach.ssm", proof.Refuted},
		"an interface in a secondary network": {func(p *peer) {
			p.set("box", "secondaryNetworkInterfaces", list(props{"secondarySubnetId": "ss-1"}))
		}, "reach.ssm", proof.Undecided},
		"a placement group":     {func(p *peer) { p.set("box", "placementGroupId", "pg-1") }, "reach.ssm", proof.Proven},
		"a subnet of an IPAM":   {func(p *peer) { p.set("app", "ipv4IpamPoolId", "ipam-pool-1") }, "isolated", proof.Proven},
		"an input of version 8": {func(p *peer) { p.set("box", "invented", "x") }, "reach.ssm", proof.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPeer()
			test.change(p)
			result, why := resultOf(t, check(t, p.export(t)), test.claim)
			require.Equal(t, test.result, result, why)
		})
	}
}

// TestVersion7_otherRegion checks that the Region of a resource takes priority over that of its provider.
func TestVersion7_otherRegion(t *testing.T) {
	t.Parallel()
	d := asVersion7(t, deployed(t, "prod", nil), true)
	i := slices.IndexFunc(d.Resources, func(r apitype.ResourceV3) bool { return r.Type == "aws:s3/bucket:Bucket" })
	set("region", "us-east-1")(d, &d.Resources[i])
	result, why := resultOf(t, claimsOf(t, d), "reach.s3")
	require.NotEqual(t, proof.Proven, result)
	require.Contains(t, why, "us-east-1")
}
