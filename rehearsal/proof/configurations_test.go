package proof_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// otherImage is an image that the simulated AWS assumes to exist.
const otherImage = "ami-0123456789abcdef0"

// TestOtherImages checks the assumptions about an image that is not one of Amazon Linux.
func TestOtherImages(t *testing.T) {
	t.Parallel()
	other := map[string]string{"os": "other", "amiId": otherImage, "loginUser": "ubuntu", "zones": `["a", "c"]`}
	installs := maps.Clone(other)
	installs["userDataFile"] = "install-agent.sh"
	const agent, connect = otherImage + ", the AMI in amiId, has the SSM Agent", otherImage + ", the AMI in amiId, has EC2 Instance Connect, or user data installs it"
	for name, test := range map[string]struct {
		overrides map[string]string
		want      []string
	}{
		"Amazon Linux":         {map[string]string{"amiId": otherImage}, nil},
		"another Linux":        {other, []string{agent, connect}},
		"it installs an agent": {installs, []string{agent + ", or user data installs it", connect}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, text := range proof.Assumptions(claimsOf(t, deployed(t, "dev", test.overrides))) {
				if strings.Contains(text, otherImage) {
					got = append(got, text)
				}
			}
			require.Equal(t, test.want, got)
		})
	}
}

// A policy that denies the agent's requests is not fixed by more permissions, so the fix names where the policy is.
func TestDeniedAgent(t *testing.T) {
	t.Parallel()
	const remove = "remove the statement that denies it"
	for name, test := range map[string]struct {
		overrides map[string]string
		want      []string
	}{
		"permissions of the agent": {
			map[string]string{"instancePolicyFiles": `["wrong/deny.json"]`},
			[]string{remove + " from instancePolicyFiles, or the policy from instancePolicyArns"},
		},
		"a managed policy that denies everything": {
			map[string]string{"instancePolicyArns": `["arn:aws:iam::aws:policy/AWSDenyAll"]`},
			[]string{remove + " from instancePolicyFiles, or the policy from instancePolicyArns"},
		},
		"permissions for records": {
			map[string]string{"instancePolicyFiles": `["wrong/deny-logs.json"]`, "sessionLogs": `["cloudwatch"]`},
			[]string{remove + " from instancePolicyFiles, or the policy from instancePolicyArns"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := claimsOf(t, deployed(t, "dev", test.overrides))
			i := slices.IndexFunc(claims, func(c proof.Claim) bool { return c.ID == "agent" })
			require.Equal(t, proof.Refuted, claims[i].Result)
			require.Equal(t, test.want, differentFixes(claims[i]))
		})
	}
}

// differentFixes returns the different fixes of a claim, in their order.
func differentFixes(claim proof.Claim) []string {
	var fixes []string
	for _, reason := range claim.Reasons {
		if reason.Fix != "" && !slices.Contains(fixes, reason.Fix) {
			fixes = append(fixes, reason.Fix)
		}
	}
	return fixes
}

// TestConfigurations checks the claims about other configurations.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	const flow, zone, protected, own = "flow-logs: refuted", "multi-zone: refuted", "protected: refuted", "session.own: undecided"
	for name, test := range map[string]struct {
		overrides map[string]string
		required  []string
		hardening []string
	}{
		"shared subnets": {map[string]string{"subnetLayout": "shared"}, nil, []string{own, flow, zone, protected}},
		"open egress":    {map[string]string{"instanceEgress": "open"}, nil, []string{own, "egress: refuted", flow, zone, protected}},
		"the VPC reaches the endpoints": {
			map[string]string{"endpointIngress": "vpc"}, nil, []string{own, flow, zone, protected},
		},
		"port forwarding": {
			map[string]string{"forwardTo": `["10.0.32.0/24:5432"]`, "sessionDocuments": `["remote-port-forwarding"]`},
			nil,
			[]string{own, flow, zone, protected},
		},
		"Amazon Linux 2": {map[string]string{"os": "al2"}, nil, []string{own, flow, zone, protected}},
		"another Linux": {
			map[string]string{"os": "other", "amiId": otherImage, "loginUser": "ubuntu"},
			[]string{"agent: assumed", "session.start: assumed"},
			[]string{own, flow, zone, protected},
		},
		"another Linux, without EC2 Instance Connect": {
			map[string]string{"os": "other", "amiId": otherImage, "sessionDocuments": `["shell"]`},
			[]string{"agent: assumed"},
			[]string{own, flow, zone, protected},
		},
		"a key pair of the stack": {
			map[string]string{"sshPublicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPPVrXLFyl4X5xbT2bYSYuPYvyRm5zDGX3/WlJm3Qp1 ann"},
			nil,
			[]string{own, flow, zone, protected},
		},
		"IAM users": {
			map[string]string{"sessionPrincipals": `["arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/bob"]`},
			nil,
			[]string{flow, zone, protected},
		},
		"a role": {
			map[string]string{"sessionPrincipals": `["arn:aws:iam::123456789012:role/ops"]`, "requireMfa": "false"},
			nil,
			[]string{"session.mfa: undecided", own, flow, zone, protected},
		},
		"Identity Center": {
			map[string]string{"sessionPrincipals": `["sso:Operators"]`, "requireMfa": "false"},
			nil,
			[]string{own, "session.mfa: assumed", flow, zone, protected},
		},
		"another account": {
			map[string]string{"sessionPrincipals": `["210987654321"]`}, nil, []string{own, flow, zone, protected},
		},
		"any instance": {
			map[string]string{"sessionTargets": "any"}, nil, []string{own, "session.scope: refuted", flow, zone, protected},
		},
		"no MFA": {
			map[string]string{"requireMfa": "false"}, nil, []string{"session.mfa: refuted", own, flow, zone, protected},
		},
		"a workload's endpoints and buckets": {
			map[string]string{"interfaceEndpoints": `["ecr.api", "secretsmanager", "logs", "kms"]`, "s3Buckets": `["my-bucket"]`},
			nil,
			[]string{own, "endpoint-policy.s3: assumed", flow, zone, protected},
		},
		"images of Amazon ECR, and public buckets": {
			map[string]string{"interfaceEndpoints": `["ecr.api", "ecr.dkr"]`, "publicBuckets": `["mirror", "amazoncloudwatch-agent"]`},
			nil,
			[]string{own, "endpoint-policy.s3: assumed", flow, zone, protected},
		},
		"a public bucket that the workload writes": {
			map[string]string{"publicBuckets": `["mirror"]`, "s3Buckets": `["mirror"]`},
			nil,
			[]string{own, "endpoint-policy.s3: assumed", flow, zone, protected},
		},
		"permissions of the workload": {
			map[string]string{
				"instancePolicyFiles": `["policies/app.json"]`,
				"instancePolicyArns":  `["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]`,
			},
			nil,
			[]string{own, flow, zone, protected},
		},
		"permissions of the workload that nobody knows": {
			map[string]string{"instancePolicyArns": `["arn:aws:iam::123456789012:policy/app"]`},
			[]string{"agent: assumed"},
			[]string{own, flow, zone, protected},
		},
		"permissions that deny the agent's requests": {
			map[string]string{"instancePolicyFiles": `["wrong/deny.json"]`}, []string{"agent: refuted"}, []string{own, flow, zone, protected},
		},
		"containers that use the instance role": {
			map[string]string{"imdsHopLimit": "2"}, nil, []string{own, "imdsv2: refuted", flow, zone, protected},
		},
		"full policies": {
			map[string]string{"endpointPolicy": "full"},
			nil,
			[]string{own, "endpoint-policy.ssm: refuted", "endpoint-policy.s3: refuted", flow, zone, protected},
		},
		"no S3": {
			map[string]string{"s3Endpoint": "false", "agentAutoUpdate": "false"}, nil, []string{own, flow, zone, protected},
		},
		"recorded, and encrypted by AWS": {
			map[string]string{"sessionLogs": `["cloudwatch", "s3"]`}, nil, []string{own, flow, zone, protected},
		},
		"recorded to S3": {map[string]string{"sessionLogs": `["s3"]`}, nil, []string{own, flow, zone, protected}},
		"encrypted":      {map[string]string{"sessionEncryption": "true"}, nil, []string{own, flow, zone, protected}},
		"recorded and encrypted": {
			map[string]string{"sessionLogs": `["cloudwatch"]`, "sessionEncryption": "true"}, nil, []string{own, flow, zone, protected},
		},
		"a maximum duration": {map[string]string{"sessionMaxMinutes": "60"}, nil, []string{own, flow, zone, protected}},
		"an existing log group and bucket": {
			map[string]string{"sessionLogs": `["cloudwatch", "s3"]`, "sessionLogGroup": "/central", "sessionBucket": "central-records"},
			[]string{"agent: assumed", "reach.s3: assumed", "recorded: assumed"},
			[]string{own, "endpoint-policy.s3: assumed", flow, zone, protected},
		},
		"shells as another user": {
			map[string]string{"sessionRunAs": "ec2-user", "sessionShell": "exec bash -l"},
			[]string{"session.start: assumed"},
			[]string{own, flow, zone, protected},
		},
		"shells as users by tag": {
			map[string]string{"sessionRunAs": "tag", "sessionPrincipals": `["arn:aws:iam::123456789012:user/ann"]`},
			[]string{"session.start: assumed"},
			[]string{flow, zone, protected},
		},
		"flow logs": {map[string]string{"flowLogDays": "30"}, nil, []string{own, zone, protected}},
		"minimal permissions": {
			map[string]string{"instancePolicy": "minimal"}, nil, []string{own, flow, zone, protected},
		},
		"minimal permissions, without updates": {
			map[string]string{"instancePolicy": "minimal", "agentAutoUpdate": "false"}, nil, []string{own, flow, zone, protected},
		},
		"minimal permissions of an older agent": {
			map[string]string{"instancePolicy": "minimal", "ec2messagesEndpoint": "true"}, nil, []string{own, flow, zone, protected},
		},
		"recent MFA": {map[string]string{"mfaMaxAgeMinutes": "1"}, nil, []string{own, flow, zone, protected}},
		"an organization": {
			map[string]string{"organizationId": "o-exampleorgid", "sessionLogs": `["cloudwatch", "s3"]`},
			[]string{"reach.ssm: assumed", "reach.logs: assumed", "reach.s3: assumed"},
			[]string{own, flow, zone, protected},
		},
		"a key for the root volume": {
			map[string]string{"rootVolumeKmsKey": "arn:aws:kms:ap-northeast-1:123456789012:key/mine"},
			nil,
			[]string{own, flow, zone, protected},
		},
		// The content of the boundary is not in the state.
		"a boundary": {
			map[string]string{"permissionsBoundary": "arn:aws:iam::123456789012:policy/limits"},
			[]string{"agent: undecided", "session.start: undecided"},
			[]string{own, flow, zone, protected},
		},
		"many instances in three zones": {
			map[string]string{"zones": `["a", "c", "d"]`, "instancesPerZone": "2"}, nil, []string{own, flow, protected, protected, protected, protected, protected, protected},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := claimsOf(t, deployed(t, "dev", test.overrides))
			require.ElementsMatch(t, test.required, failing(claims, proof.Required))
			require.ElementsMatch(t, test.hardening, failing(claims, proof.Hardening))
		})
	}
}
