package htmlreport

import (
	"fmt"
	"io"
	"strings"

	"bastionless/rehearsal/proof"
)

// WriteMarkdown writes a short form of the report, for the summary of a job: the verdict, what failed, what owners of existing
// resources have to do and what differs from the earlier state.
func (r *Report) WriteMarkdown(w io.Writer) error {
	p := r.page
	var b strings.Builder
	mark := map[string]string{"passed": "✅", "failed": "❌", "unproven": "⚪"}[p.Outcome]
	fmt.Fprintf(&b, "## %s %s\n\n%s\n", mark, code(p.Stack), escapeMarkdown(p.Verdict))
	if len(p.Failures) > 1 {
		b.WriteString("\n")
		for _, failure := range p.Failures {
			fmt.Fprintf(&b, "- %s\n", escapeMarkdown(failure.Start))
		}
	}
	if p.Owners != nil {
		p.Owners.writeMarkdown(&b)
	}
	if p.Comparison != nil {
		fmt.Fprintf(&b, "\n### Compared with %s\n", code(p.Comparison.Earlier))
		if p.Comparison.Empty() {
			b.WriteString("\nNothing differs.\n")
		}
		for _, section := range p.Comparison.Sections {
			writeChanges(&b, section)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMarkdown writes what is required, unless that is nothing.
func (o *Owners) writeMarkdown(b *strings.Builder) {
	if len(o.Required)+len(o.Restart) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", ownersTitle)
	for _, fix := range o.Required {
		fmt.Fprintf(b, "- %s: %s\n", escapeMarkdown(fix.Of.Name), escapeMarkdown(fix.Change.Start))
	}
	for _, instance := range o.Restart {
		fmt.Fprintf(b, "- %s: restart the SSM Agent afterwards (%s), or reboot the instance\n", escapeMarkdown(instance.Name), code(proof.RestartAgent))
	}
}

// maxChanges is the number of changes of a section that the Markdown lists. GitHub limits a summary to 1 MiB.
const maxChanges = 200

// writeChanges writes a section, unless it is empty.
func writeChanges(b *strings.Builder, section ChangeSection) {
	if len(section.Changes) == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s**\n\n", section.Title)
	for i, change := range section.Changes {
		if i == maxChanges {
			fmt.Fprintf(b, "- and %d more\n", len(section.Changes)-maxChanges)
			return
		}
		fmt.Fprintf(b, "- %s%s\n", changeMarks[change.Kind], escapeMarkdown(change.Text))
	}
}

// changeMarks are written before changes.
var changeMarks = map[ChangeKind]string{
	Worse: "⚠️ ", Better: "✅ ", Added: "added: ", Removed: "removed: ", Changed: "changed: ",
	Gains: "🔓 gains access: ", Loses: "🔒 loses access: ", Opens: "🔓 opens: ", Closes: "🔒 closes: ",
}

// markdownEscaper escapes what has a meaning in Markdown or HTML. GitHub makes links of addresses, unless they are escaped.
var markdownEscaper = strings.NewReplacer(
	"://", `\://`, "www.", `www\.`, "$", `\$`, `\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "|", `\|`, "@", "&#64;", "~", `\~`, "!", `\!`,
	"\n", " ", "\r", " ",
)

func escapeMarkdown(text string) string { return markdownEscaper.Replace(text) }

// code writes a name as code.
func code(text string) string {
	return "`" + strings.ReplaceAll(strings.ReplaceAll(text, "`", "'"), "\n", " ") + "`"
}
