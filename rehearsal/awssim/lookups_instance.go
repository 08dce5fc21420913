package awssim

import (
	"errors"
	"maps"
)

var endpointKind = &ec2Kind{
	name: "EC2 VPC Endpoint", reading: "reading EC2 VPC Endpoint", tokens: []string{endpointToken}, operation: "DescribeVpcEndpoints",
	idPrefix: "vpce", malformed: "InvalidVpcEndpointId.Malformed",
	filters: map[string]func(*call, *object) []string{
		"ip-address-type": property("ipAddressType"), "service-name": property("serviceName"), "vpc-endpoint-id": ownID,
		"vpc-endpoint-state": property("state"), "vpc-endpoint-type": property("vpcEndpointType"), "vpc-id": property("vpcId"),
	},
}

var instanceKind = &ec2Kind{
	name: "EC2 Instance", reading: "reading EC2 Instance", tokens: []string{instanceToken}, operation: "DescribeInstances", idPrefix: "i",
	malformed: "InvalidInstanceID.Malformed",
	filters: map[string]func(*call, *object) []string{
		"availability-zone": property("availabilityZone"), "image-id": property("ami"), "instance-id": ownID,
		"instance-state-name": property("instanceState"), "instance-type": property("instanceType"), "key-name": property("keyName"),
		"private-ip-address": property("privateIp"), "subnet-id": property("subnetId"), "network-interface.subnet-id": property("subnetId"),
		"instance.group-id": listed("vpcSecurityGroupIds"), "network-interface.group-id": listed("vpcSecurityGroupIds"),
		"iam-instance-profile.arn": profileARN, "vpc-id": vpcOfInstance, "network-interface.vpc-id": vpcOfInstance,
	},
}

func init() {
	maps.Copy(lookups, map[string]lookup{
		"aws:ec2/getVpcEndpoint:getVpcEndpoint": {
			[]string{"filters", "id", "serviceName", "state", "tags", "vpcId"}, endpointKind.filterNames(), nil, getVpcEndpoint,
		},
		// The argument tags is an output: the provider does not filter by it.
		"aws:ec2/getInstance:getInstance": {
			[]string{"filters", "getPasswordData", "getUserData", "instanceId", "instanceTags", "tags"}, instanceKind.filterNames(), nil, getInstance,
		},
		"aws:ec2/getInstances:getInstances": {
			[]string{"filters", "instanceStateNames", "instanceTags"}, instanceKind.filterNames(), nil, getInstances,
		},
	})
}

// profileARN is a filter that compares the ARN of an instance's profile.
func profileARN(c *call, o *object) []string {
	if profile := c.get(profileToken, str(o.State, "iamInstanceProfile")); profile != nil {
		return []string{str(profile.State, "arn")}
	}
	return nil
}

// vpcOfInstance is a filter that compares the ID of an instance's VPC.
func vpcOfInstance(c *call, o *object) []string {
	if subnet := c.get(subnetToken, str(o.State, "subnetId")); subnet != nil {
		return []string{str(subnet.State, "vpcId")}
	}
	return []string{str(o.Extra, "vpcId")}
}

func getVpcEndpoint(c *call, args values) (values, error) {
	tags, _ := args["tags"].(values)
	found, err := endpointKind.describe(c, str(args, "id"), map[string]string{
		"service-name": str(args, "serviceName"), "vpc-endpoint-state": str(args, "state"), "vpc-id": str(args, "vpcId"),
	}, tags, args)
	if err != nil {
		return nil, err
	}
	endpoint, err := endpointKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	for _, name := range []string{
		"arn", "cidrBlocks", "dnsEntries", "ipAddressType", "networkInterfaceIds", "ownerId", "policy", "prefixListId", "privateDnsEnabled",
		"requesterManaged", "routeTableIds", "securityGroupIds", "serviceName", "state", "subnetIds", "vpcEndpointType", "vpcId",
	} {
		answer[name] = endpoint.State[name]
	}
	answer["id"], answer["tags"], answer["dnsOptions"] = endpoint.ID, endpoint.providerTags(), []any{endpoint.State["dnsOptions"]}
	return answer, nil
}

func getInstance(c *call, args values) (values, error) {
	if boolean(args, "getUserData") || boolean(args, "getPasswordData") {
		return nil, errors.New("the simulated AWS does not support the arguments getUserData and getPasswordData")
	}
	id := str(args, "instanceId")
	tags, _ := args["instanceTags"].(values)
	if id == "" && len(tags) == 0 && len(objectList(args, "filters")) == 0 {
		return nil, errors.New("one of filters, instance_tags, or instance_id must be assigned") // the message is not confirmed
	}
	found, err := instanceKind.describe(c, id, nil, tags, args)
	if err != nil {
		return nil, err
	}
	instance, err := instanceKind.one(found)
	if err != nil {
		return nil, err
	}
	answer := clone(args)
	for _, name := range []string{
		"ami", "arn", "associatePublicIpAddress", "availabilityZone", "disableApiStop", "disableApiTermination", "ebsOptimized",
		"iamInstanceProfile", "instanceState", "instanceType", "keyName", "monitoring", "outpostArn", "passwordData", "privateDns", "privateIp",
		"publicDns", "publicIp", "sourceDestCheck", "subnetId", "tenancy", "vpcSecurityGroupIds",
	} {
		answer[name] = instance.State[name]
	}
	for list, object := range map[string]string{
		"creditSpecifications": "creditSpecification", "maintenanceOptions": "maintenanceOptions", "metadataOptions": "metadataOptions",
		"rootBlockDevices": "rootBlockDevice",
	} {
		answer[list] = []any{}
		if isSet(instance.State, object) {
			answer[list] = []any{cloneValue(instance.State[object])}
		}
	}
	for _, list := range []string{
		"ebsBlockDevices", "enclaveOptions", "ephemeralBlockDevices", "ipv6Addresses", "privateDnsNameOptions", "secondaryPrivateIps",
		"securityGroups",
	} {
		answer[list] = []any{}
	}
	maps.Copy(answer, values{
		"id": instance.ID, "instanceId": instance.ID, "networkInterfaceId": instance.State["primaryNetworkInterfaceId"],
		"tags": instance.providerTags(), "hostId": "", "hostResourceGroupArn": "", "launchTime": createdAt, "placementGroup": "",
		"placementPartitionNumber": 0.0, "userData": str(instance.State, "userData"), "userDataBase64": "",
	})
	return answer, nil
}

func getInstances(c *call, args values) (values, error) {
	states := strList(args, "instanceStateNames")
	if len(states) == 0 {
		states = []string{"running"}
	}
	tags, _ := args["instanceTags"].(values)
	byState := clone(args)
	filters, _ := byState["filters"].([]any)
	byState["filters"] = append(filters, values{"name": "instance-state-name", "values": toList(states)})
	found, err := instanceKind.describe(c, "", nil, tags, byState)
	if err != nil {
		return nil, err
	}
	ids, private, public := []any{}, []any{}, []any{}
	for _, instance := range found {
		ids, private = append(ids, instance.ID), append(private, instance.State["privateIp"])
		if address := str(instance.State, "publicIp"); address != "" {
			public = append(public, address)
		}
	}
	answer := clone(args)
	maps.Copy(answer, values{"id": c.region, "ids": ids, "privateIps": private, "publicIps": public, "ipv6Addresses": []any{}})
	return answer, nil
}
