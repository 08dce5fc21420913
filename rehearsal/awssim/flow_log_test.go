package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// flowLogTestCloud returns a cloud with a VPC, a subnet and a role for delivery, and the inputs of a flow
// log.
func flowLogTestCloud(t *testing.T) (*testCloud, values) {
	t.Helper()
	w := newTestCloud(t)
	vpc := w.create(vpcToken, "v", values{"cidrBlock": "10.0.0.0/16"})
	role := w.create(roleToken, "r", values{"name": "logs", "assumeRolePolicy": trusting(`{"Service":"vpc-flow-logs.amazonaws.com"}`)})
	return w, values{
		"vpcId": string(vpc.id), "trafficType": "ALL", "iamRoleArn": role.state()["arn"],
		"logDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:/flows:*",
	}
}

// with returns a copy of inputs with other values. A nil value removes the input.
func with(base, change values) values {
	in := clone(base)
	for key, value := range change {
		if in[key] = value; value == nil {
			delete(in, key)
		}
	}
	return in
}

func TestFlowLog(t *testing.T) {
	t.Parallel()
	w, in := flowLogTestCloud(t)
	log := w.create(flowLogToken, "f", in)
	require.Regexp(t, `^fl-0[0-9a-f]{16}$`, log.id)
	require.Equal(t, values{
		"vpcId": in["vpcId"], "trafficType": "ALL", "iamRoleArn": in["iamRoleArn"], "logDestinationType": "cloud-watch-logs",
		"logDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:/flows", "logGroupName": "/flows",
		"logFormat": flowLogFormat, "maxAggregationInterval": 600.0, "tagsAll": values{},
		"arn": "arn:aws:ec2:ap-northeast-1:123456789012:vpc-flow-log/" + string(log.id),
	}, log.state())
	w.requireNoDiff(log, in)
	w.delete(&testResource{urn: testURN(vpcToken, "v"), id: (resourceID(in, "vpcId"))})
	require.True(t, w.read(log), "the VPC can be deleted, and the flow log remains")
	w.delete(log)
	require.False(t, w.read(log))
	w.delete(log)
}

// All inputs but the tags replace a flow log.
func TestFlowLog_diff(t *testing.T) {
	t.Parallel()
	w, in := flowLogTestCloud(t)
	log := w.create(flowLogToken, "f", in)
	for key, value := range (values{
		"trafficType": "REJECT", "logDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:/others",
		"iamRoleArn": "arn:aws:iam::123456789012:role/x", "logFormat": "${srcaddr}", "maxAggregationInterval": 60.0,
		"deliverCrossAccountRole": "arn:aws:iam::123456789012:role/x", "vpcId": "vpc-1",
		"destinationOptions": values{"fileFormat": "parquet"},
	}) {
		require.Equal(t, keysOf(resourceKey(key)), w.diff(log, with(in, values{key: value})).ReplaceKeys, key)
	}
	tagged := with(in, values{"tags": values{"a": "b"}})
	require.Equal(t, []string{"tags", "tagsAll"}, diffPaths(w.diff(log, tagged)))
	require.Empty(t, w.diff(log, tagged).ReplaceKeys)
	w.update(log, tagged)
	w.requireNoDiff(log, tagged)
}

func TestFlowLog_validation(t *testing.T) {
	t.Parallel()
	w, in := flowLogTestCloud(t)
	for _, test := range []struct {
		name   string
		change values
		want   string
	}{
		{"no source", values{"vpcId": nil}, `Invalid combination of arguments. "eni_id": one of ` +
			"`eni_id,subnet_id,transit_gateway_attachment_id,transit_gateway_id,vpc_id` must be specified. Examine values at 'f.eniId'."},
		{"two sources", values{"subnetId": "subnet-1"}, `Invalid combination of arguments. "subnet_id": only one of ` +
			"`eni_id,subnet_id,transit_gateway_attachment_id,transit_gateway_id,vpc_id` can be specified, but `subnet_id,vpc_id` were " +
			"specified.. Examine values at 'f.subnetId'."},
		{
			"traffic",
			values{"trafficType": "ANY"},
			`expected traffic_type to be one of ["ACCEPT" "REJECT" "ALL"], got ANY. Examine values at 'f.trafficType'.`,
		},
		{"destination type", values{"logDestinationType": "kafka"}, `expected log_destination_type to be one of ["cloud-watch-logs" "s3" ` +
			`"kinesis-data-firehose"], got kafka. Examine values at 'f.logDestinationType'.`},
		{"role", values{"iamRoleArn": "logs"}, `"iam_role_arn" (logs) is an invalid ARN: arn: invalid prefix. Examine values at 'f.iamRoleArn'.`},
		{
			"interval",
			values{"maxAggregationInterval": 300.0},
			`expected max_aggregation_interval to be one of [60 600], got 300. Examine values at 'f.maxAggregationInterval'.`,
		},
		{"file format", values{"destinationOptions": values{"fileFormat": "csv"}}, `expected destination_options.0.file_format to be one of ` +
			`["plain-text" "parquet"], got csv. Examine values at 'f.destinationOptions.fileFormat'.`},
		{"both destinations", values{"logGroupName": "/flows"}, `Conflicting configuration arguments. "log_destination": conflicts with ` +
			`log_group_name. Examine values at 'f.logDestination'.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, w.checkFailures(flowLogToken, "f", with(in, test.change)), test.want)
		})
	}
}

func TestFlowLog_errors(t *testing.T) {
	t.Parallel()
	w, in := flowLogTestCloud(t)
	ec2Role := w.create(roleToken, "s", values{"name": "ec2Role", "assumeRolePolicy": ec2Trust})
	w.create(flowLogToken, "f", in)
	vpc := str(in, "vpcId")
	api := func(source, code, message string) string {
		return "creating Flow Log (" + source + "): operation error EC2: CreateFlowLogs, https response error StatusCode: 400, api error " +
			code + ": " + message
	}
	for _, test := range []struct {
		name   string
		change values
		want   string
	}{
		{"duplicate", nil, api(vpc, "FlowLogAlreadyExists",
			"Error. There is an existing Flow Log with the same configuration and log destination.")},
		{"no such VPC", values{"vpcId": "vpc-1"}, api("vpc-1", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")},
		{
			"no such subnet",
			values{"vpcId": nil, "subnetId": "subnet-1"},
			api("subnet-1", "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"),
		},
		{
			"no such interface",
			values{"vpcId": nil, "eniId": "eni-1"},
			api("eni-1", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-1' does not exist"),
		},
		{
			"no such gateway",
			values{"vpcId": nil, "transitGatewayId": "tgw-1"},
			api("tgw-1", "InvalidTransitGatewayID.NotFound", "Transit Gateway tgw-1 was deleted or does not exist."),
		},
		{"no such attachment", values{"vpcId": nil, "transitGatewayAttachmentId": "tgw-attach-1"}, api("tgw-attach-1",
			"InvalidTransitGatewayAttachmentID.NotFound", "Transit Gateway Attachment tgw-attach-1 was deleted or does not exist.")},
		{"no traffic type", values{"trafficType": nil}, api(vpc, "MissingParameter", "The request must contain the parameter TrafficType")},
		{
			"no role",
			values{"iamRoleArn": nil},
			api(vpc, "InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."),
		},
		{"no such role", values{"iamRoleArn": "arn:aws:iam::123456789012:role/x"}, api(vpc, "InvalidParameter", "Unable to assume given IAM role")},
		{"a role of another service", values{"iamRoleArn": ec2Role.state()["arn"]}, api(vpc, "InvalidParameter", "Unable to assume given IAM role")},
		{
			"no destination",
			values{"logDestination": nil},
			api(vpc, "InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided."),
		},
		{
			"a log group with the type s3",
			values{"logDestination": nil, "logGroupName": "/g", "logDestinationType": "s3"},
			api(vpc, "InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided."),
		},
		{
			"options without S3",
			values{"destinationOptions": values{"fileFormat": "parquet"}},
			api(vpc, "InvalidParameter", "DestinationOptions are only supported for LogDestinationType s3."),
		},
		{"a log group of another Region", values{"logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/flows"}, api(vpc, "InvalidParameter",
			"LogDestination arn:aws:logs:us-east-1:123456789012:log-group:/flows is not a log group of this account and Region.")},
		{
			"no such bucket",
			values{"logDestination": "arn:aws:s3:::b/flows", "logDestinationType": "s3"},
			"creating Flow Log (" + vpc + "): " + vpc + ": 400: LogDestination: b does not exist",
		},
		{"no such stream", values{
			"logDestination": "arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/s", "logDestinationType": "kinesis-data-firehose",
		}, "creating Flow Log (" + vpc + "): the simulated AWS does not support delivery streams: arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, w.createError(flowLogToken, "f", with(in, test.change)))
		})
	}
}

// Flow logs for the same resource are different if their traffic type, destination or format differs. A log
// group can be set by its name.
func TestFlowLog_coexistence(t *testing.T) {
	t.Parallel()
	w, in := flowLogTestCloud(t)
	for _, change := range []values{
		nil, {"trafficType": "REJECT"}, {"logFormat": "${srcaddr}"}, {"logDestination": nil, "logGroupName": "/others"},
	} {
		changed := with(in, change)
		w.requireNoDiff(w.create(flowLogToken, "f", changed), changed)
	}
}
