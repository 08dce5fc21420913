package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bastionless/internal/contract"
)

// shellCommand returns the command that opens a shell.
func shellCommand(_ context.Context, s *session) ([]string, error) {
	if err := s.refuse(s.missingDocument(contract.Shell)); err != nil {
		return nil, err
	}
	return s.connection.ShellCommand(s.instance.ID), nil
}

// forwardCommand returns the command that forwards a port.
func forwardCommand(_ context.Context, s *session) ([]string, error) {
	localPort := strconv.Itoa(int(s.localPort))
	if s.to.isInstance() {
		if err := s.refuse(s.missingDocument(contract.PortForwarding)); err != nil {
			return nil, err
		}
		return s.connection.ForwardCommand(s.instance.ID, s.to.portString(), localPort), nil
	}
	if err := s.refuse(s.missingDocument(contract.RemotePortForwarding), s.missingForwardTo(s.to)); err != nil {
		return nil, err
	}
	return s.connection.RemoteForwardCommand(s.instance.ID, s.to.host, s.to.portString(), localPort), nil
}

// sshCommand returns the command that connects with SSH. It uses the host of the stack output sshConfig,
// which has to be in the user's own SSH configuration, because it names the user's key.
func sshCommand(ctx context.Context, s *session) ([]string, error) {
	if err := s.refuse(s.missingDocument(contract.SSH)); err != nil {
		return nil, err
	}
	host := s.connection.SSHHost(s.name)
	configuration, err := s.output(ctx, "ssh", "-G", host)
	if err != nil {
		return nil, err
	}
	hostName, profile := false, false
	for line := range strings.Lines(string(configuration)) {
		line = strings.TrimSpace(line)
		hostName = hostName || line == "hostname "+s.instance.ID
		profile = profile || strings.HasPrefix(line, "proxycommand ") && strings.Contains(line, " --profile "+s.connection.Profile+" ")
	}
	// The host name of an instance that the stack does not own is its ID, with or without a block for it.
	if hostName && (profile || !s.foreign) {
		return []string{"ssh", host}, nil
	}
	if s.foreign {
		return nil, fmt.Errorf("your SSH configuration has no host %s that uses the AWS CLI profile %s. Add this block to "+
			"~/.ssh/config, and set IdentityFile to your key:\n\n%s", host, s.connection.Profile,
			s.connection.SSHBlock(contract.AnyHost, "%h"))
	}
	return nil, fmt.Errorf("your SSH configuration has no host %s with the host name %s. Copy the output of this command "+
		"into ~/.ssh/config in place of an older block for this host, and set IdentityFile to your key: "+
		"pulumi stack output sshConfig --stack %s", host, s.instance.ID, s.stack)
}

// configChange is a configuration change that a session requires.
type configChange struct {
	// reason names the key and its current value.
	reason string
	// commands make the change.
	commands []string
	// note explains more. It may be empty.
	note string
}

// refuse returns an error that lists the changes that a session requires, or nil if all of them are nil.
func (s *session) refuse(changes ...*configChange) error {
	var reasons, commands, notes string
	for _, change := range changes {
		if change == nil {
			continue
		}
		reasons += "\n    " + change.reason
		for _, command := range change.commands {
			commands += "\n    " + command
		}
		if change.note != "" {
			notes += "\nNote: " + change.note
		}
	}
	if reasons == "" {
		return nil
	}
	if commands != "" {
		commands = "\nTo allow it:" + commands + "\n    pulumi up --stack " + s.stack
	}
	return fmt.Errorf("stack %q does not allow this session:%s%s%s", s.stack, reasons, notes, commands)
}

// configSet returns the command that sets an element of a list. Unlike single quotes, double quotes work in
// POSIX shells, PowerShell and cmd.
func (s *session) configSet(key string, index int, value string) string {
	return fmt.Sprintf(`pulumi config set --stack %s --path "%s[%d]" %s`, s.stack, key, index, value)
}

// missingDocument returns the change that allows a kind of session, or nil if the session role allows it.
func (s *session) missingDocument(document string) *configChange {
	if s.connection.Allows(document) {
		return nil
	}
	change := &configChange{reason: fmt.Sprintf("sessionDocuments is %v and does not include %s", s.connection.Documents, document)}
	// The commands set every element, because none is in the configuration if the value is the default.
	for index, value := range slices.Concat(s.connection.Documents, []string{document}) {
		change.commands = append(change.commands, s.configSet("sessionDocuments", index, value))
	}
	if document != contract.Shell && s.connection.CustomDocument != "" {
		change.note = "with sessionLogs or sessionEncryption, pulumi up rejects every kind of session except shell."
	}
	return change
}

// httpsPort is the port of VPC endpoints.
const httpsPort = 443

// missingForwardTo returns the change that lets the instance connect to a target, or nil if its security
// group allows it. The address of a host name is not known here, and an address may be that of a VPC endpoint:
// for a target that will probably not work it prints a note.
func (s *session) missingForwardTo(t target) *configChange {
	if s.connection.OpenEgress || s.foreign {
		return nil
	}
	address, err := netip.ParseAddr(t.host)
	address = address.Unmap()
	hasPort := func(allowed string) bool { return strings.HasSuffix(allowed, ":"+t.portString()) }
	switch {
	case err == nil && s.reaches(address, t.portString()):
		return nil
	case err != nil && slices.ContainsFunc(s.connection.ForwardTo, hasPort):
		return nil
	case err != nil, address.Is4() && t.port == httpsPort:
		fmt.Fprintf(s.stderr, "note: forwardTo is %v and does not include %s. The connection will fail, unless the target is "+
			"a VPC endpoint of the stack\n",
			s.connection.ForwardTo, t)
		return nil
	}
	change := &configChange{reason: fmt.Sprintf("forwardTo is %v and does not include %s", s.connection.ForwardTo, t)}
	if address.Is4() {
		allowed := address.String() + "/32:" + t.portString()
		change.commands = []string{s.configSet("forwardTo", len(s.connection.ForwardTo), allowed)}
	} else {
		change.note = "forwardTo supports only IPv4 addresses, so use the IPv4 address of the host."
	}
	return change
}

// reaches reports whether an instance with restricted egress can connect to a port of an address.
func (s *session) reaches(address netip.Addr, port string) bool {
	// Security groups filter neither what an instance sends to itself nor link-local addresses, such as that of
	// the DNS resolver.
	if address.IsLoopback() || address.IsLinkLocalUnicast() || address.String() == s.instance.PrivateIP {
		return true
	}
	for _, allowed := range s.connection.ForwardTo {
		block, allowedPort, _ := strings.Cut(allowed, ":")
		prefix, err := netip.ParsePrefix(block)
		if err == nil && prefix.Contains(address) && allowedPort == port {
			return true
		}
	}
	return false
}
