package report

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// marks are what claims begin with, by result.
type marks map[string]string

var (
	// plain is for files and pipes.
	plain = marks{Proven: "ok  ", Refuted: "FAIL", Undecided: "?   "}
	// vivid is for terminals.
	vivid = marks{Proven: "\x1b[32m✓\x1b[0m", Refuted: "\x1b[31m✗\x1b[0m", Undecided: "\x1b[33m?\x1b[0m"}
)

// marksFor are those that suit what is written to.
func marksFor(w io.Writer) marks {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return vivid
	}
	return plain
}

// claims writes the claims by class, one line for all subjects of which the same came
// out, and below it what does not hold.
func (r *Report) claims(b *strings.Builder, m marks) {
	width := 0
	for _, claim := range r.Claims {
		width = max(width, len(claim.ID))
	}
	for _, class := range []string{Required, Hardening} {
		var rows []row
		proven, all := 0, 0
		for _, claim := range r.Claims {
			if claim.Class != class {
				continue
			}
			all++
			if claim.Result == Proven {
				proven++
			}
			rows = add(rows, claim)
		}
		if all == 0 {
			continue
		}
		fmt.Fprintf(b, "Claims, %s: %d of %d proven\n", class, proven, all)
		for _, row := range rows {
			fmt.Fprintf(b, "  %s  %-*s  %s\n", m[row.Result], width, row.ID, some(row.subjects))
			row.reasons(b)
		}
	}
}

// row is a claim with all subjects of which the same came out.
type row struct {
	Claim
	subjects []string
}

// add puts a claim into its row.
func add(rows []row, claim Claim) []row {
	for i := range rows {
		if rows[i].ID == claim.ID && rows[i].Result == claim.Result {
			rows[i].subjects = append(rows[i].subjects, claim.Subject)
			return rows
		}
	}
	return append(rows, row{claim, []string{claim.Subject}})
}

// reasons writes why a claim is not proven: what is broken or not known, and once each
// what would mend it.
func (r *row) reasons(b *strings.Builder) {
	if r.Result == Proven {
		return
	}
	if len(r.subjects) > 1 {
		fmt.Fprintf(b, "          %s, and the others likewise:\n", r.subjects[0])
	}
	var mends []string
	for _, line := range r.Why {
		switch {
		case strings.HasPrefix(line, "to mend: "):
			if !slices.Contains(mends, line) {
				mends = append(mends, line)
			}
		case strings.HasPrefix(line, "broken: "), strings.HasPrefix(line, "not known: "):
			fmt.Fprintf(b, "          %s\n", line)
		}
	}
	for _, line := range mends {
		fmt.Fprintf(b, "          %s\n", line)
	}
}

// some names a few of many.
func some(subjects []string) string {
	const most = 4
	if more := len(subjects) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(subjects[:most], ", "), more)
	}
	return strings.Join(subjects, ", ")
}

// VerifiedText writes the claims about a state that was not rehearsed. The last line says
// whether all held, and otherwise what did not.
func (r *Report) VerifiedText(w io.Writer, strict bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "State of %s\n", r.Stack)
	r.claims(&b, marksFor(w))
	if failures := r.Failures(strict); len(failures) > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.Verdict(strict))
	} else {
		fmt.Fprintf(&b, "\n%s: all held\n", r.Stack)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
