package awssim

import (
	"fmt"
	"strings"

	"bastionless/rehearsal/awssim/iampolicy"
)

const (
	flowLogToken   = "aws:ec2/flowLog:FlowLog"
	flowLogService = "vpc-flow-logs.amazonaws.com"
	// flowLogFormat is the default format of records.
	flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} " +
		"${bytes} ${start} ${end} ${action} ${log-status}"
)

// flowLogSources are the inputs for the resource to monitor, of which exactly one is set.
var flowLogSources = []string{"eniId", "subnetId", "transitGatewayAttachmentId", "transitGatewayId", "vpcId"}

func init() {
	inputs := map[string]attribute{
		"trafficType":             {ForceNew: true, Validate: stringInSet("ACCEPT", "REJECT", "ALL")},
		"logDestinationType":      {ForceNew: true, Default: "cloud-watch-logs", Validate: stringInSet("cloud-watch-logs", "s3", "kinesis-data-firehose")},
		"logDestination":          {ForceNew: true, Computed: true, Validate: validateARN, DiffSuppress: sameDestination},
		"iamRoleArn":              {ForceNew: true, Validate: validateARN},
		"deliverCrossAccountRole": {ForceNew: true, Validate: validateARN},
		"logFormat":               {ForceNew: true, Computed: true},
		"maxAggregationInterval":  {ForceNew: true, Default: 600.0, Validate: intInSet(60, 600)},
		"destinationOptions": {ForceNew: true, Computed: true, Elem: map[string]attribute{
			"fileFormat":               {ForceNew: true, Default: "plain-text", Validate: stringInSet("plain-text", "parquet")},
			"hiveCompatiblePartitions": {ForceNew: true, Default: false},
			"perHourPartition":         {ForceNew: true, Default: false},
		}},
	}
	for _, source := range flowLogSources {
		inputs[source] = attribute{ForceNew: true}
	}
	register(&resourceType{
		Token: flowLogToken, Inputs: inputs, Outputs: []string{"arn"}, Taggable: true, SingleCall: true,
		ExactlyOneOf: [][]string{flowLogSources}, ConflictsWith: [][]string{{"logDestination", "logGroupName"}},
		Create: createFlowLog, Update: updateAny,
		NotFound: func(c *call, id string) error { // the message is not confirmed
			return c.ec2Error("updating Flow Log ("+id+")", "CreateTags", "InvalidFlowLogId.NotFound", "The flowLog ID '%s' does not exist", id)
		},
	})
}

// trimDestination returns a log group's ARN without the suffix for its streams.
func trimDestination(arn string) string { return strings.TrimSuffix(arn, ":*") }

func sameDestination(a, b any) bool {
	x, isText := a.(string)
	y, ok := b.(string)
	return isText && ok && trimDestination(x) == trimDestination(y)
}

// createFlowLog creates a flow log. The resource that it monitors can be deleted while the flow log exists.
func createFlowLog(c *call, in values) (string, values, error) {
	var source string
	for _, name := range flowLogSources {
		if isSet(in, name) {
			source = name
		}
	}
	prefix := "creating Flow Log (" + str(in, source) + ")"
	for _, check := range []func(prefix, source string, in values) error{c.checkFlowLogSource, c.checkFlowLogDestination} {
		if err := check(prefix, source, in); err != nil {
			return "", nil, err
		}
	}
	state := clone(in)
	if group := str(in, "logGroupName"); group != "" {
		state["logDestination"] = c.arn("logs", "log-group:"+group)
	} else if str(in, "logDestinationType") == "cloud-watch-logs" {
		_, state["logGroupName"], _ = strings.Cut(trimDestination(str(in, "logDestination")), ":log-group:")
	}
	state["logDestination"] = trimDestination(str(state, "logDestination"))
	if !isSet(in, "logFormat") {
		state["logFormat"] = flowLogFormat
	}
	if options, ok := state["destinationOptions"].(values); ok {
		for name, value := range map[string]any{"fileFormat": "plain-text", "hiveCompatiblePartitions": false, "perHourPartition": false} {
			if !isSet(options, name) {
				options[name] = value
			}
		}
	}
	same := func(v values) bool {
		for _, name := range []string{source, "logDestination", "trafficType", "logFormat"} {
			if str(v, name) != str(state, name) {
				return false
			}
		}
		return true
	}
	if len(c.find(flowLogToken, same)) > 0 {
		return "", nil, c.ec2Error(prefix, "CreateFlowLogs", "FlowLogAlreadyExists",
			"Error. There is an existing Flow Log with the same configuration and log destination.")
	}
	id := c.newID("fl")
	state["arn"] = c.arn("ec2", "vpc-flow-log/"+id)
	c.put(flowLogToken, id, state)
	return id, state, nil
}

// checkFlowLogSource returns AWS's error for a resource to monitor that does not exist.
func (c *call) checkFlowLogSource(prefix, source string, in values) error {
	const operation = "CreateFlowLogs"
	id := str(in, source)
	switch {
	case source == "vpcId" && c.vpc(id) == nil:
		return c.vpcNotFound(prefix, operation, id)
	case source == "subnetId" && c.get(subnetToken, id) == nil:
		return c.ec2Error(prefix, operation, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	case source == "eniId" && c.get(interfaceToken, id) == nil:
		return c.ec2Error(prefix, operation, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
	case source == "transitGatewayId":
		return c.ec2Error(prefix, operation, "InvalidTransitGatewayID.NotFound", "Transit Gateway %s was deleted or does not exist.", id)
	case source == "transitGatewayAttachmentId":
		return c.ec2Error(prefix, operation, "InvalidTransitGatewayAttachmentID.NotFound",
			"Transit Gateway Attachment %s was deleted or does not exist.", id)
	case !isSet(in, "trafficType"):
		return c.ec2Error(prefix, operation, "MissingParameter", "The request must contain the parameter TrafficType")
	}
	return nil
}

// checkFlowLogDestination returns AWS's error for an invalid destination, or a role that cannot deliver
// logs to it. A log group need not exist: the service creates it.
func (c *call) checkFlowLogDestination(prefix, source string, in values) error {
	refuse := func(format string, args ...any) error {
		return c.ec2Error(prefix, "CreateFlowLogs", "InvalidParameter", format, args...)
	}
	kind, destination, role := str(in, "logDestinationType"), str(in, "logDestination"), str(in, "iamRoleArn")
	switch {
	case str(in, "logGroupName") != "" && kind != "cloud-watch-logs":
		return refuse("LogDestination type must be cloud-watch-logs if LogGroupName is provided.")
	case str(in, "logGroupName") == "" && destination == "":
		return refuse("LogDestination can't be empty if LogGroupName is not provided.")
	case kind == "cloud-watch-logs" && role == "":
		return refuse("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	case role != "" && !c.deliversFlowLogs(role):
		return refuse("Unable to assume given IAM role")
	// The following messages are not confirmed. Rejecting destinationOptions without S3, and a log group of
	// another account or Region, is the stricter interpretation.
	case isSet(in, "destinationOptions") && kind != "s3":
		return refuse("DestinationOptions are only supported for LogDestinationType s3.")
	case kind == "cloud-watch-logs" && destination != "" && !strings.HasPrefix(destination, c.arn("logs", "log-group:")):
		return refuse("LogDestination %s is not a log group of this account and Region.", destination)
	case kind == "kinesis-data-firehose":
		return fmt.Errorf("%s: the simulated AWS does not support delivery streams: %s", prefix, destination)
	case kind == "s3":
		bucket, _, _ := strings.Cut(strings.TrimPrefix(destination, "arn:"+c.partition+":s3:::"), "/")
		if c.get(bucketToken, bucket) == nil {
			return fmt.Errorf("%s: %s: 400: LogDestination: %s does not exist", prefix, str(in, source), bucket)
		}
	}
	return nil
}

// deliversFlowLogs reports whether the role exists and the flow log service can assume it.
func (c *call) deliversFlowLogs(arn string) bool {
	for _, role := range c.find(roleToken, func(v values) bool { return str(v, "arn") == arn }) {
		return iampolicy.AllowsService(str(role.State, "assumeRolePolicy"), flowLogService, "sts:AssumeRole", map[string]string{
			"aws:SourceAccount": c.account, "aws:SourceArn": c.arn("ec2", "vpc-flow-log/fl-0"+hash(arn, 16)),
		})
	}
	return c.assume("IAM role %s exists and trusts %s", arn, flowLogService)
}
