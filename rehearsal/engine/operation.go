package engine

import (
	"context"
	"errors"
	"time"

	pengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// organization is the organization that every backend except Pulumi Cloud reports to programs.
const organization = "organization"

// Preview computes what Up would do, and changes nothing.
func (s *Stack) Preview(ctx context.Context) *Result {
	return s.operate(ctx, apitype.UpdateUpdate, true)
}

// Up creates, updates and deletes resources so that they match what the program declares.
func (s *Stack) Up(ctx context.Context) *Result {
	return s.operate(ctx, apitype.UpdateUpdate, false)
}

// Refresh updates the state to match what the provider reads. If there was drift, Result.Changes counts more
// than OpSame.
func (s *Stack) Refresh(ctx context.Context) *Result {
	return s.operate(ctx, apitype.RefreshUpdate, false)
}

// Destroy deletes all resources in the state. It does not run the program.
func (s *Stack) Destroy(ctx context.Context) *Result {
	return s.operate(ctx, apitype.DestroyUpdate, false)
}

// operate runs an operation. When ctx is canceled, the operation finishes the steps that have started and
// starts no more; the state is then as valid as after any other failure.
func (s *Stack) operate(ctx context.Context, kind apitype.UpdateKind, preview bool) *Result {
	result := &Result{}
	if err := ctx.Err(); err != nil {
		result.Err = err
		return result
	}
	base, err := deserialize(ctx, s.state)
	if err != nil {
		result.Err = err
		return result
	}

	// Cancel ends the operation in an orderly way; terminating it would abandon the steps that are running. So
	// the operation runs in a context of its own, which is terminated only after it has returned.
	cancelContext, source := cancel.NewContext(context.WithoutCancel(ctx))
	defer source.Terminate()
	defer context.AfterFunc(ctx, source.Cancel)()

	var recorded recorder
	if !preview {
		if recorded, err = s.newRecorder(context.WithoutCancel(ctx), base); err != nil {
			result.Err = err
			return result
		}
	}

	events := make(chan pengine.Event)
	received := s.receive(events, kind, preview)
	engineContext := &pengine.Context{
		Cancel: cancelContext, Events: events, BackendClient: noStackReferences(),
	}
	if !preview {
		engineContext.SnapshotManager = recorded
	}

	start := time.Now()
	result.Changes, result.Err = s.run(kind, preview, base, engineContext)
	if !preview {
		result.Err = errors.Join(result.Err, recorded.Close(), s.setToRecorded(context.WithoutCancel(ctx), recorded))
	}
	result.Duration = time.Since(start)
	close(events)
	result.addEvents(<-received)
	return result
}

// run lets the engine run the operation, and returns the number of resources by what was done to them.
func (s *Stack) run(
	kind apitype.UpdateKind, preview bool, base *deploy.Snapshot, ctx *pengine.Context,
) (map[string]int, error) {
	info := pengine.UpdateInfo{
		Root:    s.opts.Dir,
		Project: s.project,
		Target: &deploy.Target{
			Name: s.name, Organization: organization, Config: s.config, Snapshot: base,
			Decrypter: config.NewErrorCrypter("a rehearsal cannot decrypt values"),
		},
	}
	options := pengine.UpdateOptions{
		Parallel: s.opts.Parallel,
		HostFactory: func(_ context.Context, sink, status diag.Sink, _ plugin.DebugContext) (plugin.Host, error) {
			return s.newHost(sink, status), nil
		},
		// Otherwise every operation would try to download the real provider.
		SkipPluginPreInstall: true,
	}
	operation := pengine.Update
	switch kind {
	case apitype.RefreshUpdate:
		operation = pengine.Refresh
	case apitype.DestroyUpdate:
		operation = pengine.Destroy
	}
	_, counts, err := operation(info, ctx, options, preview)
	changes := make(map[string]int, len(counts))
	for op, count := range counts {
		changes[string(op)] = count
	}
	return changes, err
}

// receive collects the events of an operation, and displays them if there is a display. The returned channel
// delivers them after events has been closed and the display is complete.
func (s *Stack) receive(events <-chan pengine.Event, kind apitype.UpdateKind, preview bool) <-chan []pengine.Event {
	received := make(chan []pengine.Event, 1)
	var shown chan<- pengine.Event
	var done <-chan bool
	if s.opts.Display != nil {
		shown, done = s.display(kind, preview)
	}
	go func() {
		var all []pengine.Event
		for event := range events {
			all = append(all, event)
			if shown != nil {
				shown <- event
			}
		}
		if shown != nil {
			<-done
			close(shown)
		}
		received <- all
	}()
	return received
}
