package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
)

// BenchmarkRehearsal takes the stack dev of this repository through its life on a
// simulated AWS and tells how long each part takes.
func BenchmarkRehearsal(b *testing.B) {
	program, err := filepath.Abs("../../bin/bastionless")
	require.NoError(b, err)
	if _, err := os.Stat(program); err != nil {
		b.Skip("make build compiles the program")
	}
	ctx := context.Background()
	spent := map[string]time.Duration{}
	for b.Loop() {
		cloud, err := awssim.New(awssim.Options{AssumeExisting: true})
		require.NoError(b, err)
		began := time.Now()
		s, err := engine.Open(engine.Options{
			Dir: "../..", Stack: "dev", Program: program, Provider: cloud.NewProvider,
		})
		require.NoError(b, err)
		spent["open"] += time.Since(began)
		for _, part := range []struct {
			name string
			run  func(context.Context) *engine.Result
		}{
			{"preview", s.Preview},
			{"up", s.Up},
			{"again", s.Up},
			{"refresh", s.Refresh},
			{"destroy", s.Destroy},
		} {
			result := part.run(ctx)
			require.NoError(b, result.Err, result.Failure())
			spent[part.name] += result.Duration
		}
	}
	for name, duration := range spent {
		b.ReportMetric(float64(duration.Milliseconds())/float64(b.N), name+"-ms/op")
	}
}
