package policy

// Unreadable returns a policy whose content is unknown: every decision that depends on it is undecided. why is
// the reason, such as "its content, which is encrypted".
func Unreadable(name, why string) *Document {
	return &Document{Name: name, Statements: []Statement{
		{Sid: positional + "1", Actions: []string{"*"}, Unsupported: why},
		{Sid: positional + "1", Deny: true, Actions: []string{"*"}, Unsupported: why},
	}}
}
