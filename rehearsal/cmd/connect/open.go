package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kinds of session, as configuration names them.
const (
	shellKind      = "shell"
	sshKind        = "ssh"
	portKind       = "port-forwarding"
	remotePortKind = "remote-port-forwarding"
)

// shell returns the command that opens a shell.
func (v *visit) shell() ([]string, error) { return split(v.StartSession[v.name]) }

// forward returns the command that forwards a port.
func (v *visit) forward() ([]string, error) {
	host, port, err := target(v.to)
	if err != nil {
		return nil, err
	}
	key, kind := "remotePort", remotePortKind
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "::1":
		key, kind = "port", portKind
	}
	template := v.PortForward[v.name][key]
	if template == "" {
		return nil, v.notAllowed(kind)
	}
	words, err := split(template)
	if err != nil {
		return nil, fmt.Errorf("output portForward of %s: %w", v.name, err)
	}
	fill := strings.NewReplacer("<host>", host, "<port>", port, "<local port>", v.local)
	for i := range words {
		words[i] = fill.Replace(words[i])
	}
	return words, nil
}

// ssh returns the command that connects with SSH. The host is configured by the user, since the key is theirs.
func (v *visit) ssh() ([]string, error) {
	if v.SSHConfig == "" {
		return nil, v.notAllowed(sshKind)
	}
	host := ""
	for line := range strings.Lines(v.SSHConfig) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case key == "Host":
			host = value
		case key == "HostName" && value == v.id:
			return []string{"ssh", host}, v.configured(host)
		}
	}
	return nil, fmt.Errorf("output sshConfig has no host for %s (%s)", v.name, v.id)
}

// configured finds out whether the user's SSH configuration has a host for the instance.
func (v *visit) configured(host string) error {
	text, err := v.ask(context.Background(), "ssh", "-G", host)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "hostname "); ok && value == v.id {
			return nil
		}
	}
	return fmt.Errorf("your SSH configuration has no host %s that leads to %s. Put what this prints into ~/.ssh/config, "+
		"in the place of an older block, and fill in your key: pulumi stack output sshConfig --stack %s", host, v.id, v.stack)
}

// notAllowed says how to allow a kind of session.
func (v *visit) notAllowed(kind string) error {
	kinds := []string{shellKind}
	if v.SSHConfig != "" {
		kinds = append(kinds, sshKind)
	}
	if v.PortForward[v.name]["port"] != "" {
		kinds = append(kinds, portKind)
	}
	if v.PortForward[v.name]["remotePort"] != "" {
		kinds = append(kinds, remotePortKind)
	}
	text := fmt.Sprintf("stack %q allows no %s: its sessionDocuments lack it. To allow it (where sessions are recorded or "+
		"encrypted, it is refused):", v.stack, kind)
	for i, k := range append(kinds, kind) {
		text += fmt.Sprintf("\n    pulumi config set --stack %s --path 'sessionDocuments[%d]' %s", v.stack, i, k)
	}
	if kind == remotePortKind {
		text += fmt.Sprintf(
			"\n    pulumi config set --stack %s --path 'forwardTo[0]' <cidr:port that instances may reach>", v.stack)
	}
	return errors.New(text + fmt.Sprintf("\n    pulumi up --stack %s", v.stack))
}
