package awssim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

const (
	endpointToken = "aws:ec2/vpcEndpoint:VpcEndpoint"

	// The policies of endpoints that are created without one.
	defaultEndpointPolicy = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
	defaultGatewayPolicy  = `{"Version":"2008-10-17","Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
)

func init() {
	ids := attribute{Computed: true, Set: true}
	register(&resourceType{
		Token: endpointToken,
		Inputs: map[string]attribute{
			"vpcId":                    {Required: true, ForceNew: true},
			"serviceName":              {ForceNew: true},
			"resourceConfigurationArn": {ForceNew: true, Validate: validateARN},
			"serviceNetworkArn":        {ForceNew: true, Validate: validateARN},
			"serviceRegion":            {ForceNew: true, Computed: true},
			"vpcEndpointType":          {ForceNew: true, Default: "Gateway", Validate: stringInSet("Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork")},
			"autoAccept":               {},
			"policy":                   {Computed: true, IsPolicy: true, Validate: validatePolicyJSON},
			"privateDnsEnabled":        {Computed: true},
			"routeTableIds":            ids, "subnetIds": ids, "securityGroupIds": ids,
			"subnetConfigurations": {Computed: true, Set: true},
			"ipAddressType":        {Computed: true, Validate: stringInSet("ipv4", "dualstack", "ipv6")},
			"dnsOptions": {Computed: true, Elem: map[string]attribute{
				"dnsRecordIpType":                          {Computed: true, Validate: stringInSet("ipv4", "dualstack", "ipv6", "service-defined")},
				"privateDnsOnlyForInboundResolverEndpoint": {Computed: true},
			}},
		},
		Outputs: []string{
			"arn", "state", "cidrBlocks", "prefixListId", "dnsEntries", "networkInterfaceIds", "ownerId", "requesterManaged",
		},
		Taggable:     true,
		ExactlyOneOf: [][]string{{"resourceConfigurationArn", "serviceName", "serviceNetworkArn"}},
		CustomizeDiff: func(diff differences, _, in values) error {
			if _, differs := diff["privateDnsEnabled"]; differs && str(in, "vpcEndpointType") != "Interface" {
				diff["privateDnsEnabled"] = true
			}
			return nil
		},
		Kind: endpointKind, Create: createEndpoint, Update: updateEndpoint,
		NotFound: func(c *call, id string) error {
			return c.ec2Error("updating EC2 VPC Endpoint ("+id+")", "ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound",
				"The Vpc Endpoint Id '%s' does not exist", id)
		},
	})
}

func createEndpoint(c *call, in values) (string, values, error) {
	name, kind := str(in, "serviceName"), str(in, "vpcEndpointType")
	prefix, operation := "creating EC2 VPC Endpoint ("+name+")", "CreateVpcEndpoint"
	vpc := c.vpc(str(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.ec2Error(prefix, operation, "InvalidVpcId.NotFound", "The vpc ID '%s' does not exist", str(in, "vpcId"))
	}
	service, err := c.endpointService(prefix, operation, in)
	if err != nil {
		return "", nil, err
	}
	limit := map[string]int{"Interface": c.quota(interfaceEndpointsPerVPC), "Gateway": c.quota(gatewayEndpointsPerRegion)}[kind]
	if len(c.find(endpointToken, func(v values) bool {
		return str(v, "vpcEndpointType") == kind && (kind == "Gateway" || str(v, "vpcId") == vpc.ID)
	})) >= limit {
		return "", nil, c.ec2Error(prefix, operation, "VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	id := c.newID("vpce")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "vpc-endpoint/"+id), "state": "available", "ownerId": c.account, "requesterManaged": false,
		"serviceRegion": c.region, "privateDnsEnabled": boolean(in, "privateDnsEnabled"), "ipAddressType": "ipv4",
		"dnsOptions": values{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": boolean(in, inboundOnly)},
	})
	if records := str(in, "dnsOptions.dnsRecordIpType"); records != "" {
		state["dnsOptions"].(values)["dnsRecordIpType"] = records
	}
	for _, ids := range []string{"routeTableIds", "subnetIds", "securityGroupIds"} {
		if !isSet(in, ids) {
			state[ids] = []any{}
		}
	}
	if !isSet(in, "policy") {
		state["policy"] = defaultEndpointPolicy
		if kind == "Gateway" {
			state["policy"] = defaultGatewayPolicy
		}
	}
	if kind == "Interface" && len(strList(state, "securityGroupIds")) == 0 {
		state["securityGroupIds"] = []any{vpc.State["defaultSecurityGroupId"]}
	}
	if err := c.checkEndpoint(prefix, operation, id, service, values{}, state); err != nil {
		return "", nil, err
	}
	c.put(endpointToken, id, state)
	c.connectEndpoint(id, service, state)
	return id, state, nil
}

// inboundOnly is the input that enables private DNS names only for the inbound endpoints of Route 53
// Resolver.
const inboundOnly = "dnsOptions.privateDnsOnlyForInboundResolverEndpoint"

// endpointService returns the service of a new endpoint.
func (c *call) endpointService(prefix, operation string, in values) (catalog.Service, error) {
	name, kind := str(in, "serviceName"), str(in, "vpcEndpointType")
	for _, input := range []string{"resourceConfigurationArn", "serviceNetworkArn"} {
		if arn := str(in, input); arn != "" {
			return catalog.Service{}, fmt.Errorf("%s: the simulated AWS does not support VPC Lattice: %s", prefix, arn)
		}
	}
	if region := str(in, "serviceRegion"); region != "" && region != c.region {
		return catalog.Service{}, fmt.Errorf("%s: the simulated AWS does not support endpoints to other Regions: %s", prefix, region)
	}
	if err := onlyIPv4(prefix, in); err != nil {
		return catalog.Service{}, err
	}
	service, ok := c.lookupService(name, kind)
	switch {
	case ok:
		c.assumeService(name, service)
		return service, nil
	case len(c.offers.Services(name)) == 0:
		return service, c.ec2Error(prefix, operation, "InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
	}
	var kinds []string
	for _, other := range c.offers.Services(name) {
		kinds = append(kinds, other.Type)
	}
	return service, c.ec2Error(prefix, operation, "InvalidParameter",
		"Endpoint type (%s) does not match available service types ([%s]).", kind, strings.Join(kinds, ", "))
}

// lookupService returns the endpoint service with this name and type, and false if the Region does not have
// it.
func (c *call) lookupService(name, serviceType string) (catalog.Service, bool) {
	services := c.offers.Services(name)
	at := slices.IndexFunc(services, func(s catalog.Service) bool { return s.Type == serviceType })
	if at < 0 {
		return catalog.Service{}, false
	}
	return services[at], true
}

// onlyIPv4 returns an error for inputs that the simulated AWS does not support: IPv6 and chosen addresses.
func onlyIPv4(prefix string, in values) error {
	for _, path := range []string{"ipAddressType", "dnsOptions.dnsRecordIpType"} {
		if family := str(in, path); family == "ipv6" || family == "dualstack" {
			return fmt.Errorf("%s: the simulated AWS does not support IPv6: %s", prefix, family)
		}
	}
	if !isZero(in["subnetConfigurations"]) {
		return fmt.Errorf("%s: the simulated AWS does not support chosen addresses: subnetConfigurations", prefix)
	}
	return nil
}

func updateEndpoint(c *call, id string, old, in values) (values, error) {
	prefix := "updating EC2 VPC Endpoint (" + id + ")"
	if err := onlyIPv4(prefix, in); err != nil {
		return nil, err
	}
	state := c.applyInputs(clone(old), in)
	service, _ := c.lookupService(str(state, "serviceName"), str(state, "vpcEndpointType"))
	if err := c.checkEndpoint(prefix, "ModifyVpcEndpoint", id, service, old, state); err != nil {
		return nil, err
	}
	c.connectEndpoint(id, service, state)
	return state, nil
}

// privateDNSName returns the name that resolves to the endpoint in its VPC.
func (c *call) privateDNSName(state values) string {
	if names := c.offers.privateDNSNames(str(state, "serviceName")); len(names) > 0 {
		return names[0]
	}
	return privateDNSLabel(c.serviceCode(str(state, "serviceName"))) + "." + c.region + "." + c.dnsSuffix
}

// privateDNSLabel returns the first part of a service's DNS name. For most services it is the code of the
// endpoint service.
func privateDNSLabel(code string) string {
	label := map[string]string{
		"codeartifact.api": "codeartifact", "codeartifact.repositories": "*.d.codeartifact", "ecr.dkr": "*.dkr.ecr", "ecs-agent": "ecs-a",
		"ecs-telemetry": "ecs-t", "execute-api": "*.execute-api", "kinesis-firehose": "firehose", "kinesis-streams": "kinesis", "s3": "*.s3",
	}[code]
	if service, api, ok := strings.Cut(code, "."); label == "" && ok {
		return api + "." + service // such as api.ecr
	}
	return cmp.Or(label, code)
}

// connectEndpoint creates and deletes the network interfaces of an interface endpoint and sets its DNS
// names, or sets the prefix list of a gateway endpoint.
func (c *call) connectEndpoint(id string, service catalog.Service, state values) {
	state["cidrBlocks"], state["prefixListId"], state["dnsEntries"], state["networkInterfaceIds"] = []any{}, "", []any{}, []any{}
	if service.Type == "Gateway" {
		state["prefixListId"], state["cidrBlocks"] = service.PrefixListID, toList(c.offers.prefixListBlocks(service.PrefixListID))
		return
	}
	subnets := strList(state, "subnetIds")
	existing := map[string]*object{}
	for _, eni := range c.interfacesOf(endpointToken, id) {
		if subnet := str(eni.State, "subnetId"); slices.Contains(subnets, subnet) {
			existing[subnet] = eni
		} else {
			c.remove(eni)
		}
	}
	groups, _ := state["securityGroupIds"].([]any)
	var interfaces []string
	configurations := []any{}
	for _, subnet := range subnets {
		eni, o := existing[subnet], c.get(subnetToken, subnet)
		if eni == nil {
			eni = c.putInterface(c.get(endpointToken, id), c.newID("eni"), o, groups, c.freeAddresses(o, 1)[0])
		}
		eni.State["groups"] = groups
		configurations = append(configurations, values{"subnetId": subnet, "ipv4": eni.State["privateIp"], "ipv6": ""})
		interfaces = append(interfaces, eni.ID)
	}
	slices.Sort(interfaces)
	state["networkInterfaceIds"] = toList(interfaces)
	state["subnetConfigurations"] = configurations
	state["dnsEntries"] = c.endpointDNS(id, state)
}

// endpointDNS returns the DNS names of an interface endpoint.
func (c *call) endpointDNS(id string, state values) []any {
	base := "." + c.serviceCode(str(state, "serviceName")) + "." + c.region + ".vpce." + c.dnsSuffix
	label := id + "-" + hash(id, 8)
	entry := func(name string) any {
		return values{"dnsName": name, "hostedZoneId": "Z" + strings.ToUpper(hash(base, 12))}
	}
	entries := []any{entry(label + base)}
	for _, id := range strList(state, "subnetIds") {
		if subnet := c.get(subnetToken, id); subnet != nil {
			entries = append(entries, entry(label+"-"+str(subnet.State, "availabilityZone")+base))
		}
	}
	if boolean(state, "privateDnsEnabled") {
		entries = append(entries, entry(c.privateDNSName(state)))
	}
	return entries
}
