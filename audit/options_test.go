package audit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/audit"
	"bastionless/internal/diag"
	"bastionless/internal/diag/diagtest"
)

var (
	none       []audit.Destination
	cloudWatch = []audit.Destination{audit.CloudWatchLogs}
	s3         = []audit.Destination{audit.S3}
	both       = []audit.Destination{audit.S3, audit.CloudWatchLogs}
)

func TestOptions_accepts(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]audit.Options{
		"nothing":                          {},
		"the shortest time in a log group": {Logs: cloudWatch, RetentionDays: 1},
		"the longest time in a log group":  {Logs: cloudWatch, RetentionDays: 3653},
		"the shortest time in a bucket":    {Logs: s3, RetentionDays: 1},
		"any time in a bucket":             {Logs: s3, RetentionDays: 2},
		"a long time in a bucket":          {Logs: s3, RetentionDays: 36500},
		"both":                             {Logs: both, RetentionDays: 365},
		"a time without records":           {RetentionDays: 2},
		"the shortest idle time":           {IdleMinutes: 1},
		"the longest idle time":            {IdleMinutes: 60},
		"the shortest session":             {MaxMinutes: 1},
		"the longest session":              {MaxMinutes: 1440},
		"an existing log group and bucket": {Logs: both, LogGroup: "/central/sessions", Bucket: "central-records"},
		"a user":                           {RunAs: "ec2-user"},
		"the longest user name":            {RunAs: strings.Repeat("u", 32)},
		"a user by tag":                    {RunAs: audit.RunAsTag},
		"the longest shell commands":       {Shell: strings.Repeat("é", 2047) + "\n"},
		"several lines":                    {Shell: "echo '{ {' & cd /\n  exec bash -l"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, nil, options.Validate())
		})
	}
}

func TestOptions_rejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options audit.Options
		want    diagtest.Want
	}{
		"no time in a log group": {
			audit.Options{Logs: cloudWatch}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "0 "),
		},
		"a time that CloudWatch Logs does not support": {
			audit.Options{Logs: cloudWatch, RetentionDays: 2}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "2 ", "365"),
		},
		"a time that CloudWatch Logs does not support, in both": {
			audit.Options{Logs: both, RetentionDays: 3654}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "3654"),
		},
		"no time in a bucket":         {audit.Options{Logs: s3}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "0 ")},
		"a negative time in a bucket": {audit.Options{Logs: s3, RetentionDays: -1}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "-1")},
		"a time in a bucket that overflows": {
			audit.Options{Logs: s3, RetentionDays: 1 << 31}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "2147483648", "2147483647"),
		},
		"a negative idle time": {audit.Options{IdleMinutes: -1}, diagtest.Problem("sessionIdleMinutes", diag.OutOfRange, "-1", "60")},
		"an idle time that is too long": {
			audit.Options{IdleMinutes: 61}, diagtest.Problem("sessionIdleMinutes", diag.OutOfRange, "61", "60"),
		},
		"a session of negative length": {audit.Options{MaxMinutes: -1}, diagtest.Problem("sessionMaxMinutes", diag.OutOfRange, "-1", "1440")},
		"a session that is too long": {
			audit.Options{MaxMinutes: 1441}, diagtest.Problem("sessionMaxMinutes", diag.OutOfRange, "1441", "1440"),
		},
		"an existing log group without its destination": {
			audit.Options{Logs: s3, RetentionDays: 1, LogGroup: "/central"}, diagtest.Problem("sessionLogGroup", diag.Conflict, "/central"),
		},
		"an existing bucket without its destination": {
			audit.Options{Logs: cloudWatch, RetentionDays: 1, Bucket: "central"}, diagtest.Problem("sessionBucket", diag.Conflict, "central"),
		},
		"the ARN of a log group": {
			audit.Options{Logs: cloudWatch, LogGroup: "arn:aws:logs:eu-west-1:123456789012:log-group:central"},
			diagtest.Problem("sessionLogGroup", diag.Malformed, "arn:aws:logs"),
		},
		"a bucket with a dot": {
			audit.Options{Logs: s3, Bucket: "central.example"}, diagtest.Problem("sessionBucket", diag.Malformed, "central.example"),
		},
		"no retention in a new bucket, with an existing log group": {
			audit.Options{Logs: both, LogGroup: "/central"}, diagtest.Problem("sessionLogDays", diag.OutOfRange, "0 "),
		},
		"root":                       {audit.Options{RunAs: "root"}, diagtest.Problem("sessionRunAs", diag.OutOfRange, "root")},
		"a user with a space":        {audit.Options{RunAs: "ec2 user"}, diagtest.Problem("sessionRunAs", diag.Malformed, "ec2 user")},
		"a user that is a parameter": {audit.Options{RunAs: "{{ user }}"}, diagtest.Problem("sessionRunAs", diag.Malformed, "{{ user }}")},
		"a user name that is too long": {
			audit.Options{RunAs: strings.Repeat("u", 33)}, diagtest.Problem("sessionRunAs", diag.Malformed, "32"),
		},
		"shell commands that are too long": {
			audit.Options{Shell: strings.Repeat("x", 4096)}, diagtest.Problem("sessionShell", diag.OutOfRange, "4096", "4095"),
		},
		"a parameter in shell commands": {audit.Options{Shell: "echo {{ name }}"}, diagtest.Problem("sessionShell", diag.Malformed, "{{")},
		"Ctrl+C in shell commands":      {audit.Options{Shell: "sleep 1\x03"}, diagtest.Problem("sessionShell", diag.Malformed, "control")},
		"a tab, which completes names":  {audit.Options{Shell: "if true; then\n\techo x\nfi"}, diagtest.Problem("sessionShell", diag.Malformed, "tabs")},
		"a carriage return":             {audit.Options{Shell: "cd /\r\nls"}, diagtest.Problem("sessionShell", diag.Malformed, "control")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagtest.Require(t, []diagtest.Want{test.want}, test.options.Validate())
		})
	}
	diagtest.Require(t, []diagtest.Want{
		diagtest.Problem("sessionLogDays", diag.OutOfRange), diagtest.Problem("sessionIdleMinutes", diag.OutOfRange),
		diagtest.Problem("sessionMaxMinutes", diag.OutOfRange),
	}, audit.Options{Logs: s3, IdleMinutes: 61, MaxMinutes: 1441}.Validate())
}

// Records, a key and time limits require a custom document. AWS records and encrypts only shells.
func TestOptions_requirements(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options                             audit.Options
		recordedOrEncrypted, customDocument bool
	}{
		"nothing":        {audit.Options{}, false, false},
		"days":           {audit.Options{RetentionDays: 365}, false, false},
		"a log group":    {audit.Options{Logs: cloudWatch}, true, true},
		"a bucket":       {audit.Options{Logs: s3}, true, true},
		"both":           {audit.Options{Logs: both}, true, true},
		"a key":          {audit.Options{Encrypted: true}, true, true},
		"an idle time":   {audit.Options{IdleMinutes: 1}, false, true},
		"a session time": {audit.Options{MaxMinutes: 1}, false, true},
		"a user":         {audit.Options{RunAs: "ec2-user"}, false, true},
		"a shell":        {audit.Options{Shell: "exec bash -l"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.recordedOrEncrypted, test.options.RecordedOrEncrypted())
			require.Equal(t, test.customDocument, test.options.CustomDocument())
		})
	}
}

func TestOptions_LogsTo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		logs             []audit.Destination
		toLogGroup, toS3 bool
	}{
		{none, false, false}, {cloudWatch, true, false}, {s3, false, true}, {both, true, true},
	} {
		options := audit.Options{Logs: test.logs}
		require.Equal(t, test.toLogGroup, options.LogsTo(audit.CloudWatchLogs), test.logs)
		require.Equal(t, test.toS3, options.LogsTo(audit.S3), test.logs)
	}
}
