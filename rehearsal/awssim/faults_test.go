package awssim

import (
	"context"
	"testing"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/stretchr/testify/require"
)

// faulty is an account in which calls fail.
func faulty(t *testing.T, faults ...Fault) *trial {
	t.Helper()
	return newTrialIn(t, Options{Faults: NewFaults(faults...)}, values{"region": "ap-northeast-1"})
}

// A call of each kind fails once, before its effect, and succeeds when it is made again.
func TestFaults_refused(t *testing.T) {
	t.Parallel()
	in := values{"cidrBlock": "10.0.0.0/16"}
	for _, operation := range []Operation{Create, Read, Update, Delete} {
		for kind, text := range map[FaultKind]string{
			Refused:   "api error InternalError: An internal error has occurred",
			Throttled: "api error RequestLimitExceeded: Request limit exceeded.",
		} {
			w := faulty(t, Fault{Type: vpcToken, Operation: operation, Kind: kind})
			vpc, err := w.try(vpcToken, "v", in)
			if operation == Create {
				require.ErrorContains(t, err, text)
				require.Nil(t, vpc)
				require.Empty(t, w.cloud.Inventory())
				vpc, err = w.try(vpcToken, "v", in)
			}
			require.NoError(t, err)
			if operation == Read {
				_, err = w.provider.Read(context.Background(), plugin.ReadRequest{URN: vpc.urn, ID: vpc.id})
				require.ErrorContains(t, err, text)
			}
			changed := with(in, values{"enableDnsHostnames": true})
			if operation == Update {
				require.ErrorContains(t, w.tryUpdate(vpc, changed), text)
				require.True(t, w.read(vpc))
				require.Equal(t, false, vpc.out()["enableDnsHostnames"])
			}
			w.update(vpc, changed)
			require.True(t, w.read(vpc))
			if operation == Delete {
				require.ErrorContains(t, w.tryRemove(vpc), text)
				require.True(t, w.read(vpc))
			}
			w.remove(vpc)
			require.Equal(t, 1, w.cloud.options.Faults.Done())
		}
	}
}

// The n-th call that fits fails: of a type, of a name, or of any.
func TestFaults_number(t *testing.T) {
	t.Parallel()
	in := values{"cidrBlock": "10.0.0.0/16"}
	for name, test := range map[string]struct {
		fault Fault
		fails []bool
	}{
		"first":        {Fault{Operation: Create}, []bool{true, false, false}},
		"second":       {Fault{Operation: Create, Number: 2}, []bool{false, true, false}},
		"of the type":  {Fault{Operation: Create, Type: vpcToken, Number: 3}, []bool{false, false, true}},
		"another type": {Fault{Operation: Create, Type: subnetToken}, []bool{false, false, false}},
		"of the name":  {Fault{Operation: Create, Name: "b"}, []bool{false, true, false}},
		"another call": {Fault{Operation: Delete}, []bool{false, false, false}},
	} {
		w := faulty(t, test.fault)
		for i, logical := range []string{"a", "b", "c"} {
			_, err := w.try(vpcToken, logical, in)
			require.Equal(t, test.fails[i], err != nil, "%s: %s", name, logical)
		}
	}
}

// A creation that fails between its steps leaves the resource as it is then, with its id. The next update ends the work,
// where the provider's does.
func TestFaults_late(t *testing.T) {
	t.Parallel()
	late := func(t *testing.T, token string) *trial {
		return faulty(t, Fault{Type: token, Operation: Create, Kind: Late})
	}
	fail := func(w *trial, token string, in values) *thing {
		x, refusal := w.partRefusal(token, "x", in)
		require.Contains(w.t, refusal, "api error InternalError")
		return x
	}
	mended := func(w *trial, x *thing, in values, differs ...string) {
		require.Equal(w.t, append([]string{}, differs...), paths(w.diff(x, in)))
		w.update(x, in)
		w.settled(x, in)
	}
	t.Run("VPC", func(t *testing.T) {
		t.Parallel()
		w, in := late(t, vpcToken), values{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true}
		vpc := fail(w, vpcToken, in)
		require.Equal(t, false, vpc.out()["enableDnsHostnames"])
		mended(w, vpc, in, "enableDnsHostnames")
	})
	t.Run("subnet", func(t *testing.T) {
		t.Parallel()
		w := late(t, subnetToken)
		in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "cidrBlock": "10.0.1.0/24", "mapPublicIpOnLaunch": true}
		mended(w, fail(w, subnetToken, in), in, "mapPublicIpOnLaunch")
	})
	t.Run("security group", func(t *testing.T) {
		t.Parallel()
		w := late(t, securityGroupToken)
		in := values{"vpcId": w.vpc("v", "10.0.0.0/16")}
		group := fail(w, securityGroupToken, in)
		require.Equal(t, []string{"peer: 0.0.0.0/0, ALL, ALLOW"}, w.rulesIn(string(group.id), egressRuleToken))
		// Without egress among the inputs the provider never takes AWS's own rule away again.
		mended(w, group, in)
		require.Equal(t, []string{"peer: 0.0.0.0/0, ALL, ALLOW"}, w.rulesIn(string(group.id), egressRuleToken))
		mended(w, group, with(in, values{"egress": []any{}}), "egress")
		require.Empty(t, w.rulesIn(string(group.id), egressRuleToken))
	})
	t.Run("default security group", func(t *testing.T) {
		t.Parallel()
		w := late(t, defaultSecurityGroupToken)
		in := values{"vpcId": w.vpc("v", "10.0.0.0/16"), "ingress": []any{}, "egress": []any{}}
		mended(w, fail(w, defaultSecurityGroupToken, in), in, "egress", "ingress")
	})
	t.Run("endpoint and instance", func(t *testing.T) {
		t.Parallel()
		w := faulty(t, Fault{Type: endpointToken, Operation: Create, Kind: Late}, Fault{Type: instanceToken, Operation: Create, Kind: Late})
		vpc := w.vpc("v", "10.0.0.0/16")
		subnet := w.subnet(vpc, "10.0.1.0/24", "ap-northeast-1a")
		endpoint := values{
			"vpcId": vpc, "serviceName": tokyoSSM, "vpcEndpointType": "Interface", "privateDnsEnabled": true, "subnetIds": []any{subnet},
		}
		mended(w, fail(w, endpointToken, endpoint), endpoint)
		instance := values{"ami": someImage(t), "instanceType": "t3.micro", "subnetId": subnet}
		mended(w, fail(w, instanceToken, instance), instance)
	})
	t.Run("instance profile", func(t *testing.T) {
		t.Parallel()
		w := late(t, profileToken)
		role := w.create(roleToken, "r", values{"assumeRolePolicy": trusting(`{"Service":"ec2.amazonaws.com"}`)})
		in := values{"role": string(role.id)}
		profile := fail(w, profileToken, in)
		require.NotContains(t, profile.out(), "role")
		mended(w, profile, in, "role")
	})
	t.Run("key and log group", func(t *testing.T) {
		t.Parallel()
		w := faulty(t, Fault{Type: keyToken, Operation: Create, Kind: Late}, Fault{Type: logGroupToken, Operation: Create, Kind: Late})
		key := values{"enableKeyRotation": true}
		mended(w, fail(w, keyToken, key), key, "enableKeyRotation")
		group := values{"retentionInDays": 7.0}
		mended(w, fail(w, logGroupToken, group), group, "retentionInDays")
	})
	t.Run("nothing of one step", func(t *testing.T) {
		t.Parallel()
		require.False(t, HasLaterSteps(ingressRuleToken))
		require.False(t, HasLaterSteps("aws:x:Y"))
		require.True(t, HasLaterSteps(instanceToken))
		w := late(t, keyPairToken)
		w.create(keyPairToken, "k", values{"publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"})
		require.Equal(t, 0, w.cloud.options.Faults.Done())
	})
}

// A creation takes its typical time times the factor, and ends at once when the operation is cancelled.
func TestLatency(t *testing.T) {
	t.Parallel()
	in := values{"cidrBlock": "10.0.0.0/16"}
	w := newTrialIn(t, Options{Latency: 0.002}, values{"region": "ap-northeast-1"})
	begun := time.Now()
	vpc := w.create(vpcToken, "v", in)
	require.GreaterOrEqual(t, time.Since(begun), 44*time.Millisecond)
	w.remove(vpc)

	slow := newTrialIn(t, Options{Latency: 1}, values{"region": "ap-northeast-1"})
	begun = time.Now()
	time.AfterFunc(20*time.Millisecond, func() { _ = slow.provider.SignalCancellation(context.Background()) })
	_, err := slow.try(vpcToken, "v", in)
	require.ErrorContains(t, err, "context canceled")
	require.Less(t, time.Since(begun), 5*time.Second)
	require.Empty(t, slow.cloud.Inventory())
	// The next operation has a provider of its own, which nobody has cancelled.
	slow.cloud.options.Latency = 0
	slow.with(values{"region": "ap-northeast-1"}).create(vpcToken, "v", in)

	for _, d := range Durations {
		require.NotNil(t, resourceTypes[d.Type], d.Type)
		require.Regexp(t, `^(https://.+|estimate)$`, d.Source, d.Type)
		require.Positive(t, d.Create+d.Delete, d.Type)
	}
}
