package main

import (
	"context"
	"os"
	"syscall"
)

// interruptError is the signal that ended the program's work.
type interruptError struct{ signal os.Signal }

func (e interruptError) Error() string { return "interrupted" }

// status returns the exit status after the signal.
func (e interruptError) status() int {
	if number, ok := e.signal.(syscall.Signal); ok {
		return statusSignal + int(number)
	}
	return statusFailed
}

// untilSignal returns a context that the next signal cancels, except signals for which ignore returns
// true. The signal is the context's cause. stop cancels the context and stops handling signals.
func (e *env) untilSignal(parent context.Context, ignore func(os.Signal) bool) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case received := <-e.signals:
				if ignore == nil || !ignore(received) {
					cancel(interruptError{received})
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// discardSignals discards the signals that have arrived.
func (e *env) discardSignals() {
	for {
		select {
		case <-e.signals:
		default:
			return
		}
	}
}
