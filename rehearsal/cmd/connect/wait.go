package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

// interruptError is the end of waiting by a signal.
type interruptError struct{ signal os.Signal }

func (e interruptError) Error() string { return "interrupted" }

// status returns the exit status after the signal.
func (e interruptError) status() int {
	if number, ok := e.signal.(syscall.Signal); ok {
		return onSignal + int(number)
	}
	return failed
}

// untilSignal returns a context that the next signal ends. After stop, signals are for others.
func (h *host) untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case signal := <-h.signals:
			cancel(interruptError{signal})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-over
	}
}

// timeoutError is the end of waiting in vain.
type timeoutError struct {
	visit *visit
	// status is the last that Systems Manager told.
	status pingStatus
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("%s (%s) is not online after %s: %s", e.visit.name, e.visit.id, clock(e.visit.timeout), e.status)
}

// pingStatus is what Systems Manager says of an instance. It is empty where Systems Manager does not know it.
type pingStatus string

const online pingStatus = "Online"

func (s pingStatus) String() string {
	switch s {
	case "":
		return "Systems Manager does not know it yet"
	case "ConnectionLost":
		return "Systems Manager has lost its connection to it"
	}
	return "Systems Manager says " + string(s)
}

// reportEvery is how often progress is told where there is none.
const reportEvery = 30 * time.Second

// wait waits until the instance is online.
func (v *visit) wait(ctx context.Context) error {
	begin := v.now()
	told, toldAt := "", begin
	fmt.Fprintf(v.stderr, "waiting for %s (%s) in %s, at most %s\n", v.name, v.id, v.region, clock(v.timeout))
	for {
		status, err := v.ping(ctx)
		switch {
		case err == nil && status == online:
			fmt.Fprintf(v.stderr, "%8s  online\n", clock(v.now().Sub(begin)))
			return nil
		case err != nil && !passing(err):
			return v.explain(err)
		}
		news := status.String()
		if err != nil {
			news = err.Error()
		}
		elapsed := v.now().Sub(begin)
		if news != told || v.now().Sub(toldAt) >= reportEvery {
			fmt.Fprintf(v.stderr, "%8s  %s\n", clock(elapsed), news)
			told, toldAt = news, v.now()
		}
		if elapsed >= v.timeout {
			return &timeoutError{v, status}
		}
		v.sleep(ctx, min(v.interval, v.timeout-elapsed))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// ping asks Systems Manager for the instance.
func (v *visit) ping(ctx context.Context) (pingStatus, error) {
	text, err := v.ask(ctx, "aws", v.aws("json", "ssm", "describe-instance-information",
		"--filters", "Key=InstanceIds,Values="+v.id)...)
	if err != nil {
		return "", err
	}
	var answer struct {
		InstanceInformationList []struct {
			PingStatus pingStatus `json:"PingStatus"`
		} `json:"InstanceInformationList"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", fmt.Errorf("aws ssm describe-instance-information: %w", err)
	}
	for _, information := range answer.InstanceInformationList {
		return information.PingStatus, nil
	}
	return "", nil
}

// clock writes a duration as minutes and seconds.
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
