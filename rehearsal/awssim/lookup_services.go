package awssim

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/awssim/catalog"
)

func getVpcEndpointService(c *call, args values) (values, error) {
	name := str(args, "serviceName")
	service := str(args, "service")
	switch {
	case service != "" && name != "":
		return nil, errors.New(`"service": conflicts with service_name`)
	case service != "":
		// The provider uses this prefix in every partition, although some services in China have another
		// one.
		name = "com.amazonaws." + c.region + "." + service
	case name == "":
		return c.filterServices(args)
	}
	services := slices.DeleteFunc(slices.Clone(c.offers.Services(name)), func(s catalog.Service) bool {
		return !matchesFilters(args, "service-name", name) || !matchesFilters(args, "service-type", s.Type)
	})
	if len(c.offers.Services(name)) == 0 {
		return nil, c.ec2Error("reading EC2 VPC Endpoint Services", "DescribeVpcEndpointServices", "InvalidServiceName",
			"The Vpc Endpoint Service '%s' does not exist", name)
	}
	if kind := str(args, "serviceType"); kind != "" {
		services = slices.DeleteFunc(slices.Clone(services), func(s catalog.Service) bool { return s.Type != kind })
	}
	switch len(services) {
	case 0:
		return nil, errors.New("no matching EC2 VPC Endpoint Service found")
	case 1:
		return describeService(c, name, services[0], args), nil
	}
	return nil, errors.New("multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single " +
		"EC2 VPC Endpoint Service")
}

// filterServices looks up a service only by filters.
func (c *call) filterServices(args values) (values, error) {
	var found []string
	for _, name := range c.offers.ServiceNames() {
		if matchesFilters(args, "service-name", name) {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return nil, errors.New("no matching EC2 VPC Endpoint Service found")
	case 1:
		named := clone(args)
		named["serviceName"] = found[0]
		return getVpcEndpointService(c, named)
	}
	return nil, errors.New("multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches to a single " +
		"EC2 VPC Endpoint Service")
}

func describeService(c *call, name string, service catalog.Service, args values) values {
	answer := clone(args)
	c.assumeService(name, service)
	short := c.serviceCode(name)
	id := "vpce-svc-0" + hash(name+service.Type, 16)
	private, privates := "", []any{}
	if service.Type == "Interface" {
		private = c.privateDNSName(values{"serviceName": name})
		privates = append(privates, private)
	}
	maps.Copy(answer, values{
		"acceptanceRequired": false, "arn": "arn:" + c.partition + ":ec2:" + c.region + ":" + c.account + ":vpc-endpoint-service/" + id,
		"availabilityZones": toList(service.Zones), "baseEndpointDnsNames": []any{short + "." + c.region + ".vpce." + c.dnsSuffix},
		"id": hash(name, 10), "managesVpcEndpoints": false, "owner": "amazon", "privateDnsName": private,
		"privateDnsNames": privates, serviceRegionOutput: c.region, "serviceId": id, "serviceName": name,
		"serviceType": service.Type, "supportedIpAddressTypes": []any{"ipv4"}, "tags": values{}, "vpcEndpointPolicySupported": service.SupportsPolicy,
	})
	return answer
}

// serviceCode returns the part of a service name that follows the Region.
func (c *call) serviceCode(name string) string {
	_, code, _ := strings.Cut(name, "."+c.region+".")
	return code
}
