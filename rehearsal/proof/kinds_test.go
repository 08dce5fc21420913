package proof_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// TestRead_formats checks that the same state in other encodings and in a checkpoint file has the same claims.
func TestRead_formats(t *testing.T) {
	t.Parallel()
	text := fullPeer().export(t)
	var export struct{ Deployment json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &export))
	checkpoint, err := json.Marshal(map[string]any{"version": 3, "checkpoint": map[string]any{"stack": "organization/peer/peer", "latest": export.Deployment}})
	require.NoError(t, err)
	utf16Of := func(order binary.ByteOrder) []byte {
		var encoded bytes.Buffer
		for _, unit := range utf16.Encode([]rune("\uFEFF" + string(text))) {
			require.NoError(t, binary.Write(&encoded, order, unit))
		}
		return encoded.Bytes()
	}
	want := check(t, text)
	for name, other := range map[string][]byte{
		"a checkpoint file":             checkpoint,
		"a byte order mark":             append([]byte("\xEF\xBB\xBF"), text...),
		"UTF-16 of PowerShell":          utf16Of(binary.LittleEndian),
		"UTF-16 in the other order":     utf16Of(binary.BigEndian),
		"white space around the object": []byte("\r\n" + string(text) + "\n\n"),
	} {
		if claims := check(t, other); !reflect.DeepEqual(want, claims) {
			t.Errorf("%s: the claims differ", name)
		}
	}
}

// TestCheck_malformedURNs checks that resources with malformed URNs are read like others, by their types.
func TestCheck_malformedURNs(t *testing.T) {
	t.Parallel()
	before := failing(check(t, fullPeer().export(t)), "")
	for _, urn := range []string{"", "urn", "urn:pulumi:", "urn:pulumi:a::b", "urn:pulumi:::::::", "::::", "\x00"} {
		p := fullPeer()
		p.put("aws:s3/bucketV2:BucketV2", "extra", "assets", props{"bucket": "assets"})
		p.resources["extra"].URN = resource.URN(urn)
		require.Equal(t, before, failing(check(t, p.export(t)), ""), "%q", urn)
	}
}

// TestCheck_health checks that a claim is undecided if something that it rests on may not exist, or may not be as the state
// says, and that the other claims stay proven.
func TestCheck_health(t *testing.T) {
	t.Parallel()
	unhealthy := map[string]func(*apitype.ResourceV3){
		"pendingReplacement": func(r *apitype.ResourceV3) { r.PendingReplacement = true },
		"initErrors":         func(r *apitype.ResourceV3) { r.InitErrors = []string{"timed out"} },
		"no id":              func(r *apitype.ResourceV3) { r.ID = "" },
	}
	affected := map[string][]string{
		"people-policy": {"session.start", "session.mfa", "session.foreign", "session.own", "session.scope", "recorded"},
		"logging":       {"agent", "recorded"},
		"group":         {"recorded"},
		"flow-log":      {"flow-logs"},
		"default-group": {"default-sg"},
	}
	for what, change := range unhealthy {
		for name, claims := range affected {
			p := fullPeer()
			change(p.resources[name])
			for _, claim := range check(t, p.export(t)) {
				for _, id := range claims {
					if claim.ID == id {
						require.Equal(t, proof.Undecided, claim.Result, "%s of %s: %s", what, name, id)
					}
				}
				if claim.ID == "isolated" || claim.ID == "imdsv2" {
					require.Equal(t, proof.Proven, claim.Result, "%s of %s: %s", what, name, claim.ID)
				}
			}
		}
	}
}

// TestCheck_uncertainCopies checks that unknowns soften refutations, too: a resource that a replacement has not deleted yet,
// or whose operation was interrupted.
func TestCheck_uncertainCopies(t *testing.T) {
	t.Parallel()
	p := fullPeer()
	p.put("aws:ec2/internetGateway:InternetGateway", "gateway", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
	result, _ := resultOf(t, check(t, p.export(t)), "isolated")
	require.Equal(t, proof.Refuted, result)
	p.resources["gateway"].Delete = true
	result, why := resultOf(t, check(t, p.export(t)), "isolated")
	require.Equal(t, proof.Undecided, result)
	require.Contains(t, why, "has not deleted this copy yet")

	gone := *p.resources["gateway"]
	p.remove("gateway")
	deployment, err := proof.Read(bytes.NewReader(p.export(t)))
	require.NoError(t, err)
	deployment.PendingOperations = []apitype.OperationV2{{Resource: gone, Type: apitype.OperationTypeCreating}}
	result, why = resultOf(t, claimsOf(t, deployment), "isolated")
	require.Equal(t, proof.Undecided, result)
	require.Contains(t, why, `its operation "creating" was interrupted`)
	result, why = resultOf(t, claimsOf(t, deployment), "session.mfa")
	require.Equal(t, proof.Proven, result, why)
}

// inRegion puts all resources of a stack under a provider of a Region.
func inRegion(p *peer, region string) {
	provider := urn("pulumi:providers:aws", region)
	p.put("pulumi:providers:aws", "provider-"+region, region, props{"region": region})
	p.resources["provider-"+region].URN = provider
	for name, r := range p.resources {
		if name != "provider-"+region && r.Provider == "" {
			r.Provider = string(provider) + "::" + region
		}
	}
}

// TestCheck_locations checks that names are looked up in the account and Region of what names them.
func TestCheck_locations(t *testing.T) {
	t.Parallel()
	elsewhere := func(p *peer, kind, name, id string, properties props) {
		p.put(kind, name, id, properties)
		inRegion(p, "us-east-1")
	}
	quiet := `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}`
	for name, test := range map[string]struct {
		change func(*peer)
		claim  string
		result string
	}{
		"one Region": {func(*peer) {}, "recorded", proof.Proven},
		"a document of the same name elsewhere does not record": {func(p *peer) {
			elsewhere(p, "aws:ssm/document:Document", "extra", "shell", props{"name": "shell", "documentType": "Session", "content": quiet})
		}, "recorded", proof.Proven},
		"a log group of the same name elsewhere": {func(p *peer) {
			elsewhere(p, "aws:cloudwatch/logGroup:LogGroup", "extra", "session-logs", props{"name": "session-logs"})
		}, "recorded", proof.Proven},
		"the log group is elsewhere": {func(p *peer) {
			p.remove("group")
			elsewhere(p, "aws:cloudwatch/logGroup:LogGroup", "extra", "session-logs", props{"name": "session-logs"})
		}, "recorded", proof.Undecided},
		"the document is elsewhere": {func(p *peer) {
			shell := p.resources["shell"].Outputs
			p.remove("shell")
			elsewhere(p, "aws:ssm/document:Document", "extra", "shell", props{
				"name": "shell", "documentType": "Session", "content": shell["content"], "arn": "arn:aws:ssm:us-east-1:123456789012:document/shell",
			})
		}, "session.start", proof.Undecided},
		"a provider that contradicts the outputs": {func(p *peer) {
			p.put("pulumi:providers:aws", "us", "us-west-2", props{"region": "us-west-2"})
			p.resources["group"].Provider = string(p.resources["us"].URN) + "::us-west-2"
		}, "recorded", proof.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fullPeer()
			inRegion(p, "eu-west-1")
			test.change(p)
			result, why := resultOf(t, check(t, p.export(t)), test.claim)
			require.Equal(t, test.result, result, why)
		})
	}
}

// TestCheck_otherAccount checks that a role of the same name in another account is another role.
func TestCheck_otherAccount(t *testing.T) {
	t.Parallel()
	p := fullPeer()
	p.set("instance-role", "arn", "arn:aws:iam::210987654321:role/instance-role")
	result, why := resultOf(t, check(t, p.export(t)), "agent")
	require.Equal(t, proof.Undecided, result)
	require.Contains(t, why, "different accounts")
}

// TestCheck_yamlDocuments checks that session documents in YAML are read like those in JSON.
func TestCheck_yamlDocuments(t *testing.T) {
	t.Parallel()
	yaml := "---\nschemaVersion: '1.0'\nsessionType: Standard_Stream\ninputs:\n  cloudWatchLogGroupName: session-logs\n" +
		"  cloudWatchEncryptionEnabled: true\n  kmsKeyId: arn:aws:kms:eu-west-1:123456789012:key/k-1\n"
	for name, test := range map[string]struct {
		content, format, result string
	}{
		"records":               {yaml, "YAML", proof.Proven},
		"forwards ports":        {strings.Replace(yaml, "Standard_Stream", "Port", 1), "YAML", proof.Refuted},
		"a parameter":           {strings.Replace(yaml, "session-logs", "'{{ group }}'", 1), "YAML", proof.Undecided},
		"not YAML":              {"a: [", "YAML", proof.Undecided},
		"YAML in place of JSON": {yaml, "JSON", proof.Undecided},
		"another format":        {yaml, "TEXT", proof.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fullPeer()
			p.set("shell", "documentFormat", test.format)
			p.set("shell", "content", test.content)
			result, why := resultOf(t, check(t, p.export(t)), "recorded")
			require.Equal(t, test.result, result, why)
		})
	}
}

// TestCheck_unreadable checks that something that cannot be read makes only the claims undecided that need it.
func TestCheck_unreadable(t *testing.T) {
	t.Parallel()
	all := resultsOf(check(t, fullPeer().export(t)))
	for name, test := range map[string]struct {
		change    func(*peer)
		undecided []string
	}{
		"the trust policy of an unrelated role": {func(p *peer) {
			addRole(p, "other", ec2Trust, ownStatement)
			p.set("other", "assumeRolePolicy", "{")
		}, nil},
		"the policy of the session role": {
			func(p *peer) { p.set("people-policy", "policy", "") },
			[]string{"recorded", "session.foreign", "session.mfa", "session.own", "session.scope", "session.start"},
		},
		"a policy of the instances": {func(p *peer) { p.set("logging", "policy", "nonsense") }, []string{"agent", "recorded"}},
		"the policy of an endpoint": {func(p *peer) { p.set("logs", "policy", "[]") }, []string{"endpoint-policy.logs", "reach.logs"}},
		"the role of the flow log":  {func(p *peer) { p.set("flow-policy", "policy", "{}") }, []string{"flow-logs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fullPeer()
			test.change(p)
			claims := check(t, p.export(t))
			got := map[string]bool{}
			for _, claim := range claims {
				if claim.Result != proof.Proven {
					require.Equal(t, proof.Undecided, claim.Result, claim.ID)
					got[claim.ID] = true
				}
			}
			want := map[string]bool{}
			for _, id := range test.undecided {
				want[id] = true
			}
			require.Equal(t, want, got, unmet(claims))
			require.GreaterOrEqual(t, len(claims), len(all)-1)
		})
	}
}

// TestCheck_notChecked checks what is said about states whose instances are launched by other resources.
func TestCheck_notChecked(t *testing.T) {
	t.Parallel()
	for kind, name := range map[string]string{
		"aws:autoscaling/group:Group": "an Auto Scaling group", "aws:ecs/service:Service": "an Amazon ECS service", "aws:eks/nodeGroup:NodeGroup": "an Amazon EKS node group",
	} {
		p := fullPeer()
		p.remove("box", "box-c")
		p.put(kind, "fleet", "fleet-1", props{})
		deployment, err := proof.Read(bytes.NewReader(p.export(t)))
		require.NoError(t, err)
		_, err = proof.Check(deployment, proof.Options{})
		require.ErrorIs(t, err, proof.ErrNoInstance)
		require.ErrorContains(t, err, "not checked: "+name)
		require.NotContains(t, err.Error(), "deploy the stack first")
	}
}

// TestCheck_awsx checks a network of awsx: its resources are children of its component, its NAT gateway leads to the
// Internet, and nothing else changes.
func TestCheck_awsx(t *testing.T) {
	t.Parallel()
	p := fullPeer()
	const component = resource.URN("urn:pulumi:peer::peer::awsx:ec2:Vpc::network")
	for _, r := range p.resources {
		if module := strings.Split(string(r.Type), "/")[0]; module == "aws:ec2" && r.Type != "aws:ec2/instance:Instance" {
			r.Parent = component
			old := r.URN
			r.URN = resource.URN(strings.Replace(string(r.URN), "peer::peer::aws:", "peer::peer::awsx:ec2:Vpc$aws:", 1))
			for _, other := range p.resources {
				for i := range other.Dependencies {
					if other.Dependencies[i] == old {
						other.Dependencies[i] = r.URN
					}
				}
			}
		}
	}
	require.Empty(t, failing(check(t, p.export(t)), ""))
	p.put("aws:ec2/eip:Eip", "address", "eipalloc-1", props{"domain": "vpc"})
	p.put("aws:ec2/internetGateway:InternetGateway", "igw", "igw-1", props{"vpcId": "vpc-1"}, "vpc")
	p.put("aws:ec2/natGateway:NatGateway", "nat", "nat-1", props{"subnetId": "subnet-app", "allocationId": "eipalloc-1", "connectivityType": "public"}, "app")
	require.Equal(t, []string{"isolated: refuted"}, failing(check(t, p.export(t)), ""))
}

// TestCheck_created checks that the order of creation is that of the dependencies if the state has no times.
func TestCheck_created(t *testing.T) {
	t.Parallel()
	p := fullPeer()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, r := range p.resources {
		r.Created = &now
	}
	result, why := resultOf(t, check(t, p.export(t)), "ordered")
	require.Equal(t, proof.Proven, result, why)
}
