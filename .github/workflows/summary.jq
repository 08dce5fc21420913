# Writes the result of a rehearsal, as "bin/rehearse run --json" leaves it, as Markdown.

def mark: if . then "✅" else "❌" end;

# A cell of a table holds no line break and no bar.
def cell: gsub("\\s+"; " ") | gsub("\\|"; "\\|") | .[0:300];

def count(wanted): [.claims[] | select(wanted)] | length;

def list($heading): if length > 0 then "\n\($heading)\n", (.[] | "- \(cell)") else empty end;

"## \(.ok | mark) \(.stack)",
"",
"| Step | | Seconds | Changes | |",
"|---|---|---|---|---|",
(.steps[] | "| \(.name) | \(.ok | mark) | \(.seconds) | \(.changes | to_entries | map("\(.value) \(.key)") | join(", ")) | \(.error | cell) |"),
"",
"Claims: \(count(.result == "proven")) proven, \(count(.result == "refuted")) refuted, \(count(.result == "undecided")) undecided.",
(.claims | map(select(.result != "proven")) | map("**\(.id)** (\(.subject), \(.class)): \(.result). \(.why | join("; "))") | list("Not proven:")),
(.assumed | list("Assumed to exist in the account:")),
(.kept | list("Kept on purpose:")),
(.left | list("Left behind:"))
