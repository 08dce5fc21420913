package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// proveFlowLogs proves that the traffic of VPCs is logged: by flow logs of the VPC, or of each of its subnets.
func (m *model) proveFlowLogs() []*finding {
	var found []*finding
	for _, v := range m.checkedVPCs() {
		f := newFinding("flow-logs", v.name, Hardening)
		f.rest(v.resource)
		ofVPC := m.flowLogsOf("vpcId", v.id)
		switch {
		case logsAll(ofVPC):
			m.checkFlowLogs(f, ofVPC, v.String())
		case m.subnetsLog(v):
			for _, id := range slices.Sorted(maps.Keys(m.subnets)) {
				if s := m.subnets[id]; s.vpc == v.id {
					f.rest(s.resource)
					m.checkFlowLogs(f, m.flowLogsOf("subnetId", id), s.String())
				}
			}
		case len(ofVPC) > 0:
			f.rest(ofVPC...)
			f.fail(ofVPC[0].ask("set trafficType to ALL on "+ofVPC[0].String()), "%s logs only part of the traffic of %s: trafficType is %q", ofVPC[0], v, ofVPC[0].str("trafficType"))
		case v.external:
			f.unknownUntil(v.ask("add a FlowLog with trafficType ALL for "+v.String()), "the state does not show whether the traffic of %s is logged", v)
		default:
			f.fail(v.fix(keyFixes.flowLogDays, "add a FlowLog with trafficType ALL for "+v.String()), "the traffic of %s is not logged", v)
		}
		found = append(found, f)
	}
	return found
}

// flowLogsOf returns the flow logs of a VPC or a subnet.
func (m *model) flowLogsOf(key, id string) []*resource {
	return slices.DeleteFunc(m.ofType("aws:ec2/flowLog:FlowLog"), func(n *resource) bool { return n.str(key) != id })
}

// logsAll reports whether flow logs together log all traffic.
func logsAll(logs []*resource) bool {
	types := map[string]bool{}
	for _, n := range logs {
		types[n.str("trafficType")] = true
	}
	return types["ALL"] || types["ACCEPT"] && types["REJECT"]
}

// subnetsLog reports whether each subnet of the VPC has flow logs of all traffic.
func (m *model) subnetsLog(v *vpc) bool {
	subnets := 0
	for id, s := range m.subnets {
		if s.vpc != v.id {
			continue
		}
		subnets++
		if !logsAll(m.flowLogsOf("subnetId", id)) {
			return false
		}
	}
	return subnets > 0
}

// checkFlowLogs checks that one of the flow logs of all traffic, or a pair of them, can write to its destination.
func (m *model) checkFlowLogs(f *finding, logs []*resource, of string) {
	needed := slices.DeleteFunc(slices.Clone(logs), func(n *resource) bool { return n.str("trafficType") != "ALL" })
	if len(needed) == 0 {
		needed = logs
	} else {
		needed = needed[:1]
	}
	f.rest(needed...)
	for _, n := range needed {
		f.pass("%s logs traffic of %s: %s", n, of, n.str("trafficType"))
		switch kind := n.str("logDestinationType"); kind {
		case "", "cloud-watch-logs":
			m.checkLogDestination(f, n)
		case "s3":
			m.checkBucketDestination(f, n)
		default:
			f.unknown("%s writes to %s: the proofs do not read whether it can", n, kind)
		}
	}
}

// checkBucketDestination checks that the policy of a bucket allows the delivery of flow logs, if the state sets one. For
// a bucket without a policy, EC2 adds one.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
func (m *model) checkBucketDestination(f *finding, flowLog *resource) {
	name, _, _ := strings.Cut(flowLog.str("logDestination")[strings.LastIndex(flowLog.str("logDestination"), ":")+1:], "/")
	match := m.bucketNamed(name)
	b := match.found
	switch {
	case match.unknown != "":
		f.unknown("%s", match.unknown)
		return
	case b == nil:
		f.unknown("bucket %q of %s is not in the state", name, flowLog)
		return
	}
	document, by := m.bucketPolicy(b)
	f.rest(b, by)
	if document == nil {
		return
	}
	const service = "delivery.logs.amazonaws.com"
	policies := policy.Policies{Resource: document, ResourceMustAllow: true}
	object := "arn:" + b.partition + ":s3:::" + b.str("bucket") + "/AWSLogs/" + flowLog.account + "/vpcflowlogs/" + flowLog.region + "/log.gz"
	f.expectAllowed(policies.Decide(&policy.Request{
		Principal: policy.Principal{Service: service}, Action: "s3:PutObject", Resource: object,
		Context: policy.Context{}.With("aws:SourceAccount", flowLog.account).With("aws:SecureTransport", "true").With("s3:x-amz-acl", "bucket-owner-full-control").
			With("aws:SourceArn", flowLog.arn("logs", "*")),
	}), "allow s3:PutObject to "+service+" in the policy of "+b.String(), "s3:PutObject on %s by %s", b, service)
}

// checkLogDestination checks that a flow log can write to its log group.
func (m *model) checkLogDestination(f *finding, flowLog *resource) {
	group := strings.TrimSuffix(flowLog.str("logDestination"), ":*")
	if group == "" {
		group = flowLog.arn("logs", "log-group:"+flowLog.str("logGroupName"))
	}
	m.checkFlowLogGroup(f, flowLog, group)
	var r *role
	for _, one := range m.roles {
		if one.arn == flowLog.str("iamRoleArn") {
			r = one
		}
	}
	if r == nil {
		f.unknown("role %q of %s is not in the state", flowLog.str("iamRoleArn"), flowLog)
		return
	}
	m.restOnRole(f, r)
	if r.boundary != "" {
		f.unknownUntil(r.fix(keyFixes.permissionsBoundary, ""), "the content of %s, the permissions boundary of %s, is not in the state", r.boundary, r)
		return
	}
	m.checkFlowLogRole(f, flowLog, r, group)
}

// checkFlowLogGroup checks the log group of a flow log.
func (m *model) checkFlowLogGroup(f *finding, flowLog *resource, arn string) {
	_, name, _ := strings.Cut(arn, ":log-group:")
	match := m.logGroupAt(name, flowLog.location)
	g := match.found
	switch {
	case match.unknown != "":
		f.unknown("%s", match.unknown)
		return
	case g == nil:
		f.unknown("log group %q of %s is not in the state", name, flowLog)
		return
	}
	f.rest(g)
	m.checkLogClass(f, g)
	if keyName := g.str("kmsKeyId"); keyName != "" {
		key := m.keyAt(keyName, g.location)
		if key.found == nil || key.unknown != "" {
			f.unknown("key %q of %s is not in the state", keyName, g)
			return
		}
		f.rest(key.found.resource)
		m.checkLogsKey(f, g, key.found)
	}
}

// checkFlowLogRole checks that the role of a flow log allows writing to a log group.
func (m *model) checkFlowLogRole(f *finding, flowLog *resource, r *role, group string) {
	const service = "vpc-flow-logs.amazonaws.com"
	trust := policy.Policies{Resource: r.trust, ResourceMustAllow: true}
	source := flowLog.arn("ec2", "vpc-flow-log/"+flowLog.id)
	f.expectAllowed(trust.Decide(&policy.Request{
		Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn,
		Context: policy.Context{}.With("aws:SourceAccount", flowLog.account).With("aws:SourceArn", source),
	}), "allow sts:AssumeRole to "+service+" in the trust policy of "+r.String(), "%s assumes %s", service, r)

	policies, unknown := r.identityPolicies()
	for _, n := range []need{
		{action: "logs:CreateLogStream", resource: group + ":log-stream:eni-1"},
		{action: "logs:PutLogEvents", resource: group + ":log-stream:eni-1"},
		{action: "logs:DescribeLogStreams", resource: group + ":log-stream:"},
		{action: "logs:DescribeLogGroups", resource: flowLog.arn("logs", "log-group::log-stream:")},
	} {
		d := policies.Decide(&policy.Request{Principal: policy.Session(r.arn, "flow-logs"), Action: n.action, Resource: n.resource})
		if d.Effect != policy.Undecided && !d.Explicit && len(unknown) > 0 {
			f.unknown("%s by %s: the content of %s is not known", n, r, unknown[0])
			continue
		}
		f.expectAllowed(d, fmt.Sprintf("allow %s in a policy of %s", n, r), "%s by %s", n, r)
	}
}
