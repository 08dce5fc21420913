package firstsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// kinds are the kinds of Pulumi's types. An endpoint's is in its inputs.
var kinds = map[string]Kind{
	"aws:ec2/vpc:Vpc":                                           VPC,
	"aws:ec2/subnet:Subnet":                                     Subnet,
	"aws:ec2/routeTable:RouteTable":                             RouteTable,
	"aws:ec2/routeTableAssociation:RouteTableAssociation":       Association,
	"aws:ec2/securityGroup:SecurityGroup":                       SecurityGroup,
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   Rule,
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Rule,
	"aws:iam/role:Role":                                         Role,
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":         Attachment,
	"aws:iam/rolePolicy:RolePolicy":                             Attachment,
	"aws:iam/instanceProfile:InstanceProfile":                   Profile,
}

// resource is one resource of a state.
type resource struct {
	URN          string
	Type         string
	Dependencies []string
	// PropertyDependencies are the URNs that each input rests on.
	PropertyDependencies map[string][]string
	Inputs               struct {
		ServiceName     string
		VpcEndpointType string
	}
}

// kind returns what kind of thing AWS makes of a resource.
func (r resource) kind() Kind {
	switch {
	case r.Inputs.VpcEndpointType == "Interface":
		return InterfaceEndpoint
	case r.Inputs.VpcEndpointType == "Gateway":
		return GatewayEndpoint
	}
	if kind, ok := kinds[r.Type]; ok {
		return kind
	}
	return Other
}

// Read returns what a state says of its first instance: all that the instance comes after, with the dependencies that
// the program declared. The state is one of "pulumi stack export", of a real stack or a rehearsed one.
func Read(r io.Reader) (Stack, error) {
	var state struct {
		Deployment struct{ Resources []resource }
	}
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return Stack{}, fmt.Errorf("not a state as \"pulumi stack export\" writes it: %w", err)
	}
	byURN := map[string]resource{}
	var instance resource
	for _, found := range state.Deployment.Resources {
		byURN[found.URN] = found
		if found.Type == "aws:ec2/instance:Instance" && (instance.URN == "" || found.URN < instance.URN) {
			instance = found
		}
	}
	if instance.URN == "" {
		return Stack{}, errors.New("the state has no instance")
	}
	names, err := named(byURN, instance)
	if err != nil {
		return Stack{}, err
	}
	rename := func(urns []string) []string {
		var renamed []string
		for _, urn := range slices.Sorted(slices.Values(urns)) {
			if name, ok := names[urn]; ok {
				urn = name
			}
			renamed = append(renamed, urn)
		}
		return renamed
	}
	s := Stack{instance: rename(instance.Dependencies)}
	seen := map[string]bool{}
	var add func(urns []string)
	add = func(urns []string) {
		for _, urn := range slices.Sorted(slices.Values(urns)) {
			if found := byURN[urn]; !seen[urn] {
				seen[urn] = true
				add(found.Dependencies)
				own := rename([]string{urn})[0]
				s.operations = append(s.operations, operation{own, found.kind(), rename(found.Dependencies)})
			}
		}
	}
	add(instance.Dependencies)
	return s, nil
}

// named finds the resources that the orders name, by what the instance names, and by the endpoints' services. It is an
// error where the instance does not come after one.
func named(byURN map[string]resource, instance resource) (map[string]string, error) {
	names := map[string]string{}
	name := func(as string, urns []string) {
		if len(urns) > 0 {
			names[urns[0]] = as
		}
	}
	name(appSubnet, instance.PropertyDependencies["subnetId"])
	name(instanceGroup, instance.PropertyDependencies["vpcSecurityGroupIds"])
	profiles := instance.PropertyDependencies["iamInstanceProfile"]
	name(profile, profiles)
	if len(profiles) > 0 {
		name(role, byURN[profiles[0]].PropertyDependencies["role"])
	}
	for _, urn := range instance.Dependencies {
		found := byURN[urn]
		for _, service := range []string{ssm, ssmmessages} {
			if found.kind() == InterfaceEndpoint && strings.HasSuffix(found.Inputs.ServiceName, "."+service) {
				names[urn] = service
			}
		}
	}
	given := map[string]bool{}
	for _, as := range names {
		given[as] = true
	}
	for _, as := range []string{appSubnet, instanceGroup, role, profile, ssm, ssmmessages} {
		if !given[as] {
			return nil, fmt.Errorf("the state's instance does not come after its %s", as)
		}
	}
	return names, nil
}
