package proof

import (
	"slices"

	"bastionless/rehearsal/proof/policy"
)

// proveFlowLogs proves that the traffic of VPCs is logged.
func (m *model) proveFlowLogs() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := newFinding("flow-logs", v.name, Hardening)
		logs := slices.DeleteFunc(m.ofType("aws:ec2/flowLog:FlowLog"), func(n *resource) bool { return n.str("vpcId") != v.id })
		at := slices.IndexFunc(logs, func(n *resource) bool { return n.str("trafficType") == "ALL" })
		switch {
		case len(logs) == 0:
			f.fail(v.fix(keyFixes.flowLogDays, "add a FlowLog with trafficType ALL for "+v.String()), "the traffic of %s is not logged", v)
		case at < 0:
			f.fail("set trafficType to ALL on "+logs[0].String(), "%s logs only a part of the traffic of %s: trafficType is %q", logs[0], v, logs[0].str("trafficType"))
		default:
			f.pass("%s logs all traffic of %s", logs[at], v)
			m.checkFlowLogPermissions(f, logs[at])
		}
		found = append(found, f)
	}
	return found
}

// checkFlowLogPermissions checks that a flow log can write to its log group. Other destinations need no role.
func (m *model) checkFlowLogPermissions(f *finding, flowLog *resource) {
	if kind := flowLog.str("logDestinationType"); kind != "" && kind != "cloud-watch-logs" {
		return
	}
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
	if r.boundary != "" {
		f.unknownUntil(r.fix(keyFixes.permissionsBoundary, ""), "the content of %s, the permissions boundary of %s, is not in the state", r.boundary, r)
		return
	}
	const service = "vpc-flow-logs.amazonaws.com"
	trust := policy.Policies{Resource: r.trust, ResourceMustAllow: true}
	f.expectAllowed(trust.Decide(&policy.Request{
		Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn,
		Context: policy.Context{}.With("aws:SourceAccount", m.account).With("aws:SourceArn", m.arn("ec2", "vpc-flow-log/"+flowLog.id)),
	}), "allow sts:AssumeRole to "+service+" in the trust policy of "+r.String(), "%s assumes %s", service, r)

	policies, unknown := r.identityPolicies()
	group := flowLog.str("logDestination")
	for _, n := range []need{
		{action: "logs:CreateLogStream", resource: group + ":log-stream:eni-1"},
		{action: "logs:PutLogEvents", resource: group + ":log-stream:eni-1"},
		{action: "logs:DescribeLogStreams", resource: group + ":log-stream:"},
		{action: "logs:DescribeLogGroups", resource: m.arn("logs", "log-group::log-stream:")},
	} {
		d := policies.Decide(&policy.Request{Principal: policy.Session(r.arn, "flow-logs"), Action: n.action, Resource: n.resource})
		if d.Effect == policy.Denied && !d.Explicit && len(unknown) > 0 {
			f.unknown("%s by %s: the content of %s is not in the state", n, r, unknown[0])
			continue
		}
		f.expectAllowed(d, "allow "+n.String()+" in a policy of "+r.String(), "%s by %s", n, r)
	}
}
