package main

import (
	"context"
	"errors"
	"fmt"
)

// run runs a command and returns the exit status.
func (h *host) run(c command, args []string) int {
	o, status, over := h.parse(c, args)
	if over {
		return status
	}
	v, words, err := h.await(c, o)
	begun := h.now()
	opened := err == nil && words != nil
	if opened {
		status, err = h.session(words)
	}
	var interrupt interruptError
	switch {
	case errors.As(err, &interrupt):
		left := "nothing was opened"
		if opened {
			left = v.end(begun)
		}
		fmt.Fprintf(h.stderr, "connect: interrupted; %s\n", left)
		return interrupt.status()
	case err != nil:
		fmt.Fprintf(h.stderr, "connect: %v\n", err)
		return failed
	}
	return status
}

// await waits until the instance is online, and returns the command that opens the session, if one is to be opened.
// Whatever can be told before is told before.
func (h *host) await(c command, o options) (*visit, []string, error) {
	ctx, stop := h.untilSignal()
	defer stop()
	if err := h.missing(c.needs); err != nil {
		return nil, nil, err
	}
	found, err := h.readOutputs(ctx, o.stack)
	if err != nil {
		return nil, nil, err
	}
	v, err := h.newVisit(o, found)
	if err != nil {
		return nil, nil, err
	}
	words, err := c.prepare(v)
	if err != nil {
		return nil, nil, err
	}
	err = v.wait(ctx)
	var late *timeoutError
	if errors.As(err, &late) {
		err = v.diagnosed(ctx, late)
	}
	return v, words, err
}

// diagnosed adds to a time-out what may be wrong.
func (v *visit) diagnosed(ctx context.Context, late *timeoutError) error {
	fmt.Fprintln(v.stderr, "looking for the reason")
	d := v.diagnose(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	text := late.Error()
	for _, line := range d.unknown {
		text += "\n  not found out: " + line
	}
	for _, line := range d.wrong {
		text += "\n  wrong: " + line
	}
	if len(d.wrong) == 0 {
		text += "\n  nothing that was looked at is wrong. An agent that was denied something sleeps up to 30 minutes, one that\n" +
			"  reached nothing up to 10, and later up to 60. A reboot wakes it; with credentials that may:\n" +
			fmt.Sprintf("    aws ec2 reboot-instances --region %s --instance-ids %s", v.region, v.id) +
			"\n  or wait longer: --timeout 35m"
	}
	return errors.New(text)
}
