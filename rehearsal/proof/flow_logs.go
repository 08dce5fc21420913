package proof

import (
	"slices"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// proveFlowLogs proves that the VPC's traffic is logged.
func (m *model) proveFlowLogs() []*finding {
	var found []*finding
	for _, v := range m.instanceVPCs() {
		f := claimOf("flow-logs", v.name, report.Hardening)
		var logs []*node
		for _, n := range m.kind("aws:ec2/flowLog:FlowLog") {
			if n.text("vpcId") == v.id {
				logs = append(logs, n)
			}
		}
		at := slices.IndexFunc(logs, func(n *node) bool { return n.text("trafficType") == "ALL" })
		switch {
		case len(logs) == 0:
			f.breaks("add a FlowLog of trafficType ALL for "+v.String(), "the traffic of %s is not logged", v)
		case at < 0:
			f.breaks("set trafficType to ALL on "+logs[0].String(), "%s logs some of the traffic of %s: trafficType is %q", logs[0], v, logs[0].text("trafficType"))
		default:
			f.holds("%s logs all traffic of %s", logs[at], v)
			m.flowLogWrites(f, logs[at])
		}
		found = append(found, f)
	}
	return found
}

// flowLogWrites proves that a flow log may write to its log group. To other places the service writes by itself.
func (m *model) flowLogWrites(f *finding, n *node) {
	if kind := n.text("logDestinationType"); kind != "" && kind != "cloud-watch-logs" {
		return
	}
	var r *role
	for _, one := range m.roles {
		if one.arn == n.text("iamRoleArn") {
			r = one
		}
	}
	if r == nil {
		f.doubts("what the role %q of %s may do, which is not in the state", n.text("iamRoleArn"), n)
		return
	}
	if r.boundary != "" {
		f.doubts("what the permissions boundary %s of %s forbids", r.boundary, r)
		return
	}
	const service = "vpc-flow-logs.amazonaws.com"
	trust := policy.Policies{Resource: r.trust, ResourceMustAllow: true}
	f.wants(trust.Decide(&policy.Request{
		Principal: policy.Principal{Service: service}, Action: "sts:AssumeRole", Resource: r.arn,
		Context: policy.Context{}.With("aws:SourceAccount", m.account).With("aws:SourceArn", m.arn("ec2", "vpc-flow-log/"+n.id)),
	}), "let the trust policy of "+r.String()+" allow sts:AssumeRole to "+service, "%s takes %s", service, r)

	policies, unknown := r.decide()
	group := n.text("logDestination")
	for _, n := range []need{
		{action: "logs:CreateLogStream", resource: group + ":log-stream:eni-1"},
		{action: "logs:PutLogEvents", resource: group + ":log-stream:eni-1"},
		{action: "logs:DescribeLogStreams", resource: group + ":log-stream:"},
		{action: "logs:DescribeLogGroups", resource: m.arn("logs", "log-group::log-stream:")},
	} {
		d := policies.Decide(&policy.Request{Principal: policy.Session(r.arn, "flow-logs"), Action: n.action, Resource: n.resource})
		if d.Effect == policy.Denied && !d.Explicit && len(unknown) > 0 {
			f.doubts("whether %s may %s: what is in %s", r, n, unknown[0])
			continue
		}
		f.wants(d, "allow "+n.String()+" to "+r.String(), "%s, to log traffic", n)
	}
}
