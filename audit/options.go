package audit

import (
	"slices"

	"bastionless/internal/diag"
	"bastionless/internal/logretention"
)

// Destination is where sessions are recorded.
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

// Options say how sessions are recorded, encrypted and limited in time.
type Options struct {
	// Logs are where sessions are recorded. Plain: they decide whether there is a log group or a bucket. Key: sessionLogs.
	Logs []Destination
	// Encrypted creates a KMS key that encrypts sessions and their records. Plain: it decides whether there is a key.
	// Key: sessionEncryption.
	Encrypted bool
	// KeepDays is the number of days for which records are kept. With CloudWatchLogs it has to be a retention time of
	// CloudWatch Logs. Key: sessionLogDays.
	KeepDays int
	// IdleMinutes ends a session that is idle for these minutes, 1 to 60. 0: AWS's default, 20. Key: sessionIdleMinutes.
	IdleMinutes int
	// MaxMinutes ends every session after these minutes, 1 to 1440. 0: no limit. Key: sessionMaxMinutes.
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

// CustomDocument reports whether the stack has its own session document.
func (o Options) CustomDocument() bool {
	return o.RecordedOrEncrypted() || o.IdleMinutes > 0 || o.MaxMinutes > 0
}

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var problems diag.Diagnostics
	switch {
	case o.LogsTo(CloudWatchLogs):
		if err := logretention.Check(o.KeepDays); err != nil {
			problems.Add("sessionLogDays", diag.OutOfRange, "%v", err)
		}
	case o.LogsTo(S3) && o.KeepDays < 1:
		problems.Add("sessionLogDays", diag.OutOfRange, "%d days: at least 1 is required", o.KeepDays)
	}
	if o.IdleMinutes < 0 || o.IdleMinutes > maxIdleMinutes {
		problems.Add("sessionIdleMinutes", diag.OutOfRange, "%d is not between 0, for AWS's default, and %d minutes", o.IdleMinutes, maxIdleMinutes)
	}
	if o.MaxMinutes < 0 || o.MaxMinutes > maxSessionMinutes {
		problems.Add("sessionMaxMinutes", diag.OutOfRange, "%d is not between 0, for no limit, and %d minutes", o.MaxMinutes, maxSessionMinutes)
	}
	return problems
}
