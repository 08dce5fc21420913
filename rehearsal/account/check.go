package account

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Check returns an error if a section contains an object that lacks an identifying field, such as its ID, or contains an
// object twice. The error is a single line.
func (f *File) Check() error {
	c := &checker{}
	checkObjects(c, "zones", f.Zones, "ZoneName")
	checkObjects(c, "prefixLists", f.PrefixLists, "PrefixListId", "PrefixListName")
	checkObjects(c, "images", f.Images, "ImageId")
	checkObjects(c, "keyPairs", f.KeyPairs, "KeyName")
	checkObjects(c, "vpcs", f.Vpcs, "VpcId", "CidrBlock")
	checkObjects(c, "subnets", f.Subnets, "SubnetId", "VpcId", "CidrBlock", "AvailabilityZone")
	checkObjects(c, "routeTables", f.RouteTables, "RouteTableId", "VpcId")
	checkObjects(c, "networkAcls", f.NetworkAcls, "NetworkAclId", "VpcId")
	checkObjects(c, "securityGroups", f.SecurityGroups, "GroupId", "GroupName", "VpcId")
	checkObjects(c, "vpcEndpoints", f.VpcEndpoints, "VpcEndpointId", "VpcId")
	checkObjects(c, "instances", f.Instances, "InstanceId", "InstanceType")
	checkObjects(c, "users", f.Users, "UserName")
	checkObjects(c, "roles", f.Roles, "RoleName")
	checkObjects(c, "instanceProfiles", f.InstanceProfiles, "InstanceProfileName")
	c.checkNames("buckets", "name", f.Buckets)
	c.checkNames("logGroups", "name", f.LogGroups)
	c.checkNames("documents", "name", f.Documents)
	c.checkServices(f.EndpointServices)
	c.checkMaps(f)
	return c.err()
}

// checker collects the problems of a file.
type checker struct{ problems []string }

// checkObjects checks that the objects of a section have the fields. The first one identifies an object.
func checkObjects[T any](c *checker, section string, objects []T, fields ...string) {
	for _, field := range fields {
		var values []string
		for _, object := range objects {
			values = append(values, reflect.ValueOf(object).FieldByName(field).String())
		}
		if field == fields[0] {
			c.checkNames(section, field, values)
		} else {
			c.checkPresent(section, field, values)
		}
	}
}

// checkNames checks that all names are present and different.
func (c *checker) checkNames(section, field string, names []string) {
	c.checkPresent(section, field, names)
	seen := map[string]bool{"": true}
	for _, name := range names {
		if seen[name] && name != "" {
			c.add("%s contains %s twice", section, name)
		}
		seen[name] = true
	}
}

// checkPresent checks that no value is empty.
func (c *checker) checkPresent(section, field string, values []string) {
	if i := slices.Index(values, ""); i >= 0 {
		c.add("%s: element %d has no %s", section, i+1, field)
	}
}

// checkServices checks the endpoint services. S3 is listed once for each type of endpoint.
func (c *checker) checkServices(services []EndpointService) {
	namesByType := map[string][]string{}
	for i, service := range services {
		if service.ServiceName == "" || len(service.ServiceType) == 0 {
			c.add("endpointServices: element %d has no ServiceName or no ServiceType", i+1)
			continue
		}
		kind := service.ServiceType[0].ServiceType
		namesByType[kind] = append(namesByType[kind], service.ServiceName)
	}
	for _, kind := range slices.Sorted(maps.Keys(namesByType)) {
		c.checkNames("endpointServices", "ServiceName", namesByType[kind])
	}
}

// checkMaps checks the sections that are maps, whose keys cannot be repeated.
func (c *checker) checkMaps(f *File) {
	for _, name := range slices.Sorted(maps.Keys(f.InstanceTypeOfferings)) {
		c.checkPresent("instanceTypeOfferings", "instance type", []string{name})
		c.checkNames("instanceTypeOfferings: "+name, "zone", f.InstanceTypeOfferings[name])
	}
	for _, name := range slices.Sorted(maps.Keys(f.ImageParameters)) {
		c.checkPresent("imageParameters", "name", []string{name})
		c.checkPresent("imageParameters: "+name, "image", []string{f.ImageParameters[name]})
	}
	if _, ok := f.Quotas[""]; ok {
		c.add("quotas: an element has no code")
	}
}

func (c *checker) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// err returns the first problems as an error, or nil.
func (c *checker) err() error {
	const most = 3
	if len(c.problems) == 0 {
		return nil
	}
	text := strings.Join(c.problems[:min(most, len(c.problems))], "; ")
	if more := len(c.problems) - most; more > 0 {
		text += fmt.Sprintf("; and %d more problems", more)
	}
	return errors.New(text)
}
