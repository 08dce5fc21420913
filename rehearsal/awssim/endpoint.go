package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"bastionless/rehearsal/awssim/iampolicy"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	endpointToken = "aws:ec2/vpcEndpoint:VpcEndpoint"

	// Quotas. https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
	maxInterfaceEndpoints = 50
	maxGatewayEndpoints   = 20

	// openPolicy is what an interface endpoint without a policy has, and openGatewayPolicy a gateway.
	openPolicy        = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
	openGatewayPolicy = `{"Version":"2008-10-17","Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
)

func init() {
	ids := attribute{computed: true, unordered: true}
	register(&resourceType{
		token: endpointToken,
		inputs: map[string]attribute{
			"vpcId":                    {required: true, replace: true},
			"serviceName":              {replace: true},
			"resourceConfigurationArn": {replace: true, check: arnText},
			"serviceNetworkArn":        {replace: true, check: arnText},
			"serviceRegion":            {replace: true, computed: true},
			"vpcEndpointType":          {replace: true, fallback: "Gateway", check: oneOf("Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork")},
			"autoAccept":               {},
			"policy":                   {computed: true, policy: true, check: policyDocument},
			"privateDnsEnabled":        {computed: true},
			"routeTableIds":            ids, "subnetIds": ids, "securityGroupIds": ids,
			"subnetConfigurations": {computed: true, unordered: true},
			"ipAddressType":        {computed: true, check: oneOf("ipv4", "dualstack", "ipv6")},
			"dnsOptions": {computed: true, fields: map[string]attribute{
				"dnsRecordIpType":                          {computed: true, check: oneOf("ipv4", "dualstack", "ipv6", "service-defined")},
				"privateDnsOnlyForInboundResolverEndpoint": {computed: true},
			}},
		},
		outputs: []string{
			"arn", "state", "cidrBlocks", "prefixListId", "dnsEntries", "networkInterfaceIds", "ownerId", "requesterManaged",
		},
		taggable:     true,
		alternatives: [][]string{{"resourceConfigurationArn", "serviceName", "serviceNetworkArn"}},
		adjust: func(found differences, _, in values) {
			if _, differs := found["privateDnsEnabled"]; differs && text(in, "vpcEndpointType") != "Interface" {
				found["privateDnsEnabled"] = true
			}
		},
		create: createEndpoint, update: updateEndpoint,
		gone: func(c *call, id string) error {
			return c.ec2("updating EC2 VPC Endpoint ("+id+")", "ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound",
				"The Vpc Endpoint Id '%s' does not exist", id)
		},
	})
}

func createEndpoint(c *call, in values) (string, values, error) {
	name, kind := text(in, "serviceName"), text(in, "vpcEndpointType")
	prefix, operation := "creating EC2 VPC Endpoint ("+name+")", "CreateVpcEndpoint"
	vpc := c.vpc(text(in, "vpcId"))
	if vpc == nil {
		return "", nil, c.ec2(prefix, operation, "InvalidVpcId.NotFound", "The vpc ID '%s' does not exist", text(in, "vpcId"))
	}
	service, err := c.endpointService(prefix, operation, in)
	if err != nil {
		return "", nil, err
	}
	quota := map[string]int{"Interface": maxInterfaceEndpoints, "Gateway": maxGatewayEndpoints}[kind]
	if len(c.all(endpointToken, func(v values) bool {
		return text(v, "vpcEndpointType") == kind && (kind == "Gateway" || text(v, "vpcId") == vpc.ID)
	})) >= quota {
		return "", nil, c.ec2(prefix, operation, "VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	id := c.newID("vpce")
	state := clone(in)
	maps.Copy(state, values{
		"arn": c.arn("ec2", "vpc-endpoint/"+id), "state": "available", "ownerId": c.account(), "requesterManaged": false,
		"serviceRegion": c.region, "privateDnsEnabled": flag(in, "privateDnsEnabled"), "ipAddressType": "ipv4",
		"dnsOptions": values{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": flag(in, inboundOnly)},
	})
	if records := text(in, "dnsOptions.dnsRecordIpType"); records != "" {
		state["dnsOptions"].(values)["dnsRecordIpType"] = records
	}
	for _, ids := range []string{"routeTableIds", "subnetIds", "securityGroupIds"} {
		if !given(in, ids) {
			state[ids] = []any{}
		}
	}
	if !given(in, "policy") {
		state["policy"] = openPolicy
		if kind == "Gateway" {
			state["policy"] = openGatewayPolicy
		}
	}
	if kind == "Interface" && len(list(state, "securityGroupIds")) == 0 {
		state["securityGroupIds"] = []any{vpc.State["defaultSecurityGroupId"]}
	}
	if err := c.checkEndpoint(prefix, operation, id, service, values{}, state); err != nil {
		return "", nil, err
	}
	c.put(endpointToken, id, state)
	c.equip(id, service, state)
	return id, state, nil
}

// inboundOnly is the input that gives private names to resolvers of other networks alone.
const inboundOnly = "dnsOptions.privateDnsOnlyForInboundResolverEndpoint"

// endpointService finds what an endpoint leads to.
func (c *call) endpointService(prefix, operation string, in values) (catalogue.Service, error) {
	name, kind := text(in, "serviceName"), text(in, "vpcEndpointType")
	for _, input := range []string{"resourceConfigurationArn", "serviceNetworkArn"} {
		if arn := text(in, input); arn != "" {
			return catalogue.Service{}, fmt.Errorf("%s: the simulated AWS has no VPC Lattice: %s", prefix, arn)
		}
	}
	if region := text(in, "serviceRegion"); region != "" && region != c.region {
		return catalogue.Service{}, fmt.Errorf("%s: the simulated AWS has no endpoints to other Regions: %s", prefix, region)
	}
	if err := onlyIPv4(prefix, in); err != nil {
		return catalogue.Service{}, err
	}
	service, ok := c.lookupService(name, kind)
	switch {
	case ok:
		return service, nil
	case len(c.offers.Services(name)) == 0:
		return service, c.ec2(prefix, operation, "InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
	}
	var kinds []string
	for _, other := range c.offers.Services(name) {
		kinds = append(kinds, other.Type)
	}
	return service, c.ec2(prefix, operation, "InvalidParameter",
		"Endpoint type (%s) does not match available service types ([%s]).", kind, strings.Join(kinds, ", "))
}

// lookupService returns the endpoint service with this name and type, and false if the Region does not have it.
func (c *call) lookupService(name, serviceType string) (catalogue.Service, bool) {
	services := c.offers.Services(name)
	at := slices.IndexFunc(services, func(s catalogue.Service) bool { return s.Type == serviceType })
	if at < 0 {
		return catalogue.Service{}, false
	}
	return services[at], true
}

// onlyIPv4 refuses what the simulated AWS does not have: IPv6, and addresses that are asked for.
func onlyIPv4(prefix string, in values) error {
	for _, path := range []string{"ipAddressType", "dnsOptions.dnsRecordIpType"} {
		if family := text(in, path); family == "ipv6" || family == "dualstack" {
			return fmt.Errorf("%s: the simulated AWS has no IPv6: %s", prefix, family)
		}
	}
	if !empty(in["subnetConfigurations"]) {
		return fmt.Errorf("%s: the simulated AWS chooses an endpoint's addresses by itself: subnetConfigurations", prefix)
	}
	return nil
}

func updateEndpoint(c *call, id string, old, in values) (values, error) {
	prefix := "updating EC2 VPC Endpoint (" + id + ")"
	if err := onlyIPv4(prefix, in); err != nil {
		return nil, err
	}
	state := c.settle(clone(old), in)
	service, _ := c.lookupService(text(state, "serviceName"), text(state, "vpcEndpointType"))
	if err := c.checkEndpoint(prefix, "ModifyVpcEndpoint", id, service, old, state); err != nil {
		return nil, err
	}
	c.equip(id, service, state)
	return state, nil
}

// checkEndpoint refuses what an endpoint cannot have. old is what it had: empty for a new one.
func (c *call) checkEndpoint(prefix, operation, id string, service catalogue.Service, old, state values) error {
	refuse := func(format string, args ...any) error {
		return c.ec2(prefix, operation, "InvalidParameter", format, args...)
	}
	kind := iampolicy.Endpoint
	if service.Type == "Gateway" {
		kind = iampolicy.GatewayEndpoint
		if len(list(state, "subnetIds")) > 0 {
			return refuse("Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
		}
		if flag(state, "privateDnsEnabled") {
			return refuse("Private DNS can only be enabled for Interface type VPC Endpoints.")
		}
		if len(list(state, "securityGroupIds")) > 0 {
			return refuse("Security group IDs are only supported for Interface type VPC Endpoint.") // the sentence is not established
		}
		if err := c.checkRouteTables(prefix, operation, id, service, state); err != nil {
			return err
		}
	} else {
		if len(list(state, "routeTableIds")) > 0 {
			return refuse("Route table IDs are only supported for Gateway type VPC Endpoint.")
		}
		if err := c.checkPrivateDNS(prefix, operation, id, state); err != nil {
			return err
		}
		if err := c.checkEndpointSubnets(prefix, operation, service, old, state); err != nil {
			return err
		}
		if len(list(state, "securityGroupIds")) > maxGroupsPerInterface {
			return c.ec2(prefix, operation, "SecurityGroupsPerInterfaceLimitExceeded",
				"The maximum number of security groups per interface has been reached.")
		}
		for _, group := range list(state, "securityGroupIds") {
			// No public source says how EC2 words a group of another VPC. That it refuses one is the stricter reading.
			if found := c.securityGroup(group); found == nil || text(found.State, "vpcId") != text(state, "vpcId") {
				return c.noGroup(prefix, operation, group)
			}
		}
	}
	policy := text(state, "policy")
	if policy == openPolicy || policy == openGatewayPolicy {
		return nil
	}
	if invalid := iampolicy.Validate(kind, policy, iampolicy.Context{Partition: c.partition, Account: c.account()}); invalid != nil {
		return c.ec2(prefix, operation, invalid.Code, "%s", invalid.Message)
	}
	return nil
}

func (c *call) checkRouteTables(prefix, operation, id string, service catalogue.Service, state values) error {
	for _, table := range list(state, "routeTableIds") {
		found := c.get(routeTableToken, table)
		if found == nil || text(found.State, "vpcId") != text(state, "vpcId") {
			return c.ec2(prefix, operation, "InvalidRouteTableId.NotFound", "The routeTable ID '%s' does not exist", table)
		}
		for _, other := range c.all(endpointToken, func(v values) bool {
			return text(v, "serviceName") == text(state, "serviceName") && slices.Contains(list(v, "routeTableIds"), table)
		}) {
			if other.ID != id {
				return c.ec2(prefix, operation, "RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s",
					table, service.PrefixListID)
			}
		}
	}
	return nil
}

func (c *call) checkPrivateDNS(prefix, operation, id string, state values) error {
	if !flag(state, "privateDnsEnabled") {
		return nil
	}
	vpc := c.vpc(text(state, "vpcId"))
	if !flag(vpc.State, "enableDnsSupport") || !flag(vpc.State, "enableDnsHostnames") {
		return c.ec2(prefix, operation, "InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", vpc.ID)
	}
	if flag(state, inboundOnly) && len(c.all(endpointToken, func(v values) bool {
		return text(v, "vpcId") == vpc.ID && text(v, "vpcEndpointType") == "Gateway" && c.privateName(v) == c.privateName(state)
	})) == 0 {
		return c.ec2(prefix, operation, "InvalidParameter",
			"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC %s must have a Gateway endpoint for the service.", vpc.ID)
	}
	for _, other := range c.all(endpointToken, func(v values) bool {
		return text(v, "vpcId") == vpc.ID && c.privateName(v) == c.privateName(state) && flag(v, "privateDnsEnabled")
	}) {
		if other.ID != id {
			return c.ec2(prefix, operation, "InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS "+
				"domain for %s in the VPC %s", c.privateName(state), vpc.ID)
		}
	}
	return nil
}

// checkEndpointSubnets holds subnets against the VPC, the service's zones and each other. An endpoint that has a subnet of a
// zone takes no other of that zone, not even in the call that would take the first away: no public source says that it does, so
// this is the stricter reading.
func (c *call) checkEndpointSubnets(prefix, operation string, service catalogue.Service, old, state values) error {
	zones := map[string]string{}
	for _, id := range append(list(old, "subnetIds"), list(state, "subnetIds")...) {
		subnet := c.get(subnetToken, id)
		if subnet == nil && slices.Contains(list(old, "subnetIds"), id) {
			continue
		}
		if subnet == nil || text(subnet.State, "vpcId") != text(state, "vpcId") {
			return c.ec2(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		}
		zone := text(subnet.State, "availabilityZone")
		if len(service.Zones) > 0 && !slices.Contains(service.Zones, zone) {
			return c.ec2(prefix, operation, "InvalidParameter", "The VPC endpoint service %s does not support the availability zone of the "+
				"subnet: %s.", text(state, "serviceName"), id)
		}
		if other := zones[zone]; other != "" && other != id {
			return c.ec2(prefix, operation, "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s. VPC "+
				"endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[zone] = id
		if !slices.Contains(list(old, "subnetIds"), id) && len(c.freeAddresses(subnet, 1)) == 0 {
			return c.noFreeAddress(prefix, operation, id)
		}
	}
	return nil
}

// privateName is the name that an endpoint takes over in its VPC.
func (c *call) privateName(state values) string {
	return privateCode(serviceCode(text(state, "serviceName"))) + "." + c.region + "." + c.dnsSuffix
}

// privateCode is how a service's own name begins, where it does not begin with the endpoint service's code.
func privateCode(code string) string {
	own := map[string]string{
		"codeartifact.api": "codeartifact", "codeartifact.repositories": "*.d.codeartifact", "ecr.dkr": "*.dkr.ecr", "ecs-agent": "ecs-a",
		"ecs-telemetry": "ecs-t", "execute-api": "*.execute-api", "kinesis-firehose": "firehose", "kinesis-streams": "kinesis", "s3": "*.s3",
	}[code]
	if service, api, ok := strings.Cut(code, "."); own == "" && ok {
		return api + "." + service // such as api.ecr
	}
	return cmp.Or(own, code)
}

// equip gives an endpoint its network interfaces and names, or its routes.
func (c *call) equip(id string, service catalogue.Service, state values) {
	state["cidrBlocks"], state["prefixListId"], state["dnsEntries"], state["networkInterfaceIds"] = []any{}, "", []any{}, []any{}
	if service.Type == "Gateway" {
		state["prefixListId"], state["cidrBlocks"] = service.PrefixListID, []any{"52.219.0.0/20"}
		return
	}
	wanted := list(state, "subnetIds")
	standing := map[string]*object{}
	for _, eni := range c.interfacesOf(endpointToken, id) {
		if subnet := text(eni.State, "subnetId"); slices.Contains(wanted, subnet) {
			standing[subnet] = eni
		} else {
			c.drop(eni)
		}
	}
	groups, _ := state["securityGroupIds"].([]any)
	var interfaces []string
	configurations := []any{}
	for _, subnet := range wanted {
		eni, place := standing[subnet], c.get(subnetToken, subnet)
		if eni == nil {
			eni = c.attach(c.get(endpointToken, id), c.newID("eni"), place, groups, c.freeAddresses(place, 1)[0])
		}
		eni.State["groups"] = groups
		configurations = append(configurations, values{"subnetId": subnet, "ipv4": eni.State["privateIp"], "ipv6": ""})
		interfaces = append(interfaces, eni.ID)
	}
	slices.Sort(interfaces)
	state["networkInterfaceIds"] = anys(interfaces)
	state["subnetConfigurations"] = configurations
	base := "." + serviceCode(text(state, "serviceName")) + "." + c.region + ".vpce." + c.dnsSuffix
	label := id + "-" + c.hash(id, 8)
	entry := func(name string) any {
		return values{"dnsName": name, "hostedZoneId": "Z" + strings.ToUpper(c.hash(base, 12))}
	}
	entries := []any{entry(label + base)}
	for _, subnet := range wanted {
		entries = append(entries, entry(label+"-"+text(c.get(subnetToken, subnet).State, "availabilityZone")+base))
	}
	if flag(state, "privateDnsEnabled") {
		entries = append(entries, entry(c.privateName(state)))
	}
	state["dnsEntries"] = entries
}
