package htmlreport

import (
	"cmp"
	"strings"
)

// Charge is something that AWS charges for.
type Charge struct {
	What  string
	Count int
	// Unit says what AWS charges for each.
	Unit string
}

// chargedTypes are the types that AWS charges for by the hour, by the month or by use.
var chargedTypes = []struct{ typ, what, unit string }{
	{"aws:ec2/natGateway:NatGateway", "NAT gateways", "per hour, and per GB of traffic"},
	{"aws:ec2/eip:Eip", "Elastic IP addresses", "per hour"},
	{"aws:kms/key:Key", "KMS keys", "per month, and per request"},
	{"aws:cloudwatch/logGroup:LogGroup", "log groups", "per GB that is written, and per GB stored"},
	{"aws:s3/bucket:Bucket", "S3 buckets", "per GB stored, and per request"},
	{"aws:ec2/flowLog:FlowLog", "flow logs", "per GB that is written"},
	{"aws:lb/loadBalancer:LoadBalancer", "load balancers", "per hour, and by use"},
	{"aws:rds/instance:Instance", "RDS instances", "per hour, and per GB of storage"},
	{"aws:ec2transitgateway/vpcAttachment:VpcAttachment", "transit gateway attachments", "per hour, and per GB of traffic"},
	{"aws:ec2/vpnConnection:VpnConnection", "VPN connections", "per hour"},
	{"aws:secretsmanager/secret:Secret", "secrets", "per month"},
	{"aws:route53/zone:Zone", "hosted zones", "per month"},
	{"aws:cloudwatch/metricAlarm:MetricAlarm", "alarms", "per month"},
	{"aws:ebs/snapshot:Snapshot", "EBS snapshots", "per GB and month"},
	{"aws:ec2/dedicatedHost:DedicatedHost", "Dedicated Hosts", "per hour"},
	{"aws:ec2/capacityReservation:CapacityReservation", "capacity reservations", "per hour"},
	{"aws:ec2/vpcIpam:VpcIpam", "IPAMs", "per address and hour"},
	{"aws:ec2/trafficMirrorSession:TrafficMirrorSession", "traffic mirror sessions", "per hour"},
}

// freeModules are modules of the aws package whose resources have no charge of their own, except those in chargedTypes.
var freeModules = map[string]bool{"iam": true, "ec2": true, "vpc": true, "ssm": true, "s3": true, "kms": true, "cloudwatch": true, "ebs": true}

// charges counts what AWS charges for.
func (s *state) charges() []Charge {
	var found []Charge
	add := func(what string, count int, unit string) {
		for i := range found {
			if found[i].What == what {
				found[i].Count += count
				return
			}
		}
		if count > 0 {
			found = append(found, Charge{what, count, unit})
		}
	}
	for _, r := range s.ofType("aws:ec2/vpcEndpoint:VpcEndpoint") {
		if subnets, _ := r.value("subnetIds").([]any); r.str("vpcEndpointType") == "Interface" && !r.external {
			add("interface endpoints, counted once in each subnet", len(subnets), "per hour, and per GB of traffic")
		}
	}
	for _, r := range s.ofType("aws:ec2/instance:Instance") {
		if r.external {
			continue
		}
		add("instances of type "+cmp.Or(name(r.str("instanceType")), "(unknown)"), 1, "per hour")
		if size, ok := r.value("rootBlockDevice.volumeSize").(float64); ok {
			add("GiB of root volumes", int(size), "per month")
		}
		if r.is("monitoring") {
			add("instances with detailed monitoring", 1, "per month")
		}
		if r.str("publicIp") != "" {
			add("public IPv4 addresses of instances", 1, "per hour")
		}
	}
	for _, r := range s.ofType("aws:ebs/volume:Volume") {
		if r.external {
			continue
		}
		size, _ := r.value("size").(float64)
		add("GiB of other volumes", int(size), "per month")
	}
	for _, c := range chargedTypes {
		for _, r := range s.resources {
			if r.plainType() == c.typ && !r.external {
				add(c.what, 1, c.unit)
			}
		}
	}
	for _, r := range s.resources {
		if !r.external && !s.known(r.typ) {
			add(name(r.typ), 1, "unknown: see AWS's price list")
		}
	}
	return found
}

// known reports whether this package knows if AWS charges for a type.
func (s *state) known(typ string) bool {
	for _, c := range chargedTypes {
		if c.typ == plainType(typ) {
			return true
		}
	}
	pkg, rest, _ := strings.Cut(typ, ":")
	module, _, _ := strings.Cut(rest, "/")
	return pkg != "aws" || freeModules[module]
}
