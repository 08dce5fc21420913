package main

import (
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/network"
)

const (
	// maxInstances is how many ids the session policy (10,240 characters) and one target of an association hold.
	maxInstances = 50
	// maxForwards leaves room for the other rules: a security group has at most 60 outbound.
	// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	maxForwards = 50
	// maxInterfaceEndpoints is AWS's for a VPC.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
	maxInterfaceEndpoints = 50
	// maxBuckets keeps the S3 endpoint's policy within AWS's 20,480 characters.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
	maxBuckets = 50
	// minRootGiB is the size of Amazon Linux's images.
	minRootGiB = 8
	// maxRootGiB is gp3's. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
	maxRootGiB = 65536
	// maxMFAAgeMinutes is how long AWS lets a session of an IAM user last that began with MFA.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
	maxMFAAgeMinutes = 36 * 60
	// The longest times of a session document.
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
	maxIdleMinutes    = 60
	maxSessionMinutes = 1440
)

// retentionDays are the times for which CloudWatch Logs keeps records, in days.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

var (
	zonePattern = regexp.MustCompile(`^[a-z]$`)
	// What security group names, tags and association names all take, less what needs quoting in a shell.
	namePrefixPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	roleNamePattern = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	servicePattern = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	organizationPattern = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	imagePattern        = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	typePattern         = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
)

// check applies the rules that one value or several together must keep.
func (s *settings) check(found *problems) {
	s.checkNames(found)
	s.checkEndpoints(found)
	s.checkInstances(found)
	s.checkCapacity(found)
	s.checkSessions(found)
	s.checkRecords(found)
}

func (s *settings) checkNames(found *problems) {
	if !namePrefixPattern.MatchString(s.namePrefix) || strings.HasPrefix(s.namePrefix, "sg-") {
		found.add("namePrefix", "%q cannot begin the names of resources: give 1 to 100 letters, digits, dots, hyphens and "+
			"underscores, the first a letter or a digit, and not sg- at the beginning", s.namePrefix)
	}
	for _, role := range []struct{ key, name string }{
		{"instanceRoleName", s.instanceRoleName}, {"sessionRoleName", s.sessionRoleName},
	} {
		if role.name != "" && !roleNamePattern.MatchString(role.name) {
			found.add(role.key, "%q is not a name for a role: give 1 to 64 letters, digits and any of +=,.@-_", role.name)
		}
	}
	if s.instanceRoleName != "" && strings.EqualFold(s.instanceRoleName, s.sessionRoleName) {
		found.add("sessionRoleName", "%q is the name of the instances' role too, and IAM does not tell capitals from small letters: "+
			"give another", s.sessionRoleName)
	}
}

func (s *settings) checkEndpoints(found *problems) {
	var further []string
	for _, service := range s.interfaceEndpoints {
		switch {
		case service == endpoints.SSM || service == endpoints.SSMMessages:
			found.add("interfaceEndpoints", "%q is an endpoint of every stack: remove it", service)
		case service == endpoints.EC2Messages:
			found.add("interfaceEndpoints", "%q has a key of its own: set ec2messagesEndpoint", service)
		case service == endpoints.S3:
			found.add("interfaceEndpoints", "%q has a gateway endpoint instead: set s3Endpoint", service)
		case !servicePattern.MatchString(service):
			found.add("interfaceEndpoints", "%q is not the code of a service: give what follows the Region in the endpoint "+
				"service's name, such as ecr.api", service)
		default:
			further = append(further, service)
		}
	}
	s.interfaceEndpoints = further
	if n := len(s.services()); n > maxInterfaceEndpoints {
		found.add("interfaceEndpoints", "with those of Session Manager there are %d endpoints, and AWS allows %d in a VPC: "+
			"list fewer", n, maxInterfaceEndpoints)
	}
	if s.organizationID != "" && !organizationPattern.MatchString(s.organizationID) {
		found.add("organizationId", "%q is not the id of an organisation: write o- and 10 to 32 lower-case letters and digits",
			s.organizationID)
	}
	if s.organizationID != "" && s.endpointPolicy == endpoints.Full {
		found.add("organizationId", "%q restricts nothing while endpointPolicy is full: set that to restricted, or remove the id",
			s.organizationID)
	}
	for _, bucket := range s.s3Buckets {
		if !bucketPattern.MatchString(bucket) || strings.Contains(bucket, "..") {
			found.add("s3Buckets", "%q is not the name of a bucket: give 3 to 63 lower-case letters, digits, dots and hyphens, "+
				"the first and the last a letter or digit", bucket)
		}
	}
	if len(s.s3Buckets) > maxBuckets {
		found.add("s3Buckets", "lists %d buckets, and the endpoint's policy has room for %d: list fewer",
			len(s.s3Buckets), maxBuckets)
	}
	for _, user := range []struct {
		key   string
		needs bool
		off   string
	}{
		{"s3Buckets", len(s.s3Buckets) > 0, "an empty list"},
		{"sessionLogs", s.records(bucket), "a list without s3"},
		{"installLatestAgent", s.installLatestAgent, "false"},
		{"agentAutoUpdate", s.agentAutoUpdate, "false"},
	} {
		if user.needs && !s.s3Endpoint && !found.unread["s3Endpoint"] {
			found.add(user.key, "needs S3, and s3Endpoint is false: set s3Endpoint to true, or %s to %s", user.key, user.off)
		}
	}
}

func (s *settings) checkInstances(found *problems) {
	if s.instancesPerZone < 1 {
		found.add("instancesPerZone", "%d leaves nothing to open a session on: give at least 1", s.instancesPerZone)
	}
	if n := s.instances(); n > maxInstances {
		found.add("instancesPerZone", "%d in each zone makes %d instances, and the session policy of a stack has room for %d: "+
			"lower it, or use several stacks", s.instancesPerZone, n, maxInstances)
	}
	if !typePattern.MatchString(s.instanceType) {
		found.add("instanceType", "%q is not an instance type: write it like t3.micro", s.instanceType)
	}
	if s.amiID != "" && !imagePattern.MatchString(s.amiID) {
		found.add("amiId", "%q is not the id of an image: write ami- and 17 hexadecimal digits", s.amiID)
	}
	if s.keyName != "" && s.sshPublicKey != "" {
		found.add("keyName", "%q is given together with sshPublicKey, and an instance has one key pair: remove one of the two",
			s.keyName)
	}
	if s.sshPublicKey != "" && !isPublicKey(s.sshPublicKey) {
		shown := s.sshPublicKey
		if len(shown) > 20 {
			shown = shown[:20] + "..." // lest somebody's private key stand in a log
		}
		found.add("sshPublicKey", "%q is not a public key that EC2 takes: give one line in OpenSSH's format, beginning "+
			"with ssh-ed25519 or ssh-rsa", shown)
	}
	if s.rootVolumeGiB < minRootGiB || s.rootVolumeGiB > maxRootGiB {
		found.add("rootVolumeGiB", "%d GiB is not from %d, the size of Amazon Linux's images, to %d, the largest that "+
			"gp3 has: give a size between them", s.rootVolumeGiB, minRootGiB, maxRootGiB)
	}
	if s.rootVolumeKMSKey != "" && !s.rootVolumeEncrypted {
		found.add("rootVolumeKmsKey", "%q encrypts nothing while rootVolumeEncrypted is false: set that to true, or remove the key",
			s.rootVolumeKMSKey)
	}
	if len(s.forwardTo) > maxForwards {
		found.add("forwardTo", "lists %d targets, and the instances' security group has room for %d: list fewer, larger blocks",
			len(s.forwardTo), maxForwards)
	}
}

// checkCapacity counts the network interfaces that each subnet must hold.
func (s *settings) checkCapacity(found *problems) {
	doors := len(s.services())
	for _, zone := range s.zones {
		wanted := s.instancesPerZone
		if s.shared {
			wanted += doors
		}
		// Too many for the stack are too many for the subnet, which is not worth a second word.
		if room := network.Addresses(zone.App); zone.App.IsValid() && wanted > room && s.instances() <= maxInstances {
			found.add("instancesPerZone", "the app subnet %s of zone %s has room for %d network interfaces, and needs %d: "+
				"give it a larger block in appSubnetCidrs, or lower instancesPerZone", zone.App, zone.Letter, room, wanted)
		}
		if room := network.Addresses(zone.Privatelink); zone.Privatelink.IsValid() && doors > room {
			found.add("interfaceEndpoints", "the privatelink subnet %s of zone %s has room for %d network interfaces, and "+
				"needs %d: give it a larger block in privatelinkSubnetCidrs, or list fewer", zone.Privatelink, zone.Letter, room, doors)
		}
	}
}

func (s *settings) checkSessions(found *problems) {
	if s.mfaMaxAgeMinutes < 0 || s.mfaMaxAgeMinutes > maxMFAAgeMinutes {
		found.add("mfaMaxAgeMinutes", "%d is not from 0, for any age, to %d, the 36 hours after which every session with MFA "+
			"ends: give a number between them", s.mfaMaxAgeMinutes, maxMFAAgeMinutes)
	}
	if s.mfaMaxAgeMinutes > 0 && !s.requireMFA {
		found.add("mfaMaxAgeMinutes", "%d limits nothing while requireMfa is false: set that to true, or this to 0", s.mfaMaxAgeMinutes)
	}
	for _, principal := range s.sessionPrincipals {
		if s.requireMFA && !principal.CarriesMFA() {
			found.add("requireMfa", "%q of sessionPrincipals is a role, and roles, those of IAM Identity Center among them, cannot say "+
				"that somebody signed in with MFA, so that nobody could get in: demand MFA where people sign in, and set requireMfa "+
				"to false", principal)
		}
	}
	for _, document := range s.sessionDocuments {
		if s.guarded() && document != iam.Shell && slices.Contains(iam.Documents, document) {
			found.add("sessionDocuments", "%q cannot be recorded or encrypted, since it carries a stream that AWS does not read: "+
				"remove it, or empty sessionLogs and set sessionEncryption to false", document)
		}
	}
}

func (s *settings) checkRecords(found *problems) {
	switch {
	case s.records(cloudWatch):
		checkRetention(found, "sessionLogDays", s.sessionLogDays)
	case s.records(bucket) && s.sessionLogDays < 1:
		found.add("sessionLogDays", "%d keeps no record: give at least 1", s.sessionLogDays)
	}
	if s.flowLogDays != 0 {
		checkRetention(found, "flowLogDays", s.flowLogDays)
	}
	if s.sessionIdleMinutes < 0 || s.sessionIdleMinutes > maxIdleMinutes {
		found.add("sessionIdleMinutes", "%d is not from 0, for AWS's default, to %d, the most that AWS takes: give a number between them",
			s.sessionIdleMinutes, maxIdleMinutes)
	}
	if s.sessionMaxMinutes < 0 || s.sessionMaxMinutes > maxSessionMinutes {
		found.add("sessionMaxMinutes", "%d is not from 0, for no limit, to %d, the most that AWS takes: give a number between them",
			s.sessionMaxMinutes, maxSessionMinutes)
	}
}

// checkRetention holds a number of days against those that CloudWatch Logs takes.
func checkRetention(found *problems, key string, days int) {
	if slices.Contains(retentionDays, days) {
		return
	}
	texts := make([]string, len(retentionDays))
	for i, allowed := range retentionDays {
		texts[i] = strconv.Itoa(allowed)
	}
	found.add(key, "%d is not a number of days for which CloudWatch Logs keeps records: give one of %s", days, strings.Join(texts, ", "))
}

// warnings are about settings that are legal and unwise, one for each.
func (s *settings) warnings() []string {
	var warnings []string
	warn := func(when bool, text string) {
		if when {
			warnings = append(warnings, text)
		}
	}
	warn(s.ec2messages, "ec2messagesEndpoint: AWS is reported to have retired ec2messages on 2026-09-30, and agents from "+
		"3.3.40.0 do without it. Set it to false, unless an older agent runs")
	warn(s.endpointPolicy == endpoints.Full, "endpointPolicy: full lets principals of every account through the endpoints, so that "+
		"data can leave by them. Set it to restricted")
	warn(s.os == compute.AmazonLinux2, "os: Amazon Linux 2 is past its end of support, 2026-06-30. Set it to al2023, and amiId to an "+
		"image of that or to none, which replaces the instances")
	warn(s.instanceEgress == network.OpenEgress, "instanceEgress: open lets instances reach everything that a route leads to. "+
		"Set it to restricted, with forwardTo for what else they need")
	for _, target := range s.forwardTo {
		warn(target.Block.Bits() == 0, "forwardTo: "+target.String()+" is every address. Name the blocks that instances need")
		warn(!target.Block.Overlaps(s.vpc), "forwardTo: "+target.String()+" is outside the VPC "+s.vpc.String()+", and no route "+
			"leads there. Give a target within, or connect the two networks yourself")
	}
	warn(len(s.forwardTo) > 0 && !s.opens(iam.RemotePortForwarding), "forwardTo: no session forwards to it while sessionDocuments is "+
		"without remote-port-forwarding. List that there, or empty forwardTo")
	warn(s.anyInstance, "sessionTargets: any opens sessions on every instance of the account, not on the stack's alone. Set it to stack")
	warn(s.opens(iam.RemotePortForwarding) && s.instanceEgress == network.RestrictedEgress && len(s.forwardTo) == 0,
		"sessionDocuments: remote-port-forwarding reaches nothing while instanceEgress is restricted and forwardTo is empty. "+
			"List its targets in forwardTo")
	return warnings
}

// targets reads forwardTo.
func (r *reader) targets() []network.Target {
	var targets []network.Target
	for _, text := range r.list("forwardTo") {
		block, port, _ := strings.Cut(text, ":")
		prefix, err := netip.ParsePrefix(block)
		number, portErr := strconv.ParseUint(port, 10, 16)
		_, notBlock := netip.ParseAddr(block)
		switch {
		case notBlock == nil:
			r.found.add("forwardTo", "%q is not a target, since %s is an address: write %s/32:%s for it alone", text, block, block, port)
		// One way to write a port, so that no target is there twice.
		case err != nil || !prefix.Addr().Is4() || portErr != nil || port[0] == '0':
			r.found.add("forwardTo", "%q is not a target: write an IPv4 block and a port from 1 to 65535, like 10.0.32.0/24:5432", text)
		case prefix != prefix.Masked():
			r.found.add("forwardTo", "%q has host bits set: write %s:%d", text, prefix.Masked(), number)
		default:
			targets = append(targets, network.Target{Block: prefix, Port: uint16(number)})
		}
	}
	return targets
}

// principals reads sessionPrincipals. That they are in the stack's partition is checked once that is known.
func (r *reader) principals() []iam.Principal {
	texts := r.list("sessionPrincipals")
	if len(texts) == 0 {
		return []iam.Principal{{}}
	}
	var principals []iam.Principal
	for _, text := range texts {
		principal, err := iam.ParsePrincipal("", text)
		if err != nil {
			r.found.add("sessionPrincipals", "%w", err)
			continue
		}
		principals = append(principals, principal)
	}
	return principals
}

// documents reads sessionDocuments. By default that is all that a person needs, of what is recorded and encrypted as
// the stack is configured.
func (r *reader) documents(guarded bool) []iam.Document {
	documents := choices(r, "sessionDocuments", iam.Documents)
	switch {
	case len(documents) > 0:
		return documents
	case guarded:
		return []iam.Document{iam.Shell}
	}
	return []iam.Document{iam.Shell, iam.SSH}
}

// isPublicKey says whether a line is an RSA or ED25519 public key in OpenSSH's format: its type, and behind it in
// base64 the type again, with its length before it.
func isPublicKey(line string) bool {
	fields := strings.Fields(line)
	if len(fields) < 2 || strings.Contains(line, "\n") || fields[0] != "ssh-ed25519" && fields[0] != "ssh-rsa" {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(blob) < 4 {
		return false
	}
	length := binary.BigEndian.Uint32(blob)
	return int64(length)+4 < int64(len(blob)) && string(blob[4:4+length]) == fields[0]
}
