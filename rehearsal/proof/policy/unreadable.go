package policy

// Unreadable returns a policy whose content is unknown: every decision that depends on it is undecided. why is
// the reason, such as "its content, which is encrypted".
func Unreadable(name, why string) *Document {
	document, err := Parse(name, `{"Statement": [{"Effect": "Allow", "Action": "*"}, {"Effect": "Deny", "Action": "*"}]}`)
	if err != nil {
		panic(err) // the text is constant
	}
	for i := range document.Statements {
		document.Statements[i].Unsupported = why
	}
	return document
}
