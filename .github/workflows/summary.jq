# Formats the result of a rehearsal, which "bin/rehearse run --json" writes, as Markdown.

def mark: if . then "✅" else "❌" end;

# A cell of a table must not contain line breaks or bars.
def cell: gsub("\\s+"; " ") | gsub("\\|"; "\\|") | .[0:300];

def count(wanted): [.claims[] | select(wanted)] | length;

def list($heading): if length > 0 then "\n\($heading)\n", (.[] | "- \(cell)") else empty end;

# The claims of a class that are not proven, with what fails or is unknown and its fix.
def reason: .text + if (.fix // "") != "" then ". Fix: \(.fix)" else "" end;
def claims($class): .claims | map(select(.class == $class and (.result == "refuted" or .result == "undecided"))
  | [.reasons[] | select(.kind == "fail" or .kind == "unknown") | reason] as $reasons
  | "**\(.id)** (\(.subject)): \(.result). \($reasons | join("; "))");

"## \(.ok | mark) \(.stack)",
"",
"| Step | | Seconds | Changes | |",
"|---|---|---|---|---|",
(.steps[] | "| \(.name) | \(.ok | mark) | \(.seconds) | \(.changes | to_entries | map("\(.value) \(.key)") | join(", ")) | \(.error | cell) |"),
"",
"Claims: \(count(.result == "proven")) proven, \(count(.result == "refuted")) refuted, \(count(.result == "undecided")) undecided.",
(claims("required") | list("Not proven:")),
(claims("hardening") | list("Not met (optional):")),
(.assumed | list("Assumed about AWS and the account:")),
(.kept | list("Kept on purpose:")),
(.left | list("Left behind:")),
(.changed | list("Changed in the account:"))
