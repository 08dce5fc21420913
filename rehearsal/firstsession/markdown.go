package firstsession

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// writeInputs writes the inputs as a table in Markdown.
func writeInputs(w io.Writer) error {
	table := "| Operation or delay | Seconds | Source |\n|---|---|---|\n"
	for _, input := range Inputs() {
		span := fmt.Sprintf("%g to %g", input.Range.Min.Seconds(), input.Range.Max.Seconds())
		if input.Range.Min == input.Range.Max {
			span = fmt.Sprintf("%g", input.Range.Min.Seconds())
		}
		table += fmt.Sprintf("| %s | %s | %s |\n", input.Kind, span, input.Source)
	}
	_, err := io.WriteString(w, table)
	return err
}

// writeFigures writes rows of [Compute] as a table in Markdown: times in seconds, rounded to tens, with the ratio to the
// lower bound in the same scenario in parentheses.
func writeFigures(w io.Writer, rows []Row) error {
	table := "| Scenario | Order | Managed: median | 99th percentile | Session: median | 99th percentile |\n" +
		"|---|---|---|---|---|---|\n"
	for _, row := range rows {
		bound := find(rows, row.Scenario, LowerBound)
		table += fmt.Sprintf("| %s | %s |%s%s\n", row.Scenario, row.Order,
			cells(row.Managed, bound.Managed), cells(row.Session, bound.Session))
	}
	_, err := io.WriteString(w, table)
	return err
}

// cells returns the cells of a summary.
func cells(s, bound Summary) string {
	var cells string
	for _, pair := range [][2]time.Duration{{s.Median, bound.Median}, {s.P99, bound.P99}} {
		cells += fmt.Sprintf(" %.0f s", round(pair[0]).Seconds())
		if s != bound {
			cells += fmt.Sprintf(" (%.1f)", ratio(pair[0], pair[1]))
		}
		cells += " |"
	}
	return cells
}

// ratio returns a ratio with one decimal.
func ratio(a, b time.Duration) float64 { return math.Round(10*a.Seconds()/b.Seconds()) / 10 }

// find returns the row of an order in a scenario.
func find(rows []Row, scenario, order string) Row {
	return rows[slices.IndexFunc(rows, func(r Row) bool { return r.Scenario == scenario && r.Order == order })]
}

// writeRanking writes the orders in each scenario as a table in Markdown, the fastest first. Orders whose figures are
// equal after rounding share a place. The lower bound is left out.
func writeRanking(w io.Writer, rows []Row) error {
	table := "| Scenario |"
	for _, figure := range Figures() {
		table += fmt.Sprintf(" Session: %s, the fastest first |", figure.Name)
	}
	table += "\n|---|---|---|\n"
	for _, scenario := range Scenarios() {
		table += "| " + scenario.Name + " |"
		for _, figure := range Figures() {
			table += " " + ranking(rows, scenario.Name, figure) + " |"
		}
		table += "\n"
	}
	_, err := io.WriteString(w, table)
	return err
}

// ranking lists the orders in a scenario by a figure.
func ranking(rows []Row, scenario string, figure Figure) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Scenario != scenario || r.Order == LowerBound })
	slices.SortStableFunc(rows, func(a, b Row) int { return int(round(figure.of(a)) - round(figure.of(b))) })
	list := rows[0].Order
	for i, row := range rows[1:] {
		separator := ", then "
		if round(figure.of(rows[i])) == round(figure.of(row)) {
			separator = " and "
		}
		list += separator + row.Order
	}
	return list
}

// writeFlips writes flips as a table in Markdown, with one row for each pair of orders, scenario and figure.
func writeFlips(w io.Writer, flips []Flip) error {
	type pair struct{ scenario, figure, faster, slower string }
	reversedWith := map[pair][]string{}
	for _, flip := range flips {
		p := pair{flip.Scenario, flip.Figure, flip.Faster, flip.Slower}
		reversedWith[p] = append(reversedWith[p], flip.Variation.String())
	}
	pairs := slices.SortedFunc(maps.Keys(reversedWith), func(a, b pair) int {
		return cmp.Or(strings.Compare(a.scenario, b.scenario), strings.Compare(a.figure, b.figure),
			strings.Compare(a.faster, b.faster), strings.Compare(a.slower, b.slower))
	})
	table := "| Scenario | Session | Ranking | Reversed with |\n|---|---|---|---|\n"
	for _, p := range pairs {
		table += fmt.Sprintf("| %s | %s | %s before %s | %s |\n",
			p.scenario, p.figure, p.faster, p.slower, strings.Join(reversedWith[p], "; "))
	}
	_, err := io.WriteString(w, table)
	return err
}

// String describes the variation.
func (v Variation) String() string {
	inputs := "all inputs"
	if len(v.Kinds) == 1 {
		inputs = string(v.Kinds[0])
	}
	verb := "doubled"
	if v.Factor < 1 {
		verb = "halved"
	}
	return inputs + " (" + verb + ")"
}

// writeFindings writes what follows from the rows of [Compute], as a list in Markdown.
func writeFindings(w io.Writer, rows []Row, slack time.Duration) error {
	usual, bound := find(rows, "usual", ThisStack), find(rows, "usual", LowerBound)
	worst := 0.0
	for _, scenario := range Scenarios() {
		own, least := find(rows, scenario.Name, ThisStack), find(rows, scenario.Name, LowerBound)
		worst = max(worst, ratio(own.Session.P99, least.Session.P99))
	}
	later := func(scenario string, of func(Row) time.Duration) float64 {
		return (round(of(find(rows, scenario, Parallel))) - round(of(find(rows, scenario, ThisStack)))).Seconds()
	}
	median, p99 := Figures()[0].of, Figures()[1].of
	var restart []time.Duration
	for _, scenario := range Scenarios() {
		saved := round(median(find(rows, scenario.Name, ThisStack))) - round(median(find(rows, scenario.Name, ParallelWithRestart)))
		restart = append(restart, saved)
	}
	_, err := fmt.Fprintf(w, `- In every scenario, the 99th percentile of this stack's sessions is at most %.1f times that of the lower bound. In the usual
  scenario, the median is %.1f times that of the lower bound. The goal for both is 1.4. The difference is the time that the
  instance takes to boot after the endpoints are available.
- The usual median to *managed*, which needs only one of the two endpoints, is %.1f times that of the lower bound. No session can be
  opened yet at that time.
- An instance that is created in parallel with its endpoints is %.0f seconds faster in the usual scenario (median), and so is the
  article's order. But its agent may be asleep when everything is ready: with slow endpoints the median is %.0f seconds later than
  in this stack, and with late names the 99th percentile is %.0f seconds later.
- Late permissions make no difference, because no agent reaches Systems Manager that early. The agent of this stack makes its first
  call at least %.0f seconds after its permissions were attached.
- Creation in parallel with a restart of the agent is the fastest: %.0f to %.0f seconds faster than this stack (medians). It is not the
  default because of the risks in the table of orders.
`, worst, ratio(usual.Session.Median, bound.Session.Median), ratio(usual.Managed.Median, bound.Managed.Median),
		-later("usual", median), later("slow endpoints", median), later("late names", p99),
		math.Floor(slack.Seconds()/10)*10, slices.Min(restart).Seconds(), slices.Max(restart).Seconds())
	return err
}
