package awssim

import (
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/account"
)

func (c *call) addEndpoints(f *account.File) {
	for _, endpoint := range f.VpcEndpoints {
		vpc := c.existingVPC(endpoint.VpcEndpointId, endpoint.VpcId)
		if vpc == nil || strings.EqualFold(endpoint.State, "deleted") {
			continue
		}
		kind := endpoint.VpcEndpointType
		if kind == "" {
			kind = "Gateway"
		}
		var groups []string
		if kind == "Interface" {
			groups = c.existingGroups(endpoint.VpcEndpointId, endpoint.Groups, vpc)
		}
		policy := endpoint.PolicyDocument
		if policy == "" {
			policy = map[string]string{"Gateway": defaultGatewayPolicy, "Interface": defaultEndpointPolicy}[kind]
		}
		o := c.put(endpointToken, endpoint.VpcEndpointId, values{
			"vpcId": endpoint.VpcId, "serviceName": endpoint.ServiceName, "vpcEndpointType": kind, "state": endpointState(endpoint.State),
			"policy": policy, "privateDnsEnabled": endpoint.PrivateDnsEnabled, "routeTableIds": toList(endpoint.RouteTableIds),
			"subnetIds": toList(endpoint.SubnetIds), "securityGroupIds": toList(groups),
			"networkInterfaceIds": toList(slices.Sorted(slices.Values(endpoint.NetworkInterfaceIds))), "ipAddressType": "ipv4",
			"arn": c.arn("ec2", "vpc-endpoint/"+endpoint.VpcEndpointId), "ownerId": c.account, "requesterManaged": false, "serviceRegion": c.region,
			"dnsOptions": values{"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false},
			"cidrBlocks": []any{}, "prefixListId": "", "dnsEntries": []any{}, "subnetConfigurations": []any{},
		})
		addTags(o, endpoint.Tags)
		if kind == "Gateway" {
			list := c.offers.prefixListID(endpoint.ServiceName)
			o.State["prefixListId"], o.State["cidrBlocks"] = list, toList(c.offers.prefixListBlocks(list))
			continue
		}
		c.addEndpointInterfaces(o, endpoint)
		o.State["dnsEntries"] = c.endpointDNS(o.ID, o.State)
	}
}

// existingGroups returns the IDs of the security groups of an instance or an interface endpoint, which are in at least one. If
// the account's file contains none, it is in the default group of its VPC, as AWS creates it.
func (c *call) existingGroups(of string, captured []account.GroupIdentifier, vpc *object) []string {
	var groups []string
	for _, group := range captured {
		groups = append(groups, group.GroupId)
	}
	if len(groups) == 0 && vpc != nil {
		c.assume("%s is in the default security group of %s: its groups were not captured", of, vpc.ID)
		groups = []string{str(vpc.State, "defaultSecurityGroupId")}
	}
	return groups
}

// addEndpointInterfaces adds the network interfaces of an endpoint. The file contains neither their subnets nor their
// addresses.
func (c *call) addEndpointInterfaces(o *object, endpoint account.VpcEndpoint) {
	interfaces := slices.Sorted(slices.Values(endpoint.NetworkInterfaceIds))
	configurations := []any{}
	for i, id := range endpoint.SubnetIds {
		subnet := c.get(subnetToken, id)
		if subnet == nil {
			continue
		}
		configurations = append(configurations, values{"subnetId": id, "ipv4": "", "ipv6": ""})
		if i < len(interfaces) {
			c.putInterface(o, interfaces[i], subnet, o.State["securityGroupIds"].([]any), "")
		}
	}
	o.State["subnetConfigurations"] = configurations
}

// endpointState returns a state of an endpoint as the provider reads it. The EC2 API returns some states with a
// capital letter.
func endpointState(state string) string {
	if state == "" {
		return "available"
	}
	return strings.ToLower(state[:1]) + state[1:]
}

func (c *call) addInstances(f *account.File) {
	for _, instance := range f.Instances {
		if instance.State.Name == "terminated" {
			continue
		}
		groups := c.existingGroups(instance.InstanceId, instance.SecurityGroups, c.get(vpcToken, instance.VpcId))
		profile := ""
		if instance.IamInstanceProfile != nil {
			profile = instance.IamInstanceProfile.Arn[strings.LastIndex(instance.IamInstanceProfile.Arn, "/")+1:]
		}
		id := "eni-0" + hash("eni "+instance.InstanceId, 16)
		state := values{
			"ami": instance.ImageId, "instanceType": instance.InstanceType, "subnetId": instance.SubnetId,
			"availabilityZone": instance.Placement.AvailabilityZone, "privateIp": instance.PrivateIpAddress, "keyName": instance.KeyName,
			"iamInstanceProfile": profile, "vpcSecurityGroupIds": toList(groups), "instanceState": instance.State.Name,
			"publicIp": instance.PublicIpAddress, "associatePublicIpAddress": instance.PublicIpAddress != "", "publicDns": "",
			"metadataOptions": values{
				"httpEndpoint": instance.MetadataOptions.HttpEndpoint, "httpTokens": instance.MetadataOptions.HttpTokens,
				"httpPutResponseHopLimit": float64(instance.MetadataOptions.HttpPutResponseHopLimit), "httpProtocolIpv6": "disabled",
				"instanceMetadataTags": "disabled",
			},
			"arn": c.arn("ec2", "instance/"+instance.InstanceId), "primaryNetworkInterfaceId": id, "sourceDestCheck": true,
		}
		// Termination and stop protection are left out: they were not captured, and claims depend on them.
		maps.Copy(state, values{ // not captured
			"tenancy": "default", "monitoring": false, "getPasswordData": false,
			"instanceInitiatedShutdownBehavior": "stop", "maintenanceOptions": values{"autoRecovery": "default"}, "userDataReplaceOnChange": false,
			"securityGroups": []any{}, "instanceLifecycle": "", "outpostArn": "", "passwordData": "", "spotInstanceRequestId": "", "ebsOptimized": false,
		})
		o := c.put(instanceToken, instance.InstanceId, state)
		addTags(o, instance.Tags)
		o.setExtra("vpcId", instance.VpcId)
		if subnet := c.get(subnetToken, instance.SubnetId); subnet != nil {
			state["privateDns"] = c.privateDNS(subnet, o.ID, instance.PrivateIpAddress)
			c.putInterface(o, id, subnet, toList(groups), instance.PrivateIpAddress)
		}
	}
}
