package proof_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

var update = flag.Bool("update", false, "write the states and the golden file of the known mistakes")

// props are the properties of a resource.
type props = map[string]any

// peer is a stack that this project does not declare: it has no components, inline rules and one zone.
// Resources are by name.
type peer struct {
	order     []string
	resources map[string]*apitype.ResourceV3
}

// put adds or replaces a resource that depends on others.
func (p *peer) put(kind, name, id string, outputs props, after ...string) {
	if p.resources[name] == nil {
		p.order = append(p.order, name)
	}
	r := &apitype.ResourceV3{
		URN: urn(kind, name), Type: tokens.Type(kind), Custom: true, ID: resource.ID(id), Outputs: outputs, Inputs: outputs,
		Parent: resource.URN("urn:pulumi:peer::peer::pulumi:pulumi:Stack::peer-peer"),
	}
	for _, other := range after {
		r.Dependencies = append(r.Dependencies, p.resources[other].URN)
	}
	p.resources[name] = r
}

func urn(kind, name string) resource.URN {
	return resource.URN("urn:pulumi:peer::peer::" + kind + "::" + name)
}

// set changes a property.
func (p *peer) set(name, property string, value any) {
	r := p.resources[name]
	outputs := props{}
	for key, old := range r.Outputs {
		outputs[key] = old
	}
	outputs[property] = value
	r.Outputs, r.Inputs = outputs, outputs
}

// remove removes resources and the dependencies on them.
func (p *peer) remove(names ...string) {
	for _, name := range names {
		gone := p.resources[name].URN
		delete(p.resources, name)
		p.order = slices.DeleteFunc(p.order, func(n string) bool { return n == name })
		for _, r := range p.resources {
			r.Dependencies = slices.DeleteFunc(r.Dependencies, func(u resource.URN) bool { return u == gone })
		}
	}
}

// reorder sets the dependencies of a resource.
func (p *peer) reorder(name string, after ...string) {
	p.resources[name].Dependencies = nil
	for _, other := range after {
		p.resources[name].Dependencies = append(p.resources[name].Dependencies, p.resources[other].URN)
	}
}

// export returns the state in the format of "pulumi stack export".
func (p *peer) export(t *testing.T) []byte {
	t.Helper()
	deployment := apitype.DeploymentV3{Resources: []apitype.ResourceV3{{
		URN: "urn:pulumi:peer::peer::pulumi:pulumi:Stack::peer-peer", Type: "pulumi:pulumi:Stack",
	}}}
	for _, name := range p.order {
		deployment.Resources = append(deployment.Resources, *p.resources[name])
	}
	inner, err := json.Marshal(deployment)
	require.NoError(t, err)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(apitype.UntypedDeployment{Version: 3, Deployment: inner}))
	return text.Bytes()
}

// document returns a policy with one or more statements.
func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	startStatement = `{"Effect":"Allow","Action":"ssm:StartSession","Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/i-1",` +
		`"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"],"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}}`
	ownStatement = `{"Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],"Resource":"*",` +
		`"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}"}}}`
	channelStatement = `{"Effect":"Allow","Action":"ssmmessages:OpenDataChannel","Resource":"*"}`
	trustStatement   = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},` +
		`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}}`
	ec2Trust           = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}`
	openEndpointPolicy = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
)

// tcp443 returns an inline rule.
func tcp443(peer props) props {
	rule := props{"protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "self": false}
	for key, value := range peer {
		rule[key] = value
	}
	return rule
}

// list returns a list, which is not null if it is empty.
func list(items ...any) []any { return append([]any{}, items...) }

// goodPeer returns a stack whose required claims are proven.
func goodPeer() *peer {
	p := &peer{resources: map[string]*apitype.ResourceV3{}}
	p.put("aws:ec2/vpc:Vpc", "vpc", "vpc-1", props{
		"cidrBlock": "10.0.0.0/16", "enableDnsSupport": true, "enableDnsHostnames": true,
		"mainRouteTableId": "rtb-main", "defaultSecurityGroupId": "sg-default",
	})
	p.put("aws:ec2/subnet:Subnet", "app", "subnet-app", props{
		"vpcId": "vpc-1", "cidrBlock": "10.0.11.0/24", "availabilityZone": "eu-west-1a", "mapPublicIpOnLaunch": false,
	}, "vpc")
	p.put("aws:ec2/routeTable:RouteTable", "app-table", "rtb-app", props{"vpcId": "vpc-1", "routes": list()}, "vpc")
	p.put("aws:ec2/routeTableAssociation:RouteTableAssociation", "app-association", "rtbassoc-1",
		props{"routeTableId": "rtb-app", "subnetId": "subnet-app"}, "app", "app-table")
	p.put("aws:ec2/securityGroup:SecurityGroup", "endpoint-group", "sg-endpoint", props{
		"vpcId": "vpc-1", "ingress": list(tcp443(props{"cidrBlocks": list("10.0.0.0/16")})), "egress": list(),
	}, "vpc")
	p.put("aws:ec2/securityGroup:SecurityGroup", "instance-group", "sg-instance", props{
		"vpcId": "vpc-1", "ingress": list(),
		"egress": list(tcp443(props{"securityGroups": list("sg-endpoint")}), tcp443(props{"prefixListIds": list("pl-s3")})),
	}, "vpc", "endpoint-group")
	for _, service := range []string{"ssm", "ssmmessages"} {
		p.put("aws:ec2/vpcEndpoint:VpcEndpoint", service, "vpce-"+service, props{
			"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1." + service, "vpcEndpointType": "Interface",
			"privateDnsEnabled": true, "subnetIds": list("subnet-app"), "securityGroupIds": list("sg-endpoint"), "policy": openEndpointPolicy,
		}, "app", "endpoint-group")
	}
	p.put("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", "vpce-s3", props{
		"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1.s3", "vpcEndpointType": "Gateway",
		"routeTableIds": list("rtb-app"), "prefixListId": "pl-s3", "cidrBlocks": list("52.92.0.0/17", "3.5.72.0/23"), "policy": openEndpointPolicy,
	}, "app-table")
	goodPeerIdentities(p)
	return p
}

// goodPeerIdentities adds roles and the instance.
func goodPeerIdentities(p *peer) {
	p.put("aws:iam/role:Role", "instance-role", "instance-role", props{
		"name": "instance-role", "arn": "arn:aws:iam::123456789012:role/instance-role", "uniqueId": "AROAINSTANCE",
		"assumeRolePolicy": document(ec2Trust),
	})
	p.put("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "core", "core-1", props{
		"role": "instance-role", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
	}, "instance-role")
	p.put("aws:iam/instanceProfile:InstanceProfile", "profile", "profile", props{"name": "profile", "role": "instance-role"}, "instance-role")
	p.put("aws:ec2/instance:Instance", "box", "i-1", props{
		"arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "subnetId": "subnet-app", "availabilityZone": "eu-west-1a",
		"privateIp": "10.0.11.10", "publicIp": "", "associatePublicIpAddress": false, "vpcSecurityGroupIds": list("sg-instance"),
		"iamInstanceProfile": "profile", "metadataOptions": props{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0},
		"rootBlockDevice": props{"encrypted": true}, "disableApiTermination": true,
	}, "app", "instance-group", "endpoint-group", "ssm", "ssmmessages", "s3", "app-association", "profile", "core")
	p.put("aws:iam/role:Role", "people", "people", props{
		"name": "people", "arn": "arn:aws:iam::123456789012:role/people", "uniqueId": "AROAPEOPLE", "assumeRolePolicy": document(trustStatement),
	})
	p.put("aws:iam/rolePolicy:RolePolicy", "people-policy", "people:p", props{
		"role": "people", "name": "p", "policy": document(startStatement, ownStatement, channelStatement),
	}, "people", "box")
	p.put("aws:ssm/association:Association", "agent-update", "association-1", props{
		"name": "AWS-UpdateSSMAgent", "targets": list(props{"key": "InstanceIds", "values": list("i-1")}),
	}, "box")
}

// check checks the claims about a state.
func check(t *testing.T, text []byte) []proof.Claim {
	t.Helper()
	deployment, err := proof.Read(bytes.NewReader(text))
	require.NoError(t, err)
	claims, err := proof.Check(deployment, proof.Options{})
	require.NoError(t, err)
	return claims
}

// failing lists the claims of a class that are not proven, as "id: result".
func failing(claims []proof.Claim, class string) []string {
	failing := []string{}
	for _, claim := range claims {
		if claim.Result != proof.Proven && (claim.Class == class || class == "") {
			failing = append(failing, claim.ID+": "+claim.Result)
		}
	}
	return failing
}

func TestCheck_goodPeer(t *testing.T) {
	t.Parallel()
	claims := check(t, goodPeer().export(t))
	require.Empty(t, failing(claims, proof.Required))
	require.Equal(t, []string{
		"endpoint-policy.s3: refuted", "endpoint-policy.ssm: refuted", "default-sg: refuted", "flow-logs: refuted", "multi-zone: refuted",
	}, failing(claims, proof.Hardening))
}

// TestCheck_otherPartitions checks the stack in partitions with other ARNs and DNS suffixes.
func TestCheck_otherPartitions(t *testing.T) {
	t.Parallel()
	for partition, other := range map[string]struct{ region, ec2, name string }{
		"aws-cn":     {"cn-north-1", "ec2.amazonaws.com.cn", "ssm.cn-north-1.amazonaws.com.cn"},
		"aws-eusc":   {"eusc-de-east-1", "ec2.amazonaws.com", "ssm.eusc-de-east-1.amazonaws.eu"},
		"aws-us-gov": {"us-gov-west-1", "ec2.amazonaws.com", "ssm.us-gov-west-1.amazonaws.com"},
	} {
		text := strings.NewReplacer("arn:aws:", "arn:"+partition+":", "eu-west-1", other.region, "ec2.amazonaws.com", other.ec2).
			Replace(string(goodPeer().export(t)))
		claims := check(t, []byte(text))
		require.Empty(t, failing(claims, proof.Required), partition)
		require.Contains(t, claims[0].Reasons[1].Text, other.name+" resolves to")
	}
}
