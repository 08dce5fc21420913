package firstsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// kinds are the kinds of resource types. The kind of an endpoint depends on its inputs.
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

// resource is a resource in a state.
type resource struct {
	URN          string
	Type         string
	Dependencies []string
	// PropertyDependencies are the URNs that each input depends on.
	PropertyDependencies map[string][]string
	Inputs               struct {
		ServiceName     string
		VpcEndpointType string
	}
}

// kind returns the kind of operation that creates the resource.
func (r resource) kind() Kind {
	switch r.Inputs.VpcEndpointType {
	case "Interface":
		return InterfaceEndpoint
	case "Gateway":
		return GatewayEndpoint
	}
	if kind, ok := kinds[r.Type]; ok {
		return kind
	}
	return Other
}

// Read reads a state, as "pulumi stack export" writes it, and returns everything that its first instance comes after,
// with the dependencies in the state.
func Read(r io.Reader) (Stack, error) {
	var state struct {
		Deployment struct{ Resources []resource }
	}
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return Stack{}, fmt.Errorf(`%w: the file is incomplete, or "pulumi stack export" did not write it`, err)
	}
	byURN := map[string]resource{}
	var instance resource
	for _, r := range state.Deployment.Resources {
		byURN[r.URN] = r
		if r.Type == "aws:ec2/instance:Instance" && (instance.URN == "" || r.URN < instance.URN) {
			instance = r
		}
	}
	if instance.URN == "" {
		return Stack{}, errors.New("the state has no instance")
	}
	names, err := operationNames(byURN, instance)
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
	s := Stack{instanceAfter: rename(instance.Dependencies)}
	added := map[string]bool{}
	var add func(urns []string)
	add = func(urns []string) {
		for _, urn := range slices.Sorted(slices.Values(urns)) {
			if r := byURN[urn]; !added[urn] {
				added[urn] = true
				add(r.Dependencies)
				s.operations = append(s.operations, operation{rename([]string{urn})[0], r.kind(), rename(r.Dependencies)})
			}
		}
	}
	add(instance.Dependencies)
	return s, nil
}

// operationNames returns the names of those operations that the orders refer to, by URN. It finds them by the inputs of
// the instance and by the services of the endpoints. The instance must come after each of them.
func operationNames(byURN map[string]resource, instance resource) (map[string]string, error) {
	names := map[string]string{}
	set := func(name string, urns []string) {
		if len(urns) > 0 {
			names[urns[0]] = name
		}
	}
	set(appSubnet, instance.PropertyDependencies["subnetId"])
	set(instanceGroup, instance.PropertyDependencies["vpcSecurityGroupIds"])
	profiles := instance.PropertyDependencies["iamInstanceProfile"]
	set(profile, profiles)
	if len(profiles) > 0 {
		set(role, byURN[profiles[0]].PropertyDependencies["role"])
	}
	for _, urn := range instance.Dependencies {
		endpoint := byURN[urn]
		for _, service := range []string{ssm, ssmmessages} {
			if endpoint.kind() == InterfaceEndpoint && strings.HasSuffix(endpoint.Inputs.ServiceName, "."+service) {
				names[urn] = service
			}
		}
	}
	found := map[string]bool{}
	for _, name := range names {
		found[name] = true
	}
	for _, name := range []string{appSubnet, instanceGroup, role, profile, ssm, ssmmessages} {
		if !found[name] {
			return nil, fmt.Errorf("the instance in the state does not depend on its %s", name)
		}
	}
	return names, nil
}
