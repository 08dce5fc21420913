package report

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"bastionless/rehearsal/proof"
)

// WriteSummary writes everything except the steps, for people. The last line says whether all checks
// passed, or which ones failed.
func (r *Report) WriteSummary(w io.Writer) error {
	s := summary{marks: marksFor(w), width: r.idWidth()}
	if r.Account != nil {
		fmt.Fprintf(&s, "Account: %s\n", r.Account)
	}
	s.list("Warnings", r.Warnings)
	s.claims(r, proof.Required)
	s.claims(r, proof.Hardening)
	s.list("Assumed about AWS and the account", r.Assumed)
	s.list("Assumed by the claims", proof.Assumptions(r.Claims))
	s.list("For the owners of existing resources", r.forOwners())
	s.list("Kept on purpose", r.Kept)
	s.list("Left behind", r.Left)
	s.list("Changed in the account", r.Changed)
	s.list("Problems", r.Problems)
	fmt.Fprintf(&s, "\n%s\n", r.verdict())
	_, err := io.WriteString(w, s.String())
	return err
}

// forOwners returns what the owners of resources that the stack only reads have to do before the required claims pass.
func (r *Report) forOwners() []string {
	fixes := proof.OwnerFixes(r.Claims, proof.Required)
	if r.Strict {
		fixes = append(fixes, proof.OwnerFixes(r.Claims, proof.Hardening)...)
	}
	var lines []string
	for _, f := range fixes {
		line := fmt.Sprintf("%s %s: %s", f.Kind, f.Name, f.Change)
		if f.Kind == "" {
			line = "the instances that people should reach: " + f.Change
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 && len(proof.WaitingAgents(r.Claims)) > 0 {
		lines = append(lines, "then restart the SSM Agent of the instances, or it may wait up to 30 minutes: "+proof.RestartAgent)
	}
	return lines
}

// verdict returns the last line. It only names a check with a long error, which is shown with the step.
func (r *Report) verdict() string {
	const most = 100
	var failures []string
	for _, f := range r.failures() {
		failures = append(failures, f.brief(most))
	}
	if len(failures) > 0 {
		checks := "checks"
		if len(failures) == 1 {
			checks = "check"
		}
		return fmt.Sprintf("%s: %d %s failed: %s", r.Stack, len(failures), checks, some(failures))
	}
	if len(r.Steps) == 0 {
		return r.Stack + ": all checks passed"
	}
	var seconds float64
	for _, step := range r.Steps {
		seconds += step.Seconds
	}
	return fmt.Sprintf("%s: all checks passed in %.2f s", r.Stack, seconds)
}

func (r *Report) idWidth() int {
	width := 0
	for _, claim := range r.Claims {
		width = max(width, len(claim.ID))
	}
	return width
}

// marks are written before claims, by result.
type marks struct{ ok, assumed, fail, unknown, notMet string }

// marksFor returns colored symbols for terminals, and words for files and pipes.
func marksFor(w io.Writer) marks {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" {
		return marks{"\x1b[32m✓\x1b[0m", "\x1b[32m~\x1b[0m", "\x1b[31m✗\x1b[0m", "\x1b[31m?\x1b[0m", "\x1b[33m-\x1b[0m"}
	}
	return marks{"ok  ", "~   ", "FAIL", "?   ", "-   "}
}

// summary builds the text of a summary.
type summary struct {
	strings.Builder
	marks marks
	// width is the width of the longest ID of a claim.
	width int
}

// list writes a list with a heading, unless it is empty.
func (s *summary) list(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(s, "%s:\n", heading)
	for _, item := range items {
		fmt.Fprintf(s, "  - %s\n", item)
	}
}

// claimRow groups claims with the same ID, class and result.
type claimRow struct {
	proof.Claim
	subjects []string
	// fixes are those of all claims, without duplicates.
	fixes []string
}

// rows groups the claims of a class.
func (r *Report) rows(class string) []claimRow {
	var rows []claimRow
	for _, claim := range r.Claims {
		if claim.Class != class {
			continue
		}
		at := slices.IndexFunc(rows, func(row claimRow) bool { return row.ID == claim.ID && row.Result == claim.Result })
		if at < 0 {
			at, rows = len(rows), append(rows, claimRow{Claim: claim})
		}
		rows[at].subjects = append(rows[at].subjects, claim.Subject)
		rows[at].fixes = addFixes(rows[at].fixes, claim.Reasons)
	}
	return rows
}

// claims writes the claims of a class.
func (s *summary) claims(r *Report, class string) {
	rows := r.rows(class)
	if len(rows) == 0 {
		return
	}
	proven, assumed, all := 0, 0, 0
	for _, row := range rows {
		all += len(row.subjects)
		switch row.Result {
		case proof.Proven:
			proven += len(row.subjects)
		case proof.Assumed:
			assumed += len(row.subjects)
		}
	}
	if r.required(class) {
		fmt.Fprintf(s, "%s claims: %d of %d proven", title(class), proven, all)
		if assumed > 0 {
			fmt.Fprintf(s, ", %d assumed", assumed)
		}
		s.WriteString("\n")
		for _, row := range rows {
			s.requiredRow(row)
		}
		return
	}
	fmt.Fprintf(s, "%s claims: %d of %d met\n", title(class), proven+assumed, all)
	s.hardeningRows(rows)
}

func title(class string) string { return strings.ToUpper(class[:1]) + class[1:] }

// requiredRow writes a claim and, unless it is proven, its reasons.
func (s *summary) requiredRow(row claimRow) {
	mark := map[string]string{
		proof.Proven: s.marks.ok, proof.Assumed: s.marks.assumed, proof.Refuted: s.marks.fail, proof.Undecided: s.marks.unknown,
	}[row.Result]
	fmt.Fprintf(s, "  %s  %-*s  %s\n", mark, s.width, row.ID, some(row.subjects))
	if row.Result == proof.Proven {
		return
	}
	indent := "          "
	if len(row.subjects) > 1 {
		fmt.Fprintf(s, "%s%s:\n", indent, row.subjects[0])
	}
	for _, reason := range row.Reasons {
		switch reason.Kind {
		case proof.Fail:
			fmt.Fprintf(s, "%s%s\n", indent, reason.Text)
		case proof.Assumption:
			fmt.Fprintf(s, "%sassumed: %s\n", indent, reason.Text)
		case proof.Unknown:
			fmt.Fprintf(s, "%sunknown: %s\n", indent, reason.Text)
		}
	}
	for _, fix := range row.fixes[:min(len(row.fixes), maxFixes)] {
		fmt.Fprintf(s, "%sfix: %s\n", indent, fix)
	}
	if more := len(row.fixes) - maxFixes; more > 0 {
		fmt.Fprintf(s, "%sand %d more fixes\n", indent, more)
	}
}

// maxFixes is the maximum number of fixes of a required claim that a summary lists.
const maxFixes = 8

// addFixes adds the fixes of reasons to a list, without duplicates.
func addFixes(found []string, reasons []proof.Reason) []string {
	for _, reason := range reasons {
		if reason.Fix != "" && !slices.Contains(found, reason.Fix) {
			found = append(found, reason.Fix)
		}
	}
	return found
}

// hardeningRows writes the IDs of the claims that are met, and a line with the fix for each that is not.
func (s *summary) hardeningRows(rows []claimRow) {
	var met []string
	var unmet []claimRow
	for _, row := range rows {
		switch mixed := slices.ContainsFunc(rows, func(other claimRow) bool { return other.ID == row.ID && other.Result != row.Result }); {
		case !row.Passes():
			unmet = append(unmet, row)
		case mixed:
			met = append(met, fmt.Sprintf("%s (%s)", row.ID, some(row.subjects)))
		default:
			met = append(met, row.ID)
		}
	}
	for _, line := range wrap(met, 100) {
		fmt.Fprintf(s, "  %s  %s\n", s.marks.ok, line)
	}
	if len(unmet) == 0 {
		return
	}
	s.WriteString("Not met (optional):\n")
	for _, row := range unmet {
		fmt.Fprintf(s, "  %s  %-*s  %s: %s\n", s.marks.notMet, s.width, row.ID, some(row.subjects), row.remedy())
	}
}

// remedy returns how to meet a claim or, if there is no fix, why it is not met.
func (r *claimRow) remedy() string {
	if found := addFixes(nil, r.Reasons); len(found) > 0 {
		return some(found)
	}
	for _, reason := range r.Reasons {
		if reason.Kind == proof.Fail || reason.Kind == proof.Unknown {
			return reason.Text
		}
	}
	return r.Result
}

// wrap joins texts with commas into lines of at most width characters. A longer text gets its own line.
func wrap(texts []string, width int) []string {
	var lines []string
	for _, text := range texts {
		if n := len(lines); n > 0 && len(lines[n-1])+len(", ")+len(text) <= width {
			lines[n-1] += ", " + text
		} else {
			lines = append(lines, text)
		}
	}
	return lines
}

// some lists the first four texts, and counts the others.
func some(texts []string) string {
	const most = 4
	if more := len(texts) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), more)
	}
	return strings.Join(texts, ", ")
}
