package awssim

import (
	"net/netip"
	"strings"
)

// Network interfaces, which AWS makes with instances and endpoints and which go with them. They hold their subnet and their
// security groups.

// attach gives its owner a network interface, or brings a standing one up to date.
func (c *call) attach(owner *object, id string, subnet *object, groups []any, address string) *object {
	eni := c.put(interfaceToken, id, values{
		"subnetId": subnet.ID, "vpcId": subnet.State["vpcId"], "groups": groups, "privateIp": address,
	})
	eni.Owner = key(owner.Type, owner.Region, owner.ID)
	return eni
}

// interfacesOf are the network interfaces of an instance or endpoint.
func (c *call) interfacesOf(token, id string) []*object {
	var all []*object
	for _, eni := range c.all(interfaceToken, nil) {
		if eni.Owner == key(token, c.region, id) {
			all = append(all, eni)
		}
	}
	return all
}

// takenAddresses are those that network interfaces of a subnet have.
func (c *call) takenAddresses(subnet string) map[string]bool {
	taken := map[string]bool{}
	for _, eni := range c.all(interfaceToken, func(v values) bool { return text(v, "subnetId") == subnet }) {
		taken[text(eni.State, "privateIp")] = true
	}
	return taken
}

// freeAddresses are so many addresses of a subnet that no network interface has, fewer where there are no more. AWS takes the
// first four and the last for itself. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func (c *call) freeAddresses(subnet *object, wanted int) []string {
	block, err := netip.ParsePrefix(text(subnet.State, "cidrBlock"))
	if err != nil {
		return nil
	}
	taken := c.takenAddresses(subnet.ID)
	var free []string
	for address := firstAddress(block); len(free) < wanted && block.Contains(address.Next()); address = address.Next() {
		if !taken[address.String()] {
			free = append(free, address.String())
		}
	}
	return free
}

func firstAddress(block netip.Prefix) netip.Addr {
	address := block.Addr()
	for range 4 {
		address = address.Next()
	}
	return address
}

// checkAddress holds an address that is asked for against its subnet.
func (c *call) checkAddress(prefix, operation string, subnet *object, wanted string) error {
	address, err := netip.ParseAddr(wanted)
	block, _ := netip.ParsePrefix(text(subnet.State, "cidrBlock"))
	switch {
	case err != nil || !block.Contains(address):
		return c.ec2(prefix, operation, "InvalidParameterValue", "Address %s does not fall within the subnet's address range", wanted)
	case address.Less(firstAddress(block)) || !block.Contains(address.Next()):
		// The sentence is not established.
		return c.ec2(prefix, operation, "InvalidParameterValue", "Address %s is in subnet's reserved address range", wanted)
	case c.takenAddresses(subnet.ID)[wanted]:
		return c.ec2(prefix, operation, "InvalidIPAddress.InUse", "Address %s is in use.", wanted)
	}
	return nil
}

func (c *call) noFreeAddress(prefix, operation, subnet string) error {
	return c.ec2(prefix, operation, "InsufficientFreeAddressesInSubnet", "Not enough free addresses in subnet '%s'", subnet)
}

// publicAddress is one of Amazon's, here from a block for documentation, and the name that it has where the VPC gives names.
func (c *call) publicAddress(vpc *object) (address, name string) {
	c.Sequence++
	address = netip.AddrFrom4([4]byte{198, 51, 100, byte(c.Sequence)}).String()
	if !flag(vpc.State, "enableDnsHostnames") || !flag(vpc.State, "enableDnsSupport") {
		return address, ""
	}
	domain := "." + c.region + ".compute." + c.dnsSuffix
	if c.region == "us-east-1" {
		domain = ".compute-1." + c.dnsSuffix
	}
	return address, "ec2-" + strings.ReplaceAll(address, ".", "-") + domain
}

// privateDNS is the name of an instance in its VPC: by its address or, where its subnet says so, by its id.
func (c *call) privateDNS(subnet *object, instance, address string) string {
	domain := "." + c.region + ".compute.internal"
	if c.region == "us-east-1" {
		domain = ".ec2.internal"
	}
	if text(subnet.State, "privateDnsHostnameTypeOnLaunch") == "resource-name" {
		return instance + domain
	}
	return "ip-" + strings.ReplaceAll(address, ".", "-") + domain
}

func (c *call) noSubnet(prefix, operation, id string) error {
	return c.ec2(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
}
