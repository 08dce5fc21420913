package catalog

// Account is an AWS account before a stack is deployed to it.
type Account struct {
	// ID has 12 digits.
	ID string
	// Users are the names of the account's IAM users.
	Users []string
	// KeyPairs are the names of the EC2 key pairs that every Region has.
	KeyPairs []string
}

// DefaultAccount returns the account 123456789012, with the IAM users "ann" and "bob" and the key pair
// "ops".
func DefaultAccount() Account {
	return Account{ID: "123456789012", Users: []string{"ann", "bob"}, KeyPairs: []string{"ops"}}
}
