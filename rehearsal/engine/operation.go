package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	pengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// organization is what every backend but Pulumi Cloud tells a program.
const organization = "organization"

// Preview finds out what Up would do, and changes nothing.
func (s *Stack) Preview(ctx context.Context) *Result {
	return s.operate(ctx, apitype.UpdateUpdate, true)
}

// Up makes the resources what the program declares.
func (s *Stack) Up(ctx context.Context) *Result {
	return s.operate(ctx, apitype.UpdateUpdate, false)
}

// Refresh makes the state what the provider finds. Changes has more than OpSame
// where the two had drifted apart.
func (s *Stack) Refresh(ctx context.Context) *Result {
	return s.operate(ctx, apitype.RefreshUpdate, false)
}

// Destroy deletes all resources that the state holds. The program does not run.
func (s *Stack) Destroy(ctx context.Context) *Result {
	return s.operate(ctx, apitype.DestroyUpdate, false)
}

// operate runs an operation. If ctx ends, the operation finishes the steps that it
// has begun and starts none; the state is then as valid as after any failure.
func (s *Stack) operate(ctx context.Context, kind apitype.UpdateKind, preview bool) *Result {
	result := &Result{}
	if err := ctx.Err(); err != nil {
		result.Err = err
		return result
	}
	base, err := s.base()
	if err != nil {
		result.Err = err
		return result
	}

	cancelContext, source := cancel.NewContext(context.Background())
	// The engine keeps the operation's servers until then. Before the operation has
	// returned it would abandon the steps under way.
	defer source.Terminate()
	defer context.AfterFunc(ctx, source.Cancel)()

	events := make(chan pengine.Event)
	collected := s.collect(events, kind, preview)
	saved := &persister{path: s.opts.StatePath}
	var manager *backend.SnapshotManager
	engineContext := &pengine.Context{
		Cancel: cancelContext, Events: events, BackendClient: noStacks(),
	}
	if !preview {
		manager = backend.NewSnapshotManager(saved, base.SecretsManager, base, nil)
		engineContext.SnapshotManager = manager
	}

	began := time.Now()
	result.Changes, result.Err = s.call(kind, preview, base, engineContext)
	if manager != nil {
		result.Err = errors.Join(result.Err, manager.Close(), s.keep(saved))
	}
	result.Duration = time.Since(began)
	close(events)
	result.collect(<-collected)
	return result
}

// call hands the operation to the engine.
func (s *Stack) call(
	kind apitype.UpdateKind, preview bool, base *deploy.Snapshot, ctx *pengine.Context,
) (map[string]int, error) {
	crypter := config.NewErrorCrypter("a rehearsal decrypts nothing")
	info := pengine.UpdateInfo{
		Root:    s.opts.Dir,
		Project: s.project,
		Target: &deploy.Target{
			Name: s.name, Organization: organization, Config: s.config, Decrypter: crypter, Snapshot: base,
		},
	}
	options := pengine.UpdateOptions{
		Parallel: s.opts.Parallel,
		HostFactory: func(_ context.Context, sink, status diag.Sink, _ plugin.DebugContext) (plugin.Host, error) {
			return s.newHost(sink, status), nil
		},
		// The engine would try to download the real provider at every operation.
		SkipPluginPreInstall: true,
	}
	run := pengine.Update
	switch kind {
	case apitype.RefreshUpdate:
		run = pengine.Refresh
	case apitype.DestroyUpdate:
		run = pengine.Destroy
	}
	_, counts, err := run(info, ctx, options, preview)
	changes := make(map[string]int, len(counts))
	for op, count := range counts {
		changes[string(op)] = count
	}
	return changes, err
}

// keep makes the last state that the engine saved the stack's.
func (s *Stack) keep(saved *persister) error {
	state, err := saved.untyped()
	if err == nil {
		err = s.adopt(state)
	}
	if err != nil {
		return fmt.Errorf("state after the operation: %w", err)
	}
	return nil
}

// collect gathers the events of an operation, and shows them where there is a
// display. The events come out once the channel is closed and all is shown.
func (s *Stack) collect(events <-chan pengine.Event, kind apitype.UpdateKind, preview bool) <-chan []pengine.Event {
	collected := make(chan []pengine.Event, 1)
	var shown chan<- pengine.Event
	var done <-chan bool
	if s.opts.Display != nil {
		shown, done = s.show(kind, preview)
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
		collected <- all
	}()
	return collected
}
