package awssim

import (
	"bastionless/rehearsal/awssim/iampolicy"
	"fmt"
	"strings"
)

const (
	flowLogToken       = "aws:ec2/flowLog:FlowLog"
	flowLogBucketToken = "aws:s3/bucketV2:BucketV2"

	flowLogService = "vpc-flow-logs.amazonaws.com"
	// flowLogFormat is the format of records where none is given.
	flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} " +
		"${bytes} ${start} ${end} ${action} ${log-status}"
)

// flowLogSources are what a flow log can watch, one at a time.
var flowLogSources = []string{"eniId", "subnetId", "transitGatewayAttachmentId", "transitGatewayId", "vpcId"}

func init() {
	inputs := map[string]attribute{
		"trafficType":             {replace: true, check: oneOf("ACCEPT", "REJECT", "ALL")},
		"logDestinationType":      {replace: true, fallback: "cloud-watch-logs", check: oneOf("cloud-watch-logs", "s3", "kinesis-data-firehose")},
		"logDestination":          {replace: true, computed: true, check: arnText, same: sameDestination},
		"logGroupName":            {replace: true, computed: true},
		"iamRoleArn":              {replace: true, check: arnText},
		"deliverCrossAccountRole": {replace: true, check: arnText},
		"logFormat":               {replace: true, computed: true},
		"maxAggregationInterval":  {replace: true, fallback: 600.0, check: oneNumberOf(60, 600)},
		"destinationOptions": {replace: true, computed: true, fields: map[string]attribute{
			"fileFormat":               {replace: true, fallback: "plain-text", check: oneOf("plain-text", "parquet")},
			"hiveCompatiblePartitions": {replace: true, fallback: false},
			"perHourPartition":         {replace: true, fallback: false},
		}},
	}
	for _, source := range flowLogSources {
		inputs[source] = attribute{replace: true}
	}
	register(&resourceType{
		token: flowLogToken, inputs: inputs, outputs: []string{"arn"}, taggable: true, atomic: true,
		alternatives: [][]string{flowLogSources}, conflicts: [][]string{{"logDestination", "logGroupName"}},
		create: createFlowLog, update: merge,
		gone: func(c *call, id string) error { // the code is AWS's, the sentence not established
			return c.ec2("updating Flow Log ("+id+")", "CreateTags", "InvalidFlowLogId.NotFound", "The flowLog ID '%s' does not exist", id)
		},
	})
}

// trimDestination is a log group's ARN without the part that means all of its streams.
func trimDestination(arn string) string { return strings.TrimSuffix(arn, ":*") }

func sameDestination(a, b any) bool {
	x, isText := a.(string)
	y, ok := b.(string)
	return isText && ok && trimDestination(x) == trimDestination(y)
}

// createFlowLog makes a flow log. One that watches a VPC does not keep it from being deleted, and outlives it.
func createFlowLog(c *call, in values) (string, values, error) {
	var source string
	for _, name := range flowLogSources {
		if given(in, name) {
			source = name
		}
	}
	prefix := "creating Flow Log (" + text(in, source) + ")"
	for _, check := range []func(prefix, source string, in values) error{c.checkFlowLogSource, c.checkFlowLogDestination} {
		if err := check(prefix, source, in); err != nil {
			return "", nil, err
		}
	}
	state := clone(in)
	if group := text(in, "logGroupName"); group != "" {
		state["logDestination"] = c.arn("logs", "log-group:"+group)
	} else if text(in, "logDestinationType") == "cloud-watch-logs" {
		_, state["logGroupName"], _ = strings.Cut(trimDestination(text(in, "logDestination")), ":log-group:")
	}
	state["logDestination"] = trimDestination(text(state, "logDestination"))
	if !given(in, "logFormat") {
		state["logFormat"] = flowLogFormat
	}
	if options, ok := state["destinationOptions"].(values); ok {
		for name, usual := range map[string]any{"fileFormat": "plain-text", "hiveCompatiblePartitions": false, "perHourPartition": false} {
			if !given(options, name) {
				options[name] = usual
			}
		}
	}
	same := func(v values) bool {
		for _, name := range []string{source, "logDestination", "trafficType", "logFormat"} {
			if text(v, name) != text(state, name) {
				return false
			}
		}
		return true
	}
	if len(c.all(flowLogToken, same)) > 0 {
		return "", nil, c.ec2(prefix, "CreateFlowLogs", "FlowLogAlreadyExists",
			"Error. There is an existing Flow Log with the same configuration and log destination.")
	}
	id := c.newID("fl")
	state["arn"] = c.arn("ec2", "vpc-flow-log/"+id)
	c.put(flowLogToken, id, state)
	return id, state, nil
}

// checkFlowLogSource refuses to watch what does not exist.
func (c *call) checkFlowLogSource(prefix, source string, in values) error {
	const operation = "CreateFlowLogs"
	id := text(in, source)
	switch {
	case source == "vpcId" && c.vpc(id) == nil:
		return c.noVPC(prefix, operation, id)
	case source == "subnetId" && c.get(subnetToken, id) == nil:
		return c.ec2(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	case source == "eniId" && c.get(interfaceToken, id) == nil:
		return c.ec2(prefix, operation, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
	case source == "transitGatewayId":
		return c.ec2(prefix, operation, "InvalidTransitGatewayID.NotFound", "Transit Gateway %s was deleted or does not exist.", id)
	case source == "transitGatewayAttachmentId":
		return c.ec2(prefix, operation, "InvalidTransitGatewayAttachmentID.NotFound",
			"Transit Gateway Attachment %s was deleted or does not exist.", id)
	case !given(in, "trafficType"):
		return c.ec2(prefix, operation, "MissingParameter", "The request must contain the parameter TrafficType")
	}
	return nil
}

// checkFlowLogDestination refuses a place that records cannot be sent to, and a role that cannot send them. That a log group
// need not exist is no mistake: the service makes it.
func (c *call) checkFlowLogDestination(prefix, source string, in values) error {
	refuse := func(format string, args ...any) error {
		return c.ec2(prefix, "CreateFlowLogs", "InvalidParameter", format, args...)
	}
	kind, destination, role := text(in, "logDestinationType"), text(in, "logDestination"), text(in, "iamRoleArn")
	switch {
	case text(in, "logGroupName") != "" && kind != "cloud-watch-logs":
		return refuse("LogDestination type must be cloud-watch-logs if LogGroupName is provided.")
	case text(in, "logGroupName") == "" && destination == "":
		return refuse("LogDestination can't be empty if LogGroupName is not provided.")
	case kind == "cloud-watch-logs" && role == "":
		return refuse("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	case role != "" && !c.deliversFlowLogs(role):
		return refuse("Unable to assume given IAM role")
	// The sentences from here on are not established. That options for files are refused where there are no files, and an
	// ARN of another service or Region, is the stricter reading.
	case given(in, "destinationOptions") && kind != "s3":
		return refuse("DestinationOptions are only supported for LogDestinationType s3.")
	case kind == "cloud-watch-logs" && destination != "" && !strings.HasPrefix(destination, c.arn("logs", "log-group:")):
		return refuse("LogDestination %s is not a log group of this account and Region.", destination)
	case kind == "kinesis-data-firehose":
		return fmt.Errorf("%s: the simulated AWS has no delivery stream %s", prefix, destination)
	case kind == "s3":
		bucket, _, _ := strings.Cut(strings.TrimPrefix(destination, "arn:"+c.partition+":s3:::"), "/")
		if c.get(flowLogBucketToken, bucket) == nil {
			return fmt.Errorf("%s: %s: 400: LogDestination: %s does not exist", prefix, text(in, source), bucket)
		}
	}
	return nil
}

// deliversFlowLogs says whether there is a role of this ARN that the service can take.
func (c *call) deliversFlowLogs(arn string) bool {
	for _, role := range c.all(roleToken, func(v values) bool { return text(v, "arn") == arn }) {
		return iampolicy.AllowsService(text(role.State, "assumeRolePolicy"), flowLogService, "sts:AssumeRole", map[string]string{
			"aws:SourceAccount": c.account(), "aws:SourceArn": c.arn("ec2", "vpc-flow-log/fl-0"+c.hash(arn, 16)),
		})
	}
	return c.assume("IAM role %s exists and trusts %s", arn, flowLogService)
}
