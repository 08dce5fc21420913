package awssim

// updateInstance updates an instance in place. An update of its type or user data stops and starts it,
// which changes its public address.
func updateInstance(c *call, id string, old, in values) (values, error) {
	subnet := c.get(subnetToken, str(old, "subnetId"))
	stops, err := c.checkInstanceUpdate("updating EC2 Instance ("+id+")", id, old, in, subnet)
	if err != nil {
		return nil, err
	}
	device := old["rootBlockDevice"].(values)
	if chosen, ok := in["rootBlockDevice"].(values); ok {
		if device, err = c.changeRootDevice(id, device, chosen); err != nil {
			return nil, err
		}
	}
	c.describeVolume(device) // the default tags may have changed
	script := old["userData"]
	if isSet(in, "userData") {
		script = userDataHash(str(in, "userData"))
	}
	state := c.applyInputs(old, in)
	state["rootBlockDevice"], state["userData"] = device, script
	if chosen, ok := in["metadataOptions"].(values); ok {
		for name, value := range map[string]string{"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled"} {
			if !isSet(chosen, name) {
				state["metadataOptions"].(values)[name] = value
			}
		}
	}
	if stops && str(state, "publicIp") != "" {
		state["publicIp"], state["publicDns"] = c.publicAddress(c.vpc(str(subnet.State, "vpcId")))
	}
	for _, eni := range c.interfacesOf(instanceToken, id) {
		eni.State["groups"] = toList(strList(state, "vpcSecurityGroupIds"))
	}
	return state, nil
}

// checkInstanceUpdate returns AWS's error for an update, and whether the update stops the instance.
func (c *call) checkInstanceUpdate(prefix, id string, old, in values, subnet *object) (stops bool, err error) {
	if name := str(in, "iamInstanceProfile"); name != "" && name != str(old, "iamInstanceProfile") {
		if err := c.checkProfile(prefix, "AssociateIamInstanceProfile", name); err != nil {
			return false, err
		}
	}
	if err := c.checkInstanceBehavior(prefix, "ModifyInstanceAttribute", in); err != nil {
		return false, err
	}
	groups := strList(in, "vpcSecurityGroupIds")
	if isSet(in, "vpcSecurityGroupIds") && len(groups) == 0 {
		return false, verbatim(prefix + ": VPC-based instances require at least one security group to be attached.")
	}
	if err := c.checkGroups(prefix, "ModifyNetworkInterfaceAttribute", groups, subnet); err != nil {
		return false, err
	}
	newType := isSet(in, "instanceType") && str(in, "instanceType") != str(old, "instanceType")
	newUserData := isSet(in, "userData") && !equal(old["userData"], in["userData"]) && !sameUserData(old["userData"], in["userData"]) ||
		isSet(in, "userDataBase64") && !equal(old["userDataBase64"], in["userDataBase64"])
	stops = newType || newUserData
	if stops && boolean(old, "disableApiStop") {
		return false, c.ec2Error(prefix, "StopInstances", "OperationNotPermitted", "The instance '%s' may not be stopped. Modify its "+
			"'disableApiStop' instance attribute and try again.", id)
	}
	if newType {
		changed := values{"instanceType": in["instanceType"], "ebsOptimized": old["ebsOptimized"]}
		return stops, c.checkInstanceType(prefix, "ModifyInstanceAttribute", changed, subnet)
	}
	return stops, nil
}

// deleteInstance first sets the termination protection to its value in Pulumi's state, as the provider
// does. Protection that the user changed outside of Pulumi therefore has no effect.
func deleteInstance(c *call, id string, state values) error {
	state["disableApiTermination"] = boolean(c.oldOutputs, "disableApiTermination")
	if boolean(state, "disableApiTermination") {
		return c.ec2Error("terminating EC2 Instance ("+id+")", "TerminateInstances", "OperationNotPermitted", "The instance '%s' may not be "+
			"terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
	}
	c.remove(c.get(instanceToken, id))
	if device, _ := state["rootBlockDevice"].(values); !boolean(device, "deleteOnTermination") {
		// The volume remains in the account without an owner.
		c.put(volumeToken, str(device, "volumeId"), clone(device))
	}
	return nil
}
