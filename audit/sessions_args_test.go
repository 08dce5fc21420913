package audit_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/audit"
	"bastionless/internal/pulumitest"
)

func TestSessions_rejects(t *testing.T) {
	t.Parallel()
	edited := func(edit func(*audit.SessionsArgs)) *audit.SessionsArgs {
		args := sessionsArgs()
		edit(args)
		return args
	}
	for name, test := range map[string]struct {
		args   *audit.SessionsArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&audit.SessionsArgs{}, []string{"Env.Partition", "Env.DNSSuffix", "Env.Region", "Env.AccountID", "NamePrefix"},
		},
		"records that are not kept": {
			edited(func(a *audit.SessionsArgs) { a.RetentionDays = 0 }), []string{"invalid options", "sessionLogDays"},
		},
		"times out of range": {
			edited(func(a *audit.SessionsArgs) { a.IdleMinutes, a.MaxMinutes = 61, 1441 }),
			[]string{"invalid options", "sessionIdleMinutes", "sessionMaxMinutes"},
		},
		"an unknown destination": {
			edited(func(a *audit.SessionsArgs) { a.Logs = []audit.Destination{audit.S3, "syslog"} }), []string{`Logs contains "syslog"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				sessions, err := audit.NewSessions(ctx, "audit", test.args)
				require.Nil(t, sessions)
				return err
			})
			require.ErrorContains(t, result.Err, `audit "audit": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
