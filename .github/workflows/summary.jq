# Formats the result of a rehearsal, which "bin/rehearse run --json" writes, as Markdown.

def mark: if . then "✅" else "❌" end;

# A text on one line. Names in a state must have no effect as Markdown or HTML.
def escape: gsub("&"; "&amp;") | gsub("(?<c>[\\\\`*_\\[\\]<>#|~!$])"; "\\\(.c)") | gsub("://"; "\\://") | gsub("www\\."; "www\\.");
def cell: gsub("\\s+"; " ") | .[0:300] | escape;

def count(wanted): [.claims[] | select(wanted)] | length;

def list($heading): if length > 0 then "\n\($heading)\n", (.[] | "- \(.)") else empty end;

# The claims of a class that are not proven, with what fails or is unknown and its fix.
def reason: .text + if (.fix // "") != "" then ". Fix: \(.fix)" else "" end;
def claims($class): .claims | map(select(.class == $class and (.result == "refuted" or .result == "undecided"))
  | [.reasons[] | select(.kind == "fail" or .kind == "unknown") | reason] as $reasons
  | "**\(.id | cell)** (\(.subject | cell)): \(.result). \($reasons | join("; ") | cell)");

"## \(.ok | mark) \(.stack | cell)",
"",
"| Step | | Seconds | Changes | |",
"|---|---|---|---|---|",
(.steps[] | "| \(.name) | \(.ok | mark) | \(.seconds) | \(.changes | to_entries | map("\(.value) \(.key)") | join(", ")) | \(.error | cell) |"),
"",
"Claims: \(count(.result == "proven")) proven, \(count(.result == "refuted")) refuted, \(count(.result == "undecided")) undecided.",
(claims("required") | list("Not proven:")),
(claims("hardening") | list("Not met (optional):")),
(.assumed | map(cell) | list("Assumed about AWS and the account:")),
(.kept | map(cell) | list("Kept on purpose:")),
(.left | map(cell) | list("Left behind:")),
(.changed | map(cell) | list("Changed in the account:"))
