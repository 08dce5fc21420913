package proof

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
)

// networkInterface is a network interface of an instance.
type networkInterface struct {
	// by are the resources that say which interface it is, and which groups it has.
	by         []*resource
	id, subnet string
	groups     []string
}

// mapValues returns the values of a map, for functions that sort them.
func mapValues[K comparable, V any](all map[K]V) iter.Seq[V] { return maps.Values(all) }

// readInterfaces reads the network interfaces of an instance, and the groups that other resources attach to them.
func (m *model) readInterfaces(i *instance) {
	primary := &networkInterface{by: []*resource{i.resource}, id: i.str("primaryNetworkInterfaceId"), subnet: i.subnet, groups: i.groups}
	i.interfaces = []*networkInterface{primary}
	attached := m.attachedInterfaces(i)
	for _, id := range slices.Sorted(maps.Keys(attached)) {
		n := m.interfaceNamed(id)
		switch {
		case id == primary.id || attached[id].first:
			primary.id = id
			if n != nil && i.subnet == "" {
				i.subnet, primary.subnet = n.str("subnetId"), n.str("subnetId")
			}
			if n != nil && len(primary.groups) == 0 {
				primary.groups = n.strList("securityGroups")
				primary.by = append(primary.by, n)
			}
		case n == nil || len(n.strList("securityGroups")) == 0:
			i.unknownInterfaces = append(i.unknownInterfaces, fmt.Sprintf("%s attaches network interface %q: its security groups are not in the state", attached[id].by, id))
		default:
			i.interfaces = append(i.interfaces, &networkInterface{[]*resource{attached[id].by, n}, id, n.str("subnetId"), n.strList("securityGroups")})
		}
	}
	m.readLaunchTemplate(i)
	m.readAttachedGroups(i)
	if s := m.subnets[i.subnet]; s != nil && len(primary.groups) == 0 && m.vpcs[s.vpc] != nil && len(i.strList("securityGroups")) == 0 {
		primary.groups = []string{m.vpcs[s.vpc].defaultGroup}
	}
	i.groups = primary.groups
}

// attachment says how a network interface is attached. It is the first one if its device index is 0.
type attachment struct {
	by    *resource
	first bool
}

// attachedInterfaces returns the network interfaces that resources attach to an instance, by id.
func (m *model) attachedInterfaces(i *instance) map[string]attachment {
	found := map[string]attachment{}
	for _, object := range i.networkInterfaces() {
		found[asStr(object["networkInterfaceId"])] = attachment{i.resource, asInt(object["deviceIndex"], -1) == 0}
	}
	for _, n := range m.ofType("aws:ec2/networkInterface:NetworkInterface") {
		for _, object := range n.objects("attachments") {
			if asStr(object["instance"]) == i.id {
				found[n.id] = attachment{n, asInt(object["deviceIndex"], -1) == 0}
			}
		}
	}
	for _, n := range m.ofType("aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment") {
		if n.str("instanceId") == i.id {
			found[n.str("networkInterfaceId")] = attachment{n, asInt(n.value("deviceIndex"), -1) == 0}
		}
	}
	return found
}

// interfaceNamed returns the network interface with an id, or nil if the state does not contain it.
func (m *model) interfaceNamed(id string) *resource {
	for _, n := range m.ofType("aws:ec2/networkInterface:NetworkInterface") {
		if n.id == id && id != "" {
			return n
		}
	}
	return nil
}

// readLaunchTemplate records that a launch template may add network interfaces. The state shows what else it sets
// in the properties of the instance.
func (m *model) readLaunchTemplate(i *instance) {
	template := i.launchTemplate()
	if template == nil {
		return
	}
	n, current := m.templateOf(template)
	switch {
	case n == nil:
		i.unknownInterfaces = append(i.unknownInterfaces, fmt.Sprintf("the launch template of %s is not in the state: it may add network interfaces", i))
	case !current:
		i.unknownInterfaces = append(i.unknownInterfaces, fmt.Sprintf("%s uses another version of %s than the state contains: it may add network interfaces", i, n))
	case len(n.objects("networkInterfaces")) > 1:
		i.unknownInterfaces = append(i.unknownInterfaces, fmt.Sprintf("%s adds network interfaces to %s", n, i))
	}
}

// launchTemplate returns the launch template that the instance names, or nil.
func (i *instance) launchTemplate() map[string]any {
	if template := i.object("launchTemplate"); asStr(template["id"])+asStr(template["name"]) != "" {
		return template
	}
	return nil
}

// templateOf returns a launch template, and whether the state contains the version that the instance uses. It
// returns nil if the state does not contain the template.
func (m *model) templateOf(template map[string]any) (n *resource, current bool) {
	for _, n := range m.ofType("aws:ec2/launchTemplate:LaunchTemplate") {
		if id := asStr(template["id"]); id != "" && id != n.id || id == "" && asStr(template["name"]) != n.str("name") {
			continue
		}
		latest, standard, version := n.str("latestVersion"), n.str("defaultVersion"), asStr(template["version"])
		if version == "" || version == "$Default" {
			version = standard
		}
		return n, version == "$Latest" || version == latest && latest != ""
	}
	return nil, false
}

// readAttachedGroups reads the groups that resources of their own attach to network interfaces.
func (m *model) readAttachedGroups(i *instance) {
	for _, n := range m.ofType("aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment") {
		id, known := n.str("networkInterfaceId"), false
		for _, face := range i.interfaces {
			if face.id == id && id != "" {
				face.groups, face.by, known = addTo(slices.Clone(face.groups), n.str("securityGroupId")), append(face.by, n), true
			}
		}
		if known || i.interfaces[0].id != "" && id != "" {
			continue
		}
		i.unknownInterfaces = append(i.unknownInterfaces, fmt.Sprintf("%s %s may attach a security group to %s", n.typ, n.name, i))
	}
}

// mayHaveIPv6 reports whether the instance has, or may have, an IPv6 address.
func (i *instance) mayHaveIPv6(s *subnet) bool {
	if len(i.strList("ipv6Addresses")) > 0 || asInt(i.value("ipv6AddressCount"), 0) > 0 {
		return true
	}
	return i.value("ipv6Addresses") == nil && s.str("ipv6CidrBlock") != ""
}

// vpcOfInterface returns the id of the VPC of a network interface, or "" if the state does not show it.
func (m *model) vpcOfInterface(id string) string {
	subnet := ""
	if n := m.interfaceNamed(id); n != nil {
		subnet = n.str("subnetId")
	}
	for _, i := range m.instances {
		for _, face := range i.interfaces {
			if face.id == id && id != "" {
				subnet = face.subnet
			}
		}
	}
	if s := m.subnets[subnet]; s != nil {
		return s.vpc
	}
	return ""
}

// vpcOfInstance returns the id of the VPC of an instance, or "" if the state does not show it.
func (m *model) vpcOfInstance(id string) string {
	for _, i := range m.instances {
		if s := m.subnets[i.subnet]; i.id == id && s != nil {
			return s.vpc
		}
	}
	return ""
}

// isPublic reports whether AWS routes an address to and from the Internet, if a route leads there.
func isPublic(address netip.Addr) bool {
	return address.IsValid() && !address.IsPrivate() && !address.IsLoopback() && !address.IsLinkLocalUnicast()
}
