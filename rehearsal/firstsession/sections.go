package firstsession

import "io"

// Defaults of the command, with which docs/first-session.md is generated.
const (
	DefaultDraws = 5000
	DefaultSeed  = 1
)

// Section is a part of docs/first-session.md that is generated.
type Section struct {
	// Name identifies the section in the page.
	Name string
	// Title introduces the section in the output of the command.
	Title string
	// Write writes the section in Markdown.
	Write func(w io.Writer) error
}

// Sections computes the figures of a stack and returns the sections.
func Sections(stack Stack, draws int, seed uint64) []Section {
	rows := Compute(stack, Variation{}, draws, seed)
	flips := Flips(stack, draws, seed)
	slack := Slack(stack, draws, seed)
	return []Section{
		{
			"figures", "Times from the start of the up, with the ratio to the lower bound",
			func(w io.Writer) error { return writeFigures(w, rows) },
		},
		{
			"findings", "Findings",
			func(w io.Writer) error { return writeFindings(w, rows, slack) },
		},
		{
			"ranking", "Ranking of the orders",
			func(w io.Writer) error { return writeRanking(w, rows) },
		},
		{
			"flips", "Changes of the ranking when inputs are halved or doubled",
			func(w io.Writer) error { return writeFlips(w, flips) },
		},
		{"inputs", "Inputs", writeInputs},
	}
}
