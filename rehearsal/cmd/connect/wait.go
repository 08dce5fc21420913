package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// timeoutError means that the instance did not come online in time.
type timeoutError struct {
	session *session
	// status is the last status that AWS reported.
	status pingStatus
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("%s (%s) is not online after %s: %s",
		e.session.name, e.session.instance.ID, minutes(e.session.timeout), e.status)
}

// pingStatus is the PingStatus of an instance at Systems Manager. It is empty for an instance that Systems
// Manager does not list.
type pingStatus string

const online pingStatus = "Online"

func (s pingStatus) String() string {
	switch s {
	case "":
		return "not registered with Systems Manager"
	case "ConnectionLost":
		return "Systems Manager has lost the connection to the agent"
	}
	return "Systems Manager reports " + string(s)
}

// progressInterval is the time between two progress lines while the status does not change.
const progressInterval = 30 * time.Second

// wait waits until the instance is online.
func (s *session) wait(ctx context.Context) error {
	began := s.now()
	printed, printedAt := "", began
	var known *pingStatus // the last one that AWS answered
	fmt.Fprintf(s.stderr, "waiting up to %s for %s (%s) in %s\n",
		minutes(s.timeout), s.name, s.instance.ID, s.connection.Region)
	for {
		status, err := s.ping(ctx)
		switch {
		case err == nil && status == online:
			fmt.Fprintf(s.stderr, "%8s  online\n", minutes(s.now().Sub(began)))
			return nil
		case err != nil && !isTransient(err):
			return s.explain(err)
		}
		progress := status.String()
		if err != nil {
			progress = err.Error()
		} else {
			known = &status
		}
		elapsed := s.now().Sub(began)
		if progress != printed || s.now().Sub(printedAt) >= progressInterval {
			fmt.Fprintf(s.stderr, "%8s  %s\n", minutes(elapsed), progress)
			printed, printedAt = progress, s.now()
		}
		if elapsed >= s.timeout {
			if known == nil {
				return s.explain(fmt.Errorf("no answer from AWS for %s: %w", minutes(s.timeout), err))
			}
			return &timeoutError{s, *known}
		}
		s.sleep(ctx, min(s.interval, s.timeout-elapsed))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// ping returns the instance's status at Systems Manager.
func (s *session) ping(ctx context.Context) (pingStatus, error) {
	printed, err := s.aws(ctx, "json", "ssm", "describe-instance-information",
		"--filters", "Key=InstanceIds,Values="+s.instance.ID)
	if err != nil {
		return "", err
	}
	var answer struct {
		InstanceInformationList []struct{ PingStatus pingStatus }
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return "", fmt.Errorf("aws ssm describe-instance-information: %w", err)
	}
	if len(answer.InstanceInformationList) == 0 {
		return "", nil
	}
	return answer.InstanceInformationList[0].PingStatus, nil
}

// minutes formats a duration as minutes and seconds.
func minutes(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
