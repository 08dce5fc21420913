package audit

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bastionless/internal/contract"
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
	// LogGroup is the name of an existing log group in the account and Region, which is used instead of a new
	// one. Optional. Plain: it decides whether there is a log group. Key: sessionLogGroup.
	LogGroup string
	// Bucket is the name of an existing bucket in the Region, which is used instead of a new one. Optional.
	// Plain: it decides whether there is a bucket. Key: sessionBucket.
	Bucket string
	// Encrypted creates a KMS key that encrypts sessions and their records. Plain: it decides whether
	// there is a key. Key: sessionEncryption.
	Encrypted bool
	// RetentionDays is the number of days for which records are kept. With CloudWatchLogs, it must be a
	// retention period that CloudWatch Logs supports. Ignored without Logs, and for LogGroup and Bucket. Key:
	// sessionLogDays.
	RetentionDays int
	// IdleMinutes is the number of minutes, from 1 to 60, after which an idle session ends. 0: AWS's
	// default, 20 minutes. Key: sessionIdleMinutes.
	IdleMinutes int
	// MaxMinutes is the number of minutes, from 1 to 1440, after which every session ends. 0: no limit.
	// Key: sessionMaxMinutes.
	MaxMinutes int
	// RunAs is the operating system user that shells run as, or RunAsTag. Empty: ssm-user, which the agent
	// creates. Key: sessionRunAs.
	RunAs string
	// Shell contains commands that each shell runs first, such as "exec bash -l". Optional. Key: sessionShell.
	Shell string
}

// RunAsTag is the value of RunAs that makes each shell run as the user that the caller's session tag
// SSMSessionRunAs names.
const RunAsTag = contract.RunAsTag

// Root is the operating system user that AWS refuses for Run As.
const Root = "root"

// osUser matches the names of Linux users. useradd refuses longer ones.
var osUser = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)

// IsOSUser reports whether name can be the name of a Linux user.
func IsOSUser(name string) bool { return osUser.MatchString(name) }

// maxShellBytes is the length of the longest line that a Linux terminal accepts. The agent types Shell into
// the terminal.
// https://man7.org/linux/man-pages/man3/termios.3.html
const maxShellBytes = 4095

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
	return o.RecordedOrEncrypted() || o.IdleMinutes > 0 || o.MaxMinutes > 0 || o.RunAs != "" || o.Shell != ""
}

// Validate returns the problems with the options.
func (o Options) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case o.LogsTo(CloudWatchLogs) && o.LogGroup == "":
		if err := logretention.Check(o.RetentionDays); err != nil {
			diags.Add("sessionLogDays", diag.OutOfRange, "%v", err)
		}
	case o.LogsTo(S3) && o.Bucket == "" && (o.RetentionDays < 1 || o.RetentionDays > math.MaxInt32):
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
	o.validateShell(&diags)
	o.validateExisting(&diags)
	return diags
}

// The names of log groups and buckets. S3's TLS certificate does not match bucket names with dots.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging-s3.html
var (
	logGroupName = regexp.MustCompile(`^[A-Za-z0-9_./#-]{1,512}$`)
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
)

// validateExisting checks the existing log group and bucket.
func (o Options) validateExisting(diags *diag.Diagnostics) {
	if o.LogGroup != "" {
		if !logGroupName.MatchString(o.LogGroup) {
			diags.Add("sessionLogGroup", diag.Malformed, "%q is not the name of a log group: use a name of 1 to 512 letters, digits and "+
				"characters of _./#-, not an ARN, because the agent writes only to log groups of its own account and Region", o.LogGroup)
		}
		if !o.LogsTo(CloudWatchLogs) {
			diags.Add("sessionLogGroup", diag.Conflict, "%q is not used, because sessionLogs does not contain cloudwatch: add "+
				"cloudwatch to sessionLogs, or remove sessionLogGroup", o.LogGroup)
		}
	}
	if o.Bucket != "" {
		if !bucketName.MatchString(o.Bucket) {
			diags.Add("sessionBucket", diag.Malformed, "%q is not the name of a bucket that the agent can use: use a name of 3 to 63 "+
				"lowercase letters, digits and hyphens, without dots, not an ARN", o.Bucket)
		}
		if !o.LogsTo(S3) {
			diags.Add("sessionBucket", diag.Conflict, "%q is not used, because sessionLogs does not contain s3: add s3 to "+
				"sessionLogs, or remove sessionBucket", o.Bucket)
		}
	}
}

// validateShell checks who shells run as, and what they run first.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
func (o Options) validateShell(diags *diag.Diagnostics) {
	switch {
	case o.RunAs == "":
	case o.RunAs == Root:
		diags.Add("sessionRunAs", diag.OutOfRange, "%q is not allowed, because AWS refuses shells that run as root: use a "+
			"user that can use sudo", o.RunAs)
	case !IsOSUser(o.RunAs):
		diags.Add("sessionRunAs", diag.Malformed, "%q is not the name of a Linux user: use 1 to 32 letters, digits, dots, "+
			"hyphens and underscores, beginning with a letter or an underscore", o.RunAs)
	}
	if len(o.Shell) > maxShellBytes {
		diags.Add("sessionShell", diag.OutOfRange, "the value has %d bytes, but a terminal accepts at most %d: put the "+
			"commands in a script on the instance, and run the script", len(o.Shell), maxShellBytes)
	}
	if strings.Contains(o.Shell, "{{") {
		diags.Add("sessionShell", diag.Malformed, "the value contains {{, which begins a parameter in a session document: "+
			"remove it, or put the commands in a script on the instance, and run the script")
	}
	control := func(c rune) bool { return unicode.IsControl(c) && c != '\n' }
	if strings.ContainsFunc(o.Shell, control) || !utf8.ValidString(o.Shell) {
		diags.Add("sessionShell", diag.Malformed, "the value contains control characters, such as tabs, which a shell "+
			"interprets as keys: use only printable characters, spaces and line feeds")
	}
}
