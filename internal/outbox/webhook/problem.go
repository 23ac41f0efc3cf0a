package webhook

// problem is why an endpoint cannot be as a person wants it: its text is for a
// terminal, and by its name pages have words of their own.
type problem struct{ name, text string }

func newProblem(name, text string) error { return &problem{name, text} }

func (p *problem) Error() string { return p.text }

// Problem is its name.
func (p *problem) Problem() string { return p.name }
