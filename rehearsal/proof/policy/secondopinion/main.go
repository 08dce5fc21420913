// Command secondopinion writes policies and requests with the answers of this project's evaluator.
// compare.mjs compares them with another evaluator.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"

	"bastionless/rehearsal/proof/policy/generate"
)

// answered is a case and the evaluator's answer.
type answered struct {
	generate.Case
	Seed   uint64 `json:"seed"`
	Answer string `json:"answer"`
	Why    string `json:"why"`
	// WithinParts is the answer if no asterisk matched the colons of an ARN.
	WithinParts string `json:"withinParts"`
}

func main() {
	count := flag.Uint64("n", 12000, "number of cases")
	first := flag.Uint64("seed", 1, "seed of the first case")
	flag.Parse()
	cases := make([]answered, 0, *count)
	for seed := *first; seed < *first+*count; seed++ {
		one := generate.New(seed)
		policies, request := one.Read(fataler{})
		decision := policies.Decide(request)
		within := one.WithinParts()
		policies, request = within.Read(fataler{})
		cases = append(cases, answered{one, seed, decision.Effect.String(), decision.Why, policies.Decide(request).Effect.String()})
	}
	if err := json.NewEncoder(os.Stdout).Encode(cases); err != nil {
		log.Fatal(fmt.Errorf("write cases: %w", err))
	}
}

// fataler ends the program if a generated policy cannot be parsed.
type fataler struct{}

func (fataler) Fatal(args ...any) { log.Fatal(args...) }
