package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func newFaultyCloud(t *testing.T, faults ...Fault) *testCloud {
	t.Helper()
	return newTestCloudWith(t, Options{Faults: NewFaults(faults...)}, values{"region": "ap-northeast-1"})
}

func TestFaults_refuseACallOnce(t *testing.T) {
	t.Parallel()
	const refused = "api error InternalError: An internal error has occurred"
	in := values{"cidrBlock": "10.0.0.0/16"}
	w := newFaultyCloud(t, Fault{Type: vpcToken, Name: "v", Operation: Create}, Fault{Type: vpcToken, Name: "v", Operation: Delete})
	w.create(vpcToken, "w", in)

	vpc, err := w.tryCreate(vpcToken, "v", in)
	require.ErrorContains(t, err, refused)
	require.Nil(t, vpc)
	require.Len(t, w.cloud.Inventory(), 1)
	vpc = w.create(vpcToken, "v", in)

	require.ErrorContains(t, w.tryDelete(vpc), refused)
	require.True(t, w.read(vpc))
	w.delete(vpc)
	require.False(t, w.read(vpc))
}

// newPartialCloud returns a cloud in which the first creation of a resource "x" of these types fails
// partially.
func newPartialCloud(t *testing.T, tokens ...string) *testCloud {
	t.Helper()
	var faults []Fault
	for _, token := range tokens {
		faults = append(faults, Fault{Type: token, Name: "x", Operation: Create, Kind: PartialCreate})
	}
	return newFaultyCloud(t, faults...)
}

func (w *testCloud) createPartially(token string, in values) *testResource {
	w.t.Helper()
	x, failure := w.partialCreateError(token, "x", in)
	require.Contains(w.t, failure, "api error InternalError")
	return x
}

// requireCompleted requires an update of exactly these paths to complete a partial creation.
func (w *testCloud) requireCompleted(x *testResource, in values, paths ...string) {
	w.t.Helper()
	require.Equal(w.t, append([]string{}, paths...), diffPaths(w.diff(x, in)))
	w.update(x, in)
	w.requireNoDiff(x, in)
}

// After a partial creation, the resource exists without the properties that later steps set. The next update
// sets them, if the provider's does.

func TestFaults_partialVPC(t *testing.T) {
	t.Parallel()
	w, in := newPartialCloud(t, vpcToken), values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true}
	vpc := w.createPartially(vpcToken, in)
	require.Equal(t, false, vpc.state()["enableDnsHostnames"])
	w.requireCompleted(vpc, in, "enableDnsHostnames")
}

func TestFaults_partialSubnet(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, subnetToken)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "cidrBlock": "10.0.1.0/24", "mapPublicIpOnLaunch": true}
	w.requireCompleted(w.createPartially(subnetToken, in), in, "mapPublicIpOnLaunch")
}

func TestFaults_partialSecurityGroup(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, securityGroupToken)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16")}
	group := w.createPartially(securityGroupToken, in)
	require.Equal(t, []string{"peer: 0.0.0.0/0, ALL, ALLOW"}, w.rulesIn(string(group.id), egressRuleToken))
	// Without the input egress, no later update deletes AWS's default rule.
	w.requireCompleted(group, in)
	require.Equal(t, []string{"peer: 0.0.0.0/0, ALL, ALLOW"}, w.rulesIn(string(group.id), egressRuleToken))
	w.requireCompleted(group, with(in, values{"egress": []any{}}), "egress")
	require.Empty(t, w.rulesIn(string(group.id), egressRuleToken))
}

func TestFaults_partialDefaultSecurityGroup(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, defaultSecurityGroupToken)
	in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "ingress": []any{}, "egress": []any{}}
	w.requireCompleted(w.createPartially(defaultSecurityGroupToken, in), in, "egress", "ingress")
}

func TestFaults_partialEndpointAndInstance(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, endpointToken, instanceToken)
	vpc := w.vpc("v", "10.0.0.0/16")
	subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
	endpoint := values{
		"vpcId": vpc, "serviceName": tokyoSSM, "vpcEndpointType": "Interface", "privateDnsEnabled": true, "subnetIds": []any{subnet},
	}
	w.requireCompleted(w.createPartially(endpointToken, endpoint), endpoint)
	instance := values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet}
	w.requireCompleted(w.createPartially(instanceToken, instance), instance)
}

func TestFaults_partialInstanceProfile(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, profileToken)
	role := w.create(roleToken, "r", values{"assumeRolePolicy": trusting(`{"Service":"ec2.amazonaws.com"}`)})
	in := values{"role": string(role.id)}
	profile := w.createPartially(profileToken, in)
	require.NotContains(t, profile.state(), "role")
	w.requireCompleted(profile, in, "role")
}

func TestFaults_partialKeyAndLogGroup(t *testing.T) {
	t.Parallel()
	w := newPartialCloud(t, keyToken, logGroupToken)
	key := values{"enableKeyRotation": true}
	w.requireCompleted(w.createPartially(keyToken, key), key, "enableKeyRotation")
	group := values{"retentionInDays": 7.0}
	w.requireCompleted(w.createPartially(logGroupToken, group), group, "retentionInDays")
}

func TestCreatesInSteps(t *testing.T) {
	t.Parallel()
	require.False(t, CreatesInSteps(ingressRuleToken))
	require.False(t, CreatesInSteps("aws:x:Y"))
	require.True(t, CreatesInSteps(instanceToken))
	// A partial creation of a type that is created in one step does not occur.
	newPartialCloud(t, keyPairToken).create(keyPairToken, "x", values{"publicKey": keyED25519})
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for _, d := range Durations {
		require.NotNil(t, resourceTypes[d.Type], d.Type)
		require.Regexp(t, `^(https://.+|estimate)$`, d.Source, d.Type)
		require.Positive(t, d.Create+d.Delete, d.Type)
	}
}
