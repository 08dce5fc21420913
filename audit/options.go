package audit

import (
	"math"
	"slices"

	"bastionless/internal/diag"
	"bastionless/internal/logretention"
)

// Destination is a service in which sessions are recorded.
type Destination string

// The values of Destination.
const (
	// CloudWatchLogs records sessions while they are open.
	CloudWatchLogs Destination = "cloudwatch"
	// S3 records sessions when they end.
	S3 Destination = "s3"
)

// Destinations returns the values of Destination.
func Destinations() []Destination { return []Destination{CloudWatchLogs, S3} }

// Options describe how sessions are recorded, encrypted and limited in time.
type Options struct {
	// Logs are the destinations of the session records. Empty: sessions are not recorded. Plain: they
	// decide whether there is a log group or a bucket. Key: sessionLogs.
	Logs []Destination
	// Encrypted creates a KMS key that encrypts sessions and their records. Plain: it decides whether
	// there is a key. Key: sessionEncryption.
	Encrypted bool
	// RetentionDays is the number of days for which records are kept. With CloudWatchLogs, it must be a
	// retention period that CloudWatch Logs supports. Ignored without Logs. Key: sessionLogDays.
	RetentionDays int
	// IdleMinutes is the number of minutes, from 1 to 60, after which an idle session ends. 0: AWS's
	// default, 20 minutes. Key: sessionIdleMinutes.
	IdleMinutes int
	// MaxMinutes is the number of minutes, from 1 to 1440, after which every session ends. 0: no limit.
	// Key: sessionMaxMinutes.
	MaxMinutes int
}

// The longest times in a session document.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
const (
	maxIdleMinutes    = 60
	maxSessionMinutes = 1440
)

// LogsTo reports whether sessions are recorded in a destination.
func (o Options) LogsTo(d Destination) bool { return slices.Contains(o.Logs, d) }

// RecordedOrEncrypted reports whether sessions are recorded or encrypted, which AWS supports for shells only.
func (o Options) RecordedOrEncrypted() bool { return len(o.Logs) > 0 || o.Encrypted }

// CustomDocument reports whether the options require a session document of the stack's own.
func (o Options) CustomDocument() bool {
	return o.RecordedOrEncrypted() || o.IdleMinutes > 0 || o.MaxMinutes > 0
}

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case o.LogsTo(CloudWatchLogs):
		if err := logretention.Check(o.RetentionDays); err != nil {
			diags.Add("sessionLogDays", diag.OutOfRange, "%v", err)
		}
	case o.LogsTo(S3) && (o.RetentionDays < 1 || o.RetentionDays > math.MaxInt32):
		diags.Add("sessionLogDays", diag.OutOfRange, "%d is out of range: use 1 to %d days", o.RetentionDays, math.MaxInt32)
	}
	if o.IdleMinutes < 0 || o.IdleMinutes > maxIdleMinutes {
		diags.Add("sessionIdleMinutes", diag.OutOfRange, "%d is out of range: use 1 to %d minutes, or 0 for AWS's "+
			"default", o.IdleMinutes, maxIdleMinutes)
	}
	if o.MaxMinutes < 0 || o.MaxMinutes > maxSessionMinutes {
		diags.Add("sessionMaxMinutes", diag.OutOfRange, "%d is out of range: use 1 to %d minutes, or 0 for no "+
			"limit", o.MaxMinutes, maxSessionMinutes)
	}
	return diags
}
