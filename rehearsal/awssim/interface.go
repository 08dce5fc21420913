package awssim

import (
	"net/netip"
	"slices"
	"strings"
)

// AWS creates and deletes network interfaces together with instances and interface endpoints. Their subnets
// and security groups cannot be deleted while they exist.

// putInterface creates a network interface for its owner, or updates it.
func (c *call) putInterface(owner *object, id string, subnet *object, groups []any, address string) *object {
	eni := c.put(interfaceToken, id, values{
		"subnetId": subnet.ID, "vpcId": subnet.State["vpcId"], "groups": groups, "privateIp": address,
	})
	eni.Owner = owner.key()
	return eni
}

// interfacesOf returns the network interfaces of an instance or endpoint.
func (c *call) interfacesOf(token, id string) []*object {
	var interfaces []*object
	for _, eni := range c.find(interfaceToken, nil) {
		if eni.Owner == objectKey(token, c.region, id) {
			interfaces = append(interfaces, eni)
		}
	}
	return interfaces
}

// usedAddresses returns the addresses of the network interfaces in a subnet.
func (c *call) usedAddresses(subnet string) map[string]bool {
	used := map[string]bool{}
	for _, eni := range c.find(interfaceToken, func(v values) bool { return v["subnetId"] == subnet }) {
		used[str(eni.State, "privateIp")] = true
	}
	return used
}

// freeAddresses returns up to count addresses of a subnet that are not in use. AWS reserves the first four
// and the last one.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func (c *call) freeAddresses(subnet *object, count int) []string {
	block, err := netip.ParsePrefix(str(subnet.State, "cidrBlock"))
	if err != nil {
		return nil
	}
	used := c.usedAddresses(subnet.ID)
	count = min(count, c.availableAddresses(subnet))
	var free []string
	for address := firstAddress(block); len(free) < count && block.Contains(address.Next()); address = address.Next() {
		if !used[address.String()] {
			free = append(free, address.String())
		}
	}
	return free
}

// availableAddresses returns how many addresses of a subnet are not in use. Of an existing subnet, only their number is
// known, and not which ones they are.
func (c *call) availableAddresses(subnet *object) int {
	interfaces := c.find(interfaceToken, func(v values) bool { return v["subnetId"] == subnet.ID })
	if subnet.Existing {
		interfaces = slices.DeleteFunc(interfaces, func(eni *object) bool { return eni.Existing })
		return integer(subnet.Extra, "availableIpAddressCount") - len(interfaces)
	}
	block, err := netip.ParsePrefix(str(subnet.State, "cidrBlock"))
	if err != nil {
		return 0
	}
	return 1<<(32-block.Bits()) - reservedAddresses - len(interfaces)
}

// reservedAddresses is the number of addresses that AWS reserves in each subnet.
const reservedAddresses = 5

func firstAddress(block netip.Prefix) netip.Addr {
	address := block.Addr()
	for range 4 {
		address = address.Next()
	}
	return address
}

// checkAddress returns AWS's error for a chosen address that the subnet cannot assign.
func (c *call) checkAddress(prefix, operation string, subnet *object, chosen string) error {
	address, err := netip.ParseAddr(chosen)
	block, _ := netip.ParsePrefix(str(subnet.State, "cidrBlock"))
	switch {
	case err != nil || !block.Contains(address):
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Address %s does not fall within the subnet's address range", chosen)
	case address.Less(firstAddress(block)) || !block.Contains(address.Next()):
		// The message is not confirmed.
		return c.ec2Error(prefix, operation, "InvalidParameterValue", "Address %s is in subnet's reserved address range", chosen)
	case c.usedAddresses(subnet.ID)[chosen]:
		return c.ec2Error(prefix, operation, "InvalidIPAddress.InUse", "Address %s is in use.", chosen)
	}
	return nil
}

func (c *call) noFreeAddress(prefix, operation, subnet string) error {
	return c.ec2Error(prefix, operation, "InsufficientFreeAddressesInSubnet", "Not enough free addresses in subnet '%s'", subnet)
}

// publicAddress returns a public address, from a block that is reserved for documentation, and its DNS
// name; the name is "" if the VPC has no DNS hostnames.
func (c *call) publicAddress(vpc *object) (address, name string) {
	c.Sequence++
	address = netip.AddrFrom4([4]byte{198, 51, 100, byte(c.Sequence)}).String()
	if !boolean(vpc.State, "enableDnsHostnames") || !boolean(vpc.State, "enableDnsSupport") {
		return address, ""
	}
	domain := "." + c.region + ".compute." + c.dnsSuffix
	if c.region == "us-east-1" {
		domain = ".compute-1." + c.dnsSuffix
	}
	return address, "ec2-" + strings.ReplaceAll(address, ".", "-") + domain
}

// privateDNS returns the DNS name of an instance in its VPC. Depending on the subnet, it contains the
// address or the ID.
func (c *call) privateDNS(subnet *object, instance, address string) string {
	domain := "." + c.region + ".compute.internal"
	if c.region == "us-east-1" {
		domain = ".ec2.internal"
	}
	if str(subnet.State, "privateDnsHostnameTypeOnLaunch") == "resource-name" {
		return instance + domain
	}
	return "ip-" + strings.ReplaceAll(address, ".", "-") + domain
}

func (c *call) subnetNotFound(prefix, operation, id string) error {
	return c.ec2Error(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
}
